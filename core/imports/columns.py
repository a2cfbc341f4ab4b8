"""What an import can take from a file: columns by their names, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from core import web
from core.countries import countries
from core.dates import MONTHS
from core.dates.field import FIRST, LAST
from core.imports.table import Table

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
_FIGURES = re.compile(r"(\d\d?)[./-](\d\d?)[./-](\d{4})")
_LETTERS = re.compile(r"(\d\d?)[\s./-]+([^\W\d]{3,})[\s./-]+(\d{4})")
_CLOCK = re.compile(r"(\d\d?)[:.h](\d\d)(?::\d\d(?:\.\d+)?)?")
_WHEN = re.compile(r"(.*?)[T\s,]+(\d\d?[:.h]\d\d\S*)")

Read = Callable[[str, str], Any]
"""Reads one cell, given the order of dates in figures; a ValueError says what is wrong."""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing an import takes from a column of the file."""

    name: str
    label: str
    read: Read
    aliases: tuple[str, ...] = ()
    is_required: bool = False

    def fits(self, head: str) -> bool:
        """Whether the name of a column in a file means this."""
        return plain(head) in {plain(word) for word in (self.name, self.label, *self.aliases)}


def plain(text: str) -> str:
    """Letters and figures only, so that `Subject No.` and `subject_no` are the same."""
    return "".join(filter(str.isalnum, text.casefold()))


def guess(head: Sequence[str], columns: Iterable[Column]) -> dict[str, int]:
    """Which column of the file goes where, by its name."""
    found: dict[str, int] = {}
    for position, name in enumerate(head):
        fitting = next((c.name for c in columns if c.name not in found and c.fits(name)), None)
        if fitting is not None:
            found[fitting] = position
    return found


def guess_order(table: Table) -> str:
    """Whether dates in figures begin with the day, or with the month as one of them shows."""
    firsts = [
        (int(match[1]), int(match[2]))
        for _, cells in table.rows
        for cell in cells
        if (match := _FIGURES.match(cell))
    ]
    american = any(second > len(MONTHS) for _, second in firsts)
    return MONTH_FIRST if american and all(a <= len(MONTHS) for a, _ in firsts) else DAY_FIRST


def text(limit: int, *fits: RegexValidator) -> Read:
    """A text of limited length, as the validators of its field want it."""

    def read(cell: str, _order: str) -> str:
        if len(cell) > limit:
            raise ValueError(f"It has {len(cell)} characters and the limit is {limit}. Shorten it.")
        for check in fits:
            try:
                check(cell)
            except ValidationError as error:
                raise ValueError(error.messages[0]) from error
        return cell

    return read


def whole(least: int, most: int) -> Read:
    """A whole number within limits."""

    def read(cell: str, _order: str) -> int:
        number = web.whole(cell.removesuffix(".0"))
        if number is None or not least <= number <= most:
            raise ValueError(f"Write a whole number from {least:,} to {most:,}.")
        return number

    return read


def choice(choices: Iterable[tuple[str, Any]], synonyms: Mapping[str, str] | None = None) -> Read:
    """One of some values, by its word, its label or another word for it."""
    pairs = [(value, str(label)) for value, label in choices]
    known = {plain(word): pair[0] for pair in pairs for word in pair}
    known |= {plain(word): value for word, value in (synonyms or {}).items()}

    def read(cell: str, _order: str) -> str:
        if (value := known.get(plain(cell))) is None:
            raise ValueError(f"Write one of: {', '.join(label for _, label in pairs)}.")
        return value

    return read


@cache
def _country_codes() -> dict[str, str]:
    """The letters of each country by these and by its names."""
    by_name = {plain(name): code for code, name in countries().items()}
    by_code = {code.casefold(): code for code in countries()}
    return by_name | {"usa": "US", "uk": "GB", "unitedstatesofamerica": "US"} | by_code


def country(cell: str, _order: str) -> str:
    """The two letters of a country, from them or from its name."""
    code = _country_codes().get(plain(cell))
    if code is None:
        raise ValueError("Write the two letters of the country, such as DE, or its English name.")
    return code


def day(cell: str, order: str) -> date:
    """A day: 2026-06-12, 12.06.2026, 12/06/2026 or 12 Jun 2026; a midnight after it is left out."""
    found = _day(re.sub(r"[T\s]00:00(:00(\.0+)?)?$", "", cell), order)
    if not FIRST <= found <= LAST:
        raise ValueError(f"Write a day from {FIRST.year} to {LAST.year}.")
    return found


def _day(cell: str, order: str) -> date:
    try:
        if match := _ISO.fullmatch(cell):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _FIGURES.fullmatch(cell):
            first, second, year = (int(part) for part in match.groups())
            days = (second, first) if order == MONTH_FIRST else (first, second)
            return date(year, days[1], days[0])
        if match := _LETTERS.fullmatch(cell):
            return date(int(match[3]), _month(match[2]), int(match[1]))
    except ValueError as error:
        raise ValueError("That is not a day of the calendar. Check day and month.") from error
    raise ValueError("Write the day as 2026-06-12, 12.06.2026 or 12 Jun 2026.")


def moment(cell: str, order: str) -> datetime:
    """A day and a time on the clock of the place, such as 2026-06-12 10:15."""
    match = _WHEN.fullmatch(cell)
    clock = _CLOCK.fullmatch(match[2]) if match else None
    if match is None or clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:  # noqa: PLR2004 - the clock
        raise ValueError("Write day and time as 2026-06-12 10:15.")
    return datetime.combine(day(match[1], order), time(int(clock[1]), int(clock[2])))


def _month(name: str) -> int:
    found = [
        number
        for number, month in enumerate(MONTHS, start=1)
        if month.casefold().startswith(name.casefold())
    ]
    if len(found) != 1:
        raise ValueError(name)
    return found[0]
