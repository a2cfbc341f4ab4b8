"""The shape of input about stays: days with their clocks, beds and reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from core.dates.field import ClockField, DayField, instant_of
from sites.models import Bed
from subjects.models import StayEnding


class MomentsForm(forms.Form):
    """Days with their clocks at a place, each of which names one instant."""

    moments: ClassVar[tuple[str, ...]] = ("at",)

    def __init__(
        self, *args: Any, zone: ZoneInfo, start: dict[str, datetime | None] | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        known = {name: at.astimezone(zone) for name, at in (start or {}).items() if at}
        kwargs["initial"] = {
            **{f"{name}_on": at.date() for name, at in known.items()},
            **{f"{name}_clock": at.time().replace(second=0) for name, at in known.items()},
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        """The instants by their names, in the place of days and clocks."""
        data = super().clean() or self.cleaned_data
        found = {
            name: instant_of(
                self, data.pop(f"{name}_on", None), data.pop(f"{name}_clock", None), self.zone,
                field=f"{name}_clock",
            )
            for name in self.moments
        }  # fmt: skip
        return data | found


class BedField(forms.ModelChoiceField[Bed]):
    """A bed among those that are free, named with its unit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Bed.objects.none(), label="Bed", empty_label="Choose", **kwargs)
        self.error_messages["invalid_choice"] = "This bed is not free any more. Choose another one."

    def label_from_instance(self, obj: Any) -> str:
        """The bed and its unit."""
        return f"{obj}, {obj.unit}" if obj.unit else str(obj)


class WithBeds(MomentsForm):
    """A form that offers beds."""

    def __init__(self, *args: Any, beds: QuerySet[Bed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bed"].queryset = beds  # type: ignore[attr-defined]


class ReserveForm(WithBeds):
    """Which bed a booked visit gets, and until when."""

    moments = ("until",)

    bed = BedField()
    until_on = DayField(label="Discharge planned on")
    until_clock = ClockField(label="At")


class AdmitForm(WithBeds):
    """When the subject came, into which bed, and until when."""

    moments = ("at", "until")

    at_on = DayField(label="Admitted on")
    at_clock = ClockField(label="At")
    bed = BedField()
    until_on = DayField(label="Discharge planned on")
    until_clock = ClockField(label="Discharge at")


class ChangeBedForm(WithBeds):
    """Into which bed a subject moves, and when."""

    bed = BedField()
    at_on = DayField(label="Moved on")
    at_clock = ClockField(label="At")


class UntilForm(MomentsForm):
    """When the discharge is expected."""

    moments = ("until",)

    until_on = DayField(label="Discharge planned on")
    until_clock = ClockField(label="At")


class DischargeForm(MomentsForm):
    """When the subject left for good, and how."""

    at_on = DayField(label="Discharged on")
    at_clock = ClockField(label="At")
    ending = forms.ChoiceField(choices=StayEnding.choices, label="How it ended")
    reason = forms.CharField(
        max_length=200, required=False, help_text="Needed unless it ended as planned."
    )


class LeaveForm(MomentsForm):
    """When a subject went out, why, and when it is to be back."""

    moments = ("at", "expected_at", "returned_at")

    at_on = DayField(label="Left on")
    at_clock = ClockField(label="At")
    expected_at_on = DayField(label="Expected back on")
    expected_at_clock = ClockField(label="At")
    returned_at_on = DayField(
        label="Came back on", required=False, help_text="Only where the leave is over already."
    )
    returned_at_clock = ClockField(label="At", required=False)
    why = forms.CharField(max_length=200, label="Reason for the leave")


class BackForm(MomentsForm):
    """When a subject came back."""

    at_on = DayField(label="Came back on")
    at_clock = ClockField(label="At")


class CorrectStayForm(MomentsForm):
    """The right times of a stay, and why they were wrong."""

    moments = ("admitted_at", "discharged_at")

    admitted_at_on = DayField(label="Admitted on")
    admitted_at_clock = ClockField(label="At")
    discharged_at_on = DayField(label="Discharged on", required=False)
    discharged_at_clock = ClockField(label="Discharged at", required=False)
    reason = forms.CharField(max_length=200, label="Reason for the correction")


class CorrectLeaveForm(MomentsForm):
    """The right times of a leave, and why they were wrong."""

    moments = ("left_at", "expected_at", "returned_at")

    left_at_on = DayField(label="Left on")
    left_at_clock = ClockField(label="At")
    expected_at_on = DayField(label="Expected back on", required=False)
    expected_at_clock = ClockField(label="Expected back at", required=False)
    returned_at_on = DayField(label="Came back on", required=False)
    returned_at_clock = ClockField(label="Back at", required=False)
    reason = forms.CharField(max_length=200, label="Reason for the correction")
