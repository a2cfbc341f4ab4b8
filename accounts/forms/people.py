"""The shape of input about people and their access."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import Q

from accounts.models import User
from core.dates import start_of
from core.dates.field import DayField
from core.models import Deployment


@cache
def zones() -> list[tuple[str, str]]:
    """The time zones of the world that are named after a place."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
               "Pacific/")  # fmt: skip
    names = sorted(name for name in available_timezones() if name.startswith(regions))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class PersonForm(forms.ModelForm[User]):
    """Who a person is."""

    time_zone = forms.ChoiceField(choices=zones, initial="Europe/London")

    class Meta:
        model = User
        fields: tuple[str, ...] = ("first_name", "last_name", "email", "job_title", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True

    def clean_email(self) -> str:
        """The address, which belongs to one person."""
        email: str = self.cleaned_data["email"]
        others = User.objects.filter(email__iexact=email, is_service=False)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Somebody else has this address. Use the person's own.")
        return email


class InviteForm(PersonForm):
    """A new person, who is known to whoever invites."""

    is_known = forms.BooleanField(
        label="I have checked who this person is",
        help_text="Kept with the account, under your name and today’s date.",
        error_messages={"required": "Check who the person is before they get an account."},
    )

    class Meta(PersonForm.Meta):
        fields = ("username", *PersonForm.Meta.fields)
        help_texts: ClassVar = {
            "username": "Belongs to this person for good; letters, digits and . - _ only.",
            "email": "The link to set a password goes there.",
        }

    def clean_username(self) -> str:
        """The name, which nobody has or had, however it is spelt."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("This user name is taken, and stays so. Choose another.")
        return name

    def validate_constraints(self) -> None:
        """Names and addresses are compared above, with a message beside the field."""


class SettingsForm(forms.ModelForm[User]):
    """What each person decides for themselves."""

    time_zone = forms.ChoiceField(choices=zones)

    class Meta:
        model = User
        fields = (
            "first_name", "last_name", "time_zone", "theme", "density", "has_single_keys",
        )  # fmt: skip
        help_texts: ClassVar = {
            "last_name": "Your name is printed with your signatures from now on.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True


class TokenForm(forms.Form):
    """What a token is for and how long it lasts."""

    label = forms.CharField(max_length=100, strip=True, label="What it is for")
    days = forms.IntegerField(
        min_value=1, max_value=366, initial=90, label="Days", help_text="At most 366."
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200, strip=True)


class InstallationForm(forms.ModelForm[Deployment]):
    """What is so everywhere in this installation, and why it changes."""

    reason = forms.CharField(max_length=200, strip=True)

    class Meta:
        model = Deployment
        fields = ("name", "needs_four_eyes")

    def values(self) -> dict[str, object]:
        """The fields of the installation."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class AccountField(forms.CharField):
    """A person, by user name or e-mail address."""

    def clean(self, value: Any) -> User | None:
        """The account, among those that are open and belong to people."""
        text = super().clean(value)
        if not text:
            return None
        people = User.objects.filter(is_active=True, is_service=False)
        found: User | None = people.filter(Q(username__iexact=text) | Q(email__iexact=text)).first()
        if found is None:
            raise forms.ValidationError(
                f"Nobody has the user name or e-mail address “{text}”. Check the spelling."
            )
        return found


class GrantForm(forms.Form):
    """From when to when a role is held, who asked for it and why."""

    first_day = DayField(required=False, help_text="Leave empty to begin at once.")
    last_day = DayField(required=False, help_text="Leave empty where no end is known.")
    requested_by = AccountField(
        required=False, help_text="User name or e-mail address; leave empty if it was you."
    )
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def terms(self) -> dict[str, Any]:
        """The dates as instants, with who asked and why."""
        return {
            "valid_from": self._start(self.cleaned_data["first_day"], 0),
            "valid_to": self._start(self.cleaned_data["last_day"], 1),
            "requested_by": self.cleaned_data["requested_by"],
            "reason": self.cleaned_data["reason"],
        }

    def _start(self, day: date | None, later: int) -> datetime | None:
        return start_of(day + timedelta(days=later), self.zone) if day else None


class GiveForm(GrantForm):
    """A role given on a scope that is chosen from a list."""

    scope = forms.ChoiceField(widget=forms.RadioSelect, label="Where")

    field_order = ("scope", "first_day", "last_day", "requested_by", "reason")

    def __init__(self, *args: Any, scopes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]


class GiveHereForm(GrantForm):
    """A role on a known scope, given to a person by name."""

    person = AccountField(help_text="User name or e-mail address.")
    role = forms.ChoiceField()

    field_order = ("person", "role", "first_day", "last_day", "requested_by", "reason")

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", "Choose a role"), *roles]  # type: ignore[attr-defined]
