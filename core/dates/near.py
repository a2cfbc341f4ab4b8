"""Near dates as people type them into one field: a booking, a due date, a planned day."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from core.dates.count import on_study_day
from core.dates.names import WEEKDAYS, month_named, weekday_named
from core.dates.show import show_day

NEAR = 60  # days; who writes only figures for a booking means a day about this close
HALF_A_YEAR = 183  # days; every day of the calendar falls once within this reach of today


class UnreadableDayError(ValueError):
    """A text that names no day; the message says what is wrong and what to write."""


@dataclass(frozen=True, slots=True)
class DayReading:
    """The days a text may mean: one, or two to ask about, the day-first reading first."""

    text: str
    days: tuple[date, ...]

    @property
    def is_ambiguous(self) -> bool:
        """Whether the writer has to be asked."""
        return len(self.days) > 1

    @property
    def question(self) -> str:
        """What to ask the writer of an ambiguous text."""
        return f"{self.text} may mean {' or '.join(map(show_day, self.days))}. Choose one."


def read_day(text: str, today: date, anchor: date | None = None) -> DayReading:
    """Read `12 jun`, `12/6`, `+7`, `fri`, `d85`, `2026-06-12`, `today`, or a date as it is shown.

    Figures are read day first. They are ambiguous unless only the day-first reading is near.
    """
    words = " ".join(text.casefold().replace("\N{MINUS SIGN}", "-").split())
    name, _, rest = words.partition(" ")
    weekday = weekday_named(name.rstrip(","))
    if weekday is None or not rest:
        return DayReading(text.strip(), _days(words, today, anchor))
    return DayReading(text.strip(), _falling_on(weekday, _days(rest, today, anchor)))


def _days(words: str, today: date, anchor: date | None) -> tuple[date, ...]:
    for form, read in _FORMS.items():
        if match := re.fullmatch(form, words):
            return read(match, today, anchor)
    raise UnreadableDayError("Write a day such as 12 Jun, 12/6, +7, fri, d85 or 2026-06-12.")


def _falling_on(weekday: int, days: tuple[date, ...]) -> tuple[date, ...]:
    if kept := tuple(day for day in days if day.weekday() == weekday):
        return kept
    actual, written = WEEKDAYS[days[0].weekday()], WEEKDAYS[weekday]
    raise UnreadableDayError(
        f"{show_day(days[0])} is a {actual}, not a {written}. Correct one of them."
    )


def _in_words(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    return (today + timedelta(days=("yesterday", "today", "tomorrow").index(match[0]) - 1),)


def _from_today(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    return (today + timedelta(days=int(match[1]) * (7 if match[2] == "w" else 1)),)


def _of_study(match: re.Match[str], _today: date, anchor: date | None) -> tuple[date, ...]:
    if anchor is None:
        raise UnreadableDayError(
            "Study days are not counted here yet. Write a date such as 12 Jun."
        )
    try:
        return (on_study_day(anchor, int(match[1])),)
    except ValueError as error:
        raise UnreadableDayError(str(error)) from error


def _iso(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    return (_dated(int(match[3]), int(match[2]), match[1], today),)


def _in_figures(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    first, second = int(match[1]), int(match[2])
    readings: list[date] = []
    for day, month in dict.fromkeys(((first, second), (second, first))):
        with suppress(UnreadableDayError):
            readings.append(_dated(day, month, match[3], today))
    if not readings:
        raise UnreadableDayError(
            f"{match[0]} is not a day of the calendar. Write it as 12 Jun 2026."
        )
    near = [day for day in readings if abs(day - today).days <= NEAR]
    return tuple(near if near == readings[:1] else readings)


def _day_and_month(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    return (_dated(int(match["day"]), _month(match["month"]), match["year"], today),)


def _on_weekday(match: re.Match[str], today: date, _anchor: date | None) -> tuple[date, ...]:
    weekday = weekday_named(match[0])
    if weekday is None:
        raise UnreadableDayError(f"{match[0]} is not a day. Write a day such as fri or 12 Jun.")
    return (today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1),)


def _month(word: str) -> int:
    if (month := month_named(word)) is None:
        raise UnreadableDayError(f"{word} is not a month. Write a day such as 12 Jun.")
    return month


def _dated(day: int, month: int, year: str | None, today: date) -> date:
    if year:
        years = [int(f"{today.year // 100}{year}"[-4:])]  # `26` is of this century
        reach = timedelta.max
    else:
        years = [today.year, today.year + 1, today.year - 1]
        reach = timedelta(days=HALF_A_YEAR)
    days = []
    for candidate in years:
        with suppress(ValueError):
            days.append(date(candidate, month, day))
    near = [found for found in days if abs(found - today) <= reach]
    if not near:
        raise UnreadableDayError("That is not a day of the calendar. Write it as 12 Jun 2026.")
    return min(near, key=lambda found: abs(found - today))


_YEAR = r"(?P<year>\d{4}|\d{2})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_FORMS: dict[str, Callable[[re.Match[str], date, date | None], tuple[date, ...]]] = {
    r"yesterday|today|tomorrow": _in_words,
    r"([+-]\d{1,4}) ?(d|w|)": _from_today,
    r"d(?:ay)? ?(-?\d{1,5})": _of_study,
    r"(\d{4})-(\d{1,2})-(\d{1,2})": _iso,
    r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?": _in_figures,
    rf"{_DAY} ?{_MONTH}(?:,? ?{_YEAR})?": _day_and_month,
    rf"{_MONTH} ?{_DAY}(?:,? {_YEAR})?": _day_and_month,
    r"[a-z]{3,9}": _on_weekday,
}
