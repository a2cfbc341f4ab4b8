"""The shape of input about randomisation and allocation."""

from __future__ import annotations

from typing import Any

from django import forms

from core.dates.field import DayField
from trials.models import Arm, Trial


class RandomiseForm(forms.Form):
    """When a subject was randomised, under which number, with which kit, and why it is typed."""

    on = DayField(label="Randomised on")
    number = forms.CharField(max_length=40, label="Randomisation number")
    kit = forms.CharField(max_length=40, required=False, label="Kit number")
    reason = forms.CharField(
        max_length=200, label="Entered by hand because",
        help_text="For example: confirmation of the IRT by e-mail. Never what is in the kit.",
    )  # fmt: skip


class AllocationForm(forms.Form):
    """What a subject is allocated to."""

    treatment = forms.CharField(max_length=200, label="Allocated to")
    note = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For unblinded people only. Say here why, where an allocation is replaced.",
    )  # fmt: skip

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        arms = Arm.objects.filter(trial=trial).order_by("position")
        if names := list(arms.values_list("name", flat=True)):
            self.fields["treatment"] = forms.ChoiceField(
                label="Allocated to", choices=[("", "Choose"), *((name, name) for name in names)]
            )
