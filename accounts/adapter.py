"""How people sign in: nobody signs up, and everything about it is on the trail."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, ClassVar

import qrcode
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import lockout, second_factor
from accounts.bootstrap import system_account
from accounts.models import User
from core.audit import note, record, under_event
from core.encryption import box
from core.markup import markup
from core.models import Deployment

LAST_LOG_IN = "last-log-in"
LAST_LOG_IN_KEPT = 90 * 24 * 3600  # seconds


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation only; every sign-in, refusal and sign-out is an event."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": "Too many wrong passwords came from this address."
        " Wait 15 min, then try again.",
        "enter_current_password": "That is not your password now.",
        "incorrect_password": "That is not your password.",
        "password_mismatch": "The two passwords differ. Type the same twice.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody can sign up."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the refusal; a name that nobody has is not written down."""
        person = lockout.account_of(credentials.get("email") or credentials.get("username", ""))
        if person is not None:
            note("refuse sign-in", target=person, by=person)
        else:
            note(
                "refuse sign-in of unknown name",
                target=Deployment.objects.get(pk=1),
                by=system_account(),
            )

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, and say when the last one was opened."""
        before = user.last_login
        super().login(request, user)
        note("sign in", target=user, by=user)
        if before is not None:
            messages.info(request, f"Last log-in {_when(before, user)}.")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Note in the browser when it was used, without a name, for whoever logs in there next."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        response.set_signed_cookie(
            LAST_LOG_IN, _when(timezone.now(), user), max_age=LAST_LOG_IN_KEPT, httponly=True,
            samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
        return response

    def logout(self, request: HttpRequest) -> None:
        """Record the sign-out and end the session."""
        if request.user.is_authenticated:
            note("sign out", target=request.user, by=request.user)
        super().logout(request)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whether the password is asked again: not within minutes of the last time."""
        steps = get_authentication_records(context.request, context.request.user)
        latest = max((step["at"] for step in steps), default=0)
        return bool(time.time() - latest > account_settings.REAUTHENTICATION_TIMEOUT)

    def set_password(self, user: User, password: str) -> None:
        """Keep a password that the person has chosen; it also ends a pause."""
        with under_event("") as current:
            super().set_password(user, password)
            record("choose password", current, target=user, by=user)
        lockout.clear(user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's own settings."""
        return reverse("accounts:settings")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Letters about accounts are our own."""


def _when(instant: datetime, user: User) -> str:
    local = timezone.localtime(instant, user.zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted at rest; the QR code is part of the page."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That code does not fit. Wait for the next one and type it.",
        "cannot_delete_authenticator": "Your role needs a second factor, so it stays on.",
    }

    def encrypt(self, text: str) -> str:
        """A secret as it lies in the database."""
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret behind it."""
        return box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whoever needs a second factor keeps it."""
        return not second_factor.is_needed(authenticator.user)

    def build_totp_svg(self, url: str) -> str:
        """The QR code in black on white, whatever the theme."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        matrix = code.get_matrix()
        squares = "".join(
            f"M{x} {y}h1v1h-1z"
            for y, row in enumerate(matrix)
            for x, is_dark in enumerate(row)
            if is_dark
        )
        return markup(
            '<svg viewBox="0 0 {0} {0}" width="200" height="200" role="img"'
            ' aria-label="QR code of the key below"><rect width="{0}" height="{0}" fill="#fff"/>'
            '<path fill="#000" d="{1}"/></svg>',
            len(matrix), squares,
        )  # fmt: skip
