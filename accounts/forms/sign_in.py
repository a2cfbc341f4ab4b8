"""Signing in: how many tries are left, and codes with or without a space."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings

from accounts import lockout
from core.audit import note

CODE_DIGITS = 6


class Plain:
    """Labels stand above the fields, so nothing stands in them or under the label."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""


class ForgottenForm(Plain, allauth.ResetPasswordForm):  # type: ignore[misc]
    """The address to which the link for a new password goes."""


class NewPasswordForm(Plain, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, twice."""


class ChangePasswordForm(Plain, allauth.ChangePasswordForm):  # type: ignore[misc]
    """The password now and the new one, twice."""


class PasswordAgainForm(Plain, allauth.ReauthenticateForm):  # type: ignore[misc]
    """The password, to be sure who asks."""


class CodeAgainForm(Plain, ReauthenticateForm):  # type: ignore[misc]
    """The code, to be sure who asks."""


class FirstCodeForm(Plain, ActivateTOTPForm):  # type: ignore[misc]
    """The code that shows that the app has the key."""


class LoginForm(Plain, allauth.LoginForm):  # type: ignore[misc]
    """User name or e-mail address, and password."""

    def clean(self) -> Any:
        """What was typed, or why it does not open, with the tries that are left."""
        try:
            return super().clean()
        except forms.ValidationError as error:
            left = lockout.tries_left(lockout.name_of(self.request, None))
            if error.code == "too_many_login_attempts":
                raise
            pause = f"then a pause of {settings.CTMS_LOCKOUT_MINUTES} min"
            tries = "try" if left == 1 else "tries"
            text = f"Name and password do not match. {left} {tries} left, {pause}."
            self.fields["password"].widget.attrs["autofocus"] = True
            raise forms.ValidationError({"password": text}) from error


class CodeForm(Plain, AuthenticateForm):  # type: ignore[misc]
    """The code of the authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"class": "signin-code", "inputmode": "numeric"}

    def clean_code(self) -> str:
        """The code, without the spaces people type."""
        code = "".join(self.cleaned_data["code"].split())
        if code.isdigit() and len(code) < CODE_DIGITS:
            raise forms.ValidationError(f"The code has {len(code)} digits, it needs {CODE_DIGITS}.")
        self.cleaned_data["code"] = code
        try:
            return str(super().clean_code())
        except forms.ValidationError:
            note("second factor refused", target=self.user, by=self.user)
            raise
