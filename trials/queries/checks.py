"""What a person should look at before a schedule is approved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from trials.models import ScheduleVersion, VisitDefinition
from trials.queries.matrix import Grid


def of_version(version: ScheduleVersion, grid: Grid) -> list[tuple[str, str]]:
    """Level and text of each thing noticed, the gravest first."""
    visits = [visit for visit in version.visits.order_by("position") if visit.timeline_id is None]
    return [*_without_anchor(visits), *_windows(visits), *_overlaps(visits), *_unused(grid)]


def _without_anchor(visits: list[VisitDefinition]) -> Iterator[tuple[str, str]]:
    if not visits:
        yield "x", "There are no visits yet, so nothing can be approved."
    elif not any(visit.is_anchor for visit in visits):
        yield "a", "No visit is Day 1. Subjects get their dates once Day 1 is entered by hand."


def _windows(visits: list[VisitDefinition]) -> Iterator[tuple[str, str]]:
    bare = [visit.code for visit in visits if not visit.has_window and not visit.is_anchor]
    if bare:
        have = "has" if len(bare) == 1 else "have"
        yield "a", f"{_few(bare)} {have} no window: only the exact day is in time."


def _overlaps(visits: list[VisitDefinition]) -> Iterator[tuple[str, str]]:
    """Windows of neighbours that count from the same, where months do not hide by how much."""
    for one, other in pairwise(visits):
        if _counts_from(one) != _counts_from(other) or one.offset == other.offset:
            continue
        shared = (one.latest - other.earliest).in_days or 0
        if shared > 0:
            yield "a", f"The windows of {one.code} and {other.code} overlap by {shared:g} days."


def _counts_from(visit: VisitDefinition) -> tuple[str, int | None]:
    return visit.anchor, visit.after_visit_id


def _unused(grid: Grid) -> Iterator[tuple[str, str]]:
    names = [line.name for line in grid.lines if not line.visits]
    if names:
        asked = "is" if len(names) == 1 else "are"
        yield "n", f"{_few(names)} {asked} asked for at no visit."


def _few(names: list[str]) -> str:
    rest = len(names) - 4
    return ", ".join(names[:4]) + (f" and {rest} more" if rest > 0 else "")
