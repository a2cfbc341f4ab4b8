"""Days and times as people count, show and read them."""

from core.dates.clock import (
    ClockError,
    MissingTimeError,
    RepeatedTimeError,
    at,
    first_at,
    length_of,
    local_day,
    show_clock,
    start_of,
)
from core.dates.count import BusinessDays, on_study_day, study_day
from core.dates.names import MONTHS, WEEKDAYS
from core.dates.near import DayReading, UnreadableDayError, read_day
from core.dates.partial import PartialDate
from core.dates.show import (
    show_day,
    show_days,
    show_due,
    show_instant,
    show_moment,
    show_span,
    show_weekday,
)

__all__ = [
    "MONTHS",
    "WEEKDAYS",
    "BusinessDays",
    "ClockError",
    "DayReading",
    "MissingTimeError",
    "PartialDate",
    "RepeatedTimeError",
    "UnreadableDayError",
    "at",
    "first_at",
    "length_of",
    "local_day",
    "on_study_day",
    "read_day",
    "show_clock",
    "show_day",
    "show_days",
    "show_due",
    "show_instant",
    "show_moment",
    "show_span",
    "show_weekday",
    "start_of",
    "study_day",
]
