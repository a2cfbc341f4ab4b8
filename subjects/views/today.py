"""The day of a place, and the visits there that wait for a time."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import WhoseDay
from core.web import Request, find, keep, page
from sites.models import Place
from subjects import diary, unbooked
from subjects import today as days
from subjects.views.visits import day_in


@require_safe
def today(request: Request) -> HttpResponse:
    """The day at one place, across trials; asked again by the page itself, only what is new."""
    place = _here(request)
    if place is None:
        return page(request, "subjects/today_without_place.html", {})
    now = timezone.localtime(timezone=place.zone)
    asked = request.GET.get("day", "")
    chosen = days.chosen(request.GET, request.user)
    on = day_in(asked, now.date()) if asked else None
    day = days.day_of(place, on, request.user, chosen, now)
    if request.htmx and request.headers.get("If-None-Match") == day.tag:
        return HttpResponseNotModified()
    context = {
        "place": place,
        "now": now,
        "day": day,
        "chosen": chosen,
        "query": request.GET,
        "whose": WhoseDay.choices,
        "schedule_url": reverse("subjects:schedule", args=[place.slug]),
    }
    response = page(request, "subjects/today.html", context, partial="day")
    if request.htmx:
        response.headers["ETag"] = day.tag
    return response


@require_safe
def waiting(request: Request, slug: str) -> HttpResponse:
    """The visits at a place that wait for a time, found by subject or visit."""
    place = find(Place, request.user, slug=slug)
    on = timezone.localdate(timezone=place.zone)
    text = request.GET.get("q", "").strip()
    rows, total = unbooked.waiting(place, on, request.user, text)
    context = {"place": place, "rows": rows, "total": total, "q": text, "today": on}
    return page(request, "subjects/waiting.html", context, partial=("menu", "menu-list"))


def _here(request: Request) -> Place | None:
    """The place whose day is shown: the one asked for, else the last one, else the person's own."""
    asked = request.GET.get("place", "")
    place = diary.place_of(request.user, asked or request.session.get("place", ""))
    if place is not None:
        keep(place, request.user)
    if place is not None and asked:
        request.session["place"] = place.slug
    return place
