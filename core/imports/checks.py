"""The rows of a file as an import reads them, and what is wrong with each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.imports.columns import Column
from core.imports.table import Table


class State(StrEnum):
    """What would become of a row."""

    NEW = "new"
    KNOWN = "known"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, or with the row where no column is named, and how to mend it."""

    column: str
    text: str


@dataclass(slots=True)
class Line:
    """One row of the file: where it begins, what was read, and what is wrong."""

    number: int
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    is_known: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def wrong(self, column: Column | str, text: str) -> None:
        """Note what is wrong and how to mend it."""
        self.faults.append(Fault(column if isinstance(column, str) else column.label, text))

    def wrong_where(self, misfits: Iterable[tuple[bool, str, str]]) -> None:
        """Note of each misfit that is so in which column it is and how to mend it."""
        for is_so, column, text in misfits:
            if is_so:
                self.wrong(column, text)

    @property
    def state(self) -> State:
        """What would become of the row."""
        if self.faults:
            return State.WRONG
        return State.KNOWN if self.is_known else State.NEW


def lines_of(
    table: Table, columns: Sequence[Column], mapping: Mapping[str, int], order: str
) -> list[Line]:
    """Every row, its cells read as the mapping says."""
    used = [
        (c, mapping[c.name]) for c in columns if mapping.get(c.name, -1) in range(len(table.head))
    ]
    missing = [
        c for c in columns if c.is_required and c.name not in {held.name for held, _ in used}
    ]
    return [_line(number, cells, used, missing, order) for number, cells in table.rows]


def _line(
    number: int, cells: Sequence[str], used: Iterable[tuple[Column, int]],
    missing: Iterable[Column], order: str,
) -> Line:  # fmt: skip
    line = Line(number, {})
    for column in missing:
        line.wrong(column, "No column of the file is chosen for it. Choose one above.")
    for column, position in used:
        cell = cells[position]
        if cell:
            try:
                line.values[column.name] = column.read(cell, order)
            except ValueError as error:
                line.wrong(column, str(error))
        elif column.is_required:
            line.wrong(column, "It is empty. Fill it in.")
    return line


def refuse_repeated(lines: Iterable[Line], names: Sequence[str], what: str) -> None:
    """Note rows that say again what an earlier row said."""
    first: dict[tuple[Any, ...], int] = {}
    for line in lines:
        key = tuple(line[name] for name in names)
        if any(part is None for part in key):
            continue
        if key in first:
            line.wrong("", f"{what} stands on line {first[key]:,} already. Keep one of the two.")
        else:
            first[key] = line.number


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a dry run: every row, and what the good ones would add."""

    lines: list[Line]
    ready: list[Any]

    @property
    def counts(self) -> Counter[State]:
        """How many rows are new, known and wrong."""
        return Counter(line.state for line in self.lines)

    @property
    def wrong(self) -> list[Line]:
        """The rows that cannot be taken over."""
        return [line for line in self.lines if line.faults]
