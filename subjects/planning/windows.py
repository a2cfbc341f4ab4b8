"""How the day of a visit lies to its window, in days and in words."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.dates import show_days, show_span


class TimingKind(StrEnum):
    """Whether a visit is, or is about to be, on time."""

    WITHIN = "within"
    EARLY = "early"
    LATE = "late"
    OVERDUE = "overdue"
    OPEN = "open"
    FUTURE = "future"
    SETTLED = "settled"  # missed or called off: there is no day to compare


@dataclass(frozen=True, slots=True)
class Timing:
    """Where a visit lies: days after the target (before it, negative) and days out of the window."""

    kind: TimingKind
    days_from_target: int | None = None
    days_outside: int = 0

    @property
    def deviates(self) -> bool:
        """Whether the visit lies outside its window or its window closed without it."""
        return self.days_outside > 0


def timing(
    on: date | None,
    earliest: date,
    latest: date,
    target: date,
    today: date,
    *,
    has_outcome: bool,
) -> Timing:
    """The timing of a visit done or booked on a day, or of one without a day."""
    if not has_outcome and latest < today and (on is None or on < today):
        return Timing(TimingKind.OVERDUE, (today - target).days, (today - latest).days)
    if on is None:
        return Timing(_without_day(earliest, today, has_outcome=has_outcome))
    from_target = (on - target).days
    if on < earliest:
        return Timing(TimingKind.EARLY, from_target, (earliest - on).days)
    if on > latest:
        return Timing(TimingKind.LATE, from_target, (on - latest).days)
    return Timing(TimingKind.WITHIN, from_target)


def _without_day(earliest: date, today: date, *, has_outcome: bool) -> TimingKind:
    if has_outcome:
        return TimingKind.SETTLED
    return TimingKind.FUTURE if today < earliest else TimingKind.OPEN


def target_text(days_from_target: int) -> str:
    """A distance from the target, as `on target`, `1 day before target` or `2 days after target`."""
    if not days_from_target:
        return "on target"
    side = "before" if days_from_target < 0 else "after"
    return f"{show_days(abs(days_from_target))} {side} target"


def window_text(earliest: date, latest: date, target: date) -> str:
    """A window in words, as `window 7-11 Jun, target 9 Jun`."""
    return f"window {show_span(earliest, latest)}, target {show_span(target, target)}"


def deviation_text(timing: Timing, earliest: date, latest: date, target: date) -> str:
    """A visit out of its window in words, as `1 day after the window (window 7-11 Jun, target 9 Jun)`."""
    days, window = show_days(timing.days_outside), window_text(earliest, latest, target)
    if timing.kind is TimingKind.OVERDUE:
        return f"window closed {days} ago without the visit ({window})"
    if timing.deviates:
        side = "before" if timing.kind is TimingKind.EARLY else "after"
        return f"{days} {side} the window ({window})"
    return f"inside the window ({window})"
