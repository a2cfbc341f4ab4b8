"""The trail read: the story of a record, and what was done anywhere, as far as a person may know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import User
from audit.asked import Asked, part_models
from audit.words import Names, in_words, names_of
from core.access import ScopedModel, in_reach, require
from core.models import AuditRow, Event, Signature
from core.past import rewound
from core.permissions import Permission
from core.web import find
from sites.models import Site
from trials.models import Trial

Row = tuple[str, int]
PAGE, CHUNK = 50, 500  # events
EACH = 12  # changes of other records than the one asked for, told of an event on a page
BATCH = 2_000  # rows of history


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, in plain words."""

    record: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with what it changed and the signatures given with it."""

    id: int
    at: datetime
    who: str
    role: str
    acting_for: str
    verb: str
    target: str
    target_type: str
    target_id: int | None  # none where its trail is not for the reader
    where: str
    reason: str
    source: str
    request_id: str
    changes: tuple[Change, ...]
    signed: tuple[str, ...]
    has_more: bool = False  # changes of other records, which only the file holds


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
    entries = [reading.some(event, rows) for event in page]
    return Trail(entries, entries[-1].id if len(found) > PAGE else None)


def everything(events: QuerySet[Event], user: User) -> Iterator[Entry]:
    """All of the events with all of their changes; one that changed much comes in several parts."""
    page = _some(events, None, CHUNK)
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
    reading = Reading.of(page, [], user)
    yield from (reading.entry(one, []) for one in chain([] if is_told else [event], left))


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
            seen = model.objects.visible_to(user) & model.objects.visible_to(
                user, Permission.AUDIT_VIEW
            )
            found |= {(kind, key) for key in seen.filter(pk__any=keys).values_list("pk", flat=True)}
    return found


def _signed(keys: list[int]) -> dict[int, tuple[str, ...]]:
    """The signatures given with these events, in words."""
    found: dict[int, tuple[str, ...]] = {}
    for one in Signature.objects.filter(event_id__in=keys).order_by("pk"):
        said = f"{one.meaning}, signed by {one.signer_name} on {one.signed_at}"
        found[one.event_id] = (*found.get(one.event_id, ()), said)
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """How one person reads a page of the trail."""

    readable: Set[Row]
    names: Names
    signed: dict[int, tuple[str, ...]]
    linked: Set[Row]

    @classmethod
    def of(
        cls, events: Sequence[Event], rows: Collection[AuditRow], user: User,
        linked: Set[Row] = frozenset(),
    ) -> Reading:  # fmt: skip
        """What is needed to tell these events with these rows of history."""
        named = [*_keys(rows), *(place for event in events for place in _places(event))]
        signed = _signed([event.pk for event in events])
        return cls(_readable(rows, user), names_of(named, user), signed, linked)

    def entry(self, event: Event, rows: Iterable[AuditRow]) -> Entry:
        """An event with what it changed."""
        return Entry(
            event.pk, event.at, event.actor_name, event.actor_role, event.acting_for_name,
            event.verb, event.target_label, event.target_type,
            event.target_id if (event.target_type, event.target_id) in self.linked else None,
            ", ".join(self.names[key] for key in _places(event) if key in self.names),
            event.reason, event.get_source_display(), event.request_id,
            tuple(change for row in rows for change in self.changes(row)),
            self.signed.get(event.pk, ()),
        )  # fmt: skip

    def some(self, event: Any, rows: Mapping[int, AuditRow]) -> Entry:
        """An event with all changes of the record asked for, and the first of others."""
        own = event.own or []
        told = self.entry(event, [rows[key] for key in own])
        others = [rows[key] for key in event.others if key not in own]
        more = [change for row in others for change in self.changes(row)]
        return replace(told, changes=(*told.changes, *more[:EACH]), has_more=len(more) > EACH)

    def changes(self, row: AuditRow) -> Iterator[Change]:
        """The fields of a row that changed, in words; only their names where these are private."""
        values = list(_values(row))
        if values and (row.tbl, row.row_id) not in self.readable:
            fields = ", ".join(str(field.verbose_name) for field, *_ in values)
            yield Change(_kind(values[0][0].model), fields, "", "hidden for your role")
            return
        for field, old, new in values:
            yield Change(
                _kind(field.model), str(field.verbose_name),
                in_words(field, old, self.names), in_words(field, new, self.names),
            )  # fmt: skip


def _kind(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name).capitalize()


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
    for field in model._meta.concrete_fields:
        if field.attname in row.changes:
            value = row.changes[field.attname]
            old, new = value if row.op == "U" else (None, value) if row.op == "I" else (value, None)
            yield field, old, new


def _places(event: Event) -> Iterator[tuple[type[models.Model], int]]:
    """The trial and the site in which an event lies."""
    if event.trial_id is not None:
        yield Trial, event.trial_id
    if event.site_id is not None:
        yield Site, event.site_id


def _keys(rows: Iterable[AuditRow]) -> Iterator[tuple[type[models.Model], int]]:
    """The records that changed fields point to."""
    for row in rows:
        for field, *values in _values(row):
            if isinstance(field, models.ForeignKey):
                yield from ((field.related_model, value) for value in values if value is not None)


def _readable(rows: Iterable[AuditRow], user: User) -> Set[Row]:
    """Rows the user may read: field history is as private as the record; one query a table."""
    by_table: dict[str, dict[int, set[int]]] = {}
    for row in rows:
        events = by_table.setdefault(row.tbl, {}).setdefault(row.row_id, set())
        events.add(row.event_id or 0)
    found: set[Row] = set()
    for table, keys in by_table.items():
        model = _model(table)
        if model is not None and issubclass(model, ScopedModel):
            found |= {(table, key) for key in _seen(model, keys, user)}
    return found


def _seen(model: type[ScopedModel], keys: dict[int, set[int]], user: User) -> Iterator[int]:
    """Of these records, by the events that wrote them, those the user may see or could have seen."""
    is_seen = Q(pk__in=model.objects.visible_to(user).filter(pk__any=list(keys)).values("pk"))
    present = model._default_manager.filter(pk__any=list(keys)).values_list(
        "pk", ExpressionWrapper(is_seen, models.BooleanField())
    )
    held = dict(present)
    yield from (key for key, may in held.items() if may)
    if gone := keys.keys() - held.keys():
        where = Event.objects.filter(in_reach(user, model.view_permission))
        wrote = set(
            where.filter(pk__in=set().union(*(keys[key] for key in gone))).values_list(
                "pk", flat=True
            )
        )
        yield from (key for key in gone if keys[key] <= wrote)
