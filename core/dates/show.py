"""Days in words, the same on every page: month in letters, relative words only when near."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.dates.names import MONTHS, SHORT, WEEKDAYS

RELATIVE_WITHIN = 14  # days; further away a date says more than a count


def show_day(day: date) -> str:
    """A date as `11 Jun 2026`."""
    return f"{day.day} {MONTHS[day.month - 1][:SHORT]} {day.year}"


def show_weekday(day: date) -> str:
    """A date where people plan, as `Fri 12 Jun`."""
    return f"{WEEKDAYS[day.weekday()][:SHORT]} {day.day} {MONTHS[day.month - 1][:SHORT]}"


def show_span(first: date, last: date) -> str:
    """A span of days, short, as `9 Jun`, `7-11 Jun` or `28 Jun-3 Jul`; with years where they differ."""
    if first.year != last.year:
        return f"{show_day(first)}\N{EN DASH}{show_day(last)}"
    start, end = (show_day(day).rsplit(" ", 1)[0] for day in (first, last))
    if first == last:
        return end
    if first.month == last.month:
        start = str(first.day)
    return f"{start}\N{EN DASH}{end}"


def show_days(count: int) -> str:
    """A number of days, as `1 day` or `4 days`."""
    return f"{count} day" if count == 1 else f"{count} days"


def show_due(day: date, today: date) -> str:
    """A due date in words within 14 days, as `4 days late`, `today` or `in 3 days`, else as a date."""
    left = (day - today).days
    if abs(left) > RELATIVE_WITHIN:
        return show_day(day)
    if left < 0:
        return f"{show_days(-left)} late"
    return {0: "today", 1: "tomorrow"}.get(left, f"in {show_days(left)}")


def show_moment(instant: datetime, zone: ZoneInfo) -> str:
    """A day and time by the clocks of a zone, as `10 Jun 2026 16:20 BST`."""
    local = instant.astimezone(zone)
    return f"{show_day(local.date())} {local:%H:%M %Z}"


def show_instant(local: datetime) -> str:
    """A local time to the second with its distance from UTC, as `11 Jun 2026 10:47:12 UTC+01:00`."""
    return f"{show_day(local.date())} {local:%H:%M:%S} UTC{local.isoformat()[-6:]}"
