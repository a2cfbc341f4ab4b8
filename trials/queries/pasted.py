"""A table pasted from a spreadsheet: visits across, procedures down, each error with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.durations import ZERO, Duration
from trials import words
from trials.models import VisitProcedure

Need = VisitProcedure.Need
MAX_LINES = 400
MAX_COLUMNS = 120
MAX_NAME = 200
_DAYS = re.compile(r"(?:study |visit )?days?|offset|timing|day \(relative.*|target", re.IGNORECASE)
_WINDOWS = re.compile(r"(?:visit )?windows?.*|tolerance", re.IGNORECASE)
_EPOCHS = re.compile(r"epochs?|periods?|phases?", re.IGNORECASE)
_UNREAD = re.compile(r"visits?|counts from|where", re.IGNORECASE)  # of a table exported from here
_REQUIRED = {"x", "✓", "✔", "●", "•", "1", "yes", "y", "required"}
_CONDITIONAL = {"(x)", "o", "○", "◯", "if applicable", "optional", "(✓)", "(●)"}
_NONE = {"", "-", "–", "—", "0", "no", "n"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be read, and where."""

    row: int
    column: str
    text: str


@dataclass(slots=True)
class PastedVisit:
    """A column of the table."""

    name: str
    offset: Duration | None = None
    window: words.Window | None = None
    has_window: bool = False  # whether the table speaks of windows at all
    epoch: str = ""


@dataclass(slots=True)
class Pasted:
    """What a table says, and what of it cannot be taken."""

    visits: list[PastedVisit] = field(default_factory=list)
    procedures: list[tuple[str, str, dict[int, str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        """Whether all of it can be taken."""
        return bool(self.visits) and not self.problems

    @property
    def cells(self) -> int:
        """How many cells are ticked."""
        return sum(bool(need) for _, _, needs in self.procedures for need in needs.values())


def read(text: str, known: Iterable[str] = ()) -> Pasted:
    """The table in a text of rows and tabs; visits of the draft are known by name or short head."""
    found = Pasted()
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    if refusal := _refusal(lines):
        found.problems.append(Problem(1, "", refusal))
        return found
    _read_head(lines[0], found)
    group = ""
    for number, cells in enumerate(lines[1:], 2):
        name, *row = (_unquoted(cell) for cell in cells)
        group = _read_row(number, group, name[:MAX_NAME], row, found)
    _check_new(found, {one.casefold() for one in known})
    return found


def _unquoted(cell: str) -> str:
    """The text of a cell, without the mark by which exported files keep it from being a formula."""
    return cell.strip().removeprefix("'")


def _refusal(lines: list[list[str]]) -> str:
    """Why lines are no table that can be taken; nothing where they are."""
    if not lines or lines[0][1:] == []:
        return "Copy the table with its head: procedures down, visits across."
    if len(lines) > MAX_LINES or len(lines[0]) > MAX_COLUMNS:
        return f"Paste at most {MAX_LINES} rows and {MAX_COLUMNS} visits at a time."
    return ""


def _read_row(row: int, group: str, name: str, cells: list[str], found: Pasted) -> str:
    """Read a row by what its name says it is; the heading under which the next one stands."""
    for names, read_facts in _FACTS.items():
        if names.fullmatch(name):
            read_facts(row, cells, found)
            return group
    if _UNREAD.fullmatch(name):
        return group
    if not any(cells):
        return name
    _read_line(row, group, name, cells, found)
    return group


def _read_head(cells: list[str], found: Pasted) -> None:
    names = [" ".join(cell.split())[:MAX_NAME] for cell in cells[1:]]
    while names and not names[-1]:
        names.pop()
    met: set[str] = set()
    for index, name in enumerate(names):
        if not name:
            found.problems.append(Problem(1, _letter(index), "The visit has no name."))
        elif name.casefold() in met:
            found.problems.append(Problem(1, _letter(index), f"{name} comes twice."))
        met.add(name.casefold())
        found.visits.append(PastedVisit(name))


def _read_days(row: int, cells: list[str], found: Pasted) -> None:
    for index, (visit, text) in enumerate(zip(found.visits, cells, strict=False)):
        if not text:
            continue
        try:
            day = f"Day {text}" if re.fullmatch(r"[-−+]?\d+", text) else text
            visit.offset = words.read_offset(day)
        except ValueError as error:
            found.problems.append(Problem(row, _letter(index), str(error)))


def _read_windows(row: int, cells: list[str], found: Pasted) -> None:
    for index, (visit, text) in enumerate(zip(found.visits, cells, strict=False)):
        visit.has_window = True
        try:
            visit.window = words.read_window(text)
        except ValueError as error:
            found.problems.append(Problem(row, _letter(index), str(error)))


def _read_epochs(_row: int, cells: list[str], found: Pasted) -> None:
    """A merged head comes as one name and empty cells after it."""
    current = ""
    for visit, text in zip(found.visits, cells, strict=False):
        current = text[:MAX_NAME] or current
        visit.epoch = current


_FACTS = {_DAYS: _read_days, _WINDOWS: _read_windows, _EPOCHS: _read_epochs}


def _read_line(row: int, group: str, name: str, cells: list[str], found: Pasted) -> None:
    if not name:
        found.problems.append(Problem(row, "A", "The procedure has no name."))
        return
    needs: dict[int, str] = {}
    for index, text in enumerate(cells):
        need = _need(text)
        if need is None:
            found.problems.append(
                Problem(row, _letter(index), f"“{text[:40]}” is no mark. Use x, (x) or nothing.")
            )
        elif index < len(found.visits):
            needs[index] = need
        elif need:
            found.problems.append(Problem(row, _letter(index), "No visit stands above this mark."))
    found.procedures.append((group, name, needs))


def _need(text: str) -> str | None:
    plain = text.casefold().rstrip("*†‡ ")
    plain = re.sub(r"(?<=[x✓●])\s*[\d,a-z]{1,3}$", "", plain)  # a footnote beside the mark
    if plain in _NONE:
        return ""
    if plain in _REQUIRED:
        return Need.REQUIRED
    return Need.CONDITIONAL if plain in _CONDITIONAL else None


def _check_new(found: Pasted, known: set[str]) -> None:
    for index, visit in enumerate(found.visits):
        if visit.name and visit.name.casefold() not in known and visit.offset is None:
            found.problems.append(
                Problem(
                    1, _letter(index),
                    f"{visit.name} is new: add a row “Day” that says when it is.",
                )
            )  # fmt: skip


def _letter(index: int) -> str:
    """The letter of the spreadsheet column of a visit."""
    number, letters = index + 2, ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def columns_of(visit: PastedVisit, code: str) -> dict[str, object]:
    """A pasted visit as values of a visit; only what the table says."""
    values: dict[str, object] = {"name": visit.name, "code": code}
    if visit.epoch:
        values["epoch"] = visit.epoch
    offset, window = visit.offset or ZERO, visit.window
    timed = words.columns(offset, window)
    is_window = {name for name in timed if "_" in name}
    if visit.offset is not None:
        values |= {name: value for name, value in timed.items() if name not in is_window}
        values |= {"is_anchor": offset == ZERO, "after_visit": None, "anchor": "day_1"}
    if visit.has_window:
        values |= {name: value for name, value in timed.items() if name in is_window}
    return values
