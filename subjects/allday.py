"""What lasts at a place besides visits: who is away, monitors on site, days that are not like others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import User
from core.dates import length_of, show_clock, show_weekday
from sites.models import Absence, Claim
from sites.queries.claims import Booked, describers
from subjects.availability import Availability
from subjects.models import Occupancy, StayStatus
from subjects.models.stay import STANDING

MONITOR = "monitoring"
# What is told of a stay or a visit of a monitor to whoever may not see it.
BUSY, SOMEBODY = Booked("Busy", "", 0), Booked("Monitor on site", "", 0)
WHOLE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lasting:
    """Something that goes on for some time, in the zone of the place; an absence is of a person."""

    text: str
    start: datetime
    end: datetime
    person_id: int | None = None
    url: str = ""
    is_stay: bool = False

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The day on which it ends; the one before where it ends at midnight."""
        return (self.end - timedelta(microseconds=1)).date()

    def touches(self, day: date) -> bool:
        """Whether any of it lies on the day."""
        return self.first_day <= day <= self.last_day

    def words(self, day: date) -> str:
        """What it is, and when where it is not the whole day."""
        from_midnight = self.start.date() < day or self.start.time() == time.min
        to_midnight = self.end.date() > day
        if from_midnight and to_midnight:
            return self.text
        if from_midnight:
            return f"{self.text} until {self.end:%H:%M}"
        if to_midnight:
            return f"{self.text} from {self.start:%H:%M}"
        return f"{self.text} {self.start:%H:%M}\N{EN DASH}{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Bar:
    """One block over several of the days shown: its first column and how many, on small screens too."""

    words: str
    period: str
    url: str
    column: int
    columns: int
    near_column: int
    near_columns: int


def bars(shown: Iterable[Lasting], days: Sequence[date], near: Sequence[date]) -> list[Bar]:
    """A block for each of what lasts over more than one of the days, the first and longest first."""
    found = [_bar(one, days, near) for one in shown if is_long(one, days)]
    return sorted(found, key=lambda bar: (bar.column, -bar.columns))


def is_long(one: Lasting, days: Sequence[date]) -> bool:
    """Whether it lasts over more than one of these days."""
    return len(_touched(one, days)) > 1


def _bar(one: Lasting, days: Sequence[date], near: Sequence[date]) -> Bar:
    wide, small = _touched(one, days), _touched(one, near)
    begins = _at_clock(" from", one.start) if one.first_day >= days[0] else ""
    ends = _at_clock(" until", one.end) if one.last_day <= days[-1] else ""
    period = (show_weekday(one.first_day), _at_clock("", one.start),
              " to ", show_weekday(one.last_day), _at_clock("", one.end))  # fmt: skip
    return Bar(
        f"{one.text}{begins}{ends}", "".join(period), one.url,
        wide[0], len(wide), small[0] if small else 0, len(small),
    )  # fmt: skip


def _touched(one: Lasting, days: Sequence[date]) -> list[int]:
    return [column for column, day in enumerate(days) if one.touches(day)]


def _at_clock(before: str, at: datetime) -> str:
    """A time of day after what comes before it; midnight goes without saying."""
    return "" if at.time() == time.min else f"{before} {show_clock(at)}"


def lasting(held: Availability, user: User) -> list[Lasting]:
    """Stays, absences and visits of monitors on these days, as far as the user may see them."""
    return [*_stays(held, user), *_absences(held, user), *_monitors(held, user)]


def _stays(held: Availability, user: User) -> list[Lasting]:
    rows = Occupancy.objects.filter(
        bed__place=held.place, period__overlap=(held.start, held.end),
        stay__status__in=(*STANDING, StayStatus.DISCHARGED),
    )  # fmt: skip
    found = rows.order_by("bed__name", "period").values_list("pk", "period", "bed__name")
    stays = list(found)
    told = describers["stay"]([pk for pk, *_ in stays], user) if stays else {}
    named = [(told.get(pk, BUSY), period, bed) for pk, period, bed in stays]
    return [
        _during(period, f"{bed}: {one.label}", held, url=one.url, is_stay=True)
        for one, period, bed in named
    ]


def _absences(held: Availability, user: User) -> list[Lasting]:
    rows = Absence.objects.visible_to(user).filter(
        person__place=held.place, period__overlap=(held.start, held.end)
    )
    found = rows.order_by("person__name", "period")
    return [
        _during(period, f"{name} away", held, person_id=pk)
        for pk, name, period in found.values_list("person_id", "person__name", "period")
    ]


def _monitors(held: Availability, user: User) -> list[Lasting]:
    """Planned visits of monitors, once each however much they hold."""
    rows = Claim.objects.visible_to(user).filter(
        place=held.place, holder=MONITOR, period__overlap=(held.start, held.end)
    )
    periods = dict(rows.order_by("period", "pk").values_list("holder_id", "period"))
    told = describers[MONITOR](periods, user) if MONITOR in describers else {}
    named = [(told.get(pk, SOMEBODY), period) for pk, period in periods.items()]
    return [_during(period, one.label, held, url=one.url) for one, period in named]


def _during(
    period: Any, text: str, held: Availability, *, person_id: int | None = None, url: str = "",
    is_stay: bool = False,
) -> Lasting:  # fmt: skip
    zone = held.place.zone
    start, end = period.lower.astimezone(zone), period.upper.astimezone(zone)
    return Lasting(text, start, end, person_id, url, is_stay)


def of_the_calendar(held: Availability, day: date) -> list[str]:
    """The name of a holiday, and how long a day is on which the clocks change."""
    found = [held.holidays[day]] if day in held.holidays else []
    length = length_of(day, held.place.zone)
    if length != WHOLE_DAY:
        way = "back" if length > WHOLE_DAY else "forward"
        found.append(f"{length / timedelta(hours=1):g} hours: the clocks go {way}")
    return found
