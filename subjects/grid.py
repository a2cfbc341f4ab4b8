"""The schedule of a place as a grid: days, rooms or people as columns, and what stands in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from accounts.models import User
from core.dates import show_day, show_weekday, start_of
from sites.models import Place
from subjects import diary, slots, unbooked
from subjects.allday import Bar, Lasting, bars, is_long, lasting, of_the_calendar
from subjects.availability import Availability

QUARTER = 15
SHORTEST = 2  # quarters of an hour in which a number can still be read
USUAL = range(8, 18)
USUAL_DAYS = set(range(5))
WHOLE_DAY = timedelta(days=1)
WEEK = timedelta(days=7)
STATE_ICONS = {"completed": "check", "in_progress": "activity", "arrived": "pin"}


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours the grid shows, the last excluded."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        """Quarters of an hour from top to bottom."""
        return (self.last - self.first) * 60 // QUARTER

    @property
    def labels(self) -> list[tuple[int, int]]:
        """Each full hour with its row."""
        return [
            (hour, (hour - self.first) * 60 // QUARTER) for hour in range(self.first, self.last)
        ]

    def row(self, at: datetime) -> int:
        """The quarter of an hour an instant falls into, kept inside the grid."""
        return max(0, min(self._quarters(at), self.rows - 1))

    def span(self, start: datetime, end: datetime) -> tuple[int, int]:
        """First row and number of rows of a stretch of time; none where it is not shown."""
        top = max(0, self._quarters(start))
        bottom = min(self.rows, -(-self._minutes(end, start) // QUARTER))
        return top, max(0, bottom - top)

    def _quarters(self, at: datetime) -> int:
        return self._minutes(at, at) // QUARTER

    def _minutes(self, at: datetime, of: datetime) -> int:
        days = (at.date() - of.date()).days
        return (days * 24 + at.hour - self.first) * 60 + at.minute


@dataclass(frozen=True, slots=True)
class Placed:
    """A block on the grid: its first quarter of an hour, how many, and its lane."""

    block: diary.Block
    row: int
    rows: int
    lane: int
    lanes: int

    @property
    def icon(self) -> str:
        """The shape that says how the visit stands."""
        if self.block.window.is_out or self.block.clash:
            return "alert"
        return STATE_ICONS.get(self.block.status, "")


@dataclass(frozen=True, slots=True)
class More:
    """Visits that have no room beside the others: from which row on, and how many."""

    row: int
    count: int


@dataclass(frozen=True, slots=True)
class Shut:
    """Rows in which the place sees nobody."""

    row: int
    rows: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One day, room or person of the grid."""

    key: str
    title: str
    sub: str
    on: date
    is_today: bool
    is_near: bool
    free: str
    notes: tuple[str, ...]
    shut: list[Shut]
    placed: list[Placed]
    more: list[More]
    count: int


def schedule(
    place: Place, on: date, view: str, user: User, query: QueryDict, now: datetime
) -> dict[str, Any]:
    """What the schedule shows for a day, a week or as a list."""
    is_day = view == "day"
    first, length = (on, WHOLE_DAY) if is_day else (on - on.weekday() * WHOLE_DAY, WEEK)
    held = Availability(place, first, first + length - WHOLE_DAY, now)
    every = diary.blocks(place, first, held.last, user)
    blocks = [block for block in every if _fits(block, query)]
    hours = hours_of(held, blocks)
    by = _by(query)
    grid = Grid(held, hours, user, now)
    columns = grid.resources(blocks, by) if is_day else grid.days(blocks, on)
    waiting, total = unbooked.to_book(place, now.date(), user, query.get("trial", ""))
    return {
        "place": place, "view": view, "by": by, "on": on, "first": first, "last": held.last,
        "now": now, "title": _title(first, columns[-1].on, view), "columns": columns,
        "hours": hours, "has_notes": any(column.notes for column in columns),
        "notes": grid.above(on, by) if is_day else [], "bars": grid.bars(columns),
        "now_row": hours.row(now) if grid.is_open(now) else None,
        "agenda": blocks, "booked": [block.is_busy for block in blocks].count(False),
        "free": held.free(diary.TYPICAL_MINUTES),
        "to_book": waiting, "waiting": total,
        "trials": _trials(every),
        "picks": _picks(held, query), "previous": first - length, "next": first + length,
        "today": now.date(), "query": query,
    }  # fmt: skip


def _by(query: QueryDict) -> str:
    """What the columns of a day are: rooms, or people where these are asked for."""
    return "person" if query.get("by") == "person" else "room"


