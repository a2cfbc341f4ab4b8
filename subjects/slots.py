"""Free times for a visit: a room, a delegated person and the subject at once, best ones first.

The diary becomes bits, one for every five minutes of real time from the first midnight, so the
hours of a day on which the clocks change are the hours that pass. What is shorter rounds outward.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from core.dates import WEEKDAYS, show_days, start_of
from subjects.planning import target_text

Part = Literal["morning", "afternoon", "evening"]

UNIT = timedelta(minutes=5)
DAY = timedelta(days=1)
A_DAY_AT_MOST = 2
LANES = 4
NOON, EVENING = 12, 17  # hours at which the parts of a day begin

# A preferred weekday or part of the day is worth two days from the target, one journey saved one.
PER_DAY_FROM_TARGET = -10
PER_DAY_OUTSIDE = -100
PREFERRED = 20
JOINED = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time between two instants, its end excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Need:
    """What a visit needs; None for rooms or people means that it goes without."""

    minutes: int
    rooms: tuple[int, ...] | None
    people: tuple[int, ...] | None
    target_on: date | None = None
    earliest_on: date | None = None
    latest_on: date | None = None
    weekdays: frozenset[int] = frozenset()
    part: Part | None = None
    other_visits_on: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Diary:
    """When a place is open, and when its rooms, its people and the subject are taken."""

    zone: ZoneInfo
    now: datetime
    openings: Mapping[date, Sequence[Interval]]
    closures: Sequence[Interval] = ()
    rooms: Mapping[int, Sequence[Interval]] | None = None
    people: Mapping[int, Sequence[Interval]] | None = None
    subject: Sequence[Interval] = ()
    step: int = 15


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time with who and where, and why it is offered; a higher score is better."""

    start: datetime
    end: datetime
    room_id: int | None
    person_id: int | None
    score: int
    reasons: tuple[str, ...]


def find(need: Need, diary: Diary, limit: int = 6) -> list[Slot]:
    """The best free times, at most two a day; outside the window only when none inside is free."""
    free = _Free(need, diary)
    found = free.starts(free.inside() or free.bits)
    starts = [(start, start.astimezone(diary.zone)) for start in found]
    score = cache(lambda day, part: _judge(need, day, part)[0])
    ranked = sorted(starts, key=lambda pair: -score(pair[1].date(), _part(pair[1].hour)))
    return [free.slot(start) for start in islice(_apart(ranked, free.length), limit)]


def _apart(ranked: Iterable[tuple[datetime, datetime]], length: timedelta) -> Iterator[datetime]:
    """The times, best first, without those that overlap a better one or are too many on a day."""
    offered: dict[date, list[datetime]] = defaultdict(list)
    for start, local in ranked:
        same_day = offered[local.date()]
        is_apart = all(abs(start - other) >= length for other in same_day)
        if is_apart and len(same_day) < A_DAY_AT_MOST:
            same_day.append(start)
            yield start


def nearest(start: datetime, need: Need, diary: Diary) -> Slot | None:
    """The free time closest to a wanted one, the later of two as close, inside the window or not."""
    free = _Free(need, diary)
    best = min(free.starts(), key=lambda at: (abs(at - start), at < start), default=None)
    return free.slot(best) if best else None


def free_count(day: date, minutes: int, diary: Diary) -> int:
    """How many visits so long still fit on the day, side by side where rooms and people allow."""
    rooms, people = (None if held is None else tuple(held) for held in (diary.rooms, diary.people))
    free = _Free(Need(minutes, rooms, people), diary)
    count, taken_until = 0, None
    for start in free.starts():
        is_on_day = start.astimezone(diary.zone).date() == day
        if is_on_day and (taken_until is None or start >= taken_until):
            count += free.side_by_side(start)
            taken_until = start + free.length
    return count


def lanes(intervals: Sequence[Interval]) -> list[tuple[int, int]]:
    """For each interval its lane from 0 and how many lanes stand side by side there, at most 4.

    A lane of 4 or more has no room beside the others: it counts into the `+2` below them.
    """
    placed: dict[int, int] = {}
    width: dict[int, int] = {}
    for cluster in _clusters(intervals):
        ends: list[datetime] = []
        for number in cluster:
            interval = intervals[number]
            lane = next((at for at, end in enumerate(ends) if end <= interval.start), len(ends))
            ends[lane : lane + 1] = [interval.end]
            placed[number] = lane
        width.update(dict.fromkeys(cluster, min(len(ends), LANES)))
    return [(placed[number], width[number]) for number in range(len(intervals))]


