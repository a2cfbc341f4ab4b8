"""The calendar of a place: grids, windows, free slots and what to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from core.dates import show_day, show_weekday, start_of
from sites.models import Closure, OpeningHours, Person, Place, Room
from subjects import diary, slots
from subjects.actions.bookings import TakenError, Wanted
from subjects.availability import (
    Availability,
    Offer,
    around,
    at_that_time,
    best,
    minutes_of,
)
from subjects.forms import BookForm
from subjects.models import Booking, Visit, VisitStatus

QUARTER = 15
AHEAD = 42
FIRST_HOUR, LAST_HOUR = 8, 18


@dataclass(frozen=True, slots=True)
class Placed:
    """A block on the grid: its first quarter of an hour, how many, and its lane."""

    block: diary.Block
    row: int
    rows: int
    lane: int
    lanes: int


@dataclass(frozen=True, slots=True)
class Column:
    """One day, room or person of the grid."""

    key: str
    title: str
    sub: str
    on: date
    is_today: bool
    is_closed: bool
    notes: tuple[str, ...]
    placed: list[Placed]
    count: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A visit to book with the first slot that fits."""

    item: diary.ToBook
    offer: Offer | None
    minutes: int


def wanted(values: Mapping[str, Any]) -> Wanted:
    """What a booking form asks for."""
    return Wanted(values["start"], values["minutes"], values["room"], values["person"])


def assigned(visit: Visit, values: Mapping[str, Any]) -> Wanted:
    """The time a booking form asks for, with whichever room and delegated person are free."""
    start = values["start"]
    free = at_that_time(visit, start, timezone.now())
    if free is None:
        local = start.astimezone(visit.site.place.zone)
        raise TakenError(f"No room with a delegated person is free at {local:%H:%M}.")
    return Wanted(
        start, minutes_of(visit), Room.objects.filter(pk=free.room_id or 0).first(),
        Person.objects.filter(pk=free.person_id or 0).first(),
    )  # fmt: skip


def outlook(place: Place, now: datetime) -> Availability:
    """What is free at a place from Monday of this week on."""
    today = now.astimezone(place.zone).date()
    monday = today - timedelta(days=today.weekday())
    return Availability(place, monday, today + timedelta(days=AHEAD), now)


def with_first_slot(items: Sequence[diary.ToBook], held: Availability) -> list[Suggestion]:
    """Visits to book, each with the first slot that fits."""
    rows = Visit.objects.select_related("definition").in_bulk([item.visit_id for item in items])
    first = best([rows[item.visit_id] for item in items], held, limit=1)
    return [
        Suggestion(item, next(iter(first[item.visit_id]), None), minutes_of(rows[item.visit_id]))
        for item in items
    ]


def as_typed(booking: Booking | None) -> dict[str, Any]:
    """The fields to begin with when a booked visit is moved by hand."""
    if booking is None:
        return {}
    period: Any = booking.period
    return {
        "start": f"{period.lower.astimezone(booking.place.zone):%Y-%m-%dT%H:%M}",
        "minutes": round((period.upper - period.lower).total_seconds() / 60),
        "room": booking.room_id, "person": booking.person_id,
    }  # fmt: skip


def time_of(booking: Booking | None) -> str:
    """When and where a visit is booked, in a sentence."""
    if booking is None:
        return "It has no time now."
    period: Any = booking.period
    local = period.lower.astimezone(booking.place.zone)
    room = f" in {booking.room}" if booking.room else ""
    return f"It is booked for {show_weekday(local.date())}, {local:%H:%M}{room} now."


def slot_choice(
    visit: Visit, booking: Booking | None, form: BookForm, problem: Exception | None, now: datetime
) -> dict[str, Any]:
    """What the page that books or moves a visit shows."""
    held = around(visit, now)
    return {
        "visit": visit,
        "place": held.place,
        "booking": booking,
        "form": form,
        "problem": problem,
        "window": window_of(visit, booking),
        "today": now.astimezone(held.place.zone).date(),
        "offers": best([visit], held)[visit.pk],
        "minutes": minutes_of(visit),
        "rooms": held.rooms,
        "people": held.people_of(visit.site_id),
        "nobody": bool(held.people) and not held.people_of(visit.site_id),
    }


