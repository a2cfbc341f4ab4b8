"""The shape of input about breaking the blind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from core.dates.field import ClockField, DayField, instant_of
from core.signing.pages import SignForm
from sites.models import Place

NEVER = "Never the treatment itself: blinded people read this."


class BreakBlindForm(SignForm):
    """Why the treatment has to be known, and both parts of the log-in."""

    reason = forms.CharField(max_length=300, label="Why it has to be known now", help_text=NEVER)
    field_order = ("reason", "signer", "password")


class UnblindingForm(forms.Form):
    """When who learnt of a treatment by accident, and how."""

    on = DayField(label="Learnt on")
    clock = ClockField(label="At")
    learnt_by = forms.CharField(
        max_length=200, label="Who knows the treatment now",
        help_text="Everybody who learnt of it. A subject is “the subject”, not a name.",
    )  # fmt: skip
    reason = forms.CharField(max_length=300, label="How it happened", help_text=NEVER)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        now = timezone.localtime(timezone=place.zone)
        self.fields["on"].initial, self.fields["clock"].initial = now.date(), now.time()
        self.fields["clock"].help_text = f"By the clocks of {place.short_name}."

    def clean(self) -> dict[str, Any]:
        """The instant that day and clock name."""
        super().clean()
        values = self.cleaned_data
        on, clock = values.pop("on", None), values.pop("clock", None)
        at = instant_of(self, on, clock, self.place.zone, field="clock")
        return values if at is None else values | {"learnt_at": at}
