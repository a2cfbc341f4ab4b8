"""The shape of input about consents of subjects."""

from __future__ import annotations

from typing import Any

from django import forms

from core.dates.field import ClockField, DayField, instant_of
from documents.forms import ContentField
from sites.models import ConsentApproval, Delegation, Person, Site, Task
from subjects.forms import StepForm
from subjects.models import Consent, ConsentWithdrawal


class ConsentForm(forms.Form):
    """What stands on a signed form: the version in its language, the day, who explained and signed."""

    approval = forms.ModelChoiceField(
        ConsentApproval.objects.none(), label="Version", empty_label="Choose"
    )
    signed_on = DayField(label="Signed on")
    clock = ClockField(required=False, label="Time", help_text="Leave empty where it is not known.")
    explainer = forms.ModelChoiceField(
        Person.objects.none(), label="Explained by", empty_label="Choose"
    )
    signer = forms.ChoiceField(choices=Consent.Signer.choices, label="Signed by")
    decision = forms.ChoiceField(choices=Consent.Decision.choices)
    is_copy_given = forms.BooleanField(
        required=False, label="A signed copy was given to the subject"
    )
    note = forms.CharField(
        required=False, label="Process note", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How the conversation went. Stays at the site, encrypted.",
    )  # fmt: skip

    def __init__(self, *args: Any, site: Site, type_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = site.place.zone
        rows = ConsentApproval.objects.filter(site=site, voided_at=None)
        approvals = rows.select_related("version__type")
        if type_id is not None:
            approvals = approvals.filter(type=type_id)
        approval: Any = self.fields["approval"]
        approval.queryset = approvals.order_by("type__is_optional", "type", "-during", "language")
        approval.label_from_instance = lambda held: f"{held.version} ({held.language})"
        able = Delegation.objects.filter(site=site, task=Task.CONSENT).values("person")
        explainer: Any = self.fields["explainer"]
        explainer.queryset = Person.objects.filter(pk__in=able).order_by("name")
        if not able:
            explainer.help_text = f"Nobody at {site} may obtain consent. Delegate the task first."

    def clean(self) -> dict[str, Any]:
        """The instant of the signature, where its time is known."""
        values = self.cleaned_data
        on, clock = values.get("signed_on"), values.pop("clock", None)
        values["signed_at"] = instant_of(self, on, clock, self.zone, field="clock")
        return values


class ScanForm(forms.Form):
    """The signed form as a file."""

    content = ContentField(label="File")


class CorrectConsentForm(ConsentForm):
    """The same, put right, and why."""

    reason = forms.CharField(max_length=200, label="Reason for the correction")


class WithdrawConsentForm(StepForm):
    """What a subject no longer agrees to, since when."""

    what = forms.MultipleChoiceField(
        choices=ConsentWithdrawal.Scope.choices, widget=forms.CheckboxSelectMultiple,
        label="No longer agrees to",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=200, required=False, help_text="If the subject gave one. No names."
    )
    field_order = ("what", "on", "reason")
