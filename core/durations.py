"""Signed lengths of time that keep calendar months apart from days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

_DAY = 86_400
_NUMBER = r"([+-]?\d{1,6}(?:[.,]\d{1,6})?)"
_ISO = re.compile(
    rf"([+-])?P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.IGNORECASE | re.ASCII,
)
_MONTHS_IN = (12, 1)
_SECONDS_IN = (7 * _DAY, _DAY, 3_600, 60, 1)


def _sum(parts: Sequence[str | None], units: Sequence[int]) -> Decimal:
    """The parts of a text that are there, each in its unit."""
    numbers = [Decimal((part or "0").replace(",", ".")) for part in parts]
    return sum((n * unit for n, unit in zip(numbers, units, strict=True)), Decimal(0))


@dataclass(frozen=True, slots=True)
class Duration:
    """Months, then days, then seconds; days and seconds share a sign, months have their own."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        exact = self.exact_seconds
        days = _whole(exact, _DAY)
        object.__setattr__(self, "days", days)
        object.__setattr__(self, "seconds", exact - days * _DAY)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The duration in an ISO 8601 text such as `P2W`, `PT240M`, `-P7D` or `P1M-3D`."""
        shown = text.strip()[:60]
        match = _ISO.fullmatch(text.strip())
        if match is None or not any(match.groups()[1:]):
            raise ValueError(f"“{shown}” is not an ISO 8601 duration. Write it as P14D or PT4H.")
        sign, years, months, *shorter = match.groups()
        calendar, exact = _sum((years, months), _MONTHS_IN), _sum(shorter, _SECONDS_IN)
        if calendar % 1 or exact % 1:
            raise ValueError(f"“{shown}” splits a month or a second. Write it in smaller units.")
        way = -1 if sign == "-" else 1
        return cls(way * int(calendar), 0, way * int(exact))

    @property
    def exact_seconds(self) -> int:
        """Days and seconds together, without the months."""
        return self.days * _DAY + self.seconds

    @property
    def minutes(self) -> int:
        """The whole minutes beyond the days."""
        return _whole(self.seconds, 60)

    @property
    def in_minutes(self) -> int | None:
        """All of it in whole minutes; nothing where it has calendar months."""
        return None if self.months else _whole(self.exact_seconds, 60)

    @property
    def in_days(self) -> float | None:
        """All of it in days; nothing where it has calendar months."""
        return None if self.months else self.exact_seconds / _DAY

    @property
    def study_day(self) -> int | None:
        """The study day this far from day 1, by whole days and without a day 0."""
        if self.months:
            return None
        return self.days if self.days < 0 else self.days + 1

    @property
    def sign(self) -> int | None:
        """1 forwards, -1 backwards, 0 for none, nothing where it hangs on the length of a month."""
        bounds = [self.months * days * _DAY + self.exact_seconds for days in (28, 31)]
        signs = {(seconds > 0) - (seconds < 0) for seconds in bounds}
        return signs.pop() if len(signs) == 1 else None

    def __add__(self, other: Duration) -> Duration:
        return Duration(
            self.months + other.months, self.days + other.days, self.seconds + other.seconds
        )

    def __neg__(self) -> Duration:
        return Duration(-self.months, -self.days, -self.seconds)

    def __sub__(self, other: Duration) -> Duration:
        return self + -other

    def __abs__(self) -> Duration:
        return Duration(abs(self.months), abs(self.days), abs(self.seconds))

    def __str__(self) -> str:
        minutes = _whole(self.seconds, 60)
        hours = _whole(minutes, 60)
        days = _written((self.months, "M"), (self.days, "D"))
        clock = _written(
            (hours, "H"), (minutes - hours * 60, "M"), (self.seconds - minutes * 60, "S")
        )
        return f"P{days}T{clock}" if clock else f"P{days or '0D'}"


def _whole(number: int, by: int) -> int:
    """How often the divisor goes into the number, cut off towards zero."""
    return number // by if number >= 0 else -(-number // by)


def _written(*parts: tuple[int, str]) -> str:
    return "".join(f"{number}{unit}" for number, unit in parts if number)


ZERO = Duration()
