"""The page of a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from core.access import can, has_anywhere
from core.dates import show_day, start_of
from core.permissions import Permission
from sites.models import (
    Absence,
    Closure,
    Equipment,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    RoomClosure,
    Site,
)
from sites.queries.claims import SHOWN

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page about a record."""

    url: str
    text: str
    is_current: bool


OWNERS = {"feeds": "subjects", "bed_board": "subjects"}


def frame(place: Place, user: User, current: str = "place") -> dict[str, Any]:
    """The head of the pages of a place: what the user may do, and the tabs the user may see."""
    tabs = [("place", "Overview")]
    if can(user, Permission.DIARY_VIEW, Room(place=place)):
        tabs += [
            ("rooms", "Rooms"),
            ("beds", "Beds"),
            ("bed_board", "Bed board"),
            ("equipment", "Equipment"),
            ("staff", "Staff"),
        ]
    if has_anywhere(user, Permission.SITE_VIEW):
        tabs.append(("delegations", "Delegations"))
    if can(user, Permission.FEED_EDIT, place):
        tabs.append(("feeds", "Calendars"))
    return {
        "place": place,
        "may_edit_place": can(user, Permission.PLACE_EDIT, place),
        "tabs": [
            Tab(
                reverse(f"{OWNERS.get(name, 'sites')}:{name}", args=[place.slug]),
                text,
                name == current,
            )
            for name, text in tabs
        ],
    }


def show_period(period: Any, zone: ZoneInfo) -> str:
    """A stretch of time on the clocks of a zone; whole days without times."""
    start, end = period.lower.astimezone(zone), period.upper.astimezone(zone)
    last = end.date() - timedelta(days=1)
    if start == start_of(start.date(), zone) and end == start_of(end.date(), zone):
        if start.date() == last:
            return f"{start:%a} {show_day(last)}"
        return f"{show_day(start.date())} \N{EN DASH} {show_day(last)}"
    if start.date() == end.date():
        return f"{start:%a} {show_day(start.date())}, {start:%H:%M}\N{EN DASH}{end:%H:%M}"
    return f"{show_day(start.date())} {start:%H:%M} \N{EN DASH} {show_day(end.date())} {end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A closure or absence in words."""

    pk: int
    who: str
    when: str
    why: str
    is_now: bool


def _stretches(
    rows: QuerySet[Any], place: Place, now: datetime, who: str, why: str
) -> list[Stretch]:
    coming = rows.filter(period__endswith__gt=now).order_by("period", "pk")
    return [
        Stretch(
            pk,
            name or "",
            show_period(period, place.zone),
            text,
            period.lower <= now < period.upper,
        )
        for pk, name, period, text in coming.values_list("pk", who, "period", why)[:SHOWN]
    ]


def closures_of(place: Place, now: datetime) -> list[Stretch]:
    """When the place is closed, now and later."""
    return _stretches(
        Closure.objects.filter(place=place), place, now, "place__short_name", "reason"
    )


def room_closures_of(place: Place, now: datetime) -> list[Stretch]:
    """When single rooms are closed, now and later."""
    rows = RoomClosure.objects.filter(room__place=place)
    return _stretches(rows, place, now, "room__name", "reason")


def absences_of(place: Place, now: datetime) -> list[Stretch]:
    """Who is away, now and later."""
    rows = Absence.objects.filter(person__place=place)
    return _stretches(rows, place, now, "person__name", "note")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with what is delegated today, and the day on which the first of it ends."""

    name: str
    job_title: str
    tasks: int
    sites: int
    until: date | None
    is_soon: bool


def staff_of(place: Place, sites: list[Site], today: date) -> list[Member]:
    """Who works at a place, with the tasks held at the sites given: one query."""
    held = Q(delegations__during__contains=today, delegations__site__in=sites)
    rows: QuerySet[Any] = Person.objects.filter(place=place, is_active=True).annotate(
        tasks=Count("delegations", filter=held),
        sites=Count("delegations__site", filter=held, distinct=True),
        after=Min(F("delegations__during__endswith"), filter=held),
    )
    return [_member(row, today) for row in rows.order_by("name", "pk")[:SHOWN]]


def _member(row: Any, today: date) -> Member:
    until = row.after - timedelta(days=1) if row.after else None
    is_soon = until is not None and until <= today + SOON
    return Member(row.name, row.job_title, row.tasks, row.sites, until, is_soon)


def week_of(place: Place) -> list[tuple[str, str]]:
    """The days of the week with their opening hours in words."""
    hours: dict[int, list[str]] = {}
    rows = OpeningHours.objects.filter(place=place).order_by("weekday", "opens")
    for weekday, opens, closes in rows.values_list("weekday", "opens", "closes"):
        hours.setdefault(weekday, []).append(f"{opens:%H:%M}\N{EN DASH}{closes:%H:%M}")
    return [
        (name, ", ".join(hours.get(weekday, [])) or "Closed")
        for weekday, name in OpeningHours.Weekday.choices
    ]


def overview(place: Place, user: User, now: datetime) -> dict[str, Any]:
    """What the first page of a place shows; its diary only to those who may see it."""
    today = now.astimezone(place.zone).date()
    year = (today, today + timedelta(days=365))
    sites = sites_at(place, user)
    shown: dict[str, Any] = {
        "sites": sites,
        "holidays": Holiday.objects.visible_to(user)
        .filter(country=place.country, on__range=year)
        .order_by("on")[:SHOWN],
    }
    if can(user, Permission.DIARY_VIEW, Room(place=place)):
        shown |= {
            "sees_diary": True,
            "week": week_of(place),
            "closures": closures_of(place, now),
            "room_closures": room_closures_of(place, now),
            "absences": absences_of(place, now),
            "staff": staff_of(place, sites, today),
            "calibrations": Equipment.objects.filter(
                place=place, is_active=True, calibration_due_on__lte=today + SOON
            ).order_by("calibration_due_on", "pk")[:SHOWN],
            "today": today,
        }
    return shown


def sites_at(place: Place, user: User) -> list[Site]:
    """The sites at a place that the user may see, with their trials."""
    rows: QuerySet[Site] = Site.objects.visible_to(user).filter(place=place)
    return list(rows.select_related("trial", "place").order_by("trial__protocol_number", "number"))
