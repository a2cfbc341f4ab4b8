"""The trail read: the story of a record, and what was done anywhere, as far as a person may know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import User
from audit.asked import Asked, part_models
from audit.reading import Entry, Reading, Row
from audit.words import in_words, names_of
from core.access import ScopedModel, held_among, require
from core.models import AuditRow, Event
from core.past import rewound
from core.permissions import Permission
from core.web import find

PAGE, CHUNK = 50, 500  # events
EACH = 12  # changes of other records than the one asked for, told of an event on a page
BATCH = 2_000  # rows of history


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


def events_of(record: ScopedModel, asked: Asked | None = None) -> QuerySet[Event]:
    """Everything that touched a record: events about it, and events that changed it or its parts."""
    touched = AuditRow.objects.filter(_rows_of(record)).exclude(event_id=None)
    about = Event.objects.filter(target_type=record._meta.label_lower, target_id=record.pk)
    if asked is not None and asked.field is not None:
        about, touched = Event.objects.none(), touched.filter(asked.of_field())
    keys = about.order_by().values("pk").union(touched.values("event_id"))
    events = Event.objects.filter(pk__in=keys)
    return asked.narrow(events) if asked else events


def events_for(user: User, asked: Asked) -> QuerySet[Event]:
    """What was done where the person reads trails."""
    return asked.narrow(Event.objects.visible_to(user))


def _rows_of(record: ScopedModel) -> Q:
    """The rows of a record and of its parts, such as the bookings of a visit."""
    rows = Q(tbl=record._meta.db_table, row_id=record.pk)
    for model, field in part_models(type(record)):
        parts = model._default_manager.filter(**{field: record.pk}).values("pk")
        rows |= Q(tbl=model._meta.db_table, row_id__in=parts)
    return rows


def page_of(
    events: QuerySet[Event], user: User, before: int | None = None,
    record: ScopedModel | None = None,
) -> Trail:  # fmt: skip
    """A page of events with all changes of one record, and some of others; private ones hidden."""
    found = _some(events.annotate(**_told(record)), before, PAGE + 1)
    page = found[:PAGE]
    keys = {key for event in page for key in (*(event.own or ()), *event.others)}
    rows = {row.pk: row for row in AuditRow.objects.filter(pk__in=keys).order_by("pk")}
    linked = frozenset() if record else _linked(page, user)
    reading = Reading.of(page, rows.values(), user, linked)
    entries = [reading.some(event, rows, EACH) for event in page]
    return Trail(entries, entries[-1].id if len(found) > PAGE else None)


def everything(
    events: QuerySet[Event], user: User, before: int | None = None
) -> Iterator[Entry]:  # fmt: skip
    """All events before one, with all their changes; one that changed much comes in several parts."""
    page = _some(events, before, CHUNK)
    while page:
        yield from _in_full(page, user)
        page = _some(events, page[-1].pk, CHUNK)


def _some(events: QuerySet[Event], before: int | None, size: int) -> list[Any]:
    if before is not None:
        events = events.filter(pk__lt=before)
    return list(events.order_by("-pk")[:size])


def _told(record: ScopedModel | None) -> dict[str, Any]:
    """The keys of rows to tell of an event: those of the record, and the first of the others."""
    rows = _rows().filter(event_id=OuterRef("pk")).order_by("pk").values("pk")
    own = rows.filter(_rows_of(record)) if record else rows.none()
    return {"own": ArraySubquery(own), "others": ArraySubquery(rows[: EACH + 1])}


def _rows() -> QuerySet[AuditRow]:
    """The history that is told: not what only follows from something else."""
    untold = [
        model._meta.db_table for model in apps.get_models() if not getattr(model, "is_told", True)
    ]
    return AuditRow.objects.exclude(tbl__in=untold)


def _in_full(page: list[Event], user: User) -> Iterator[Entry]:
    """Each of these events with all of its changes, no more rows at once than a batch."""
    rows = _rows().filter(event_id__in=[event.pk for event in page]).order_by("-event_id", "pk")
    left = iter(page)
    event = next(left)
    is_told = False
    history = rows.iterator(BATCH)
    while batch := list(islice(history, BATCH)):
        reading = Reading.of(page, batch, user)
        for key, some in groupby(batch, attrgetter("event_id")):
            while event.pk != key:
                if not is_told:
                    yield reading.entry(event, [])
                event, is_told = next(left), False
            yield reading.entry(event, some)
            is_told = True
    yield from _unchanged([*([] if is_told else [event]), *left], user)


def _unchanged(events: list[Event], user: User) -> Iterator[Entry]:
    """Events without changes; where there are none, nothing is read."""
    if events:
        reading = Reading.of(events, [], user)
        yield from (reading.entry(event, []) for event in events)


def _linked(events: Iterable[Event], user: User) -> Set[Row]:
    """The records the events are about whose trail the person may open, by kind."""
    by_kind: dict[str, set[int]] = {}
    for event in events:
        if event.target_type and event.target_id is not None:
            by_kind.setdefault(event.target_type, set()).add(event.target_id)
    found: set[Row] = set()
    for kind, keys in by_kind.items():
        model = apps.get_model(kind)
        if issubclass(model, ScopedModel):
            seen = model.objects.visible_to(user)
            may = held_among(seen, keys, user, Permission.AUDIT_VIEW)
            found |= {(kind, key) for key in may}
    return found
