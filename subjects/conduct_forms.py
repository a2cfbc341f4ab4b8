"""The shape of what is typed while a visit is done."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from core.dates import local_day
from core.dates.field import ClockField, DayField, instant_of
from sites.models import Equipment, Person
from subjects.conduct import Conduct, Step
from subjects.forms import DayForm
from subjects.models import Outcome, Visit, VisitStatus, WhyNot
from subjects.models.procedure import PERFORMED

DAY = timedelta(days=1)
WHY = [("", "Choose a reason"), *WhyNot.choices]


class AnswerForm(forms.Form):
    """What became of a procedure; the time is now unless another one is typed."""

    outcome = forms.ChoiceField(choices=Outcome.choices, widget=forms.HiddenInput)
    clock = ClockField(required=False, label="Time")
    on = DayField(required=False, label="Date")
    performer = forms.ModelChoiceField(
        Person.objects.none(), required=False, label="Done by", empty_label="Choose"
    )
    equipment = forms.ModelChoiceField(
        Equipment.objects.none(), required=False, label="Device", empty_label="None"
    )
    why_not = forms.ChoiceField(choices=WHY, required=False, label="Reason")
    note = forms.CharField(max_length=300, required=False, label="Note")
    is_pending = forms.BooleanField(required=False, label="The result is awaited")
    reason = forms.CharField(max_length=200, required=False, label="Reason for the correction")

    def __init__(
        self, *args: Any, visit: Visit, step: Step, day: date, mine: Person | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.visit, self.step, self.day, self.mine = visit, step, day, mine
        self.zone = visit.site.place.zone
        performer: Any = self.fields["performer"]
        performer.queryset = Person.objects.filter(place=visit.site.place_id)
        equipment: Any = self.fields["equipment"]
        equipment.queryset = Equipment.objects.filter(place=visit.site.place_id)
        for value in step.values:
            self.fields[value.field] = forms.DecimalField(
                required=False, max_digits=9, decimal_places=value.measure.places,
                label=f"{value.measure.name}, {value.measure.unit}",
            )  # fmt: skip
            self.fields[f"kept-{value.field}"] = forms.CharField(max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """The instant at which it was, by the clocks of the place."""
        values = super().clean() or self.cleaned_data
        if self.errors or values["outcome"] not in PERFORMED:
            return values
        at = self._at(values.get("on") or self.day, values.get("clock"))
        return values | {"done_at": at} if at else values

    def _at(self, on: date, clock: time | None) -> datetime | None:
        """The instant of a day and a clock; without one it is now, which is no other day."""
        now = timezone.now()
        if clock is not None:
            return instant_of(self, self._day_of(on, clock), clock, self.zone, field="clock")
        if on == local_day(now, self.zone) or self._goes_on:
            return self._now(now)
        self.add_error("clock", "Type the time: the visit is not today.")
        return None

    @property
    def _goes_on(self) -> bool:
        """Whether the visit runs over days, so that what is done now is done on whichever it is."""
        return self.visit.is_overnight and self.visit.status == VisitStatus.IN_PROGRESS

    def _day_of(self, on: date, clock: time) -> date:
        """Around midnight a sample is drawn on the day on which that clock is nearest to its target."""
        allowed = self.step.allowed
        if allowed is None or not self._goes_on or on != local_day(allowed.target, self.zone):
            return on
        target = allowed.target.astimezone(self.zone).replace(tzinfo=None)
        days = (on, on - DAY, on + DAY)
        return min(days, key=lambda day: abs(datetime.combine(day, clock) - target))

    def _now(self, now: datetime) -> datetime:
        """The time that was recorded already, where it was; else the present minute."""
        record = self.step.record
        if record is not None and record.done_at is not None and record.outcome == Outcome.DONE:
            return record.done_at
        return now.replace(second=0, microsecond=0)


class UnplannedForm(forms.Form):
    """A procedure the protocol does not ask for at the visit."""

    name = forms.CharField(max_length=300, label="Procedure")


class CompleteForm(DayForm):
    """The day of a visit, why each open procedure was not done, and which gaps are deviations."""

    def __init__(self, *args: Any, conduct: Conduct | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conduct is None:
            return
        missing = {step.slug for step in conduct.missing}
        gaps = {step.slug for step in conduct.gaps}
        for step in conduct.steps:
            if step.slug in missing:
                self.fields[f"why-{step.slug}"] = forms.ChoiceField(
                    choices=WHY, label=f"{step.number}. {step.name}: why it was not done"
                )
            if step.slug in missing | gaps:
                self.fields[f"deviates-{step.slug}"] = forms.BooleanField(
                    required=False, initial=True, label=f"Draft a deviation for {step.name}"
                )

    @property
    def gaps(self) -> list[tuple[forms.BoundField | None, forms.BoundField]]:
        """Of each gap why it was not done, where that is open, and whether it is a deviation."""
        slugs = [name.partition("-")[2] for name in self.fields if name.startswith("deviates-")]
        whys = [self[name] if (name := f"why-{slug}") in self.fields else None for slug in slugs]
        return list(zip(whys, (self[f"deviates-{slug}"] for slug in slugs), strict=True))
