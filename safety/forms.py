"""The shape of input about adverse events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from accounts.forms.people import zones
from core.dates import PartialDate
from core.dates.field import ClockField, DayField, instant_of
from safety.models import (
    CTCAE_6,
    AdverseEvent,
    Causality,
    GradingTerm,
    Medication,
    ReferenceSafetyInformation,
    SafetyDesk,
    Seriousness,
)
from sites.models import Place
from subjects.models import Subject

NEAR = 5  # terms offered where a typed one is not in the dictionary
AS_KNOWN = "As 9 Jun 2026, Jun 2026 or 2026, as far as it is known."


class PartialDateField(forms.CharField):
    """A date of which day or month may be unknown."""

    def to_python(self, value: Any) -> PartialDate | None:  # type: ignore[override]
        """The date as far as it is known."""
        text = super().to_python(value)
        try:
            return PartialDate.read(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """The known parts, as they may be typed."""
        return value.typed if isinstance(value, PartialDate) else value

    def run_validators(self, value: Any) -> None:
        """What was read is a date already."""


class TermField(forms.CharField):
    """A term of the dictionary by its name; where it is none, names like it are offered."""

    def to_python(self, value: Any) -> GradingTerm | None:  # type: ignore[override]
        """The term of that name."""
        text = super().to_python(value)
        terms = GradingTerm.objects.filter(version=CTCAE_6).order_by("name")
        if not text:
            return None
        if (found := terms.filter(name__iexact=text).first()) is not None:
            return found  # type: ignore[no-any-return]
        near = terms.filter(name__icontains=text.split()[0]).values_list("name", flat=True)[:NEAR]
        offer = f" Near: {', '.join(near)}." if near else ""
        raise forms.ValidationError(f"“{text}” is not a term of {CTCAE_6}.{offer}")

    def prepare_value(self, value: Any) -> Any:
        """The name of the term."""
        return value.name if isinstance(value, GradingTerm) else value

    def run_validators(self, value: Any) -> None:
        """What was found is a term already."""


class AwareForm(forms.Form):
    """When the site became aware, by the clocks of the place."""

    aware_on = DayField(label="Site became aware on")
    aware_clock = ClockField(label="At")

    def __init__(
        self, *args: Any, place: Place, aware_at: datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        local = (aware_at or timezone.now()).astimezone(place.zone)
        self.fields["aware_on"].initial, self.fields["aware_clock"].initial = (
            local.date(), local.time(),
        )  # fmt: skip
        self.fields[
            "aware_clock"
        ].help_text = (
            f"By the clocks of {place.short_name}. The 24 h of a serious event count from here."
        )
        self.held = aware_at

    def clean(self) -> dict[str, Any]:
        """The instant of awareness."""
        super().clean()
        values = self.cleaned_data
        on, clock = values.pop("aware_on", None), values.pop("aware_clock", None)
        at = instant_of(self, on, clock, self.place.zone, field="aware_clock")
        if at is None:
            return values
        if self.held is not None and at == self.held.replace(second=0, microsecond=0):
            at = self.held  # the form shows minutes; nothing was changed
        return values | {"aware_at": at}


class EventForm(AwareForm, forms.ModelForm[AdverseEvent]):
    """What happened, when, how severe it is, and what was done."""

    class Meta:
        model = AdverseEvent
        fields = (
            "term", "grade", "severity", "action_taken", "outcome", "is_special_interest",
            "study_drug", "reporter", "narrative",
        )  # fmt: skip
        widgets: ClassVar = {
            "narrative": forms.Textarea(attrs={"rows": 5}),
            "grade": forms.Select(choices=[("", "---"), *((n, f"Grade {n}") for n in range(1, 6))]),
        }
        help_texts: ClassVar = {
            "narrative": "No names. Use subject number and roles only.",
            "severity": "Only where the event is not graded by CTCAE.",
        }

    onset = PartialDateField(help_text=AS_KNOWN)
    ended = PartialDateField(required=False, help_text="Leave it empty while the event goes on.")
    grading_term = TermField(
        required=False, label="CTCAE term", help_text="As in CTCAE 6.0, for example Appendicitis."
    )
    field_order: tuple[str, ...] = (
        "term", "grading_term", "grade", "severity", "onset", "ended", "aware_on", "aware_clock",
    )  # fmt: skip

    def _post_clean(self) -> None:
        """The action judges the whole event; the form only reads it."""


class LogForm(EventForm):
    """A new event, with what makes it serious, if anything."""

    criteria = forms.MultipleChoiceField(
        choices=Seriousness.choices, required=False, widget=forms.CheckboxSelectMultiple,
        label="Why it is serious",
        help_text="Any of these makes it an SAE: the report to the sponsor is due within 24 h.",
    )  # fmt: skip
    field_order = (*EventForm.field_order, "criteria")


class ChangeForm(EventForm):
    """Changes of an event, with a reason where grade or awareness change."""

    reason = forms.CharField(
        max_length=200, required=False,
        help_text="Needed for another grade or another time of awareness.",
    )  # fmt: skip


class CriteriaForm(forms.Form):
    """What makes an event serious; when the site knew that stays."""

    criteria = forms.MultipleChoiceField(
        choices=Seriousness.choices, widget=forms.CheckboxSelectMultiple, label="Why it is serious"
    )
    reason = forms.CharField(max_length=200, required=False, label="What is new")


class SeriousForm(AwareForm, CriteriaForm):
    """What makes an event serious, and when the site knew that."""

    field_order = ("criteria", "aware_on", "aware_clock", "reason")


class AwarenessForm(AwareForm):
    """When the site really knew that an event is serious, and how that is known."""

    reason = forms.CharField(max_length=200)
    field_order = ("aware_on", "aware_clock", "reason")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)


RELATED = forms.TypedChoiceField(
    choices=[("", "Choose"), ("yes", "Yes"), ("no", "No")], coerce=lambda said: said == "yes",
    label="Is there a reasonable possibility that the study drug caused it?",
)  # fmt: skip


class CausalityForm(forms.Form):
    """Whether the study drug may be the cause."""

    is_related = RELATED
    causality = forms.ChoiceField(
        choices=[("", "---"), *Causality.choices], required=False, label="How likely"
    )


class SponsorForm(CausalityForm):
    """The sponsor's view of cause and expectedness."""

    is_expected = forms.TypedChoiceField(
        choices=[("", "Choose"), ("no", "No, unexpected"), ("yes", "Yes, expected")],
        coerce=lambda said: said == "yes",
        label="Was it to be expected by the reference safety information in force at onset?",
    )


