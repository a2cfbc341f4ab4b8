"""What a file brings, counted: how much of it is new, changed, the same, gone or left out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trials import usdm
from trials.models import ScheduleVersion
from trials.queries.differences import facts
from trials.queries.matrix import Grid
from trials.queries.preview import Preview

Things = Mapping[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing, beside the version before."""

    name: str
    now: Things
    was: Things
    left_out: int = 0
    note: str = ""

    @property
    def in_file(self) -> int:
        """How many the file has."""
        return len(self.now) + self.left_out

    @property
    def new(self) -> int:
        """How many were not there before."""
        return len(self.now.keys() - self.was.keys())

    @property
    def same(self) -> int:
        """How many are as they were."""
        return sum(self.was.get(key) == value for key, value in self.now.items())

    @property
    def changed(self) -> int:
        """How many are not as they were."""
        return len(self.now) - self.new - self.same

    @property
    def gone(self) -> int:
        """How many were there before and are not in the file."""
        return len(self.was.keys() - self.now.keys())


def parts_of(preview: Preview, now: Grid, was: Grid) -> list[Part]:
    """Each part of the file with what becomes of it."""
    protocol, version = preview.protocol, preview.earlier.version
    trial = version.trial if version else None
    out = sum(not row.is_included for row in preview.rows)
    aims = protocol.counts.objectives + protocol.counts.endpoints
    known = {"arms": trial and trial.arms.all(), "amendments": trial and trial.amendments.all()}
    return [
        Part("Visits", _visits(now), _visits(was), out, _of_visits(preview, now)),
        Part("Procedures", _procedures(now), _procedures(was), note=_of_procedures(preview)),
        Part("Matrix cells", _cells(now), _cells(was), note=_of_cells(now)),
        Part("Eligibility criteria", _criteria(protocol.criteria), _criteria_of(version)),
        Part("Arms", _named(protocol.arms, "label"), _named(known["arms"] or (), "name")),
        Part(
            "Epochs", _named(protocol.epochs, "label"),
            _named(version.epochs.all() if version else (), "name"),
        ),
        Part(
            "Amendments", _named(protocol.amendments, "number"),
            _named(known["amendments"] or (), "number"),
        ),
        Part("Objectives and endpoints", {}, {}, aims, "Kept in the file, not used here"),
    ]  # fmt: skip


def _visits(grid: Grid) -> Things:
    return {one.lineage: facts(one) for one in grid.columns}


def _procedures(grid: Grid) -> Things:
    return {line.lineage: line.name for line in grid.lines}


def _cells(grid: Grid) -> Things:
    return {
        (cell.column.lineage, line.lineage): (cell.mark.need, cell.mark.text, cell.mark.condition)
        for line in grid.lines
        for cell in line.cells
        if cell.mark
    }


def _criteria(criteria: Iterable[usdm.Criterion]) -> Things:
    return {(str(one.category), one.identifier): one.text for one in criteria}


def _criteria_of(version: ScheduleVersion | None) -> Things:
    held = version.criteria.all() if version else ()
    return {(one.category, one.identifier): one.text for one in held}


def _named(things: Iterable[object], fact: str) -> Things:
    """What is known by its name alone."""
    return dict.fromkeys(getattr(one, fact) for one in things)


def _of_visits(preview: Preview, grid: Grid) -> str:
    afar = sum(bool(one.icon) for one in grid.columns)
    lost = len(preview.protocol.unreachable)
    said = [f"{afar} by phone or video"] if afar else []
    return ", ".join(said + ([f"{lost} never reached"] if lost else []))


def _of_procedures(preview: Preview) -> str:
    groups = {preview.group_of(one) for one in preview.activities} - {""}
    return f"Under {len(groups)} headings" if groups else ""


def _of_cells(grid: Grid) -> str:
    marks = [cell.mark for line in grid.lines for cell in line.cells if cell.mark]
    samples = sum(mark.samples for mark in marks)
    return f"{samples} timed samples" if samples else ""
