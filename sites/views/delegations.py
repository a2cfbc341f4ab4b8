"""Who may do what in which trial, and until when."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from core import lists
from core.dates import start_of
from core.pages import answer, ask_if_sure
from core.permissions import Permission
from core.web import BOTH, Request, find
from sites import queries
from sites.actions import places
from sites.forms import DelegateForm, EndDelegationForm
from sites.lists import delegations_as_of
from sites.models import ClaimKind, Delegation, Place, Site, Task


def delegations(request: Request, slug: str, kind: str = "") -> HttpResponseBase:
    """The delegations at a place that the person may see."""
    place = find(Place, request.user, slug=slug)
    rows = Delegation.objects.visible_to(request.user).filter(person__place=place)
    own = set(_sites(request, place).values_list("pk", flat=True))
    declared = delegations_as_of(timezone.localdate(timezone=place.zone), own)
    listing = lists.Listing(request, declared, rows, of=place)
    context = queries.frame(place, request.user, "delegations") | {"may_delegate": bool(own)}
    return lists.answer(listing, request, "sites/delegations.html", context, kind)


def _sites(request: Request, place: Place) -> QuerySet[Site]:
    """The sites at the place whose tasks the person may delegate."""
    return Site.objects.visible_to(request.user, Permission.DELEGATION_EDIT).filter(place=place)


@BOTH
def delegate(request: Request, slug: str) -> HttpResponse:
    """Delegate tasks of a trial to a member of staff."""
    place = find(Place, request.user, slug=slug)
    if not _sites(request, place).exists():
        raise PermissionDenied("Your role does not allow: delegate tasks at this place.")
    today = timezone.localdate(timezone=place.zone)
    form = DelegateForm(
        request.POST or None, initial={"from_on": today}, place=place, user=request.user
    )

    def act() -> None:
        given = dict(form.cleaned_data)
        places.delegate(given.pop("site"), **given, by=request.user)

    return answer(
        request, form, act, title="Delegate tasks", verb="Delegate tasks",
        back=reverse("sites:delegations", args=[slug]), done="Tasks delegated.",
        frame="sites/frame.html", **queries.frame(place, request.user, "delegations"),
    )  # fmt: skip


@BOTH
def end_delegation(request: Request, pk: int) -> HttpResponse:
    """Say on which day a delegation ends; visits the person has after it are listed first."""
    delegation = find(Delegation, request.user, to=Permission.DELEGATION_EDIT, pk=pk)
    place, person = delegation.site.place, delegation.person
    today = timezone.localdate(timezone=place.zone)
    form = EndDelegationForm(request.POST or None, initial={"on": today})
    concerned = []
    if form.is_valid() and delegation.task in {Task.VISITS, Task.PHONE}:
        after = start_of(form.cleaned_data["on"] + timedelta(days=1), place.zone)
        claims = queries.booked(ClaimKind.PERSON, person.pk, DateTimeTZRange(after, None))
        found = queries.concerned(claims, place, request.user)
        concerned = [held for held in found if held.site_id == delegation.site_id]
        ask_if_sure(form, concerned, "End it all the same; the visits need another person")
    return answer(
        request, form,
        lambda: places.end_delegation(delegation, on=form.cleaned_data["on"], by=request.user),
        title=f"End delegation: {delegation}", verb="End delegation",
        back=reverse("sites:delegations", args=[place.slug]), done="Delegation ended.",
        frame="sites/frame.html", concerned=concerned,
        **queries.frame(place, request.user, "delegations"),
    )  # fmt: skip
