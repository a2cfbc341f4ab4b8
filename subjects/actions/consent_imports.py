"""Many consents at once, from the records before the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from core.access import Scope
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import ConsentApproval, Delegation, Site, Task
from subjects.actions.plan import hold
from subjects.consents import standing
from subjects.courses import here
from subjects.models import Consent, Subject, Visit, VisitStatus
from trials.models import ConsentVersion


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """What stands on one signed form, by keys."""

    subject_id: int
    version_id: int
    language: str
    signed_on: date
    explainer_id: int
    signer: str = Consent.Signer.SUBJECT
    decision: str = Consent.Decision.GIVEN
    is_copy_given: bool = True


@action(Permission.SUBJECT_IMPORT, "import consents")
def import_consents(
    scope: Scope, *, rows: Sequence[ConsentRow], by: User, reason: str = ""
) -> Scope:
    """Keep what subjects of this scope signed: every form fits as one recorded by hand, or none is kept."""
    subjects = _subjects(scope, {row.subject_id for row in rows})
    types = dict(
        ConsentVersion.objects.filter(pk__any={row.version_id for row in rows}).values_list(
            "pk", "type_id"
        )
    )
    try:
        with transaction.atomic():
            made = Consent.objects.bulk_create(
                Consent(
                    subject_id=row.subject_id, version_id=row.version_id,
                    type_id=types[row.version_id], language=row.language,
                    signed_on=row.signed_on, explainer_id=row.explainer_id, signer=row.signer,
                    decision=row.decision, is_copy_given=row.is_copy_given,
                    zone=subjects[row.subject_id].site.place.time_zone,
                )
                for row in rows
            )  # fmt: skip
            _refuse_misfits(Consent.objects.filter(pk__any=[one.pk for one in made]))
    except IntegrityError as error:
        raise ConflictError(
            "A consent of the list is recorded already, or its form belongs to another trial."
            " Check the list again."
        ) from error
    return scope


def _subjects(scope: Scope, wanted: set[int]) -> dict[int, Subject]:
    """The subjects of the rows, locked; all of them lie in the scope."""
    held = {subject.pk: subject for subject in hold(wanted)}
    inside = {
        subject.pk
        for subject in held.values()
        if (subject.site_id if isinstance(scope, Site) else subject.trial_id) == scope.pk
    }
    if inside != wanted:
        raise ConflictError("A subject of the list is not here any more. Check the list again.")
    return held


def _refuse_misfits(made: QuerySet[Any]) -> None:
    """What a form recorded by hand is refused for, asked of all at once."""
    in_use = ConsentApproval.objects.filter(
        site=OuterRef("subject__site_id"), version=OuterRef("version_id"),
        language=OuterRef("language"), during__contains=OuterRef("signed_on"),
    )  # fmt: skip
    able = Delegation.objects.filter(
        site=OuterRef("subject__site_id"), person=OuterRef("explainer_id"), task=Task.CONSENT,
        during__contains=OuterRef("signed_on"),
    )  # fmt: skip
    zone = "subject__site__place__time_zone"
    after_end = models.Q(signed_on__gt=F("subject__ended_on"))
    for rows, why in (
        (
            made.filter(signed_on__gt=here(zone, timezone.now())),
            "is on a day that has not come yet",
        ),
        (made.filter(after_end), "is after the subject left the trial"),
        (made.filter(~Exists(in_use)), "is of a version that was not in use there"),
        (made.filter(~Exists(able)), "was explained by somebody to whom it was not delegated"),
        (_after_visits(made), "is after the first visit"),
    ):
        found = rows.select_related("subject", "version__type").order_by("pk").first()
        if found is not None:
            raise RefusedError(
                f"{found} of {show_day(found.signed_on)} {why}."
                " Nothing of the list was kept. Correct that line."
            )


def _after_visits(made: QuerySet[Any]) -> QuerySet[Any]:
    """First consents to a form needed before visits, signed after a visit took place."""
    same = {"subject": OuterRef("subject_id"), "type": OuterRef("type_id")}
    earlier = standing().filter(**same, signed_on__lt=OuterRef("signed_on"))
    done = Visit.objects.filter(
        subject=OuterRef("subject_id"), status=VisitStatus.COMPLETED,
        performed_on__lt=OuterRef("signed_on"),
    )  # fmt: skip
    return made.filter(~Exists(earlier), Exists(done), type__is_required=True)
