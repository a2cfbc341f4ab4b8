"""What a person may begin, wherever they are: the New button."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from core.access import can, has_anywhere
from core.models import Deployment
from core.permissions import Permission
from core.web import Request, page
from ctms.navigation import Item
from sites.models import Site, SiteStatus
from trials.models import Sponsor, Trial

SHOWN = 8


@require_safe
def new(request: Request) -> HttpResponse:
    """The list, as a menu under the button or as a page."""
    return page(request, "shell/new.html", {"items": beginnings(request.user)}, partial="menu")


def beginnings(user: User) -> list[Item]:
    """Every kind of record that the person may add, with the place where it goes."""
    return [*_subjects(user), *_sites(user), *_whole(user)]


def _subjects(user: User) -> list[Item]:
    if not has_anywhere(user, Permission.SUBJECT_SCREEN):
        return []
    sites = Site.objects.visible_to(user, Permission.SUBJECT_SCREEN).filter(status=SiteStatus.OPEN)
    return [
        Item(
            reverse("subjects:screen", args=[site.pk]), "user", f"Subject in {site.trial} at {site}"
        )
        for site in sites.select_related("place", "trial").order_by("number", "pk")[:SHOWN]
    ]


def _sites(user: User) -> list[Item]:
    if not has_anywhere(user, Permission.SITE_EDIT):
        return []
    trials = Trial.objects.visible_to(user, Permission.SITE_EDIT)
    return [
        Item(reverse("sites:add_site", args=[trial.code]), "building", f"Site of {trial}")
        for trial in trials.order_by("protocol_number")[:SHOWN]
    ]


def _whole(user: User) -> list[Item]:
    """What is added to the organisation itself."""
    items = []
    if has_anywhere(user, Permission.TRIAL_EDIT):
        sponsors = set(Sponsor.objects.visible_to(user, Permission.TRIAL_EDIT))
        if sponsors:
            items.append(Item(reverse("trials:add"), "rocket", "Trial by hand"))
        if sponsors & set(Sponsor.objects.visible_to(user, Permission.PROTOCOL_EDIT)):
            items.append(Item(reverse("trials:import"), "upload", "Trial from a protocol file"))
    if can(user, Permission.PLACE_ADD, Deployment(pk=1)):
        items.append(Item(reverse("sites:add_place"), "door", "Place"))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        items.append(Item(reverse("accounts:invite"), "users", "Person"))
    return items
