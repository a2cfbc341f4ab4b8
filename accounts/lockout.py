"""The pause after wrong passwords: who is meant, how many tries are left, and the way out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.mail import write
from accounts.models import User
from core.audit import note
from core.models import Event
from core.signing import PAUSED


def account_of(login: str) -> User | None:
    """The account behind a user name or an e-mail address."""
    people = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login))
    found: User | None = people.filter(is_service=False).first()
    return found


def name_of(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """One name for one account, however it is spelt; unknown names are not written down."""
    given = credentials or {}
    login = given.get("email") or given.get("username") or request.POST.get("login", "")
    person = account_of(login.strip())
    if person is not None:
        return person.username
    return f"unknown {hashlib.sha256(login.strip().lower().encode()).hexdigest()[:16]}"


def tries_left(name: str) -> int:
    """How often a wrong password may still be typed before the pause."""
    return max(0, int(settings.AXES_FAILURE_LIMIT) - int(_failures(name)["tries"] or 0))


def paused_until(name: str) -> datetime | None:
    """When the pause of an account ends; None where there is none."""
    found = _failures(name)
    if (found["tries"] or 0) < settings.AXES_FAILURE_LIMIT:
        return None
    ends: datetime = found["last"] + settings.AXES_COOLOFF_TIME
    return ends


def _failures(name: str) -> dict[str, Any]:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(username=name, attempt_time__gte=since)
    found: dict[str, Any] = recent.aggregate(
        tries=Sum("failures_since_start"), last=Max("attempt_time")
    )
    return found


def clear(person: User) -> None:
    """Count the tries of this account from the beginning."""
    reset(username=person.username)


def answer(request: HttpRequest, *_: Any) -> HttpResponse:
    """Say that there is a pause, until when, and how to get in earlier."""
    name = name_of(request, None)
    person = account_of(name)
    until = paused_until(name) or timezone.now()
    if person is not None and cache.add(f"paused:{person.pk}:{until.timestamp()}", 1):
        note("pause sign-in", target=person, by=person, reason="too many wrong passwords")
        write("paused", person, until=until)
    seconds = max(1, int((until - timezone.now()).total_seconds()))
    context = {"minutes": -(-seconds // 60), "person": person}
    response = render(request, "account/paused.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def on_event(event: Event, **_: Any) -> None:
    """Write to a person whose signing was paused: it may have been somebody else at their desk."""
    if event.verb == PAUSED:
        until = event.at + settings.AXES_COOLOFF_TIME
        write("signing_paused", User.objects.get(pk=event.target_id), until=until)
