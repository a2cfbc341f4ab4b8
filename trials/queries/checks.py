"""What a person should look at before a schedule is approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trials import words
from trials.models import ScheduleVersion, VisitDefinition, VisitProcedure
from trials.queries.matrix import Grid

FEW = 4
DAY = 24 * 60  # in minutes


@dataclass(frozen=True, slots=True)
class Check:
    """Something noticed: how grave, what can be done, and where in the matrix it is."""

    level: str
    text: str
    hint: str = ""
    place: str = ""  # the mark of the visit or procedure on the page
    name: str = ""

    @property
    def stops(self) -> bool:
        """Whether nothing can be approved before it is settled."""
        return self.level == "x"


Notice = Callable[[Sequence[VisitDefinition]], Iterator[Check]]
_further: list[Notice] = []


def notices(notice: Notice) -> Notice:
    """Register what another app notices in the visits of a version that it works with."""
    _further.append(notice)
    return notice


def of_others(planned: Sequence[VisitDefinition]) -> list[Check]:
    """What the apps that work with schedules notice in the planned visits of a version."""
    return [check for notice in _further for check in notice(planned)]


def of_version(
    version: ScheduleVersion, grid: Grid, visits: Sequence[VisitDefinition]
) -> list[Check]:
    """Everything noticed, the gravest first."""
    planned = [visit for visit in visits if visit.timeline_id is None]
    found = [
        *_without_anchor(planned), *_late_samples(version), *_overlaps(planned), *_windows(planned),
        *_unused(grid), *_empty(grid), *of_others(planned),
    ]  # fmt: skip
    return sorted(found, key=lambda check: "xan".index(check.level))


def _without_anchor(visits: Sequence[VisitDefinition]) -> Iterator[Check]:
    if not visits:
        yield Check("x", "There are no visits yet, so nothing can be approved.")
    elif not any(visit.is_anchor for visit in visits):
        yield Check(
            "a", "No visit is Day 1.", "Subjects get their dates once Day 1 is entered by hand."
        )


def _late_samples(version: ScheduleVersion) -> Iterator[Check]:
    """Samples that are due when the visit's day is over."""
    timed = VisitProcedure.objects.filter(visit__version=version, need=VisitProcedure.Need.TIMED)
    for cell in timed.select_related("visit", "procedure").order_by("visit__position", "pk"):
        late = [at for at, *_ in cell.offsets if at >= DAY]
        if late and not cell.visit.nights:
            yield Check(
                "a",
                f"{cell.procedure}: the {words.say_sample(late[0])} sample of {cell.visit.code} is on a later day",
                "No visit holds it. Add a visit, or write an earlier time.",
                f"c{cell.visit_id}-{cell.procedure_id}",
                "cell",
            )


def _windows(visits: Sequence[VisitDefinition]) -> Iterator[Check]:
    bare = [visit for visit in visits if not visit.has_window and not visit.is_anchor]
    if bare:
        have = "has" if len(bare) == 1 else "have"
        codes = _few([visit.code for visit in bare])
        yield Check(
            "a", f"{codes} {have} no window", "Only the exact day is in time.", *_at(bare[0])
        )


def _overlaps(visits: Sequence[VisitDefinition]) -> Iterator[Check]:
    for one, other in pairwise(visits):
        if shared := shared_days(one, other):
            yield Check(
                "a", f"{one.code} and {other.code} can overlap by {shared:g} days",
                f"If {one.code} is on its last day, {words.say_day(one.latest)}.", *_at(one),
            )  # fmt: skip


def shared_days(one: VisitDefinition, other: VisitDefinition) -> float:
    """How far the windows of two visits overlap that count from the same, months left aside."""
    if _counts_from(one) != _counts_from(other) or one.offset == other.offset:
        return 0
    return max((one.latest - other.earliest).in_days or 0, 0)


def _counts_from(visit: VisitDefinition) -> tuple[str, int | None]:
    return visit.anchor, visit.after_visit_id


def _unused(grid: Grid) -> Iterator[Check]:
    idle = [line for line in grid.lines if not line.visits]
    if idle:
        asked = "is" if len(idle) == 1 else "are"
        names = _few([line.name for line in idle])
        yield Check("n", f"{names} {asked} asked for at no visit", "", f"p{idle[0].key}", "row")


def _empty(grid: Grid) -> Iterator[Check]:
    bare = [column for column, asked in zip(grid.columns, grid.sums, strict=True) if not asked]
    if bare and grid.lines:
        codes = _few([column.code for column in bare])
        yield Check("n", f"Nothing is asked for at {codes}", "", f"v{bare[0].key}", bare[0].code)


def _at(visit: VisitDefinition) -> tuple[str, str]:
    return f"v{visit.pk}", visit.code


def _few(names: list[str]) -> str:
    rest = len(names) - FEW
    return ", ".join(names[:FEW]) + (f" and {rest} more" if rest > 0 else "")
