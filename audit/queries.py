"""The story of a record: events with the field changes they made, in words."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.http import Http404

from accounts.models import User
from core.access import ScopedModel, require
from core.encryption import reveal
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
    return [
        Fact(str(field.verbose_name), _named(field, value, user) or _in_words(field, value))
        for field, value in zip(fields, found, strict=True)
    ]


def _named(field: models.Field[Any, Any], value: Any, user: User) -> str:
    """The record that a key stands for, by its name now, where the user may see it."""
    if value is None or not isinstance(field, models.ForeignKey):
        return ""
    model: type[models.Model] = field.related_model
    if not issubclass(model, ScopedModel):
        return ""
    found = model.objects.visible_to(user).filter(pk=value).first()
    return str(found) if found is not None else ""


def trail_of(record: ScopedModel, user: User, before: int | None = None, size: int = 50) -> Trail:
    """Everything that touched the record: events about it and events that changed its row."""
    touched = AuditRow.objects.filter(tbl=record._meta.db_table, row_id=record.pk)
    ids = models.Q(target_type=record._meta.label_lower, target_id=record.pk) | models.Q(
        pk__in=touched.exclude(event_id=None).values("event_id")
    )
    events = Event.objects.filter(ids)
    return _page(events, user, before, size)


def trail(events: models.QuerySet[Event], user: User, before: int | None, size: int = 50) -> Trail:
    """A page of any selection of events."""
    return _page(events, user, before, size)


def _page(events: models.QuerySet[Event], user: User, before: int | None, size: int) -> Trail:
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events.order_by("-pk")[: size + 1])
    rows = AuditRow.objects.filter(event_id__in=[event.pk for event in found[:size]]).order_by("pk")
    by_event: dict[int, list[AuditRow]] = {}
    for row in rows:
        by_event.setdefault(row.event_id or 0, []).append(row)
    hidden = _hidden(rows, user)
    entries = [_entry(event, by_event.get(event.pk, []), hidden) for event in found[:size]]
    return Trail(entries, entries[-1].id if len(found) > size else None)


def _entry(event: Event, rows: Iterable[AuditRow], hidden: Hidden) -> Entry:
    changes = [change for row in rows for change in _changes(row, hidden)]
    return Entry(
        event.pk, event.at, event.actor_name, event.actor_role, event.acting_for_name, event.verb,
        event.target_label, event.reason, event.get_source_display(), tuple(changes),
    )  # fmt: skip


_MODELS: dict[str, type[models.Model]] = {}


def _model(table: str) -> type[models.Model] | None:
    if not _MODELS:
        _MODELS.update({model._meta.db_table: model for model in apps.get_models()})
    return _MODELS.get(table)


def _changes(row: AuditRow, hidden: Hidden) -> list[Change]:
    model = _model(row.tbl)
    if model is None:
        return []
    readable = (row.tbl, row.row_id) not in hidden
    fields = {field.attname: field for field in model._meta.concrete_fields}
    found = []
    for column, value in row.changes.items():
        field = fields.get(column)
        if field is None:
            continue
        old, new = value if row.op == "U" else (None, value) if row.op == "I" else (value, None)
        found.append(
            Change(
                str(model._meta.verbose_name).capitalize(),
                str(field.verbose_name),
                _shown(field, old) if readable else "hidden for your role",
                _shown(field, new) if readable else "hidden for your role",
            )
        )
    return found


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


def _shown(field: models.Field[Any, Any], value: Any) -> str:
    if value and type(field).__name__ == "EncryptedTextField":
        return reveal(str(value))
    return _in_words(field, value)


def _in_words(field: models.Field[Any, Any], value: Any) -> str:
    if value in (None, ""):
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return str(value)
