"""The days on which Northgate works: public holidays of England, and working days counted from now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from dateutil.easter import easter

from core.dates import BusinessDays

DAY = timedelta(days=1)
SATURDAY = 5


def public_holidays(year: int) -> dict[date, str]:
    """The bank holidays of England in a year; one that falls on a weekend is given back after it."""
    sunday = easter(year)
    found = {
        sunday - 2 * DAY: "Good Friday",
        sunday + DAY: "Easter Monday",
        _monday(date(year, 5, 1)): "Early May bank holiday",
        _monday(date(year, 5, 25)): "Spring bank holiday",
        _monday(date(year, 8, 25)): "Summer bank holiday",
    }
    for on, name in (
        (date(year, 1, 1), "New Year’s Day"), (date(year, 12, 25), "Christmas Day"),
        (date(year, 12, 26), "Boxing Day"),
    ):  # fmt: skip
        given = on
        while given.weekday() >= SATURDAY or given in found:
            given += DAY
        found[given] = name
    return found


def _monday(on: date) -> date:
    """The first Monday from a day on."""
    return on + DAY * (-on.weekday() % 7)


class WorkingDays:
    """Working days by their number: 0 is today or, where nobody works today, the next that is."""

    def __init__(self, today: date, holidays: Iterable[date]) -> None:
        self.today = today
        self.days = BusinessDays(frozenset(holidays))
        self.zero = self.days.next_open(today)

    def is_one(self, on: date) -> bool:
        """Whether the place works on a day."""
        return self.days.is_open(on)

    def at(self, number: int) -> date:
        """The working day of that number, before or after day 0."""
        return self.days.add(self.zero, number)

    def near(self, on: date, first: date, last: date) -> date:
        """The working day nearest to a day from the first to the last; the day itself without one."""
        span = [first + DAY * step for step in range((last - first).days + 1)]
        fitting = [day for day in span if self.is_one(day)]
        return min(fitting, key=lambda day: (abs(day - on), day), default=on)


def inside(first: date, target: date, last: date, random: Random) -> date:
    """A day left to chance between two days, mostly the target, not on a weekend where it can be."""
    span = [first + DAY * step for step in range((last - first).days + 1)]
    fitting = [day for day in span if day.weekday() < SATURDAY]
    near = [day for day in fitting if abs(day - target) <= DAY]
    return random.choice([*fitting, *near, *near] or [target])
