"""What moves with a date, told before the date is kept."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from core.actions import RefusedError
from core.dates import show_days
from subjects import planning
from subjects.diary import Window
from subjects.models import Booking, Subject, Visit
from subjects.models.visit import OPEN
from subjects.queries import anchors_of, plan_for, version_for

Key = tuple[Hashable, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit whose window would lie elsewhere."""

    name: str
    before: Window
    after: Window
    days: int

    @property
    def by(self) -> str:
        """How far it moves, in words."""
        count = show_days(abs(self.days))
        return f"{count} {'later' if self.days > 0 else 'earlier'}" if self.days else "stays"


@dataclass(frozen=True, slots=True)
class Consequences:
    """The visits that would move, and in words how many bookings would fall out of their window."""

    text: str
    moved: list[Moved]

    def __bool__(self) -> bool:
        return bool(self.moved)


class MovesOthersError(RefusedError):
    """Other visits count from the one that is booked; nobody has said yes to what moves."""

    def __init__(self, visit: Visit, found: Consequences) -> None:
        self.consequences = found
        super().__init__(f"Other visits count from {visit.name}. Done that day: {found.text}.")


def of_doing(visit: Visit, on: date) -> Consequences:
    """What moves when a visit that others count from is done on a day."""
    definition = visit.definition
    if definition is None or not definition.is_anchor:
        return Consequences("", [])
    return of_anchors(visit.subject, {definition.anchor}, on, but=visit)


def of_anchors(
    subject: Subject, codes: Collection[str], on: date, but: Visit | None = None
) -> Consequences:
    """What moves when something that visits count from happened, or happens, on a day."""
    version = version_for(subject, timezone.localdate(timezone=subject.site.place.zone))
    if version is None:
        return Consequences("", [])
    held = anchors_of(subject)
    changed = [anchor for anchor in held if anchor.code not in codes]
    changed += [planning.Anchor(code, on) for code in codes]
    before, after = plan_for(subject, version), plan_for(subject, version, changed)
    keys = {definition.lineage: key for key, definition in before.definitions.items()}
    booked = {
        (keys[lineage], cycle): day
        for (lineage, cycle), day in _booked(subject).items()
        if lineage in keys
    }
    names = {
        (keys[visit.lineage], visit.cycle): visit.name
        for visit in Visit.objects.filter(subject=subject, status__in=OPEN)
        if visit.lineage in keys and visit != but
    }
    shift = planning.shift(before.planned, after.planned, booked)
    moves = tuple(move for move in shift.moved if (move.after.key, move.after.cycle) in names)
    falling_out = tuple(key for key in shift.falling_out if key in names)
    text = planning.Shift(moves, falling_out).text
    return Consequences(text, _rows(moves, names, booked))


def _booked(subject: Subject) -> dict[tuple[UUID, int], date]:
    """The days of bookings that stand, by lineage and cycle."""
    rows = Booking.objects.filter(
        visit__subject=subject, is_live=True, visit__status__in=OPEN
    ).exclude(visit__lineage=None)
    return {
        (lineage, cycle): on
        for lineage, cycle, on in rows.values_list("visit__lineage", "visit__cycle", "on")
    }


def _rows(
    moves: Iterable[planning.Move], names: dict[Key, str], booked: dict[Key, date]
) -> list[Moved]:
    return [
        Moved(
            names[key],
            _window(move.before, booked.get(key)),
            _window(move.after, booked.get(key)),
            move.days,
        )
        for move in moves
        for key in [(move.after.key, move.after.cycle)]
    ]


def _window(planned: planning.Planned, booked: date | None) -> Window:
    state = "booked" if booked else "open"
    return Window(planned.earliest_on, planned.target_on, planned.latest_on, booked, state)
