"""How a person gets back in, and how everybody else is kept out."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.db.models import F
from django.urls import reverse

from accounts import lockout
from accounts.mail import write
from accounts.models import User
from core.actions import RefusedError, action
from core.audit import record, under_event
from core.permissions import Permission
from core.signing import RESUMED, paused_until


@action(Permission.ACCOUNT_EDIT, "set password")
def set_password(person: User, *, password: str, by: User) -> User:
    """Set the first password of a person, as demo and installation do."""
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


@action(Permission.ACCOUNT_EDIT, "send password link")
def send_password_link(person: User, *, website: str, by: User) -> User:
    """Mail a link that works once and for three days, with which the person sets a password."""
    if not person.is_active or person.is_service:
        raise RefusedError(f"Nobody signs in as {person}, so there is no password to set.")
    key = default_token_generator.make_token(person)
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": key},
    )
    write("password_link", person, by=by, link=website.rstrip("/") + path)
    return person


@action(Permission.ACCOUNT_EDIT, "end pause of sign-in")
def end_pause(person: User, *, reason: str, by: User) -> User:
    """Let a person try passwords again before the pause is over."""
    _need(reason, "ending the pause")
    lockout.clear(person)
    return person


@action(Permission.ACCOUNT_EDIT, RESUMED)
def end_signing_pause(person: User, *, reason: str, by: User) -> User:
    """Let a person sign again before the pause is over."""
    _need(reason, "ending the pause")
    if paused_until(person) is None:
        raise RefusedError(f"Signing of {person} is not paused.")
    if person.pk == by.pk:
        raise RefusedError("Nobody ends their own pause. Ask another administrator.")
    return person


@action(Permission.ACCOUNT_EDIT, "take off second factor")
def take_off_second_factor(person: User, *, reason: str, by: User) -> User:
    """Free a person of a lost second factor; every open session ends."""
    _need(reason, "taking the second factor off")
    if not Authenticator.objects.filter(user=person).delete()[0]:
        raise RefusedError(f"{person} has no second factor.")
    return _end_sessions(person)


@action(Permission.ACCOUNT_EDIT, "end sessions")
def end_sessions(person: User, *, reason: str, by: User) -> User:
    """Sign a person out on every device."""
    _need(reason, "ending the sessions")
    return _end_sessions(person)


def leave_elsewhere(person: User, *, by: User) -> User:
    """Sign oneself out on every device; nobody else's sessions, so no role is asked."""
    if by.pk != person.pk:
        raise RefusedError("Only your own sessions end this way.")
    with under_event("") as current:
        _end_sessions(person)
        record("end own sessions", current, target=person, by=by)
    return person


def _need(reason: str, what: str) -> None:
    if not reason.strip():
        raise RefusedError(f"Give the reason for {what}.")


def _end_sessions(person: User) -> User:
    User.objects.filter(pk=person.pk).update(session_number=F("session_number") + 1)
    person.refresh_from_db(fields=["session_number"])
    return person
