"""The shape of input about subjects and visits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from core.dates.field import ClockField, DayField, instant, instant_of
from sites.models import Bed, Person, Place, Room, Site
from subjects.models import (
    Contact,
    LeavingReason,
    Preference,
    Subject,
    SubjectIdentity,
    SubjectStatus,
)
from subjects.models.reasons import terms
from subjects.models.subject import SUBJECT_NUMBER
from trials.models import AnchorKind

CALENDAR = range(2000, 2100)
REASONS = [
    ("", "Choose a reason"),
    ("Subject unable to attend", "Subject unable to attend"),
    ("Subject unwell", "Subject unwell"),
    ("Site closed", "Site closed"),
    ("Room or equipment not available", "Room or equipment not available"),
    ("Staff not available", "Staff not available"),
    ("Travel or weather", "Travel or weather"),
    ("Other, explained in the visit note", "Other, explained in the visit note"),
]


class BookForm(forms.Form):
    """When, where and with whom; a reason where the day is outside the window."""

    start = forms.CharField()
    minutes = forms.IntegerField(min_value=5, max_value=1440)
    room = forms.ModelChoiceField(Room.objects.none(), required=False)
    person = forms.ModelChoiceField(Person.objects.none(), required=False)
    bed = forms.ModelChoiceField(Bed.objects.none(), required=False)
    reason = forms.ChoiceField(choices=REASONS, required=False)
    tell = forms.BooleanField(required=False)
    booking = forms.IntegerField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    is_assigned = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        self.fields["room"].queryset = Room.objects.filter(place=place)  # type: ignore[attr-defined]
        self.fields["bed"].queryset = Bed.objects.filter(place=place)  # type: ignore[attr-defined]
        self.fields["person"].queryset = Person.objects.filter(place=place)  # type: ignore[attr-defined]

    def clean_start(self) -> datetime:
        """The instant, read as local time of the place; the first of two where it comes twice."""
        try:
            local = datetime.fromisoformat(self.cleaned_data["start"])
        except ValueError as error:
            raise forms.ValidationError("Write the start as 2026-06-12T10:15.") from error
        if local.year not in CALENDAR:
            raise forms.ValidationError(f"Choose a day from {CALENDAR[0]} to {CALENDAR[-1]}.")
        if local.tzinfo is not None:
            return local
        return instant(local.date(), local.time(), self.place.zone)


class ReasonForm(forms.Form):
    """Why a visit did not take place, or why a value changes."""

    reason = forms.CharField(max_length=200, strip=True)


class NoteForm(forms.Form):
    """What there is to say, if anything."""

    note = forms.CharField(max_length=200, required=False)


class DayForm(forms.Form):
    """A day, and a reason where one is needed."""

    on = DayField(label="Date")
    reason = forms.CharField(
        max_length=200, required=False, label="Reason",
        help_text="Needed where the day is outside the window, or is entered later.",
    )  # fmt: skip


class BirthField(DayField):
    """A date of birth, which is kept as text because it is encrypted."""

    def prepare_value(self, value: Any) -> Any:
        """The day that the kept text says, or the text itself where it says none."""
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def clean(self, value: Any) -> Any:
        """The day as it is kept."""
        found = super().clean(value)
        return found.isoformat() if found else ""


class ScreenForm(forms.ModelForm[Subject]):
    """A new subject in screening."""

    class Meta:
        model = Subject
        fields = ("screened_on", "consented_on", "birth_year", "sex")

    screened_on = DayField()
    consented_on = DayField(required=False)
    birth_year = forms.IntegerField(
        required=False, min_value=1900, max_value=2100, label="Year of birth",
        error_messages=dict.fromkeys(("min_value", "max_value"), "Type the year with four digits."),
    )  # fmt: skip
    name = forms.CharField(
        max_length=200, required=False, help_text="Stays at the site, encrypted."
    )
    phone = forms.CharField(max_length=40, required=False)
    born = BirthField(
        required=False, label="Date of birth",
        help_text="Stays at the site, encrypted. With the name it shows who was screened before.",
    )  # fmt: skip
    number = forms.CharField(
        max_length=30, required=False, validators=[SUBJECT_NUMBER],
        help_text="Leave empty to get the next number.",
    )  # fmt: skip


class EndForm(forms.Form):
    """How, when and why a subject leaves."""

    status = forms.ChoiceField(
        choices=[
            (status.value, status.label)
            for status in (
                SubjectStatus.SCREEN_FAILED, SubjectStatus.COMPLETED, SubjectStatus.TERMINATED,
                SubjectStatus.WITHDRAWN, SubjectStatus.LOST, SubjectStatus.DECEASED,
                SubjectStatus.IN_ERROR,
            )
        ],
        label="What happened",
    )  # fmt: skip
    on = DayField(label="Date")
    reason_code = forms.ChoiceField(choices=LeavingReason.choices, required=False, label="Reason")
    reason = forms.CharField(max_length=200, required=False, label="In words")
    field_order = ("status", "on", "reason_code", "reason")

    def __init__(self, *args: Any, after: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status: Any = self.fields["status"]
        may_follow = Subject.flow.after(after)
        status.widget.choices = [choice for choice in status.choices if choice[0] in may_follow]
        self._ask_why([SubjectStatus(value) for value, _ in status.widget.choices])

    def _ask_why(self, ways: list[SubjectStatus]) -> None:
        """Offer the reasons there are for these ways of leaving, and say where words are needed."""
        coded = [way for way in ways if terms(way)]
        code: Any = self.fields["reason_code"]
        for way in coded:
            code.widget.choices = [
                ("", "Choose"), *((term.value, term.label) for term in terms(way)),
            ]  # fmt: skip
            code.help_text = f"Needed for “{way.label}”."
        if not coded:
            del self.fields["reason_code"]
        told = [
            f"“{way.label}”" for way in ways if way in Subject.flow.reasons and way not in coded
        ]
        needed = f" Needed for {', '.join(told)}." if told else ""
        self.fields["reason"].help_text = f"What happened, for example which criterion.{needed}"

    def clean(self) -> dict[str, Any]:
        """A screen failure and an early end have a reason from the list; others need none of it."""
        values = self.cleaned_data
        if not terms(values.get("status", "")):
            values.pop("reason_code", None)
        elif "reason_code" not in self.errors and not values.get("reason_code"):
            self.add_error("reason_code", "Choose the reason.")
        if values.get("reason_code") == LeavingReason.OTHER and not values.get("reason"):
            self.add_error("reason", "Say what the other reason is.")
        return values


class TakeBackForm(ReasonForm):
    """Why a status was wrong."""

    status = forms.ChoiceField(choices=SubjectStatus.choices, widget=forms.HiddenInput)


class AnchorForm(forms.Form):
    """When something happened that visits count from."""

    code = forms.ChoiceField(choices=AnchorKind.choices, label="What happened")
    on = DayField(label="Date")
    reason = forms.CharField(
        max_length=200, required=False, help_text="Needed where a date is already recorded."
    )

    def __init__(self, *args: Any, recorded: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recorded = recorded

    def clean(self) -> dict[str, Any]:
        """A recorded date changes only with the reason."""
        values = self.cleaned_data
        if values.get("code") in self.recorded and not values.get("reason"):
            self.add_error("reason", "A date is recorded already. Give the reason for changing it.")
        return values


class StepForm(forms.Form):
    """The day of a step in the trial."""

    on = DayField(label="Date")


class AnchoredStepForm(StepForm):
    """The day of a step that visits count from, and why it differs from the one recorded."""

    reason = forms.CharField(
        max_length=200, required=False, help_text="Needed where another date is recorded already."
    )


class FindAgainForm(StepForm):
    """A subject lost to follow-up is back: when, into which part of the trial, and how."""

    status = forms.ChoiceField(
        choices=[
            (status.value, status.label)
            for status in (SubjectStatus.ON_TREATMENT, SubjectStatus.FOLLOW_UP)
        ],
        label="Back as",
    )
    reason = forms.CharField(max_length=200, label="How the subject was found")


class RescreenForm(StepForm):
    """Screening again after a screen failure."""

    consented_on = DayField(label="New consent given on")


class UnscheduledForm(StepForm):
    """A visit the protocol did not plan."""

    name = forms.CharField(max_length=200, label="What for", help_text="For example: repeat ECG.")
    field_order = ("name", "on")


class TransferForm(StepForm):
    """To which site a subject goes, when and why."""

    to = forms.ModelChoiceField(Site.objects.none(), label="To site")
    reason = forms.CharField(max_length=200)
    field_order = ("to", "on", "reason")

    def __init__(self, *args: Any, sites: QuerySet[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = sites  # type: ignore[attr-defined]
        self.fields["on"].help_text = "On a day to come, the subject stays here until then."


class ContactForm(forms.ModelForm[Contact]):
    """A contact with a subject, and when it was by the clocks of the place: now, unless said."""

    class Meta:
        model = Contact
        fields = ("channel", "result", "summary", "follow_up_on")
        widgets: ClassVar = {"summary": forms.Textarea(attrs={"rows": 3})}

    on = DayField(required=False, label="Date")
    clock = ClockField(required=False, label="Time")
    follow_up_on = DayField(required=False)
    field_order = ("channel", "result", "on", "clock", "summary", "follow_up_on")

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = place.zone
        local = timezone.now().astimezone(self.zone)
        self.fields["on"].initial, self.fields["clock"].initial = local.date(), local.time()
        self.fields["clock"].help_text = f"When it was, by the clocks of {place.short_name}."
        result: Any = self.fields["result"]
        result.choices = [one for one in result.choices if one[0] != Contact.Result.SENT]

    def clean(self) -> dict[str, Any]:
        """The instant at which it was."""
        super().clean()
        values = self.cleaned_data
        on, clock = values.pop("on", None), values.pop("clock", None)
        if self.errors:
            return values
        now = timezone.now().astimezone(self.zone)
        on = on or now.date()
        if clock is None and on != now.date():
            self.add_error("clock", "Say at what time of that day it was.")
            return values
        at = instant_of(self, on, clock, self.zone, field="clock") if clock else now
        return values | {"at": at} if at else values


class PreferenceForm(forms.ModelForm[Preference]):
    """What to know when booking."""

    class Meta:
        model = Preference
        fields = (
            "part_of_day",
            "availability",
            "fasting",
            "transport",
            "interpreter",
            "channel",
            "reminder",
            "language",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reminder", "language"):
            self.fields[name].required = False

    def clean_reminder(self) -> str:
        """What was agreed to before, unless said otherwise."""
        return self.cleaned_data["reminder"] or self.instance.reminder

    def clean_language(self) -> str:
        """The language as before, unless said otherwise."""
        return self.cleaned_data["language"] or self.instance.language


class IdentityForm(forms.ModelForm[SubjectIdentity]):
    """Who the subject is."""

    class Meta:
        model = SubjectIdentity
        fields = ("name", "phone", "email", "born")
        widgets: ClassVar = {name: forms.TextInput() for name in ("name", "phone", "email")}

    born = BirthField(required=False, label="Date of birth")


class FeedForm(forms.Form):
    """Whose calendar."""

    person = forms.ModelChoiceField(
        Person.objects.none(), required=False, label="Calendar of", empty_label="The whole place"
    )

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = Person.objects.filter(place=place, is_active=True)  # type: ignore[attr-defined]
