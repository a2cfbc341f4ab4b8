"""What stands between a person and every page: the session, the log-in, the second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from accounts import second_factor, sessions, tokens
from core import drafts
from core.dates.field import zone_of_reader

Handler = Callable[[HttpRequest], HttpResponse]

# What a person without a needed second factor may open: setting it up, and leaving.
SETTING_UP = {
    "mfa_activate_totp", "account_reauthenticate", "account_logout", "accounts:session",
}  # fmt: skip


class SessionMiddleware:
    """Ends a session when its time is up; only requests of its person make it longer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and request.user.is_authenticated:
            if sessions.seconds_left(request) == 0:
                sessions.end(request)
            elif not sessions.is_polling(request):
                sessions.renew(request)
        user: Any = request.user
        zone_of_reader.set(user.zone if user.is_authenticated else UTC)
        return self.get_response(request)


class LogInMiddleware(LoginRequiredMiddleware):
    """Asks for the log-in, keeps what was posted too late, and leads back to its form."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """To the log-in; for htmx by 401, so that no page is put into a fragment."""
        back = request.get_full_path()
        if request.method == "POST":
            back = drafts.page_of(request)
            _keep(request)
        if sessions.is_polling(request):
            return HttpResponse(status=401)  # nobody pressed anything: what is typed stays there
        if "HX-Request" not in request.headers:
            return redirect_to_login(back)
        address = redirect_to_login(drafts.page_of(request)).url
        return HttpResponse(status=401, headers={"HX-Redirect": address})


def _keep(request: HttpRequest) -> None:
    """Keep what was posted for whoever typed it: of an ended session, or of one that is gone."""
    whose = request.session.get(sessions.BEFORE) or drafts.typist(request)
    if whose is not None and drafts.keep(whose, request):
        request.session[sessions.BEFORE] = whose


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


class TokenMiddleware:
    """Makes the service account behind a token the user of a call of the API."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        secret = tokens.bearer(request) if request.path.startswith("/api/") else ""
        if secret:
            request.user = tokens.service_of(secret) or AnonymousUser()
        return self.get_response(request)
