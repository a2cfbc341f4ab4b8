"""The shape of input about issues and deviations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.dates.field import ClockField, DayField, instant_of
from quality.models import (
    Capa,
    CapaAction,
    Category,
    Classification,
    Issue,
    IssueKind,
    RootCause,
)

AREA = forms.Textarea(attrs={"rows": 3})


class ReportForm(forms.ModelForm[Issue]):
    """What happened, when, and what it did."""

    def _post_clean(self) -> None:
        """The action judges the whole in words; the form only reads it."""

    class Meta:
        model = Issue
        fields = (
            "kind", "category", "proposed", "happened_on", "aware_on", "what", "effect", "is_monitor_told",
        )  # fmt: skip
        widgets: ClassVar = {"what": AREA, "effect": AREA}

    kind = forms.ChoiceField(choices=IssueKind.choices, label="Type", initial=IssueKind.DEVIATION)
    category = forms.ChoiceField(
        choices=[("", "Choose"), *Category.choices], required=False,
        help_text="Of a deviation: what was not followed.",
    )  # fmt: skip
    proposed = forms.ChoiceField(
        choices=Classification.choices, label="Proposed class",
        help_text="The trial manager confirms the class.",
    )  # fmt: skip
    happened_on = DayField(label="Date it happened")
    aware_on = DayField(label="Date the site became aware")
    effect = forms.CharField(
        widget=AREA, label="Effect on the subject or the data",
        help_text="If there is none, say why.",
        error_messages={"required": "Enter the effect. If there is none, say why."},
    )  # fmt: skip

    def clean_category(self) -> str:
        """The category, which a deviation has."""
        return _with_category(self)


class ChangeForm(ReportForm):
    """The same, corrected; the type has a step of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]

    reason = forms.CharField(max_length=200, required=False, label="Reason for the change")


class RetypeForm(forms.Form):
    """What it is instead, and why."""

    kind = forms.ChoiceField(label="Type")
    category = forms.ChoiceField(
        choices=[("", "Choose"), *Category.choices], required=False,
        help_text="Of a deviation: what was not followed.",
    )  # fmt: skip
    reason = forms.CharField(max_length=200)

    def __init__(self, *args: Any, issue: Issue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].initial = issue.category
        others = [choice for choice in IssueKind.choices if choice[0] != issue.kind]
        cast("forms.ChoiceField", self.fields["kind"]).choices = others

    def clean_category(self) -> str:
        """The category, which a deviation has."""
        return _with_category(self)


def _with_category(form: forms.BaseForm) -> str:
    category: str = form.cleaned_data["category"]
    if form.cleaned_data.get("kind", "") == IssueKind.DEVIATION and not category:
        raise forms.ValidationError("Choose what was not followed.")
    return category


class ExplainForm(forms.ModelForm[Issue]):
    """Why it happened, and what is done."""

    class Meta:
        model = Issue
        fields = ("root_cause", "why", "correction")
        widgets: ClassVar = dict.fromkeys(("why", "correction"), AREA)

    root_cause = forms.ChoiceField(choices=[("", "Choose"), *RootCause.choices])
    why = forms.CharField(widget=AREA, label="Why it happened")
    correction = forms.CharField(widget=AREA, label="What was done about it at once")


class AssessForm(forms.Form):
    """How grave it is, for the sponsor."""

    classification = forms.ChoiceField(choices=Classification.choices, label="Class")
    is_important = forms.BooleanField(
        required=False, label="Important protocol deviation",
        help_text="May affect completeness, accuracy or reliability of the data, or rights, safety"
        " or well-being of a subject.",
    )  # fmt: skip
    ethics_due_on = DayField(
        required=False, label="To be reported to ethics by",
        help_text="Leave empty where it need not be.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=200, required=False, help_text="Needed for another class than the one before."
    )


class AssessAllForm(forms.Form):
    """One class for several."""

    classification = forms.ChoiceField(choices=Classification.choices, label="Class")
    is_important = forms.BooleanField(required=False, label="Important protocol deviation")
    reason = forms.CharField(
        max_length=200, required=False,
        help_text="Needed where the class was proposed or confirmed otherwise.",
    )  # fmt: skip


class InstantForm(forms.Form):
    """When something was, by the clocks of whoever is at the page."""

    on = DayField(label="Date")
    clock = ClockField(label="Time")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        local = timezone.now().astimezone(zone)
        self.fields["on"].initial, self.fields["clock"].initial = local.date(), local.time()
        self.fields["clock"].help_text = f"By the clocks of {zone.key}."

    def clean(self) -> dict[str, Any]:
        """The instant at which it was."""
        values = super().clean() or self.cleaned_data
        on, clock = values.get("on"), values.get("clock")
        at: datetime | None = instant_of(self, on, clock, self.zone, field="clock")
        return values | {"at": at}


class DayOnlyForm(forms.Form):
    """A day."""

    on = DayField(label="Date")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)


class CapaForm(forms.ModelForm[Capa]):
    """The cause, and how it is seen that the actions helped."""

    class Meta:
        model = Capa
        fields = ("title", "root_cause", "why", "measure", "check_on")
        widgets: ClassVar = dict.fromkeys(("why", "measure"), AREA)

    root_cause = forms.ChoiceField(choices=[("", "Choose"), *RootCause.choices])
    check_on = DayField(label="Effectiveness checked by")


class OpenCapaForm(CapaForm):
    """The same, and the issues behind which the cause lies."""

    issues = forms.ModelMultipleChoiceField(
        Issue.objects.none(), required=False, label="Issues with this cause",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, issues: QuerySet[Issue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelMultipleChoiceField[Issue]", self.fields["issues"])
        field.queryset = issues
        field.label_from_instance = lambda obj: f"{obj}: {obj.title}"  # type: ignore[method-assign]


class LinkForm(forms.Form):
    """A CAPA that is under way."""

    capa = forms.ModelChoiceField(Capa.objects.none(), label="CAPA", empty_label="Choose")

    def __init__(self, *args: Any, capas: QuerySet[Capa], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Capa]", self.fields["capa"])
        field.queryset = capas
        field.label_from_instance = lambda obj: f"{obj}: {obj.title}"  # type: ignore[method-assign]


class ActionForm(forms.ModelForm[CapaAction]):
    """What is done, by whom and until when."""

    class Meta:
        model = CapaAction
        fields = ("kind", "text", "owner", "due_on")

    kind = forms.ChoiceField(choices=CapaAction.Kind.choices, widget=forms.RadioSelect)
    due_on = DayField(label="Due")

    def __init__(self, *args: Any, owners: Mapping[User, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[User]", self.fields["owner"])
        field.queryset = User.objects.filter(pk__in=[user.pk for user in owners])
        field.empty_label = "Choose"
        roles = {user.pk: Role(role).label for user, role in owners.items()}
        field.label_from_instance = lambda obj: f"{obj}, {roles[obj.pk]}"  # type: ignore[method-assign]


class DoneForm(forms.Form):
    """When it was done, and what shows it."""

    on = DayField(label="Done on")
    evidence = forms.CharField(
        max_length=300, label="What shows it", help_text="A document, a log, a training record."
    )


class CheckForm(forms.Form):
    """Whether it helped."""

    is_effective = forms.TypedChoiceField(
        choices=[("yes", "Effective"), ("no", "Not effective")], widget=forms.RadioSelect,
        coerce=lambda value: value == "yes", label="Result",
    )  # fmt: skip
    on = DayField(label="Checked on")
    finding = forms.CharField(widget=AREA, label="What was found")
    next_check_on = DayField(
        required=False, label="Next check by", help_text="Only where it was not effective."
    )
