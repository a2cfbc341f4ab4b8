"""The second factor: who needs one, who has one, and what happens to it on the trail."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Role
from core.audit import note

NAMES = {
    Authenticator.Type.TOTP.value: "authenticator app",
    Authenticator.Type.RECOVERY_CODES.value: "recovery codes",
}


def check_roles() -> None:
    """Refuse to start where the setting names a role that does not exist."""
    unknown = set(settings.CTMS_SECOND_FACTOR_ROLES) - set(Role.values)
    if unknown:
        raise ImproperlyConfigured(
            f"CTMS_SECOND_FACTOR_ROLES names no role: {', '.join(sorted(unknown))}."
            f" Roles: {', '.join(Role.values)}."
        )


def is_needed(person: User) -> bool:
    """Whether one of the person's roles needs a second factor."""
    needed = frozenset(settings.CTMS_SECOND_FACTOR_ROLES)
    return bool(needed) and not person.is_service and not needed.isdisjoint(person.roles())


def is_missing(request: HttpRequest, person: User) -> bool:
    """Whether the person needs a second factor and has none yet."""
    if not is_needed(person):
        return False
    if any(step.get("method") == "mfa" for step in get_authentication_records(request, person)):
        return False
    return not is_mfa_enabled(person)


def set_up(person: User, secret: str) -> None:
    """Give a person the second factor with this key and recovery codes, as the demo does."""
    TOTP.activate(person, secret)
    RecoveryCodes.activate(person)


def code_now(person: User) -> str:
    """The code the person's authenticator app shows now."""
    held = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    return code_of(get_adapter().decrypt(held.data["secret"]))


def code_of(secret: str) -> str:
    """The code that belongs to a key now."""
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2])))


def on_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor or new recovery codes were set up."""
    note(f"set up {NAMES[authenticator.type]}", target=user, by=user)


def on_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor was taken off."""
    note(f"take off {NAMES[authenticator.type]}", target=user, by=user)
