"""The same page for another trial, site or place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse
from django.views.decorators.http import require_GET

from core.web import Request, page
from ctms.context import PLACE, TODAY, kind_of
from ctms.navigation import Item
from sites.models import Place, Site
from trials.models import Trial

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """Siblings of one kind."""

    title: str
    items: list[Item]


@require_GET
def switch(request: Request) -> HttpResponse:
    """The siblings of the record a page belongs to, found by number or name."""
    origin = urlsplit(request.GET.get("from", "")).path
    try:
        match = resolve(origin)
    except Resolver404 as error:
        raise Http404("There is no such page.") from error
    kind = kind_of(match)
    if not kind:
        raise Http404("That page belongs to no trial, site or place.")
    text = request.GET.get("q", "").strip()
    choices = [Choice(title, items) for title, items in _siblings(request, kind, match, text)]
    context = {"choices": [each for each in choices if each.items], "origin": origin, "q": text}
    return page(request, "shell/switch.html", context, partial=("menu", "menu-list"))


def _siblings(
    request: Request, kind: str, match: ResolverMatch, text: str
) -> list[tuple[str, list[Item]]]:
    if kind == "place":
        return [("Places", _places(request, match, text))]
    trials = ("Trials", _trials(request, match, text))
    if kind == "trial":
        return [trials]
    return [(f"Sites of {match.kwargs['code'].upper()}", _sites(request, match, text)), trials]


def _places(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    rows = Place.objects.visible_to(request.user).filter(short_name__icontains=text)
    found = rows.order_by("short_name")[:SHOWN]
    if match.view_name == TODAY:
        here = request.session.get(PLACE, "")
        return [
            Item(
                f"{reverse(TODAY)}?place={place.slug}",
                "door",
                str(place),
                is_current=place.slug == here,
            )
            for place in found
        ]
    return [_item(match, "door", str(place), "sites:place", slug=place.slug) for place in found]


def _trials(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    rows = Trial.objects.visible_to(request.user).filter(protocol_number__icontains=text)
    return [
        _item(match, "rocket", str(trial), "workspace:trial", code=trial.code)
        for trial in rows.order_by("protocol_number")[:SHOWN]
    ]


def _sites(request: Request, match: ResolverMatch, text: str) -> list[Item]:
    code = match.kwargs["code"]
    rows = Site.objects.visible_to(request.user).filter(trial__code=code)
    if text:
        rows = rows.filter(number__istartswith=text) | rows.filter(
            place__short_name__icontains=text
        )
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
