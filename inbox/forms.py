"""The shape of what people decide about duties."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from core.dates import UnreadableDayError, read_day, start_of
from core.dates.field import LAST

LATER = timedelta(hours=3)


class SnoozeForm(forms.Form):
    """Until when: later today, tomorrow, next week, or a day as people write one."""

    until = forms.CharField(error_messages={"required": "Choose a day to put this off until."})

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = user.zone

    def clean_until(self) -> datetime:
        """The instant at which the duty comes back: mornings begin at midnight."""
        text, now = self.cleaned_data["until"], timezone.now().astimezone(self.zone)
        today = now.date()
        if text == "later":
            if (now + LATER).date() > today:
                raise forms.ValidationError("Today is almost over. Choose tomorrow.")
            return now + LATER
        days = {"tomorrow": 1, "week": 7 - today.weekday()}
        on = today + timedelta(days=days[text]) if text in days else _day(text, today)
        return start_of(on, self.zone)


def _day(text: str, today: date) -> date:
    try:
        reading = read_day(text, today)
    except UnreadableDayError as error:
        raise forms.ValidationError(str(error)) from error
    if reading.is_ambiguous:
        raise forms.ValidationError(reading.question)
    if not today < reading.days[0] <= LAST:
        raise forms.ValidationError("Choose a day after today.")
    return reading.days[0]


class AssignForm(forms.Form):
    """Who is to do it; nobody means whoever holds the role."""

    to = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Whoever holds the role",
        error_messages={"invalid_choice": "Choose one of the people who work there."},
    )  # fmt: skip

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


class WaiveForm(forms.Form):
    """Why it need not be done."""

    reason = forms.CharField(
        max_length=200,
        error_messages={"required": "Give the reason why this need not be done."},
    )
