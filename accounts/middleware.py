"""What stands between a signed-in person and every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import second_factor

Handler = Callable[[HttpRequest], HttpResponse]

# What a person without a needed second factor may open: setting it up, and leaving.
SETTING_UP = {
    "mfa_activate_totp", "account_reauthenticate", "account_logout", "accounts:session",
}  # fmt: skip


class SecondFactorMiddleware:
    """Leads whoever needs a second factor to setting it up, and nowhere else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Send them there from every page that needs a log-in."""
        user: Any = request.user
        if not user.is_authenticated or request.resolver_match is None:
            return None
        if request.resolver_match.view_name in SETTING_UP:
            return None
        if not second_factor.is_missing(request, user):
            return None
        if request.path.startswith("/api/"):
            raise PermissionDenied("Set up your second factor first.")
        return redirect("mfa_activate_totp")
