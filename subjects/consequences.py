"""What moves with a date, told before the date is kept."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.actions import RefusedError
from core.dates import show_days
from subjects import planning
from subjects.courses import Course, Courses
from subjects.diary import Window
from subjects.models import Booking, Subject, Visit
from subjects.models.visit import OPEN

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
    courses = Courses([subject])
    (course,) = courses
    changed = _changed(course.anchors, codes, on)
    waiting = _waiting(course, but)
    before, after = (
        [(planned, waiting[key]) for key, planned in plan.items() if key in waiting]
        for plan in (courses.plan(course), courses.plan(course, changed))
    )
    names = {(planned.key, planned.cycle): visit.name for planned, visit in after}
    booked = _booked(after)
    shift = planning.shift(
        [planned for planned, _ in before], [planned for planned, _ in after], booked
    )
    return Consequences(shift.text, [_moved(move, names, booked) for move in shift.moved])


def _changed(
    anchors: Iterable[planning.Anchor], codes: Collection[str], on: date
) -> list[planning.Anchor]:
    kept = [anchor for anchor in anchors if anchor.code not in codes]
    return [*kept, *(planning.Anchor(code, on) for code in codes)]


def _waiting(course: Course, but: Visit | None) -> dict[Any, Visit]:
    """The open visits of a course, except one."""
    held = course.visits.items()
    return {key: visit for key, visit in held if visit.status in OPEN and visit != but}


def _booked(planned: Iterable[tuple[planning.Planned, Visit]]) -> dict[Key, date]:
    """The days of those visits that have a time."""
    live = Booking.objects.filter(visit__in=[visit for _, visit in planned], is_live=True)
    days = dict(live.values_list("visit_id", "on"))
    return {(one.key, one.cycle): days[visit.pk] for one, visit in planned if visit.pk in days}


def _moved(move: planning.Move, names: Mapping[Key, str], booked: Mapping[Key, date]) -> Moved:
    key = move.after.key, move.after.cycle
    before, after = (_window(planned, booked.get(key)) for planned in (move.before, move.after))
    return Moved(names[key], before, after, move.days)


def _window(planned: planning.Planned, booked: date | None) -> Window:
    state = "booked" if booked else "open"
    return Window(planned.earliest_on, planned.target_on, planned.latest_on, booked, state)
