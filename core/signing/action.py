"""Actions that are carried out by signing the content of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.access import ScopedModel, require
from core.actions import Action, RefusedError
from core.audit import cause, origin
from core.models import AuditRow, Deployment, Event, Signature, Source
from core.permissions import Permission
from core.signing.proof import pause_in_words, paused_until, prove
from core.signing.signatures import STATEMENT, content_hash
from core.versions import lock

if TYPE_CHECKING:
    from accounts.models import User

T = TypeVar("T", bound=ScopedModel)
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a signature stands for: its name, and the sentence that is signed."""

    name: str
    sentence: str

    @property
    def statement(self) -> str:
        """What the person declares by signing."""
        return f"{self.sentence} {STATEMENT}"


class SignedAction(Action[T, P, R]):
    """An action that signs: it takes a `proof`, checks it first, and binds it to the content."""

    def __init__(
        self, do: Callable[Concatenate[T, P], R], permission: Permission, verb: str,
        meaning: Meaning, content: Callable[[T], Any], parts: Callable[[T], Iterable[QuerySet[Any]]],
        *, by_author_too: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(do, permission, verb)
        self.meaning = meaning
        self.content = content
        self.parts = parts
        self.by_author_too = by_author_too

    def __call__(self, target: T, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check the person before the record is touched, so that a refusal stays on the trail."""
        by: Any = kwargs["by"]
        require(by, self.permission, target)
        if cause.get() is not None:
            raise RuntimeError("A signature is an action of its own.")
        where = origin.get()
        if where.source != Source.PAGE or where.acting_for or by.is_service:
            raise PermissionDenied("Only a person at a page can sign.")
        if self._is_own_work(target, by):
            raise RefusedError(own_work_in_words(target))
        proof: Any = kwargs["proof"]
        prove(target, proof, by)
        return super().__call__(target, *args, **kwargs)

    def carry_out(self, target: T, *args: P.args, **kwargs: P.kwargs) -> R:
        """Hold the record, compare it with what was shown, and sign it with what else is done."""
        proof: Any = kwargs["proof"]
        held = lock(target)
        digest = self.hash_of(held)
        if digest != proof.shown_hash:
            raise RefusedError(f"{held} changed since it was shown. Review the change, then sign.")
        result = super().carry_out(target, *args, **kwargs)
        self._write(held, digest, by=kwargs["by"])
        return result

    def hash_of(self, record: T) -> str:
        """The hash of the content as it is now, for whoever shows it."""
        return content_hash(self.content(record))

    def hindrance(self, target: T, by: User) -> str:
        """Why this person cannot sign the record now, in one line; empty where they can."""
        if (until := paused_until(by)) is not None:
            return pause_in_words(until, by)
        return own_work_in_words(target) if self._is_own_work(target, by) else ""

    def _is_own_work(self, target: T, by: User) -> bool:
        """Whether four eyes are asked and the person would sign what they wrote."""
        if self.by_author_too:
            return False
        asked = Deployment.objects.values_list("needs_four_eyes", flat=True).get(pk=1)
        return bool(asked) and by.pk in authors(target, self.parts(target))

    def _write(self, held: T, digest: str, by: Any) -> None:
        current, ids = cause.get(), held.scope_ids()
        assert current is not None
        Signature.objects.create(
            target_type=held._meta.label_lower, target_id=held.pk, target_label=str(held)[:200],
            meaning=self.meaning.name, statement=self.meaning.statement, signer_id=by.pk,
            signer_name=by.get_full_name(), signer_role=by.role_names(), zone=by.time_zone,
            content_hash=digest, event_id=current.event_id, trial_id=ids.trial_id,
            site_id=ids.site_id, place_id=ids.place_id, subject_id=ids.subject_id,
        )  # fmt: skip


def signed(
    permission: Permission, verb: str, *, meaning: Meaning, content: Callable[[T], Any],
    parts: Callable[[T], Iterable[QuerySet[Any]]] = lambda _: (), by_author_too: bool = False,
) -> Callable[[Callable[Concatenate[T, P], R]], SignedAction[T, P, R]]:  # fmt: skip
    """Make a function an action that signs ``content``, which lies in the record and its parts.

    ``by_author_too``: what cannot wait for a second pair of eyes is signed by whoever is there.
    """

    def decorate(do: Callable[Concatenate[T, P], R]) -> SignedAction[T, P, R]:
        return SignedAction(
            do, permission, verb, meaning, content, parts, by_author_too=by_author_too
        )

    return decorate


def own_work_in_words(record: ScopedModel) -> str:
    """Why an author does not sign, and the way out."""
    return f"You worked on {record}, so somebody else has to sign it. Ask a colleague who may."


def authors(record: ScopedModel, parts: Iterable[QuerySet[Any]]) -> set[int]:
    """Who wrote the record or its parts as they stand, or took parts away, also through a task."""
    rows = Q(tbl=record._meta.db_table, row_id=record.pk)
    for part in parts:
        rows |= Q(tbl=part.model._meta.db_table, row_id__in=part.order_by().values("pk"))
    wrote = Q(pk__in=AuditRow.objects.filter(rows).values("event_id"))
    about = Q(target_type=record._meta.label_lower, target_id=record.pk)
    changed = Exists(AuditRow.objects.filter(event_id=OuterRef("pk")))
    people = Event.objects.filter(wrote | about & changed).values_list("actor_id", "acting_for_id")
    return {pk for pair in people for pk in pair if pk is not None}