@dataclass(frozen=True, slots=True)
class Pick:
    """A filter by one room or person: who or what is chosen, and the ways to what else there is."""

    name: str
    label: str
    chosen: str
    clear: str
    options: list[tuple[str, str]]


def _trials(blocks: Iterable[diary.Block]) -> list[tuple[str, int]]:
    return sorted({(block.trial, block.colour) for block in blocks if block.trial})


def _picks(held: Availability, query: QueryDict) -> list[Pick]:
    return [
        Pick(
            name, label, next((text for pk, text in names.items() if str(pk) == query.get(name)), ""),
            _with(query, name, ""), [(_with(query, name, str(pk)), text) for pk, text in names.items()],
        )
        for name, label, names in (
            ("person", "Staff", held.people), ("room", "Room", held.rooms),
        )
    ]  # fmt: skip


def _with(query: QueryDict, name: str, value: str) -> str:
    """The address of the same view with one thing chosen otherwise."""
    changed = query.copy()
    changed.pop(name, None)
    if value:
        changed[name] = value
    return f"?{changed.urlencode()}"


def _fits(block: diary.Block, query: Mapping[str, str]) -> bool:
    """Whether a block is of the trial, room and person asked for."""
    shown = {"trial": block.trial, "room": block.room_id, "person": block.person_id}
    return all(str(value) == query[name] for name, value in shown.items() if query.get(name))


def _title(first: date, last: date, view: str) -> str:
    if view == "day":
        return f"{show_weekday(first)} {first.year}"
    if first.month == last.month:
        return f"{first.day}–{show_day(last)}"
    return f"{show_day(first)} – {show_day(last)}"


def hours_of(held: Availability, blocks: Iterable[diary.Block]) -> Hours:
    """From the first hour the place opens, or something is booked, to the last."""
    spans: list[slots.Interval | diary.Block] = [*blocks]
    spans += chain.from_iterable(held.openings.values())
    hours = [_hours(one.start, one.end, held.place.zone) for one in spans]
    if not hours:
        return Hours(USUAL.start, USUAL.stop)
    return Hours(min(one.first for one in hours), max(one.last for one in hours))


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> Hours:
    """From the hour in which something begins to the one after it ends, midnight at the latest."""
    start, end = start.astimezone(zone), end.astimezone(zone)
    if end.date() != start.date():
        return Hours(start.hour, 24)
    return Hours(start.hour, end.hour + (end.time() > time(end.hour)))


