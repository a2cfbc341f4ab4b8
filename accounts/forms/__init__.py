"""The shape of input about people, their access and how they sign in."""

from accounts.forms.people import (
    GiveForm,
    GiveHereForm,
    GrantForm,
    InstallationForm,
    InviteForm,
    PersonForm,
    ReasonForm,
    SettingsForm,
    TokenForm,
)

__all__ = [
    "GiveForm",
    "GiveHereForm",
    "GrantForm",
    "InstallationForm",
    "InviteForm",
    "PersonForm",
    "ReasonForm",
    "SettingsForm",
    "TokenForm",
]
