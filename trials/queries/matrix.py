"""The schedule of activities as a matrix: visits across, procedures down."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from trials import words
from trials.models import VisitProcedure

NEEDS = dict(VisitProcedure.Need.choices)


@dataclass(frozen=True, slots=True)
class Column:
    """A visit at the head of the matrix; the lineage is the same for the same visit elsewhere."""

    key: str
    code: str
    name: str
    day: str
    window: str
    counts_from: str
    epoch: str
    lineage: Hashable = None
    modality: str = ""
    icon: str = ""
    type: str = ""
    minutes: int = 0
    is_optional: bool = False
    level: str = ""
    change: str = ""
    changed: str = ""  # the facts that are not as they were, in words


@dataclass(frozen=True, slots=True)
class Mark:
    """How a procedure is asked for at a visit."""

    need: str
    samples: int
    text: str
    condition: str
    note: str  # the number of the footnote with the condition

    def is_like(self, other: Mark) -> bool:
        """Whether the same is asked for, whatever the number of the footnote."""
        return (self.need, self.text, self.condition) == (other.need, other.text, other.condition)


@dataclass(frozen=True, slots=True)
class Cell:
    """A visit and how the procedure of the line is asked for at it, if at all."""

    column: Column
    mark: Mark | None = None
    was: Mark | None = None
    change: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure with its cell at each visit."""

    key: str
    name: str
    group: str
    cells: Sequence[Cell]
    lineage: Hashable = None
    change: str = ""
    changed: str = ""

    @property
    def visits(self) -> int:
        """At how many visits it is asked for."""
        return sum(cell.mark is not None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Clause:
    """A criterion or a consent form: by what it is known again, the surest first, and what it says."""

    signs: tuple[Hashable, ...]
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The matrix, its heads and its sums, and what else a version says."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    footnotes: Sequence[tuple[str, str]] = field(default_factory=tuple)
    criteria: Sequence[Clause] = ()
    consents: Sequence[Clause] = ()

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """Lines under their headings, in the order in which the headings first come."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.group, []).append(line)
        return list(found.items())

    @property
    def epochs(self) -> list[tuple[str, int]]:
        """The epochs over the visits, with how many stand under each."""
        found = groupby(self.columns, key=lambda column: column.epoch)
        return [(name, len(list(columns))) for name, columns in found]

    @property
    def sums(self) -> list[int]:
        """How much is asked for at each visit."""
        return [
            sum(line.cells[i].mark is not None for line in self.lines)
            for i in range(len(self.columns))
        ]

    @property
    def total(self) -> int:
        """How much is asked for at all visits."""
        return sum(line.visits for line in self.lines)


class Footnotes:
    """Conditions numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def number(self, text: str) -> str:
        """The number of a text; nothing for no text."""
        return self.numbers.setdefault(text, str(len(self.numbers) + 1)) if text else ""

    def listed(self) -> list[tuple[str, str]]:
        """Number and text of each."""
        return [(number, text) for text, number in self.numbers.items()]


def mark(need: str, samples: Sequence[Sequence[int]], condition: str, notes: Footnotes) -> Mark:
    """A mark with its samples in words."""
    said = ", ".join(words.say_sample(*one) for one in samples)
    text = f"{NEEDS[need]}: {said}" if said else str(NEEDS[need])
    return Mark(need, len(samples), text, condition, notes.number(condition))


def cells(columns: Iterable[Column], marks: Mapping[int, Mark]) -> tuple[Cell, ...]:
    """The cells of a line, from its marks by the place of the visit."""
    return tuple(Cell(column, marks.get(place)) for place, column in enumerate(columns))