class Grid:
    """The columns of some days at one place."""

    def __init__(self, held: Availability, hours: Hours, user: User, now: datetime) -> None:
        self.held, self.hours, self.now = held, hours, now
        self.zone = held.place.zone
        self.lasting = lasting(held, user)

    def is_open(self, now: datetime) -> bool:
        """Whether the line of the time now runs through the days shown, inside their hours."""
        day = now.date()
        inside = self.hours.first <= now.hour < self.hours.last
        return self.held.first <= day <= self.held.last and inside

    def days(self, blocks: Sequence[diary.Block], on: date) -> list[Column]:
        """One column for each day on which the place is open, or somebody is booked or stays."""
        booked: dict[date, list[diary.Block]] = defaultdict(list)
        for block in blocks:
            booked[block.on].append(block)
        shown = self._open_or(booked)
        near = _near(shown, on)
        short = [one for one in self.lasting if not is_long(one, shown)]
        return [
            self._column(
                day.isoformat(), f"{day:%a}", day, booked[day], self._notes(day, short),
                is_near=day in near,
            )
            for day in shown
        ]  # fmt: skip

    def _open_or(self, booked: Collection[date]) -> list[date]:
        """The days of the week on which the place is open, somebody is booked or somebody stays."""
        usual = set(self.held.week) or USUAL_DAYS
        stays = [one for one in self.lasting if one.is_stay]
        return [
            day for day in (self.held.first + step * WHOLE_DAY for step in range(7))
            if day.weekday() in usual or day in booked or any(one.touches(day) for one in stays)
        ]  # fmt: skip

    def resources(self, blocks: Sequence[diary.Block], by: str) -> list[Column]:
        """One column for each room or person of one day, and one for what has none."""
        names = self.held.people if by == "person" else self.held.rooms
        columns: dict[int | None, str] = {
            _resource(block, by): getattr(block, by) for block in blocks
        }
        columns |= names  # type: ignore[arg-type]
        columns.pop(None, None)
        columns[None] = "Nobody named" if by == "person" else "No room"
        return [
            self._column(
                str(pk or ""), name, self.held.first,
                [block for block in blocks if _resource(block, by) == pk],
                _words(self._of(pk if by == "person" else None), self.held.first),
            )
            for pk, name in columns.items()
        ]  # fmt: skip

    def bars(self, columns: Sequence[Column]) -> list[Bar]:
        """What lasts over several of the days that are shown; in a view of one day nothing does."""
        days = {column.on: column.is_near for column in columns}
        return bars(self.lasting, [*days], [day for day, is_near in days.items() if is_near])

    def above(self, day: date, by: str) -> list[str]:
        """What concerns all columns of one day."""
        shared = [one for one in self.lasting if by != "person" or one.person_id is None]
        return list(self._notes(day, shared))

    def _column(
        self, key: str, title: str, day: date, blocks: list[diary.Block], notes: Iterable[str], *,
        is_near: bool = True,
    ) -> Column:  # fmt: skip
        is_day = key == day.isoformat()
        placed, more = self._place(blocks)
        return Column(
            key, title, str(day.day) if is_day else "", day,
            is_today=is_day and day == self.now.date(), is_near=is_near,
            free=self._free(day) if is_day else "", notes=tuple(notes),
            shut=self._shut(day), placed=placed, more=more, count=len(blocks),
        )  # fmt: skip

    def _of(self, person: int | None) -> list[Lasting]:
        return [one for one in self.lasting if person and one.person_id == person]

    def _free(self, day: date) -> str:
        """How many visits still fit on a day to come, in words."""
        if day < self.now.date() or not self._parts(day):
            return ""
        count = self.held.free_on(day, diary.TYPICAL_MINUTES)
        return f"{count} free" if count else "Full"

    def _notes(self, day: date, shown: Iterable[Lasting]) -> Iterable[str]:
        """What concerns the whole day: holidays, closures, who is away and who comes."""
        yield from of_the_calendar(self.held, day)
        whole = [shut for shut in self._closures(day) if shut.rows == self.hours.rows]
        yield from (f"Closed: {shut.reason}" for shut in whole)
        yield from _words(shown, day)

    def _place(self, blocks: list[diary.Block]) -> tuple[list[Placed], list[More]]:
        shortest = timedelta(minutes=SHORTEST * QUARTER)
        ends = [max(block.end, block.start + shortest) for block in blocks]
        lanes = slots.lanes(
            [slots.Interval(block.start, end) for block, end in zip(blocks, ends, strict=True)]
        )
        placed, hidden = [], []
        for block, (lane, beside) in zip(blocks, lanes, strict=True):
            row, rows = self.hours.span(block.start, block.end)
            row = min(row, self.hours.rows - SHORTEST)
            if lane < beside:
                placed.append(Placed(block, row, max(SHORTEST, rows), lane, beside))
            else:
                hidden.append((row, row + rows))
        return placed, _more(hidden)

    def _parts(self, day: date) -> list[slots.Interval]:
        return self.held.openings.get(day, [])

    def _shut(self, day: date) -> list[Shut]:
        """The hours of a day in which the place is not open, with its closures."""
        row, found = 0, []
        for part in self._parts(day):
            top, rows = self._span(part, day)
            found.append(Shut(row, top - row))
            row = top + rows
        found.append(Shut(row, self.hours.rows - row))
        return [shut for shut in (*found, *self._closures(day)) if shut.rows > 0]

    def _closures(self, day: date) -> list[Shut]:
        return [
            Shut(*self._span(closed, day), closed.reason)
            for closed in self.held.closed
            if closed.start < start_of(day + WHOLE_DAY, self.zone)
            and closed.end > start_of(day, self.zone)
        ]

    def _span(self, part: slots.Interval | diary.Closed, day: date) -> tuple[int, int]:
        start = max(part.start, start_of(day, self.zone)).astimezone(self.zone)
        end = min(part.end, start_of(day + WHOLE_DAY, self.zone)).astimezone(self.zone)
        return self.hours.span(start, end)


def _near(shown: list[date], on: date) -> list[date]:
    """The two days a small screen has room for: the one asked for and the next, else the last two."""
    first = min(sum(day < on for day in shown), len(shown) - 2)
    return shown[max(first, 0) :][:2]


def _words(shown: Iterable[Lasting], day: date) -> list[str]:
    return [one.words(day) for one in shown if one.touches(day)]


def _resource(block: diary.Block, by: str) -> int | None:
    return block.person_id if by == "person" else block.room_id


def _more(hidden: list[tuple[int, int]]) -> list[More]:
    """One mark for each run of hidden visits that overlap."""
    found: list[More] = []
    bottom = -1
    for row, end in sorted(hidden):
        if found and row < bottom:
            found[-1] = More(found[-1].row, found[-1].count + 1)
        else:
            found.append(More(row, 1))
        bottom = max(bottom, end)
    return found
