"""The fields of a day and of a time in forms, and the instant that both of them name."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from core.dates.clock import ClockError, first_at
from core.dates.near import UnreadableDayError, read_day
from core.dates.show import show_day

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)

# The zone in which the person at the page lives; "today" and "+7" are meant there.
zone_of_reader: ContextVar[tzinfo] = ContextVar("zone_of_reader", default=UTC)


def today() -> date:
    """The day it is for the person at the page."""
    return timezone.localdate(timezone=zone_of_reader.get())


class DayInput(forms.DateInput):
    """A text in which a day is typed, with the calendar of the browser beside it."""

    def __init__(self) -> None:
        super().__init__(
            {"data-day": "", "autocomplete": "off", "placeholder": "12 Jun, +7 or fri"}
        )

    def format_value(self, value: Any) -> str | None:
        """A day as it is shown everywhere, and what was typed as it was typed."""
        return show_day(value) if isinstance(value, date) else value


class DayField(forms.DateField):
    """A day of the calendar that people plan by or remember."""

    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        said = f"Choose a day from {FIRST.year} to {LAST.year}."
        self.validators += [MinValueValidator(FIRST, said), MaxValueValidator(LAST, said)]

    def to_python(self, value: Any) -> date | None:
        """The day that was typed; one that may mean two is asked about."""
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        try:
            reading = read_day(value, today())
        except UnreadableDayError as error:
            raise forms.ValidationError(str(error), code="invalid") from error
        if reading.is_ambiguous:
            raise forms.ValidationError(reading.question, code="ambiguous")
        return reading.days[0]


class ClockInput(forms.TimeInput):
    """A time of day in hours and minutes, chosen as the browser offers it."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class ClockField(forms.TimeField):
    """A time of day as the clocks of a place show it."""

    widget = ClockInput


Reading = Callable[[date, time, ZoneInfo], datetime]


def instant(on: date, clock: time, zone: ZoneInfo, read: Reading = first_at) -> datetime:
    """The instant of a day and a time, the first of two unless read otherwise; else why there is none."""
    try:
        return read(on, clock, zone)
    except ClockError as error:
        raise forms.ValidationError(str(error), code="clock") from error


def instant_of(
    form: forms.BaseForm, on: date | None, clock: time | None, zone: ZoneInfo, *, field: str,
    read: Reading = first_at,
) -> datetime | None:  # fmt: skip
    """The instant that two fields of a form name; nothing, and why beside the field, where none."""
    if on is None or clock is None:
        return None
    try:
        return instant(on, clock, zone, read)
    except forms.ValidationError as error:
        form.add_error(field, error)
        return None
