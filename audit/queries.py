"""The story of a record: events with the field changes they made, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.http import Http404

from accounts.models import User
from audit.words import Names, in_words, names_of
from core.access import ScopedModel, require
from core.models import AuditRow, Event
from core.past import rewound
from core.permissions import Permission
from core.web import find

Hidden = Set[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, in plain words."""

    record: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with what it changed."""

    id: int
    at: datetime
    who: str
    role: str
    acting_for: str
    verb: str
    target: str
    reason: str
    source: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the story, newest first."""

    entries: list[Entry]
    next_before: int | None


def record_for(user: User, label: str, pk: int) -> ScopedModel:
    """The record of this kind and key, where the user may see it and read trails."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404("No such kind of record.") from error
    if not issubclass(model, ScopedModel):
        raise Http404("No such kind of record.")
    found = find(model, user, pk=pk)
    require(user, Permission.AUDIT_VIEW, found)
    return found


@dataclass(frozen=True, slots=True)
class Fact:
    """One field and its value at an instant, in words."""

    field: str
    value: str


def state_at(record: ScopedModel, instant: datetime, user: User) -> list[Fact] | None:
    """The record as it was; None where it was not there."""
    unseen = {"id", "revision", *record.masked}
    fields = [field for field in record._meta.concrete_fields if field.name not in unseen]
    rows = type(record)._default_manager.filter(pk=record.pk)
    with rewound(instant):
        found = rows.values_list(*(field.attname for field in fields)).first()
    if found is None:
        return None
    values = list(zip(fields, found, strict=True))
    keys = [
        (field.related_model, value)
        for field, value in values
        if isinstance(field, models.ForeignKey) and value is not None
    ]
    names = names_of(keys, user)
    return [Fact(str(field.verbose_name), in_words(field, value, names)) for field, value in values]


def trail_of(record: ScopedModel, user: User, before: int | None = None, size: int = 50) -> Trail:
    """Everything that touched the record: events about it, and events that changed it or its parts."""
    touched = AuditRow.objects.filter(_rows_of(record))
    ids = models.Q(target_type=record._meta.label_lower, target_id=record.pk) | models.Q(
        pk__in=touched.exclude(event_id=None).values("event_id")
    )
    events = Event.objects.filter(ids)
    return _page(events, user, before, size)


def _rows_of(record: ScopedModel) -> models.Q:
    """The rows of a record and of its parts, such as the bookings of a visit."""
    rows = models.Q(tbl=record._meta.db_table, row_id=record.pk)
    for model in apps.get_models():
        if part_of := getattr(model, "part_of", ""):
            field: Any = model._meta.get_field(part_of)
            if field.related_model is type(record):
                parts = model._default_manager.filter(**{part_of: record.pk}).values("pk")
                rows |= models.Q(tbl=model._meta.db_table, row_id__in=parts)
    return rows


def _page(events: models.QuerySet[Event], user: User, before: int | None, size: int) -> Trail:
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events.order_by("-pk")[: size + 1])
    touched = AuditRow.objects.filter(event_id__in=[event.pk for event in found[:size]])
    rows = [row for row in touched.order_by("pk") if getattr(_model(row.tbl), "is_told", True)]
    by_event: dict[int, list[AuditRow]] = {}
    for row in rows:
        by_event.setdefault(row.event_id or 0, []).append(row)
    hidden, names = _hidden(rows, user), names_of(_keys(rows), user)
    entries = [_entry(event, by_event.get(event.pk, []), hidden, names) for event in found[:size]]
    return Trail(entries, entries[-1].id if len(found) > size else None)


def _entry(event: Event, rows: Iterable[AuditRow], hidden: Hidden, names: Names) -> Entry:
    changes = [change for row in rows for change in _changes(row, hidden, names)]
    return Entry(
        event.pk, event.at, event.actor_name, event.actor_role, event.acting_for_name, event.verb,
        event.target_label, event.reason, event.get_source_display(), tuple(changes),
    )  # fmt: skip


_MODELS: dict[str, type[models.Model]] = {}


def _model(table: str) -> type[models.Model] | None:
    if not _MODELS:
        _MODELS.update({model._meta.db_table: model for model in apps.get_models()})
    return _MODELS.get(table)


def _values(row: AuditRow) -> Iterator[tuple[models.Field[Any, Any], Any, Any]]:
    """The fields of a row that changed, with their values before and after."""
    model = _model(row.tbl)
    if model is None:
        return
    fields = {field.attname: field for field in model._meta.concrete_fields}
    for column, value in row.changes.items():
        if field := fields.get(column):
            old, new = value if row.op == "U" else (None, value) if row.op == "I" else (value, None)
            yield field, old, new


def _keys(rows: Iterable[AuditRow]) -> Iterator[tuple[type[models.Model], int]]:
    """The records that changed fields point to."""
    for row in rows:
        for field, *values in _values(row):
            if isinstance(field, models.ForeignKey):
                yield from ((field.related_model, value) for value in values if value is not None)


def _changes(row: AuditRow, hidden: Hidden, names: Names) -> Iterator[Change]:
    readable = (row.tbl, row.row_id) not in hidden
    for field, old, new in _values(row):
        yield Change(
            str(field.model._meta.verbose_name).capitalize(),
            str(field.verbose_name),
            in_words(field, old, names) if readable else "hidden for your role",
            in_words(field, new, names) if readable else "hidden for your role",
        )


def _hidden(rows: Iterable[AuditRow], user: User) -> Hidden:
    """Rows the user may not read: field history is as private as the record; one query a table."""
    by_table: dict[str, set[int]] = {}
    for row in rows:
        by_table.setdefault(row.tbl, set()).add(row.row_id)
    hidden: set[tuple[str, int]] = set()
    for table, keys in by_table.items():
        model = _model(table)
        if model is not None and issubclass(model, ScopedModel):
            seen = model.objects.visible_to(user).filter(pk__any=keys)
            kept = model._default_manager.filter(pk__any=keys).exclude(pk__in=seen.values("pk"))
            hidden |= {(table, pk) for pk in kept.values_list("pk", flat=True)}
    return hidden
