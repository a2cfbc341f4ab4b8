"""Who calls with which token; a token lives while it, its account and the account's owner do."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.utils import timezone

from accounts.models import ServiceToken, User

PREFIX = "ctms_"


def make() -> str:
    """A new secret; the prefix lets scanners of leaked secrets find it."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret: as it is random, one round of hashing is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer(request: Any) -> str:
    """The secret a request brings, or nothing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def service_of(secret: str) -> User | None:
    """The service account that may be called with the secret now."""
    token = (
        ServiceToken.objects.filter(
            token_hash=digest(secret), revoked_at=None, expires_at__gt=timezone.now(),
            service__is_active=True, service__is_service=True, service__owner__is_active=True,
        )
        .select_related("service")
        .first()
    )  # fmt: skip
    return token.service if token is not None else None
