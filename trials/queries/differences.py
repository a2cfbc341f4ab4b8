"""What differs between two versions of a schedule, or a version and what a file would make of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from trials.queries.matrix import Cell, Column, Grid, Line, Mark

NEW, CHANGED, GONE = "new", "changed", "gone"


class Lasting(Protocol):
    """Something that is the same in both, where it is in both."""

    @property
    def lineage(self) -> Hashable:
        """What stays from one version to the next."""


H = TypeVar("H", bound=Lasting)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is new, gone or changed."""

    kind: str
    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The new matrix with what differs marked in it, and what it no longer has."""

    grid: Grid
    gone_visits: tuple[Column, ...]
    gone_procedures: tuple[Line, ...]

    @property
    def parts(self) -> dict[str, list[Difference]]:
        """All of it in plain words."""
        return {
            "Visits": list(self._visits()),
            "Procedures": list(self._procedures()),
            "What is asked for when": list(self._cells()),
        }

    @property
    def count(self) -> int:
        """How much differs."""
        return sum(len(found) for found in self.parts.values())

    def _visits(self) -> Iterator[Difference]:
        for one in self.grid.columns:
            if one.change:
                yield Difference(one.change, f"{one.code} {one.name}", one.changed or _when(one))
        for one in self.gone_visits:
            yield Difference(GONE, f"{one.code} {one.name}", f"was {_when(one)}")

    def _procedures(self) -> Iterator[Difference]:
        for line in self.grid.lines:
            if line.change:
                yield Difference(line.change, line.name, line.changed)
        for line in self.gone_procedures:
            yield Difference(GONE, line.name)

    def _cells(self) -> Iterator[Difference]:
        """Cells of visits and procedures that both have."""
        for line in self.grid.lines:
            for cell in line.cells:
                if cell.change and NEW not in {line.change, cell.column.change}:
                    what = f"{line.name} at {cell.column.code}"
                    yield Difference(cell.change, what, f"{_said(cell.was)} → {_said(cell.mark)}")


def compare(old: Grid, new: Grid) -> Compared:
    """Visits, procedures and cells that differ, matched by their lineage."""
    columns = {one.lineage: one for one in old.columns}
    lines = {one.lineage: one for one in old.lines}
    now = [_column(one, columns.get(one.lineage)) for one in new.columns]
    marked = [_line(one, lines.get(one.lineage), now) for one in new.lines]
    return Compared(
        grid=replace(new, columns=now, lines=marked),
        gone_visits=_left(columns, new.columns),
        gone_procedures=_left(lines, new.lines),
    )


def _left(known: Mapping[Hashable, H], now: Iterable[H]) -> tuple[H, ...]:
    """What was there and is no more."""
    kept = {one.lineage for one in now}
    return tuple(one for lineage, one in known.items() if lineage not in kept)


def _column(now: Column, was: Column | None) -> Column:
    if was is None:
        return replace(now, change=NEW)
    before = facts(was)
    changed = "; ".join(
        f"{label} {before[label]} → {text}"
        for label, text in facts(now).items()
        if text != before[label]
    )
    return replace(now, change=CHANGED if changed else "", changed=changed)


def facts(visit: Column) -> dict[str, str]:
    """What is said of a visit, each fact under its name."""
    return {
        "name": visit.name, "short head": visit.code, "time": visit.day,
        "window": visit.window or "none", "counts from": visit.counts_from,
        "place": visit.modality, "type": visit.type, "epoch": visit.epoch or "none",
        "duration": f"{visit.minutes} min", "optional": "yes" if visit.is_optional else "no",
    }  # fmt: skip


def _line(now: Line, was: Line | None, columns: Sequence[Column]) -> Line:
    before = {cell.column.lineage: cell.mark for cell in was.cells} if was else {}
    cells = tuple(
        _cell(column, cell.mark, before.get(column.lineage))
        for column, cell in zip(columns, now.cells, strict=True)
    )
    if was is None:
        return replace(now, cells=cells, change=NEW)
    changed = "" if was.name == now.name else f"name {was.name} → {now.name}"
    return replace(now, cells=cells, change=CHANGED if changed else "", changed=changed)


def _cell(column: Column, now: Mark | None, was: Mark | None) -> Cell:
    if was is None:
        return Cell(column, now, change=NEW if now else "")
    if now is None:
        return Cell(column, was=was, change=GONE)
    return Cell(column, now, was, "" if now.is_like(was) else CHANGED)


def _when(visit: Column) -> str:
    is_plain = visit.counts_from in {"–", "Day 1"}
    return visit.day if is_plain else f"{visit.day} from {visit.counts_from}"


def _said(mark: Mark | None) -> str:
    return mark.text.lower() if mark else "not asked for"
