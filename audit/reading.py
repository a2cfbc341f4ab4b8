"""How a person reads events of the trail: in words, with names, and what is private hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import ExpressionWrapper, Q

from accounts.models import User
from audit.words import Names, in_words, names_of
from core.access import ScopedModel, in_reach
from core.models import AuditRow, Event, Signature
from sites.models import Site
from trials.models import Trial

Row = tuple[str, int]


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

    def some(self, event: Any, rows: Mapping[int, AuditRow], most: int) -> Entry:
        """An event with all changes of the record asked for, and at most so many of others."""
        own = event.own or []
        told = self.entry(event, [rows[key] for key in own])
        others = [rows[key] for key in event.others if key not in own]
        more = [change for row in others for change in self.changes(row)]
        return replace(told, changes=(*told.changes, *more[:most]), has_more=len(more) > most)

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


def _signed(keys: list[int]) -> dict[int, tuple[str, ...]]:
    """The signatures given with these events, in words."""
    found: dict[int, tuple[str, ...]] = {}
    for one in Signature.objects.filter(event_id__in=keys).order_by("pk"):
        said = f"{one.meaning}, signed by {one.signer_name} on {one.signed_at}"
        found[one.event_id] = (*found.get(one.event_id, ()), said)
    return found


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
