"""The shape of how a place reminds its subjects."""

from __future__ import annotations

from typing import Any

from django import forms

from subjects.models import ReminderPlan


class ReminderPlanForm(forms.ModelForm[ReminderPlan]):
    """Whether, on which days before, and with which words subjects are reminded."""

    class Meta:
        model = ReminderPlan
        fields = ("is_on", "days_before", "phone", "note")

    def clean_days_before(self) -> Any:
        """At least one day, each once."""
        days = self.cleaned_data["days_before"]
        if not days:
            raise forms.ValidationError("Say at least one day, or send no reminders.")
        return days
