"""When a subject was in the house: from admission to discharge, without the leaves between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet

from core.dates import local_day, show_clock, show_weekday, start_of
from subjects.models import Leave, ProcedureRecord, Stay, Visit
from trials.models import VisitProcedure

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Presence:
    """The time of one stay in the house; without an end it goes on."""

    admitted_at: datetime
    discharged_at: datetime | None = None
    leaves: tuple[Span, ...] = field(default=())

    def why_not(self, at: datetime, zone: ZoneInfo) -> str:
        """Why the subject was not in the house at a time, in words; empty where it was."""
        if at < self.admitted_at:
            return f"before the admission, {say(self.admitted_at, zone)}"
        if self.discharged_at is not None and at > self.discharged_at:
            return f"after the discharge, {say(self.discharged_at, zone)}"
        away = next((span for span in self.leaves if _holds(span, at)), None)
        if away is None:
            return ""
        until = f" to {say(away[1], zone)}" if away[1] else ""
        return f"during the leave from {say(away[0], zone)}{until}"

    def stretches(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches in the house, one after the other, until the discharge or now."""
        at, end = self.admitted_at, self.discharged_at or max(now, self.admitted_at)
        for left, back in sorted(self.leaves, key=lambda span: span[0]):
            yield at, min(left, end)
            at = min(back or end, end)
        yield at, end

    def nights(self, zone: ZoneInfo, now: datetime) -> int:
        """The midnights slept in the house: those before and after which the subject was there."""
        return sum(_midnights(start, end, zone) for start, end in self.stretches(now))


def _holds(span: Span, at: datetime) -> bool:
    left, back = span
    return left <= at and (back is None or at < back)


def _midnights(start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """How often a new day began strictly between two instants, by the clocks of a zone."""
    first, last = local_day(start, zone), local_day(end, zone)
    count = (last - first).days
    return count - 1 if count and end == start_of(last, zone) else max(count, 0)


def say(at: datetime, zone: ZoneInfo) -> str:
    """A day and a time as people at the place say it."""
    local = at.astimezone(zone)
    return f"{show_weekday(local.date())} {show_clock(local)}"


def presence_of(stay: Stay) -> Presence | None:
    """When the subject of a stay was in the house; nothing before the admission."""
    return presences([stay]).get(stay.pk)


def presences(stays: Iterable[Stay]) -> dict[int, Presence]:
    """When the subjects of stays were in the house, by stay: one query for the leaves of all."""
    rows = [stay for stay in stays if stay.admitted_at is not None]
    held = Leave.objects.filter(stay__in=rows, voided_at=None).order_by("left_at")
    leaves: Mapping[int, list[Span]] = defaultdict(list)
    for stay_id, left, back in held.values_list("stay_id", "left_at", "returned_at"):
        leaves[stay_id].append((left, back))
    return {
        stay.pk: Presence(stay.admitted_at, stay.discharged_at, tuple(leaves[stay.pk]))
        for stay in rows
        if stay.admitted_at is not None
    }


def nights_of(stays: QuerySet[Stay], now: datetime) -> dict[int, int]:
    """The nights slept so far, by stay, in the zone of its place: two queries for any number."""
    rows = list(stays.select_related("place"))
    found = presences(rows)
    return {
        stay.pk: found[stay.pk].nights(stay.place.zone, now) if stay.pk in found else 0
        for stay in rows
    }


class Nights(Func):
    """The nights slept for a visit whose subject was discharged, inside a query."""

    function = "subjects_nights"
    output_field = IntegerField()


def nights_planned(stay: Stay, zone: ZoneInfo) -> int:
    """The midnights between the admission, or the planned one, and the planned discharge."""
    return _midnights(stay.admitted_at or stay.planned_from, stay.planned_until, zone)


def clocked(visit: Visit) -> QuerySet[ProcedureRecord]:
    """What was done by the clock at a visit: timed samples, and the dose from which they count."""
    zero = VisitProcedure.objects.filter(
        visit=visit.definition_id, procedure=OuterRef("definition_id"), is_time_zero=True
    )
    rows: QuerySet[ProcedureRecord] = ProcedureRecord.objects.filter(
        Q(minute__isnull=False) | Exists(zero), visit=visit, done_at__isnull=False
    )
    return rows.order_by("done_at", "pk")
