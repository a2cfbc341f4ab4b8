"""The calendar of a place: grids, windows, free slots and what to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import User
from core.dates import show_day, show_weekday
from sites.models import (
    Claim,
    ClaimKind,
    Closure,
    Delegation,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    Task,
)
from subjects import diary, slots
from subjects.actions.bookings import Wanted
from subjects.forms import BookForm
from subjects.models import Booking, Preference, Visit

QUARTER = 15
REMOTE = {"phone", "video", "home"}
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
class Offer:
    """A free slot with its room and person by name."""

    start: datetime
    end: datetime
    room_id: int | None
    room: str
    person_id: int | None
    person: str
    reasons: tuple[str, ...]

    @property
    def value(self) -> str:
        """The start as a form field carries it."""
        return self.start.isoformat(timespec="minutes")

    @property
    def label(self) -> str:
        """Day and time in words."""
        return f"{show_weekday(self.start.date())} · {self.start:%H:%M}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A visit to book with the first slot that fits."""

    item: diary.ToBook
    offer: Offer | None
    minutes: int


def wanted(values: Mapping[str, Any]) -> Wanted:
    """What a booking form asks for."""
    return Wanted(values["start"], values["minutes"], values["room"], values["person"])


class Availability:
    """What is open and taken at a place over some days, read once for many visits."""

    def __init__(self, place: Place, first: date, last: date, now: datetime) -> None:
        self.place, self.now = place, now
        self.first, self.last = first, last
        self.rooms = dict(
            Room.objects.filter(place=place, is_active=True)
            .order_by("name")
            .values_list("pk", "name")
        )
        self.people = dict(
            Person.objects.filter(place=place, is_active=True)
            .order_by("name")
            .values_list("pk", "name")
        )
        self.delegated = _delegated(place, first)
        start, end = _day_edges(place, first, last)
        self.busy: dict[tuple[int, int], list[slots.Interval]] = {}
        rows = Claim.objects.filter(place=place, period__overlap=(start, end))
        for kind, resource_id, period in rows.values_list("kind", "resource_id", "period"):
            self.busy.setdefault((kind, resource_id), []).append(
                slots.Interval(period.lower, period.upper)
            )
        self.openings = _openings(place, first, last)
        self.closures = [
            slots.Interval(closed.begins, closed.ends)  # type: ignore[attr-defined]
            for closed in diary.closures(place, first, last)
        ]

    def diary_for(self, subject_id: int, site_id: int) -> slots.Diary:
        """The diary as the slot finder reads it, for one subject of one site."""
        return slots.Diary(
            zone=self.place.zone, now=self.now, openings=self.openings, closures=self.closures,
            rooms={pk: self.busy.get((ClaimKind.ROOM, pk), []) for pk in self.rooms},
            people={
                pk: self.busy.get((ClaimKind.PERSON, pk), [])
                for pk in self.people
                if pk in self.delegated.get(site_id, frozenset())
            },
            subject=self.busy.get((ClaimKind.SUBJECT, subject_id), []),
        )  # fmt: skip

    def offer(self, slot: slots.Slot) -> Offer:
        """A free slot in words."""
        zone = self.place.zone
        return Offer(
            slot.start.astimezone(zone), slot.end.astimezone(zone), slot.room_id,
            self.rooms.get(slot.room_id or 0, ""), slot.person_id,
            self.people.get(slot.person_id or 0, ""), slot.reasons,
        )  # fmt: skip


def _delegated(place: Place, on: date) -> dict[int, frozenset[int]]:
    rows = Delegation.objects.filter(
        person__place=place, task__in=[Task.VISITS, Task.PHONE], during__contains=on
    ).values_list("site_id", "person_id")
    found: dict[int, set[int]] = {}
    for site_id, person_id in rows:
        found.setdefault(site_id, set()).add(person_id)
    return {site_id: frozenset(people) for site_id, people in found.items()}


def _day_edges(place: Place, first: date, last: date) -> tuple[datetime, datetime]:
    zone = place.zone
    start = datetime.combine(first, time(), zone)
    return start, datetime.combine(last + timedelta(days=1), time(), zone)


