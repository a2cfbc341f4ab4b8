"""What differs between two versions of a schedule, or a version and what a file would make of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from trials.queries.lineages import pair
from trials.queries.matrix import Cell, Clause, Column, Grid, Line, Mark

NEW, CHANGED, MOVED, GONE = "new", "changed", "moved", "gone"
CRITERIA = "Criteria"  # the part of a comparison that is about them
WINDOW = "window"


class Lasting(Protocol):
    """Something that is the same in both, where it is in both."""

    @property
    def lineage(self) -> Hashable:
        """What stays from one version to the next."""


H = TypeVar("H", bound=Lasting)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is new, gone, moved or changed: what it was, and what it is."""

    kind: str
    what: str
    was: str = ""
    now: str = ""
    lineage: Hashable = None  # of the visit it is about


@dataclass(frozen=True, slots=True)
class Compared:
    """The new matrix with what differs marked in it, and what it no longer has."""

    grid: Grid
    gone_visits: tuple[Column, ...]
    gone_procedures: tuple[Line, ...]
    was: Grid

    @property
    def parts(self) -> dict[str, list[Difference]]:
        """All of it in plain words."""
        return {
            "Visits": list(self._visits()),
            "Windows": list(self._windows()),
            "Procedures": list(self._procedures()),
            "What is asked for when": list(self._cells()),
            CRITERIA: list(_clauses(self.was.criteria, self.grid.criteria)),
            "Consents to sign before": list(_clauses(self.was.consents, self.grid.consents)),
        }

    @property
    def count(self) -> int:
        """How much differs."""
        return sum(len(found) for found in self.parts.values())

    def _pairs(self) -> Iterator[tuple[Column, Column]]:
        """Each visit that both have, as it was and as it is."""
        known = {one.lineage: one for one in self.was.columns}
        for one in self.grid.columns:
            if one.lineage in known:
                yield known[one.lineage], one

    def _visits(self) -> Iterator[Difference]:
        for one in self.grid.columns:
            if one.change == NEW:
                yield Difference(NEW, _named(one), now=_said_of(one), lineage=one.lineage)
        yield from filter(None, (_moved(was, now) for was, now in self._pairs()))
        for one in self.gone_visits:
            yield Difference(GONE, _named(one), was=_said_of(one), lineage=one.lineage)

    def _windows(self) -> Iterator[Difference]:
        for was, now in self._pairs():
            before, after = facts(was)[WINDOW], facts(now)[WINDOW]
            if before != after:
                yield Difference(CHANGED, _named(now), before, after, now.lineage)

    def _procedures(self) -> Iterator[Difference]:
        names = {line.lineage: line.name for line in self.was.lines}
        for line in self.grid.lines:
            if line.change == NEW:
                yield Difference(NEW, line.name, now=_at_visits(line))
            elif line.change:
                yield Difference(CHANGED, line.name, names[line.lineage], line.name)
        for line in self.gone_procedures:
            yield Difference(GONE, line.name, was=_at_visits(line))

    def _cells(self) -> Iterator[Difference]:
        """Cells of visits and procedures that both have."""
        for line in self.grid.lines:
            for cell in line.cells:
                if cell.change and NEW not in {line.change, cell.column.change}:
                    what = f"{line.name} at {cell.column.code}"
                    yield Difference(cell.change, what, _said(cell.was), _said(cell.mark))


def _moved(was: Column, now: Column) -> Difference | None:
    """What a visit that both have differs in besides its window; none where it is the same."""
    before, after = facts(was), facts(now)
    other = [name for name in after if name != WINDOW and after[name] != before[name]]
    if not other:
        return None
    kind = MOVED if {"time", "counts from"} & set(other) else CHANGED
    was_said, said = ("; ".join(f"{name} {one[name]}" for name in other) for one in (before, after))
    return Difference(kind, _named(now), was_said, said, now.lineage)


def _at_visits(line: Line) -> str:
    """The visits at which a procedure is asked for."""
    at = ", ".join(cell.column.code for cell in line.cells if cell.mark)
    return f"at {at}" if at else "at no visit"


def _clauses(old: Sequence[Clause], new: Sequence[Clause]) -> Iterator[Difference]:
    """Texts that are new, gone or say something else, whatever their number."""
    same = pair([one.signs for one in new], [one.signs for one in old])
    for place, one in enumerate(new):
        if place not in same:
            yield Difference(NEW, one.name, now=one.text)
        elif (was := old[same[place]].text) != one.text:
            yield Difference(CHANGED, one.name, was, one.text)
    for place, one in enumerate(old):
        if place not in same.values():
            yield Difference(GONE, one.name, was=one.text)


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
        was=old,
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
        WINDOW: visit.window or "none", "counts from": visit.counts_from,
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


def _named(visit: Column) -> str:
    return visit.name if visit.name.startswith(visit.code) else f"{visit.code} {visit.name}"


def _said_of(visit: Column) -> str:
    """When a visit is, in which window and how, in a few words."""
    is_plain = visit.counts_from in {"–", "Day 1"}
    when = visit.day if is_plain else f"{visit.day} from {visit.counts_from}"
    plain = visit.modality.lower() if visit.modality != "Clinic" else ""
    more = [visit.window, "optional" if visit.is_optional else "", plain]
    return ", ".join(filter(None, [when, *more]))


def _said(mark: Mark | None) -> str:
    return mark.text.lower() if mark else ""
