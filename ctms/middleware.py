"""What every answer carries: the content security policy, and an id that logs and trail share."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from core.actions import RefusedError
from core.audit import coming_from
from core.models import Source
from core.versions import ConflictError
from ctms import problems

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def policy(**changes: str) -> str:
    """The content security policy; a page that needs more sets its own header from this."""
    sources = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in sources.items())


class PolicyMiddleware:
    """Nothing runs, loads or frames but what we serve ourselves; nobody on the way keeps a page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from; behind a proxy, what the proxy has added to the header."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if settings.CTMS_BEHIND_PROXY and forwarded:
        return forwarded
    return request.META.get("REMOTE_ADDR") or None


class RequestMiddleware:
    """Gives the request an id, or keeps the proxy's, and names its origin to logs and trail."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        source = Source.API if request.path.startswith("/api/") else Source.PAGE
        address = address_of(request)
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            coming_from(source=source, request_id=request_id, address=address),
        ):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class RefusalMiddleware:
    """Turns refusals that reach the top into pages that say what is so and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.get_full_path() and not request.path.startswith("/api/"):
            raise BadRequest("No address has a NUL in it.")  # and no text of the database
        response = self.get_response(request)
        is_bare = isinstance(response, HttpResponseNotAllowed)
        return problems.mistaken(request, response) if is_bare else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """409 for conflicts, 422 for refusals; the rest is Django's."""
        status = 409 if isinstance(error, ConflictError) else 422
        if not isinstance(error, (ConflictError, RefusedError)):
            return None
        way = (error.url, error.step) if isinstance(error, RefusedError) and error.url else None
        return problems.answer(request, status, str(error), way=way)


class FragmentMiddleware:
    """Tells the page that asked for a fragment what a whole page would have shown around it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HX-Request" not in request.headers:
            return response
        if isinstance(response, HttpResponseRedirect):
            return HttpResponseClientRedirect(response.url)
        said = [
            {"text": str(message), "undo": message.extra_tags} for message in get_messages(request)
        ]
        return trigger_client_event(response, "toast", {"said": said}) if said else response
