"""How sign-in behaves: nobody signs up, and the session knows when it began."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User
from core.audit import note


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation only; every sign-in is an event."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody can sign up."""
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        """Record the sign-in."""
        note("sign in", target=user, by=user)
        return super().post_login(request, user, **kwargs)
