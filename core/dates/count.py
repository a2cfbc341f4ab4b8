"""Days as trials and offices count them: study days and business days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.dates.names import WEEKDAYS
from core.dates.show import show_day

_ONE_DAY = timedelta(days=1)


def study_day(anchor: date, day: date) -> int:
    """The day counted from the anchor, which is day 1; the day before it is day -1."""
    passed = (day - anchor).days
    return passed + 1 if passed >= 0 else passed


def on_study_day(anchor: date, number: int) -> date:
    """The date of a study day."""
    if number == 0:
        raise ValueError(f"There is no day 0. Day 1 is {show_day(anchor)}, the day before is -1.")
    return anchor + timedelta(days=number - 1 if number > 0 else number)


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """The days a place or country works: all but its weekend (Monday is 0) and its closed dates."""

    closed: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def __post_init__(self) -> None:
        if self.weekend.issuperset(range(len(WEEKDAYS))):
            raise ValueError("Every day is a weekend day. Leave at least one day of the week open.")

    def is_open(self, day: date) -> bool:
        """Whether work is done on the day."""
        return day.weekday() not in self.weekend and day not in self.closed

    def next_open(self, day: date) -> date:
        """The day itself when open, else the first open day after it."""
        while not self.is_open(day):
            day += _ONE_DAY
        return day

    def add(self, day: date, count: int) -> date:
        """The open day that many open days after the day, before it when the count is negative."""
        step = _ONE_DAY if count > 0 else -_ONE_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_open(day)
        return day

    def between(self, start: date, end: date) -> int:
        """The count with which `add` gets from the start to the end, where the end is open."""
        if end < start:
            return -sum(map(self.is_open, _days(end, start)))
        return sum(map(self.is_open, _days(start + _ONE_DAY, end + _ONE_DAY)))


def _days(start: date, stop: date) -> Iterator[date]:
    return (start + timedelta(days=number) for number in range((stop - start).days))
