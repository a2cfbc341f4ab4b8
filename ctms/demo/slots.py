"""Who and what is taken when at Northgate, so that the demo asks for nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from random import Random
from zoneinfo import ZoneInfo

OPENS, CLOSES = 8 * 60, 18 * 60
QUARTER = 15
LAST_START = 17 * 60
SIDE_BY_SIDE = (2, 3)  # visits at the same time: two where it goes, three at most


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a day in minutes from midnight, with its room and its person."""

    start: int
    minutes: int
    room: str
    person: str

    @property
    def end(self) -> int:
        """The minute it is over."""
        return self.start + self.minutes

    def overlaps(self, other: Slot) -> bool:
        """Whether both last at the same time."""
        return self.start < other.end and other.start < self.end

    def clashes(self, other: Slot) -> bool:
        """Whether both want the same room or person at the same time."""
        same_room = self.room != "" and self.room == other.room
        return self.overlaps(other) and (same_room or self.person == other.person)

    def begins(self, on: date, zone: ZoneInfo) -> datetime:
        """The instant it begins on a day."""
        return datetime.combine(on, time(self.start // 60, self.start % 60), zone)


class Slots:
    """The slots that are taken, by day."""

    def __init__(self) -> None:
        self.taken: dict[date, list[Slot]] = defaultdict(list)
        self.closes: dict[date, int] = {}

    def take(self, on: date, slot: Slot) -> Slot:
        """Hold a slot that is wanted just so."""
        self.taken[on].append(slot)
        return slot

    def find(
        self, on: date, minutes: int, rooms: Sequence[str], people: Sequence[str], random: Random
    ) -> Slot | None:
        """Hold a free slot, on a time of the day that is left to chance."""
        starts = list(range(OPENS + QUARTER, LAST_START, QUARTER))
        random.shuffle(starts)
        people = random.sample(people, len(people))
        for at_once in SIDE_BY_SIDE:
            for start in starts:
                for room in rooms:
                    for person in people:
                        slot = Slot(start, minutes, room, person)
                        if self._is_free(on, slot, at_once):
                            return self.take(on, slot)
        return None

    def _is_free(self, on: date, slot: Slot, at_once: int) -> bool:
        taken = self.taken[on]
        return (
            slot.end <= self.closes.get(on, CLOSES)
            and not any(slot.clashes(other) for other in taken)
            and sum(slot.overlaps(other) for other in taken) < at_once
        )


def minutes_of(clock: str) -> int:
    """Minutes from midnight of a time such as 09:15."""
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute
