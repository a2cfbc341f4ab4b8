"""What a person may begin, wherever they are: the New button."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from core.access import has_anywhere
from core.permissions import Permission
from core.web import Request, page
from ctms.navigation import Item
from sites.models import Site, SiteStatus
from trials.models import Sponsor, Trial

SHOWN = 8


@require_GET
def new(request: Request) -> HttpResponse:
    """The list, as a menu under the button or as a page."""
    return page(request, "shell/new.html", {"items": beginnings(request.user)}, partial="menu")


def beginnings(user: User) -> list[Item]:
    """Every kind of record that the person may add, with the place where it goes."""
    sites = Site.objects.visible_to(user, Permission.SUBJECT_SCREEN)
    trials = Trial.objects.visible_to(user, Permission.SITE_EDIT)
    items = [
        Item(reverse("subjects:screen", args=[site.pk]), "user", f"Subject at {site}")
        for site in sites.filter(status=SiteStatus.OPEN)
        .select_related("place")
        .order_by("number")[:SHOWN]
    ]
    items += [
        Item(reverse("sites:add_site", args=[trial.code]), "building", f"Site of {trial}")
        for trial in trials.order_by("protocol_number")[:SHOWN]
    ]
    return items + _whole(user)


def _whole(user: User) -> list[Item]:
    """What is added to the organisation itself."""
    items = []
    if sponsors := set(Sponsor.objects.visible_to(user, Permission.TRIAL_EDIT)):
        items.append(Item(reverse("trials:add"), "rocket", "Trial by hand"))
    if sponsors & set(Sponsor.objects.visible_to(user, Permission.PROTOCOL_EDIT)):
        items.append(Item(reverse("trials:import"), "upload", "Trial from a protocol file"))
    if has_anywhere(user, Permission.PLACE_ADD):
        items.append(Item(reverse("sites:add_place"), "door", "Place"))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        items.append(Item(reverse("accounts:invite"), "users", "Person"))
    return items
