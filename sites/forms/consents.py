"""The shape of input about consent forms."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms

from accounts.models import User
from core.dates.field import DayField
from sites.models import Site
from sites.queries.effect import OVER
from trials.models import ConsentType, ConsentVersion, Country, Trial

LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Z]{2})?$")


class ConsentTypeForm(forms.ModelForm[ConsentType]):
    """A consent form of a trial."""

    def _post_clean(self) -> None:
        """The action judges it in words; the form only reads it."""

    class Meta:
        model = ConsentType
        fields = ("kind", "name", "is_required", "is_optional")


class ConsentVersionForm(forms.ModelForm[ConsentVersion]):
    """A version of a consent form, and who signs it again by when."""

    def _post_clean(self) -> None:
        """The action judges it in words; the form only reads it."""

    class Meta:
        model = ConsentVersion
        fields = (
            "number", "dated", "summary", "must_reconsent", "reconsent_rule", "reconsent_days",
        )  # fmt: skip
        widgets: ClassVar = {"summary": forms.Textarea(attrs={"rows": 3})}

    dated = DayField(label="Date of the version")


class CorrectTypeForm(ConsentTypeForm):
    """The same, put right, and why."""

    reason = forms.CharField(max_length=200, label="Reason for the correction")


class CorrectVersionForm(ConsentVersionForm):
    """The same, put right, and why."""

    reason = forms.CharField(max_length=200, label="Reason for the correction")


class CorrectApprovalForm(forms.Form):
    """Which version was approved when, and from when it is in use, put right, and why."""

    version = forms.ModelChoiceField(ConsentVersion.objects.none(), empty_label=None)
    approved_on = DayField(label="Ethics approval on")
    from_on = DayField(label="In use from")
    reason = forms.CharField(max_length=200, label="Reason for the correction")

    def __init__(self, *args: Any, type_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version: Any = self.fields["version"]
        version.queryset = ConsentVersion.objects.filter(type=type_id).select_related("type")


class VoidForm(forms.Form):
    """Why something was entered by mistake."""

    reason = forms.CharField(max_length=200)


class ApprovalForm(forms.Form):
    """Where a version was approved, in which languages, and from when it is in use."""

    where = forms.ChoiceField(label="Where")
    languages = forms.CharField(
        max_length=60, help_text="ISO codes with commas between, for example en, pl"
    )
    approved_on = DayField(label="Ethics approval on")
    from_on = DayField(label="In use from")

    def __init__(self, *args: Any, trial: Trial, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = Site.objects.visible_to(user).filter(trial=trial).exclude(status__in=OVER)
        known = list(sites.select_related("place").order_by("number", "pk"))
        countries = list(Country.objects.filter(trial=trial).order_by("name"))
        self.places: dict[str, Site | Country] = {
            **{f"country-{one.pk}": one for one in countries},
            **{f"site-{one.pk}": one for one in known},
        }
        where: Any = self.fields["where"]
        where.choices = [
            ("", "Choose"),
            *((f"country-{one.pk}", f"All sites in {one.name}") for one in countries),
            *((f"site-{one.pk}", str(one)) for one in known),
        ]

    def clean_where(self) -> Site | Country:
        """The site or country."""
        return self.places[self.cleaned_data["where"]]

    def clean_languages(self) -> list[str]:
        """The codes, each once."""
        found = [part.strip() for part in self.cleaned_data["languages"].split(",")]
        wrong = [code for code in found if not LANGUAGE.match(code)]
        if wrong:
            raise forms.ValidationError(
                "Write languages as ISO codes with commas between, for example en, pl."
            )
        return sorted(set(found))
