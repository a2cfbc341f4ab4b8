"""What is booked, and what a change at a place would get in the way of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Func, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import User
from core.dates import show_weekday
from sites.models import Claim, ClaimKind, Place

SHOWN = 50
OF_VISITS = ("booking", "stay")  # what holds something for a subject, and can be moved


@dataclass(frozen=True, slots=True)
class Booked:
    """What a claim stands for, told by the app that made it."""

    label: str
    url: str
    site_id: int


Describe = Callable[[Iterable[int], User], dict[int, Booked]]
describers: dict[str, Describe] = {}


def describes(holder: str) -> Callable[[Describe], Describe]:
    """Register who can tell what the claims of a holder stand for."""

    def decorate(describe: Describe) -> Describe:
        describers[holder] = describe
        return describe

    return decorate


def booked(kind: int, resource_id: int, period: DateTimeTZRange) -> QuerySet[Claim]:
    """The visits that hold a room, a person or a bed at some time in a stretch."""
    return Claim.objects.filter(
        kind=kind, resource_id=resource_id, holder__in=OF_VISITS, period__overlap=period
    )


def ahead(place: Place, kind: int = ClaimKind.SUBJECT, resource_id: int = 0) -> QuerySet[Claim]:
    """The visits booked from now on: of a place, or of one of its rooms, beds or people."""
    period = DateTimeTZRange(timezone.now(), None)
    if resource_id:
        return booked(kind, resource_id, period)
    return Claim.objects.filter(place=place, kind=kind, holder="booking", period__overlap=period)


@dataclass(frozen=True, slots=True)
class Concerned:
    """A booked visit that a change gets in the way of; one I may not see is only a time."""

    when: str
    what: str
    url: str
    site_id: int = 0


def concerned(claims: QuerySet[Claim], place: Place | None, user: User) -> list[Concerned]:
    """The visits behind claims, in order of time; where no place is given, each says its own."""
    rows = list(claims.select_related("place").order_by("period", "pk")[:SHOWN])
    told = {
        holder: describers[holder]([row.holder_id for row in rows if row.holder == holder], user)
        for holder in {row.holder for row in rows}
    }
    return [_concerned(row, told[row.holder].get(row.holder_id), place) for row in rows]


def _concerned(row: Claim, told: Booked | None, place: Place | None) -> Concerned:
    period: Any = row.period
    start, end = period.lower.astimezone(row.place.zone), period.upper.astimezone(row.place.zone)
    until = f"{show_weekday(end.date())} " if end.date() != start.date() else ""
    when = f"{show_weekday(start.date())} {start:%H:%M}\N{EN DASH}{until}{end:%H:%M}"
    when += "" if place else f" at {row.place.short_name}"
    return (
        Concerned(when, told.label, told.url, told.site_id) if told else Concerned(when, "Busy", "")
    )


def closed_out(place: Place, during: DateTimeTZRange) -> QuerySet[Claim]:
    """The visits booked at a place in a stretch of time."""
    return Claim.objects.filter(
        place=place, kind=ClaimKind.SUBJECT, holder="booking", period__overlap=during
    )


def on_holiday(country: str, on: date) -> QuerySet[Claim]:
    """The visits booked on a day at the places of a country, by the clocks there."""
    start = Func(F("period"), function="lower", output_field=models.DateTimeField())
    local = Func(
        F("place__time_zone"), start, function="timezone", output_field=models.DateTimeField()
    )
    midnight = datetime.combine(on, time(), UTC)
    around = DateTimeTZRange(midnight - timedelta(days=1), midnight + timedelta(days=2))
    return Claim.objects.alias(there=Cast(local, models.DateField())).filter(
        place__country=country, kind=ClaimKind.SUBJECT, holder="booking", period__overlap=around,
        there=on,
    )  # fmt: skip


def outside(place: Place, week: Iterable[tuple[int, time, time]]) -> QuerySet[Claim]:
    """The visits ahead that would lie outside a week of opening hours."""
    hours = list(week)
    out = []
    period: Any
    for pk, period in ahead(place).values_list("pk", "period"):
        start, end = period.lower.astimezone(place.zone), period.upper.astimezone(place.zone)
        inside = any(
            day == start.weekday() and opens <= start.time() and end.time() <= closes
            for day, opens, closes in hours
        )
        if not inside:
            out.append(pk)
    return Claim.objects.filter(pk__in=out)
