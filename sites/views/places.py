"""Places: the list, the page of one, its facts and its week."""

from __future__ import annotations

from copy import copy

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import lists
from core.access import can, require
from core.models import Deployment
from core.pages import answer, ask_if_sure
from core.permissions import Permission
from core.web import BOTH, Request, find, page, whole
from sites import queries
from sites.actions import places as actions
from sites.forms import HoursForm, PlaceForm
from sites.lists import PLACES
from sites.models import OpeningHours, Place


def places(request: Request, kind: str = "") -> HttpResponseBase:
    """Every place the person may see."""
    of = Deployment(pk=1)
    listing = lists.Listing(request, PLACES, Place.objects.visible_to(request.user), of=of)
    context = {"may_add": can(request.user, Permission.PLACE_ADD, of)}
    return lists.answer(listing, request, "sites/places.html", context, kind)


@BOTH
def add_place(request: Request) -> HttpResponse:
    """Add an institution."""
    deployment = Deployment.objects.get(pk=1)
    require(request.user, Permission.PLACE_ADD, deployment)
    form = PlaceForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    return answer(
        request, form,
        lambda: actions.add_place(deployment, values=form.cleaned_data, by=request.user),
        title="Add place", verb="Add place", back=reverse("sites:places"), done="Place added.",
    )  # fmt: skip


@require_safe
def place(request: Request, slug: str) -> HttpResponse:
    """One place: its week, closures, absences, calibrations and trials."""
    record = find(Place, request.user, slug=slug)
    now = timezone.now()
    context = queries.frame(record, request.user) | queries.overview(record, request.user, now)
    context["may_staff"] = can(request.user, Permission.STAFF_EDIT, record)
    return page(request, "sites/place.html", context)


@BOTH
def change_place(request: Request, slug: str) -> HttpResponse:
    """Change name, address or time zone of a place."""
    record = find(Place, request.user, to=Permission.PLACE_EDIT, slug=slug)
    context = queries.frame(record, request.user)
    given = request.POST.get("revision", "")
    shown = given or record.revision
    form = PlaceForm(request.POST or None, instance=copy(record))
    concerned = []
    if form.is_valid() and form.cleaned_data["time_zone"] != record.time_zone:
        concerned = queries.concerned(queries.ahead(record), record, request.user)
    return answer(
        request, form,
        lambda: actions.change_place(
            record, values=form.cleaned_data, by=request.user, revision=whole(given)
        ),
        title="Change place", verb="Change place", back=record.get_absolute_url(),
        done=f"{record} changed.", frame="sites/frame.html", revision=shown, concerned=concerned,
        **context,
    )  # fmt: skip


@BOTH
def hours(request: Request, slug: str) -> HttpResponse:
    """Change the week of a place; visits that would lie outside it are listed first."""
    record = find(Place, request.user, to=Permission.PLACE_EDIT, slug=slug)
    held = list(OpeningHours.objects.filter(place=record))
    form = HoursForm(request.POST or None, held=held)
    concerned = []
    if form.is_bound and form.is_valid():
        claims = queries.outside(record, form.week)
        concerned = queries.concerned(claims, record, request.user)
        ask_if_sure(
            form, concerned, "Set these hours all the same; the visits become duties to move"
        )
    return answer(
        request, form, lambda: actions.set_hours(record, hours=form.week, by=request.user),
        title="Opening hours", verb="Set hours", back=record.get_absolute_url(),
        done=f"Opening hours of {record} set.", template="sites/hours.html", concerned=concerned,
        frame="sites/frame.html", **queries.frame(record, request.user),
    )  # fmt: skip