def window_of(visit: Visit, booking: Booking | None) -> diary.Window:
    """The window of a visit with the day it was done or is booked for, if any."""
    on = visit.performed_on or (booking.on if booking else None)
    return diary.Window(
        visit.earliest_on, visit.target_on, visit.latest_on, on,
        "done" if visit.performed_on else "booked" if booking else "open",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """How full a day is: visits booked, visits that still fit, windows that end unbooked."""

    on: date
    visits: int
    free: int
    is_today: bool
    is_past: bool
    ending: int = 0

    @property
    def label(self) -> str:
        """The day, short."""
        return f"{self.on:%a} {self.on.day}"

    @property
    def percent(self) -> int:
        """Share of the day that is taken."""
        return round(100 * self.visits / (self.visits + self.free)) if self.visits else 0

    @property
    def words(self) -> str:
        """What to know about the day."""
        if self.is_past:
            return "Done" if self.visits else "None"
        if self.ending:
            return "1 must book" if self.ending == 1 else f"{self.ending} must book"
        if self.free:
            return f"{self.free} free"
        return "Full" if self.visits else "Closed"


def load(held: Availability, today: date, days: int = 14) -> list[Load]:
    """The strip of working days around today, with what is booked and what still fits."""
    place, last = held.place, held.first + timedelta(days=days - 1)
    booked = dict(
        Booking.objects.filter(place=place, is_live=True, on__range=(held.first, last))
        .order_by()
        .values_list("on")
        .annotate(n=Count("pk"))
    )
    ending = dict(
        Visit.objects.filter(
            site__place=place, status=VisitStatus.PLANNED, latest_on__range=(today, last)
        )
        .order_by()
        .values_list("latest_on")
        .annotate(n=Count("pk"))
    )
    return [
        Load(
            on, booked.get(on, 0), held.free_on(on, diary.TYPICAL_MINUTES) if on >= today else 0,
            on == today, on < today, ending.get(on, 0),
        )
        for on in (held.first + timedelta(days=step) for step in range(days))
        if held.openings.get(on) or booked.get(on)
    ]  # fmt: skip


def day_to_show(held: Availability, strip: Sequence[Load], today: date) -> date:
    """Today; while the place is closed and nobody comes, the next day on which it opens."""
    keeps_hours = any(held.openings.values())
    ahead = (day.on for day in strip if day.on >= today)
    return next(ahead, today) if keeps_hours else today


def schedule(
    place: Place, on: date, view: str, user: User, query: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """What the schedule shows for a day, a week or as a list."""
    first = on - timedelta(days=on.weekday()) if view != "day" else on
    last = first + timedelta(days=6) if view != "day" else on
    blocks = [
        block
        for block in diary.blocks(place, first, last, user)
        if query.get("trial", block.trial) == block.trial
        and query.get("room", str(block.room_id)) == str(block.room_id)
        and query.get("person", str(block.person_id)) == str(block.person_id)
    ]
    step = timedelta(days=1 if view == "day" else 7)
    columns = _columns(place, first, last, view, blocks, now)
    trials = sorted({(block.trial, block.colour) for block in blocks if block.trial})
    return {
        "place": place, "view": view, "on": on, "first": first, "last": last, "now": now,
        "title": _title(first, columns[-1].on if columns else last, view),
        "columns": columns,
        "hours": [(hour, (hour - FIRST_HOUR) * 4) for hour in range(FIRST_HOUR, LAST_HOUR)],
        "now_row": _row(now) if first <= now.date() <= last else None,
        "agenda": blocks, "booked": sum(not block.is_busy for block in blocks),
        "to_book": diary.to_book(place, now.date(), user, limit=20), "trials": trials,
        "previous": first - step, "next": first + step, "today": now.date(),
        "rooms": Room.objects.filter(place=place, is_active=True).order_by("name"),
        "people": Person.objects.filter(place=place, is_active=True).order_by("name"),
        "query": query, "near": _near([column.on for column in columns], on),
    }  # fmt: skip


def _near(days: list[date], on: date) -> set[date]:
    """The two days a narrow screen shows: the chosen one and the next that is shown."""
    return set([day for day in days if day >= on][:2] or days[-2:])


def _title(first: date, last: date, view: str) -> str:
    if view == "day":
        return f"{show_weekday(first)} {first.year}"
    if first.month == last.month:
        return f"{first.day}–{show_day(last)}"
    return f"{show_day(first)} – {show_day(last)}"


def _row(instant: datetime) -> int:
    """The quarter of an hour of the grid an instant falls into, kept inside the grid."""
    quarters = (instant.hour - FIRST_HOUR) * 4 + instant.minute // QUARTER
    return max(0, min(quarters, (LAST_HOUR - FIRST_HOUR) * 4 - 1))


def _placed(blocks: list[diary.Block]) -> list[Placed]:
    lanes = slots.lanes([slots.Interval(block.start, block.end) for block in blocks])
    return [
        Placed(
            block, _row(block.start),
            max(2, round((block.end - block.start).total_seconds() / 60 / QUARTER)), *lane,
        )
        for block, lane in zip(blocks, lanes, strict=True)
    ]  # fmt: skip


def _columns(
    place: Place, first: date, last: date, view: str, blocks: list[diary.Block], now: datetime
) -> list[Column]:
    open_days = set(OpeningHours.objects.filter(place=place).values_list("weekday", flat=True))
    closed = diary.closures(place, first, last)
    if view == "day":
        rooms = [*Room.objects.filter(place=place, is_active=True).order_by("name"), None]
        return [
            _column(
                room.name if room else "No room", "", first, now, closed, place,
                [block for block in blocks if block.room_id == (room.pk if room else None)],
                is_open=first.weekday() in open_days, key=str(room.pk if room else ""),
            )
            for room in rooms
        ]  # fmt: skip
    found = []
    for step in range(7):
        day = first + timedelta(days=step)
        here = [block for block in blocks if block.on == day]
        if day.weekday() in open_days or here:
            found.append(
                _column(
                    f"{day:%a}", str(day.day), day, now, closed, place, here,
                    is_open=day.weekday() in open_days, key=day.isoformat(),
                )
            )  # fmt: skip
    return found


def _column(
    title: str, sub: str, day: date, now: datetime, closed: list[Closure], place: Place,
    blocks: list[diary.Block], *, is_open: bool, key: str,
) -> Column:  # fmt: skip
    start, end = start_of(day, place.zone), start_of(day + timedelta(days=1), place.zone)
    notes = tuple(
        closure.reason
        for closure in closed
        if closure.begins < end and closure.ends > start  # type: ignore[attr-defined]
    )
    return Column(
        key, title, sub, day, day == now.date(), not is_open, notes, _placed(blocks), len(blocks)
    )
