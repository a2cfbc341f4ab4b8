"""Dates of which only the year, or the year and month, are known, without inventing the rest."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import total_ordering
from typing import Self

from core.dates.names import MONTHS, month_named
from core.dates.show import show_day

_UNKNOWN = {"", "un", "unk", "uk", "nk"}  # as source records and exports write an unknown part
_FROM_YEAR = re.compile(r"(?P<year>\d{4})(-(?P<month>\d\d?)(-(?P<day>\d\d?))?)?")
# A month in figures stands without a day only: 6/7/2026 is one day here and another elsewhere.
_FROM_DAY = re.compile(
    r"(((?P<day>\w{1,3})[\s./-]+(?=[a-z])|(?=\w))(?P<month>\w+)[\s./-]+)?(?P<year>\d{4})"
)
_HOW = "Write it as 12 May 2026, May 2026 or 2026."


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the day, the month or the year; the less is known, the earlier it sorts."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("The month is missing. Fill it in, or leave the day empty too.")
        try:
            date(self.year, self.month or 1, self.day or 1)
        except ValueError as error:
            raise ValueError(f"That is not a day of the calendar. {_HOW}") from error

    @classmethod
    def read(cls, text: str) -> Self:
        """The date in a text such as `2026`, `May 2026`, `UN May 2026`, `2026-05` or `12 May 2026`."""
        known = re.sub(r",[a-z ]* unknown$", "", text.strip().casefold())
        match = _FROM_YEAR.fullmatch(known) or _FROM_DAY.fullmatch(known)
        if match is None:
            raise ValueError(f"{text.strip()} is not a date. {_HOW}")
        return cls.from_parts(match["day"] or "", match["month"] or "", match["year"])

    @classmethod
    def from_parts(cls, day: str, month: str, year: str) -> Self:
        """The date in three fields, of which day and month may be empty and the month a name."""
        day, month, year = (part.strip().casefold() for part in (day, month, year))
        if not re.fullmatch(r"\d{4}", year):
            raise ValueError("The year is missing. Write it with four figures, such as 2026.")
        return cls(int(year), _number(month, "month"), _number(day, "day"))

    @classmethod
    def spanning(cls, first: date, last: date) -> Self:
        """The date that may have been any day from the first to the last, and no other."""
        parts = (first.year, first.month, first.day)
        found = (cls(*parts[:known]) for known in (3, 2, 1))
        for one in found:
            if (one.earliest, one.latest) == (first, last):
                return one
        raise ValueError("That is neither a day nor a month nor a year.")

    @property
    def earliest(self) -> date:
        """The first day it may have been."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it may have been."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def isoformat(self) -> str:
        """As ISO 8601 with the known parts only, which as text sorts like the dates themselves."""
        known = [part for part in (self.month, self.day) if part is not None]
        return "-".join([f"{self.year:04}", *(f"{part:02}" for part in known)])

    @property
    def typed(self) -> str:
        """The known parts as a person would type them: 12 May 2026, May 2026 or 2026."""
        known = [] if self.month is None else [MONTHS[self.month - 1][:3]]
        return " ".join([*([str(self.day)] if self.day else []), *known, f"{self.year:04}"])

    def __lt__(self, other: "PartialDate") -> bool:
        return self.isoformat() < other.isoformat()

    def __str__(self) -> str:
        if self.month is None:
            return f"{self.year:04}, day and month unknown"
        if self.day is None:
            return f"{MONTHS[self.month - 1][:3]} {self.year:04}, day unknown"
        return show_day(self.earliest)


def _number(part: str, name: str) -> int | None:
    if part in _UNKNOWN:
        return None
    if re.fullmatch(r"\d{1,2}", part):
        return int(part)
    month = month_named(part) if name == "month" else None
    if month is None:
        raise ValueError(f"{part} is not a {name}. {_HOW}")
    return month
