"""A subject that is not there: when the visits of a version would be, from a first day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from dateutil.relativedelta import relativedelta
from django.utils.safestring import SafeString

from core.dates import show_day, show_span
from core.durations import Duration
from core.timelines import Mark, Timeline
from trials.models import AnchorKind, VisitDefinition
from trials.queries.checks import shared_days
from trials.queries.matrix import Grid

FROM_AFAR = {VisitDefinition.Modality.PHONE, VisitDefinition.Modality.VIDEO}


@dataclass(frozen=True, slots=True)
class Sample:
    """The visits of a subject whose Day 1 is known, as far as they count from it."""

    day_1: date
    placed: Sequence[tuple[VisitDefinition, Mark]]
    others: Sequence[VisitDefinition]

    @property
    def ends_on(self) -> date:
        """The day of the last visit that is not optional."""
        days = [mark.target for visit, mark in self.placed if not visit.is_optional]
        return max(days, default=self.day_1)

    @property
    def course(self) -> str:
        """How many visits of which kind there are on the way, in words."""
        kinds = Counter(_kind_of(visit) for visit, _ in self.placed)
        said = " and ".join(counted(kinds[kind], kind) for kind in ("visit", "call") if kinds[kind])
        more = counted(kinds["optional visit"], "optional visit")
        return f"{said}, with {more}" if kinds["optional visit"] else said

    @property
    def pictures(self) -> tuple[SafeString, SafeString]:
        """The axis of days, and the windows under it."""
        marks = [mark for _, mark in self.placed]
        first = min((mark.earliest for mark in marks), default=self.day_1)
        last = max((mark.latest for mark in marks), default=self.day_1)
        line = Timeline(first, last, None, self.day_1)
        return line.axis(), line.visits(marks)


def counted(number: int, thing: str) -> str:
    """So many of something."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _kind_of(visit: VisitDefinition) -> str:
    if visit.is_optional:
        return "optional visit"
    return "call" if visit.modality in FROM_AFAR else "visit"


def of_visits(visits: Sequence[VisitDefinition], grid: Grid, day_1: date) -> Sample:
    """The sample subject of a version, what differs from another version marked as in its matrix."""
    planned = [visit for visit in visits if visit.timeline_id is None]
    changed = {column.key for column in grid.columns if column.change}
    doubtful = {one.pk for pair in pairwise(planned) if shared_days(*pair) for one in pair}
    start = datetime.combine(day_1, time())
    known: dict[int, datetime] = {}
    placed, others = [], []
    for visit in planned:
        kind = _kind(visit, is_changed=str(visit.pk) in changed, is_doubtful=visit.pk in doubtful)
        if mark := _place(visit, start, known, kind):
            placed.append((visit, mark))
        else:
            others.append(visit)
    return Sample(day_1, placed, others)


def _place(
    visit: VisitDefinition, start: datetime, known: dict[int, datetime], kind: str
) -> Mark | None:
    """The visit in time; nothing where it counts from something else, or beyond the calendar."""
    origin = start if visit.anchor == AnchorKind.DAY_1 else None
    if visit.after_visit_id is not None:
        origin = known.get(visit.after_visit_id)
    if origin is None:
        return None
    try:
        known[visit.pk] = _after(origin, visit.offset)
        return _mark(visit, origin, kind)
    except (OverflowError, ValueError):
        return None


def _after(origin: datetime, length: Duration) -> datetime:
    """So long after an instant, months first."""
    return origin + relativedelta(months=length.months, days=length.days, seconds=length.seconds)


def _kind(visit: VisitDefinition, *, is_changed: bool, is_doubtful: bool) -> str:
    if visit.is_optional:
        return "is-optional"
    if is_doubtful:
        return "is-warn"
    return "is-changed" if is_changed else ""


def _mark(visit: VisitDefinition, origin: datetime, kind: str) -> Mark:
    earliest, target, latest = (
        _after(origin, length).date() for length in (visit.earliest, visit.offset, visit.latest)
    )
    title = f"{visit.name}: {show_day(target)}, window {show_span(earliest, latest)}"
    return Mark(visit.code, title, earliest, target, latest, kind=kind)
