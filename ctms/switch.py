"""The same page for another trial, site or place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse
from django.views.decorators.http import require_safe

from core.web import Request, page
from ctms.context import PLACE, SITE, TODAY, TRIAL, kinds_of
from ctms.navigation import Item
from sites.models import Place, Site
from subjects.diary import places_of
from trials.models import Trial

SHOWN = 50


@require_safe
def switch(request: Request) -> HttpResponse:
    """The siblings of a record that a page belongs to, found by number or name."""
    origin = urlsplit(request.GET.get("from", "")).path
    try:
        match = resolve(origin)
    except Resolver404 as error:
        raise Http404("There is no such page.") from error
    kind = request.GET.get("of", "")
    if kind not in kinds_of(match):
        raise Http404("That page belongs to no trial, site or place.")
    text = request.GET.get("q", "").strip()
    context = {
        "items": SIBLINGS[kind](request, match, text),
        "origin": origin, "kind": kind, "q": text,
    }  # fmt: skip
    return page(request, "shell/switch.html", context, partial=("menu", "menu-list"))


def _places(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    if match.view_name == TODAY:
        rows = places_of(request.user).filter(short_name__icontains=text)
        here, origin = request.session.get(PLACE, ""), reverse(TODAY)
        return [
            Item(f"{origin}?place={place.slug}", "door", str(place), is_current=place.slug == here)
            for place in rows[:SHOWN]
        ]
    visible = Place.objects.visible_to(request.user).filter(short_name__icontains=text)
    return [
        _item(match, "door", str(place), "sites:place", slug=place.slug)
        for place in visible.order_by("short_name")[:SHOWN]
    ]


def _trials(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    rows = Trial.objects.visible_to(request.user).filter(
        Q(protocol_number__icontains=text) | Q(name__icontains=text)
    )
    return [
        _item(match, "rocket", f"{trial} {trial.name}", "workspace:trial", code=trial.code)
        for trial in rows.order_by("protocol_number")[:SHOWN]
    ]


def _sites(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    code = match.kwargs["code"]
    rows = Site.objects.visible_to(request.user).filter(trial__code=code)
    if text:
        rows = rows.filter(Q(number__istartswith=text) | Q(place__short_name__icontains=text))
    return [
        _item(match, "building", str(site), "workspace:site", code=code, number=site.code)
        for site in rows.select_related("place").order_by("number", "pk")[:SHOWN]
    ]


def _item(match: ResolverMatch, icon: str, text: str, whole: str, **kwargs: Any) -> Item:
    """The same page of the sibling; where it is about a record inside, the sibling itself."""
    name = match.view_name if match.kwargs.keys() == kwargs.keys() else whole
    is_current = all(match.kwargs.get(part) == value for part, value in kwargs.items())
    try:
        url = reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        url = reverse(whole, kwargs=kwargs)
    return Item(url, icon, text, is_current=is_current)


SIBLINGS = {PLACE: _places, TRIAL: _trials, SITE: _sites}
