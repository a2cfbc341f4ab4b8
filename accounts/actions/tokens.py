"""Tokens of service accounts: issuing and revoking them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts import tokens
from accounts.models import ServiceToken, User
from core.actions import RefusedError, action
from core.permissions import Permission

LONGEST_DAYS = 366


@action(Permission.ACCOUNT_EDIT, "issue token")
def issue_token(service: User, *, label: str, days: int, by: User) -> ServiceToken:
    """Make a token; its ``secret`` can be read from the result once and never again."""
    if not service.is_service or service.owner is None or not service.is_active:
        raise RefusedError(
            "Tokens are for service accounts that are open and have an owner. People sign in."
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise RefusedError(f"A token lasts 1 to {LONGEST_DAYS} days.")
    secret = tokens.make()
    made = ServiceToken(
        service=service, label=label, token_hash=tokens.digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    made.full_clean()
    made.save()
    made.secret = secret  # type: ignore[attr-defined]
    return made


@action(Permission.ACCOUNT_EDIT, "revoke token")
def revoke_token(token: ServiceToken, *, reason: str, by: User) -> ServiceToken:
    """End a token now; the next call with it is refused."""
    if not reason.strip():
        raise RefusedError("Give the reason for revoking the token.")
    if not ServiceToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=timezone.now()
    ):
        raise RefusedError(f"{token} was revoked already.")
    token.refresh_from_db()
    return token
