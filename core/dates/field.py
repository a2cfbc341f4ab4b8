"""The field of a day in forms: typed as people write it, or chosen in the browser's calendar."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, tzinfo
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

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