class SendForm(forms.Form):
    """Which version is sent, and why it is late where it is."""

    is_final = forms.BooleanField(required=False, label="This is the final report")
    late_reason = forms.CharField(
        max_length=200, required=False, label="Why it is late",
        help_text="Needed once the 24 h are over.",
    )  # fmt: skip


class SubmissionForm(forms.Form):
    """When an authority got a report."""

    on = DayField(label="Submitted on")
    clock = ClockField(label="At")
    note = forms.CharField(max_length=200, required=False, label="Receipt number")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        local = timezone.now().astimezone(zone)
        kwargs["initial"] = {"on": local.date(), "clock": local.time()}
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["clock"].help_text = f"By the clocks of {zone.key}."

    def clean(self) -> dict[str, Any]:
        """The instant of the submission."""
        super().clean()
        values = self.cleaned_data
        on, clock = values.pop("on", None), values.pop("clock", None)
        at = instant_of(self, on, clock, self.zone, field="clock")
        return values | {"at": at} if at else values


class CaseForm(forms.Form):
    """The case of an event in the safety database."""

    case_number = forms.CharField(max_length=60, label="Case in the safety database")


class DeskForm(forms.ModelForm[SafetyDesk]):
    """Who receives safety reports for the sponsor, and in which zone."""

    time_zone = forms.ChoiceField(
        choices=zones, help_text="The 7 and 15 days of the sponsor begin and end by its clocks."
    )
    reason = forms.CharField(
        max_length=200, required=False,
        help_text="Needed for another zone: running clocks end elsewhere by it.",
    )  # fmt: skip

    class Meta:
        model = SafetyDesk
        fields = ("name", "time_zone")
        help_texts: ClassVar = {"name": "As sites know it, for example Halden Safety."}

    def _post_clean(self) -> None:
        """The action judges it; the form only reads it."""


class ReferenceForm(forms.ModelForm[ReferenceSafetyInformation]):
    """A version of the reference safety information and its first day."""

    from_on = DayField(
        label="In force from",
        help_text="The version before it is in force up to the day before.",
    )

    class Meta:
        model = ReferenceSafetyInformation
        fields = ("version", "from_on")

    def _post_clean(self) -> None:
        """The action judges it; the form only reads it."""


class CorrectionForm(ReferenceForm):
    """A version as it should have been recorded, and why."""

    reason = forms.CharField(max_length=200)


class LetterForm(forms.Form):
    """A letter to the sites, and until when they acknowledge it."""

    title = forms.CharField(max_length=120, help_text="What it is about, without subjects.")
    text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Nothing of allocation: blinded people read it too.",
    )
    due_on = DayField(label="Acknowledge by")


class MedicationForm(forms.ModelForm[Medication]):
    """What is taken, how much, since when, until when, and for what."""

    class Meta:
        model = Medication
        fields = (
            "name", "dose", "frequency", "route", "is_ongoing", "indication", "event", "condition",
        )  # fmt: skip
        help_texts: ClassVar = {
            "event": "Where it is taken for an adverse event.",
            "condition": "Where it is taken for anything else.",
        }

    started = PartialDateField(label="Since", help_text=AS_KNOWN)
    ended = PartialDateField(
        required=False, label="Until", help_text="Leave it empty while it goes on."
    )
    field_order = (
        "name", "dose", "frequency", "route", "started", "is_ongoing", "ended", "indication",
        "event", "condition",
    )  # fmt: skip

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events: Any = self.fields["event"]
        events.queryset = AdverseEvent.objects.filter(subject=subject, voided_at=None)
        events.label_from_instance = lambda event: f"{event}: {event.term}"

    def _post_clean(self) -> None:
        """The action judges the whole; the form only reads it."""


class MedicationChangeForm(MedicationForm):
    """A medication as it is, and why it changes."""

    reason = forms.CharField(max_length=200)
