"""Local days and times as instants and back, also on the days when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.dates.show import show_day


class ClockError(ValueError):
    """A time of day that does not name one instant; `choices` are the instants to choose from."""

    def __init__(self, message: str, choices: tuple[datetime, ...]) -> None:
        super().__init__(message)
        self.choices = choices


class MissingTimeError(ClockError):
    """The clocks of the zone skip this time on this day."""


class RepeatedTimeError(ClockError):
    """The clocks of the zone show this time twice on this day."""


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The one instant, in UTC, at which the clocks of the zone show this time on this day."""
    wall = datetime.combine(day, clock.replace(tzinfo=None))
    # In a gap the two folds are the times as far past either edge; in a repeat they are both times.
    folds = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    choices = tuple(sorted(folds))
    shown = [choice.astimezone(zone) for choice in choices]
    when = f"{wall:%H:%M} %s on {show_day(day)} in {zone.key}: the clocks go %s. Choose %s or %s."
    if shown[0].replace(tzinfo=None) != wall:
        ways_out = [_clock(local, day) for local in shown]
        raise MissingTimeError(when % ("does not exist", "forward", *ways_out), choices)
    if len(choices) > 1:
        ways_out = [f"{local:%H:%M} {_zone_name(local)}" for local in shown]
        raise RepeatedTimeError(when % ("happens twice", "back", *ways_out), choices)
    return choices[0]


def first_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The same, and the first of both instants where the clocks show this time twice."""
    try:
        return at(day, clock, zone)
    except RepeatedTimeError as error:
        return error.choices[0]


def show_clock(local: datetime) -> str:
    """A time of day as `09:15`, and as `01:30 BST` where the clocks of its zone show it twice."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    clock = f"{local:%H:%M}"
    return clock if first == second else f"{clock} {_zone_name(local)}"


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the calendar of the zone at that instant."""
    return instant.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the local day, in UTC, also where the clocks skip midnight."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def length_of(day: date, zone: ZoneInfo) -> timedelta:
    """The real length of the local day: 24 hours, mostly 23 or 25 when the clocks change."""
    return start_of(day + timedelta(days=1), zone) - start_of(day, zone)


def _clock(local: datetime, day: date) -> str:
    clock = f"{local:%H:%M}"
    return clock if local.date() == day else f"{clock} on {show_day(local.date())}"


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{name}"