class _Free:
    """The times at which everything a visit needs is free, as bits."""

    def __init__(self, need: Need, diary: Diary) -> None:
        self.need = need
        self.diary = diary
        self.length = timedelta(minutes=need.minutes)
        openings = [opening for hours in diary.openings.values() for opening in hours]
        if not openings:
            self.size, self.bits = 0, 0
            return
        self.origin = start_of(
            min(opening.start.astimezone(diary.zone).date() for opening in openings), diary.zone
        )
        self.size = (max(opening.end for opening in openings) - self.origin) // UNIT
        self.rooms = self._runs_of(need.rooms, diary.rooms)
        self.people = self._runs_of(need.people, diary.people)
        past = Interval(self.origin, max(diary.now, self.origin))
        taken = self._taken((past, *diary.closures, *diary.subject))
        self.bits = (
            self._runs(self._open(openings) & ~taken)
            & self._any(need.rooms, self.rooms)
            & self._any(need.people, self.people)
            & self._grid()
        )

    def inside(self) -> int:
        """Those of its bits that lie inside the window of the visit."""
        first, last, zone = self.need.earliest_on, self.need.latest_on, self.diary.zone
        if not self.bits:
            return 0
        start = (start_of(first, zone) - self.origin) // UNIT if first else 0
        stop = (start_of(last + DAY, zone) - self.origin) // UNIT if last else self.size
        return self.bits & self._span(start, stop)

    def starts(self, of: int | None = None) -> Iterator[datetime]:
        """The instants at which the visit could begin, or those of some bits, in order."""
        bits = f"{self.bits if of is None else of:b}"[::-1]
        at = bits.find("1")
        while at >= 0:
            yield self.origin + at * UNIT
            at = bits.find("1", at + 1)

    def slot(self, start: datetime) -> Slot:
        """The slot at one of these instants, with the first room and person that are free."""
        at = (start - self.origin) // UNIT
        room, person = (
            next((key for key, bits in runs.items() if bits >> at & 1), None)
            for runs in (self.rooms, self.people)
        )
        local = start.astimezone(self.diary.zone)
        score, reasons = _judge(self.need, local.date(), _part(local.hour))
        return Slot(start, start + self.length, room, person, score, reasons)

    def side_by_side(self, start: datetime) -> int:
        """How many such visits rooms and people allow at one of these instants."""
        at = (start - self.origin) // UNIT
        wanted = ((self.need.rooms, self.rooms), (self.need.people, self.people))
        free = (
            sum(bits >> at & 1 for bits in runs.values())
            for keys, runs in wanted
            if keys is not None
        )
        return min(free, default=1)

    def _runs_of(
        self, wanted: Iterable[int] | None, held: Mapping[int, Sequence[Interval]] | None
    ) -> dict[int, int]:
        everything = (1 << self.size) - 1
        return {
            key: self._runs(everything & ~self._taken((held or {}).get(key, ())))
            for key in wanted or ()
        }

    def _any(self, wanted: Iterable[int] | None, runs: Mapping[int, int]) -> int:
        if wanted is None:
            return (1 << self.size) - 1
        bits = 0
        for run in runs.values():
            bits |= run
        return bits

    def _runs(self, free: int) -> int:
        """The beginnings of stretches as long as the visit: found by doubling their length."""
        wanted, length = -(-self.length // UNIT), 1
        while length < wanted:
            more = min(length, wanted - length)
            free &= free >> more
            length += more
        return free

    def _grid(self) -> int:
        """Every time on the step of the diary."""
        step = timedelta(minutes=self.diary.step) // UNIT
        count = -(-self.size // step)
        return int(((1 << step * count) - 1) // ((1 << step) - 1))

    def _open(self, openings: Iterable[Interval]) -> int:
        bits = 0
        for opening in openings:
            bits |= self._span(
                -(-(opening.start - self.origin) // UNIT), (opening.end - self.origin) // UNIT
            )
        return bits

    def _taken(self, intervals: Iterable[Interval]) -> int:
        bits = 0
        for taken in intervals:
            bits |= self._span(
                (taken.start - self.origin) // UNIT, -(-(taken.end - self.origin) // UNIT)
            )
        return bits

    def _span(self, first: int, stop: int) -> int:
        first, stop = max(first, 0), min(stop, self.size)
        return ((1 << stop - first) - 1) << first if first < stop else 0


def _judge(need: Need, day: date, part: Part) -> tuple[int, tuple[str, ...]]:
    """How good a time is, and why, in words."""
    score, reasons = _judge_window(need, day)
    if need.target_on:
        away = (day - need.target_on).days
        score += PER_DAY_FROM_TARGET * abs(away)
        reasons.append(target_text(away))
    if day.weekday() in need.weekdays:
        score += PREFERRED
        reasons.append(f"{WEEKDAYS[day.weekday()]} as preferred")
    if need.part and need.part == part:
        score += PREFERRED
        reasons.append(f"{need.part} as preferred")
    if day in need.other_visits_on:
        score += JOINED
        reasons.append("joins another visit that day")
    return score, tuple(reasons)


def _judge_window(need: Need, day: date) -> tuple[int, list[str]]:
    early, late = _outside(need, day)
    if early or late:
        side = "before" if early else "after"
        return PER_DAY_OUTSIDE * (early + late), [f"{show_days(early + late)} {side} the window"]
    return 0, ["in window"] if need.earliest_on or need.latest_on else []


def _outside(need: Need, day: date) -> tuple[int, int]:
    """How many days before the window and after it."""
    early = (need.earliest_on - day).days if need.earliest_on else 0
    late = (day - need.latest_on).days if need.latest_on else 0
    return max(early, 0), max(late, 0)


def _part(hour: int) -> Part:
    if hour < NOON:
        return "morning"
    return "afternoon" if hour < EVENING else "evening"


def _clusters(intervals: Sequence[Interval]) -> Iterator[list[int]]:
    """The numbers of intervals that overlap each other, directly or through others between."""
    cluster: list[int] = []
    end = None
    for number in sorted(range(len(intervals)), key=lambda at: (intervals[at].start, at)):
        if end is not None and intervals[number].start >= end:
            yield cluster
            cluster, end = [], None
        cluster.append(number)
        end = intervals[number].end if end is None else max(end, intervals[number].end)
    if cluster:
        yield cluster
