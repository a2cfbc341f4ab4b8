"""What a person may begin, wherever they are: the New button."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from core.access import Scope, has_anywhere, reached
from core.permissions import Permission
from core.web import Request, page
from ctms.navigation import Item
from sites.models import Site, SiteStatus
from trials.models import Trial

S = TypeVar("S", bound=Scope)
SHOWN = 8


@require_GET
def new(request: Request) -> HttpResponse:
    """The list, as a menu under the button or as a page."""
    return page(request, "shell/new.html", {"items": beginnings(request.user)}, partial="menu")


def beginnings(user: User) -> list[Item]:
    """Every kind of record that the person may add, with the place where it goes."""
    items = [
        Item(reverse("subjects:screen", args=[site.pk]), "user", f"Subject at {site}")
        for site in _held(user, Permission.SUBJECT_SCREEN, Site)
        .filter(status=SiteStatus.OPEN)
        .select_related("place")
        .order_by("number")[:SHOWN]
    ]
    items += [
        Item(reverse("sites:add_site", args=[trial.code]), "building", f"Site of {trial}")
        for trial in _held(user, Permission.SITE_EDIT, Trial).order_by("protocol_number")[:SHOWN]
    ]
    if has_anywhere(user, Permission.PLACE_ADD):
        items.append(Item(reverse("sites:add_place"), "door", "Place"))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        items.append(Item(reverse("accounts:invite"), "users", "Person"))
    return items


def _held(user: User, permission: Permission, model: type[S]) -> QuerySet[S]:
    """The scopes on which the person holds the permission."""
    ids = reached(user, permission, model)
    rows: QuerySet[S] = model._default_manager.all()
    return rows if ids is None else rows.filter(pk__in=ids)
