"""What moves when an anchor or a visit moves."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.dates import show_days
from subjects.planning.values import Planned

Place = tuple[Hashable, int]


@dataclass(frozen=True, slots=True)
class Move:
    """A visit whose dates change, by how many days."""

    before: Planned
    after: Planned

    @property
    def days(self) -> int:
        """How many days later the target is, or the window where the target stays."""
        shifts = (
            self.after.target_on - self.before.target_on,
            self.after.earliest_on - self.before.earliest_on,
            self.after.latest_on - self.before.latest_on,
        )
        return next((shift.days for shift in shifts if shift), 0)


@dataclass(frozen=True, slots=True)
class Shift:
    """The visits that move, and the booked ones whose day is no longer in their window."""

    moved: tuple[Move, ...]
    falling_out: tuple[Place, ...]

    @property
    def days(self) -> int:
        """The longest way a visit moves; negative when it moves to an earlier day."""
        return max((move.days for move in self.moved), key=abs, default=0)

    @property
    def text(self) -> str:
        """Both in words, as `7 later windows move by 2 days, 1 booked visit falls out`."""
        return f"{self._windows()}, {self._bookings()}"

    def _windows(self) -> str:
        if not self.moved:
            return "No later window moves"
        count = len(self.moved)
        windows = "1 later window moves" if count == 1 else f"{count} later windows move"
        moves = [move.days for move in self.moved]
        if min(moves) < 0 < max(moves):
            return f"{windows} by up to {show_days(abs(self.days))}"
        least, most = min(map(abs, moves)), max(map(abs, moves))
        by = show_days(most) if least == most else f"{least} to {show_days(most)}"
        return f"{windows} by {by}" if self.days > 0 else f"{windows} {by} earlier"

    def _bookings(self) -> str:
        count = len(self.falling_out)
        verb = "visit falls" if count == 1 else "visits fall"
        return f"{count or 'no'} booked {verb} out"


def shift(
    before: Iterable[Planned], after: Iterable[Planned], booked: Mapping[Place, date]
) -> Shift:
    """What changes from one plan to another for the visits in both; `booked` are days by visit."""
    old = {(visit.key, visit.cycle): visit for visit in before}
    moves = {
        (visit.key, visit.cycle): Move(old[visit.key, visit.cycle], visit)
        for visit in after
        if (visit.key, visit.cycle) in old
    }
    falling_out = [
        place
        for place, on in booked.items()
        if (move := moves.get(place)) and _is_in(move.before, on) and not _is_in(move.after, on)
    ]
    return Shift(tuple(move for move in moves.values() if move.days), tuple(falling_out))


def _is_in(visit: Planned, day: date) -> bool:
    return visit.earliest_on <= day <= visit.latest_on
