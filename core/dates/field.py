"""The field of a day in forms."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


class DayField(forms.DateField):
    """A day of the calendar that people plan by or remember."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        said = f"Choose a day from {FIRST.year} to {LAST.year}."
        self.validators += [MinValueValidator(FIRST, said), MaxValueValidator(LAST, said)]
