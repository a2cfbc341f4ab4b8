"""Calendar feeds: the page to make and revoke them, and the address that programs read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import conditional_page, require_POST, require_safe

from core.access import can
from core.actions import RefusedError
from core.limits import is_too_often
from core.permissions import Permission
from core.versions import ConflictError
from core.web import BOTH, Request, find, page
from sites.models import Place
from sites.queries import frame
from subjects.actions import feeds as actions
from subjects.forms import FeedForm
from subjects.ics import calendar_of
from subjects.models import Feed
from subjects.queries import feeds_at, secret_hash

CLOSED = "This calendar address is closed. Make a new one at the place, under Calendars."
KEPT = 60
READS, STRETCH = 60, 600


@BOTH
def feeds(request: Request, slug: str) -> HttpResponse:
    """Make a calendar address, which is shown this once, and see those that exist."""
    place = find(Place, request.user, to=Permission.FEED_EDIT, slug=slug)
    form = FeedForm(request.POST or None, place=place)
    status, address = (422 if form.is_bound else 200), ""
    if form.is_valid():
        secret = actions.new_secret()
        try:
            actions.make_feed(
                place, secret=secret, person=form.cleaned_data["person"], by=request.user
            )
        except (RefusedError, ConflictError) as error:
            form.add_error(None, str(error))
            status = 409
        else:
            status = 200
            address = request.build_absolute_uri(reverse("subjects:feed", args=[secret]))
    context: dict[str, Any] = frame(place, request.user, "feeds") | {
        "form": form,
        "address": address,
        "feeds": feeds_at(place, request.user),
    }
    response = page(request, "subjects/feeds.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke_feed(request: Request, pk: int) -> HttpResponse:
    """Close a calendar address at once."""
    feed = actions.revoke_feed(find(Feed, request.user, pk=pk), by=request.user)
    messages.success(request, f"The address for {feed.person or feed.place} is revoked.")
    return redirect("subjects:feeds", feed.place.slug)


@login_not_required
@require_safe
@conditional_page
def feed(request: Request, secret: str) -> HttpResponse:
    """The calendar behind a secret address, for whoever holds it and as long as it stands."""
    digest = secret_hash(secret)
    held = Feed.objects.select_related("user", "place", "person").filter(token_hash=digest).first()
    counted = digest if held else f"from:{request.META.get('REMOTE_ADDR', '')}"
    if is_too_often(f"feed:{counted}", times=READS, seconds=STRETCH):
        return _plain(429, "Too many requests. Try again in 10 minutes.", {"Retry-After": "600"})
    if held is None:
        return _plain(404, "No calendar here.")
    if not _stands(held):
        return _plain(410, CLOSED)
    key = f"feed:{digest}:{held.user.access_version}"
    body = cache.get(key)
    if body is None:
        body = calendar_of(held, timezone.now(), request.get_host().split(":")[0])
        cache.set(key, body, KEPT)
    _note_use(held)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{held.place.slug}.ics"'
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


def _stands(held: Feed) -> bool:
    """Whether the address is not revoked and its user may still see the diary."""
    if held.revoked_at is not None or not can(held.user, Permission.DIARY_VIEW, held):
        return False
    return held.person is None or held.person.is_active


def _note_use(held: Feed) -> None:
    """Keep on which day an address was last used; a mark for people, not a fact of a trial."""
    now = timezone.now()
    if held.used_at is None or now - held.used_at > timedelta(days=1):
        Feed.objects.filter(pk=held.pk).update(used_at=now)


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """A short answer; kept out of the log, which would print the address."""
    response = HttpResponse(
        text, status=status, content_type="text/plain; charset=utf-8", headers=headers
    )
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
