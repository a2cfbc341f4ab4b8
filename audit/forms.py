"""The shape of questions to the trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, Value
from django.db.models.functions import Concat

from accounts.models import User
from audit.asked import ALARMING, Asked, fields_of, known_kinds, known_verbs
from core.access import ScopedModel
from core.permissions import Permission
from sites.models import Site
from subjects.models import Subject
from trials.models import Trial

MOST_PEOPLE = 50


class InstantForm(forms.Form):
    """The instant at which a record is shown."""

    at = forms.DateTimeField(
        label="As it was at (UTC)",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": 1, "class": "input input-medium"}
        ),
    )


class TrailForm(forms.Form):
    """Who did something, from when to when, and whether it was signed."""

    person = forms.CharField(required=False, max_length=150, label="Person")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput({"type": "date"}))
    signed = forms.BooleanField(required=False, label="Signatures only")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_person(self) -> frozenset[int] | None:
        """The people whose name or user name holds the words."""
        words: str = self.cleaned_data["person"].strip()
        if not words:
            return None
        named = User.objects.alias(whole=Concat("first_name", Value(" "), "last_name"))
        fits = Q(whole__icontains=words) | Q(username__iexact=words) | Q(email__iexact=words)
        return frozenset(named.filter(fits).values_list("pk", flat=True)[:MOST_PEOPLE])

    def clean_until(self) -> date | None:
        """The last day, which is not before the first."""
        since: date | None = self.cleaned_data.get("since")
        until: date | None = self.cleaned_data["until"]
        if since and until and until < since:
            raise forms.ValidationError("The last day is before the first. Change one of them.")
        return until

    def asked(self) -> Asked:
        """What is asked, once the form is valid."""
        given = self.cleaned_data
        return Asked(
            self.user.zone, people=given["person"], since=given["since"], until=given["until"],
            is_signed=given["signed"], **self.more(),
        )  # fmt: skip

    def more(self) -> dict[str, Any]:
        """What this form asks besides."""
        return {}


class RecordForm(TrailForm):
    """Which part of the story of a record."""

    field = forms.ChoiceField(required=False, label="Field")

    field_order = ("person", "field", "since", "until", "signed")

    def __init__(self, *args: Any, model: type[ScopedModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = fields_of(model)
        choices = [
            (name, f"{str(field.model._meta.verbose_name).capitalize()} · {field.verbose_name}")
            for name, field in self.known.items()
        ]
        self.fields["field"].choices = [("", "Every field"), *choices]  # type: ignore[attr-defined]

    def more(self) -> dict[str, Any]:
        """The field."""
        return {"field": self.known.get(self.cleaned_data["field"])}


class SearchForm(TrailForm):
    """Where something was done, about what, and what."""

    trial = forms.ChoiceField(required=False)
    site = forms.CharField(required=False, max_length=20, label="Site number")
    subject = forms.CharField(required=False, max_length=40, label="Subject number")
    kind = forms.ChoiceField(required=False, label="Kind of record")
    verb = forms.ChoiceField(required=False, label="What was done")

    field_order = ("trial", "site", "subject", "person", "kind", "verb", "since", "until", "signed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trials = {
            code: (pk, number)
            for code, pk, number in Trial.objects.visible_to(self.user)
            .order_by("protocol_number")
            .values_list("code", "pk", "protocol_number")
        }
        trials = [(code, number) for code, (_, number) in self.trials.items()]
        verbs = [(verb, verb.capitalize()) for verb in known_verbs()]
        offered = {
            "trial": [("", "Every trial"), *trials],
            "kind": [("", "Every kind"), *known_kinds()],
            "verb": [("", "Everything"), (ALARMING, "Security events"), *verbs],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_site(self) -> int | None:
        """The site with this number, in the chosen trial where there is one."""
        number: str = self.cleaned_data["site"].strip()
        if not number:
            return None
        rows = Site.objects.visible_to(self.user, Permission.AUDIT_VIEW).filter(number=number)
        if code := self.cleaned_data.get("trial"):
            rows = rows.filter(trial__code=code)
        found = list(rows.values_list("pk", flat=True)[:2])
        if not found:
            raise forms.ValidationError(f"No site {number} whose trail you may read.")
        if len(found) > 1:
            raise forms.ValidationError(f"Several trials have a site {number}. Choose the trial.")
        return int(found[0])

    def clean_subject(self) -> frozenset[int] | None:
        """The subjects with this number whom the person may see."""
        number: str = self.cleaned_data["subject"].strip()
        if not number:
            return None
        rows = Subject.objects.visible_to(self.user).filter(number=number)
        if code := self.cleaned_data.get("trial"):
            rows = rows.filter(trial__code=code)
        return frozenset(rows.values_list("pk", flat=True))

    def more(self) -> dict[str, Any]:
        """The trial, the site, the subject, the kind of record and what was done."""
        given = self.cleaned_data
        trial_id, _ = self.trials.get(given["trial"], (None, ""))
        return {
            "trial_id": trial_id, "site_id": given["site"], "subjects": given["subject"],
            "kind": given["kind"], "verb": given["verb"],
        }  # fmt: skip