def _openings(place: Place, first: date, last: date) -> dict[date, list[slots.Interval]]:
    week: dict[int, list[tuple[time, time]]] = {}
    for weekday, opens, closes in OpeningHours.objects.filter(place=place).values_list(
        "weekday", "opens", "closes"
    ):
        week.setdefault(weekday, []).append((opens, closes))
    holidays = set(
        Holiday.objects.filter(country=place.country, on__range=(first, last)).values_list(
            "on", flat=True
        )
    )
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return {
        day: [
            slots.Interval(
                datetime.combine(day, opens, place.zone), datetime.combine(day, closes, place.zone)
            )
            for opens, closes in sorted(week.get(day.weekday(), []))
        ]
        for day in days
        if day not in holidays
    }


def need_of(visit: Visit, window: diary.Window, held: Availability) -> slots.Need:
    """What a visit needs of a slot."""
    preference = Preference.objects.filter(subject_id=visit.subject_id).first()
    part: Any = preference.part_of_day if preference else None
    others = Booking.objects.filter(visit__subject_id=visit.subject_id, is_live=True).exclude(
        visit_id=visit.pk
    )
    modality = visit.definition.modality if visit.definition else "clinic"
    people = tuple(held.delegated.get(visit.site_id, ()))
    return slots.Need(
        minutes=visit.definition.duration if visit.definition else 60,
        rooms=None if modality in REMOTE or not held.rooms else tuple(held.rooms),
        people=people or None,
        target_on=window.target,
        earliest_on=window.earliest,
        latest_on=window.latest,
        weekdays=_weekdays(preference),
        part=part if part in {"morning", "afternoon"} else None,
        other_visits_on=frozenset(others.values_list("on", flat=True)),
    )


def _weekdays(preference: Preference | None) -> frozenset[int]:
    text = preference.weekdays if preference else ""
    return frozenset(int(part) for part in text.split(",") if part.strip().isdigit())


def offers(visit: Visit, held: Availability, limit: int = 6) -> list[Offer]:
    """The best free slots for a visit."""
    window = window_of(visit)
    found = slots.find(
        need_of(visit, window, held), held.diary_for(visit.subject_id, visit.site_id), limit
    )
    return [held.offer(slot) for slot in found]


def window_of(visit: Visit) -> diary.Window:
    """The window of a visit with its live booking, if any."""
    booking = visit.bookings.filter(is_live=True).first()
    return diary.Window(
        visit.earliest_on, visit.target_on, visit.latest_on, booking.on if booking else None,
        "booked" if booking else "open",
    )  # fmt: skip


def availability_for(visit: Visit, now: datetime) -> Availability:
    """Opening and claims around the window of a visit."""
    place = visit.site.place
    today = now.astimezone(place.zone).date()
    first = max(today, visit.earliest_on or today)
    last = max(first, visit.latest_on or first) + timedelta(days=7)
    return Availability(place, first, min(last, first + timedelta(days=60)), now)


def with_first_slot(items: Sequence[diary.ToBook], place: Place, now: datetime) -> list[Suggestion]:
    """Visits to book, each with the first slot that fits: the diary is read once."""
    today = now.astimezone(place.zone).date()
    held = Availability(place, today, today + timedelta(days=AHEAD), now)
    visits = Visit.objects.select_related("definition").in_bulk([item.visit_id for item in items])
    found = []
    for item in items:
        best = offers(visits[item.visit_id], held, limit=1)
        definition = visits[item.visit_id].definition
        minutes = definition.duration if definition else 60
        found.append(Suggestion(item, best[0] if best else None, minutes))
    return found


def slot_choice(
    visit: Visit, booking: Booking | None, form: BookForm, problem: Exception | None, now: datetime
) -> dict[str, Any]:
    """What the page that books or moves a visit shows."""
    held = availability_for(visit, now)
    return {
        "visit": visit,
        "place": held.place,
        "booking": booking,
        "form": form,
        "problem": problem,
        "window": window_of(visit),
        "offers": offers(visit, held),
        "minutes": visit.definition.duration if visit.definition else 60,
        "rooms": held.rooms,
        "people": {
            pk: name
            for pk, name in held.people.items()
            if pk in held.delegated.get(visit.site_id, frozenset())
        },
    }


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
        "query": query,
    }  # fmt: skip


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
    start, end = _day_edges(place, day, day)
    notes = tuple(
        closure.reason
        for closure in closed
        if closure.begins < end and closure.ends > start  # type: ignore[attr-defined]
    )
    return Column(
        key, title, sub, day, day == now.date(), not is_open, notes, _placed(blocks), len(blocks)
    )
