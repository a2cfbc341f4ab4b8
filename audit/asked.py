"""What is asked of the trail: where, by whom, about what, when, and which field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q

from audit.seal import BROKEN
from core.access import ScopedModel
from core.dates import start_of
from core.models import Event, Signature
from core.signing import PAUSED, REFUSED

# What may be somebody at a door that is not theirs.
SECURITY = (
    "refuse sign-in", "refuse sign-in of unknown name", "second factor refused", "pause sign-in",
    REFUSED, PAUSED, BROKEN,
)  # fmt: skip
ALARMING = "security"


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions on events; what is empty asks nothing."""

    zone: ZoneInfo
    trial_id: int | None = None
    site_id: int | None = None
    subjects: frozenset[int] | None = None
    people: frozenset[int] | None = None
    kind: str = ""
    verb: str = ""
    since: date | None = None
    until: date | None = None
    field: models.Field[Any, Any] | None = None
    is_signed: bool = False

    def narrow(self, events: models.QuerySet[Event]) -> models.QuerySet[Event]:
        """The events that fit."""
        wanted = {
            "trial_id": self.trial_id, "site_id": self.site_id, "target_type": self.kind or None,
            "actor_id__in": self.people, "subject_id__in": self.subjects,
        }  # fmt: skip
        given = {name: value for name, value in wanted.items() if value is not None}
        found = events.filter(self._when(), self._what(), **given)
        signed = Signature.objects.filter(event_id=OuterRef("pk"))
        return found.filter(Exists(signed)) if self.is_signed else found

    def _when(self) -> Q:
        when = Q()
        if self.since:
            when &= Q(at__gte=start_of(self.since, self.zone))
        if self.until:
            when &= Q(at__lt=start_of(self.until + timedelta(days=1), self.zone))
        return when

    def _what(self) -> Q:
        if self.verb == ALARMING:
            return Q(verb__in=SECURITY)
        return Q(verb=self.verb) if self.verb else Q()

    def of_field(self) -> Q:
        """The rows of history in which the field was written."""
        assert self.field is not None
        table, column = self.field.model._meta.db_table, self.field.attname
        return Q(tbl=table, changes__has_key=column)


def part_models(whole: type[ScopedModel]) -> Iterator[tuple[type[models.Model], str]]:
    """The models whose history is told with that of another, and the field that leads there."""
    for model in apps.get_models():
        if part_of := getattr(model, "part_of", ""):
            field: Any = model._meta.get_field(part_of)
            if field.related_model is whole:
                yield model, part_of


def fields_of(model: type[ScopedModel]) -> dict[str, models.Field[Any, Any]]:
    """The fields of a record and of its parts, by a name for forms."""
    whole: list[type[models.Model]] = [model, *(part for part, _ in part_models(model))]
    return {
        f"{one._meta.model_name}.{field.name}": field
        for one in whole
        for field in one._meta.concrete_fields
        if field.name not in {"id", "revision"}
    }


def known_kinds() -> list[tuple[str, str]]:
    """The kinds of records that are on the trail, by their plain names."""
    found = (model for model in apps.get_models() if issubclass(model, ScopedModel))
    kinds = [(one._meta.label_lower, str(one._meta.verbose_name).capitalize()) for one in found]
    return sorted(kinds, key=lambda kind: kind[1])


def known_verbs() -> list[str]:
    """What was ever done, each once: one step through the index for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE known AS ("
            " (SELECT verb FROM core_event ORDER BY verb LIMIT 1)"
            " UNION ALL SELECT (SELECT e.verb FROM core_event e WHERE e.verb > known.verb"
            " ORDER BY e.verb LIMIT 1) FROM known WHERE known.verb IS NOT NULL"
            ") SELECT verb FROM known WHERE verb IS NOT NULL"
        )
        return [verb for (verb,) in cursor.fetchall()]
