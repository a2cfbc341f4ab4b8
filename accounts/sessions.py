"""How long a session lives: a while after the last request of a person, a day at the most."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.urls import reverse

from core.audit import note

# When the session began, when its person was last seen, and whose it was before it ended.
BEGAN, SEEN, BEFORE = "began", "seen", "before"
GRAIN = 30


def seconds_left(request: HttpRequest) -> int:
    """How long the session lives if its person does nothing more."""
    now = time.time()
    idle = request.session.get(SEEN, now) + settings.CTMS_IDLE_MINUTES * 60
    latest = request.session.get(BEGAN, now) + settings.CTMS_SESSION_HOURS * 3600
    return max(0, int(min(idle, latest) - now))


def is_polling(request: HttpRequest) -> bool:
    """Whether the page asks by itself, without its person."""
    asks = request.method == "GET" and request.path == reverse("accounts:session")
    return asks or "X-Polling" in request.headers


def renew(request: HttpRequest) -> None:
    """Count the time from now; written at most once in half a minute."""
    now = int(time.time())
    if BEGAN not in request.session:
        request.session[BEGAN] = now
        request.session.pop(BEFORE, None)
    if now - request.session.get(SEEN, 0) >= GRAIN:
        request.session[SEEN] = now


def end(request: HttpRequest) -> None:
    """Sign the person out because time is up, and remember for whom to keep what comes late."""
    person: Any = request.user
    note("end session", target=person, by=person, reason="no request in time")
    logout(request)
    request.session[BEFORE] = person.pk


def remaining(request: HttpRequest) -> dict[str, int]:
    """For every page: the seconds the session lives."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"session_seconds": seconds_left(request)}
