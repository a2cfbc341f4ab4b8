"""The lists of trials, sites and subjects, and those of one site."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.models import User
from core import lists
from core.access import can, has_anywhere, reached, require
from core.models import Deployment, Event
from core.permissions import Permission
from core.web import BOTH, Request, find
from sites.actions import sites as actions
from sites.forms import SiteForm
from sites.models import Place, Site
from sites.queries import site_at, site_frame
from subjects import callers
from subjects.models import Subject
from trials.models import Sponsor, Trial
from workspace.lists import ALL_SITES, ALL_SUBJECTS, EVENTS, SITE_EDITS, SITES, SUBJECTS, TRIALS


def trials(request: Request, kind: str = "") -> HttpResponseBase:
    """Every trial the person may see."""
    rows = Trial.objects.visible_to(request.user)
    listing = lists.Listing(request, TRIALS, rows, of=Deployment(pk=1))
    own = reached(request.user, Permission.TRIAL_EDIT, Sponsor)
    may_add = Sponsor.objects.exists() if own is None else bool(own)
    may_import = may_add and has_anywhere(request.user, Permission.PROTOCOL_EDIT)
    context = {"may_add": may_add, "may_import": may_import}
    return lists.answer(listing, request, "workspace/trials.html", context, kind)


def sites(request: Request, code: str = "", kind: str = "") -> HttpResponseBase:
    """The sites of one trial or of all."""
    trial = find(Trial, request.user, code=code) if code else None
    listing = _sites(request, trial)
    context = {"trial": trial, "may_add": listing.edits is not None}
    return lists.answer(listing, request, "workspace/sites.html", context, kind)


def _sites(request: Request, trial: Trial | None) -> lists.Listing:
    """The list of sites; those of one trial are changed in it by whoever may change them all."""
    rows: QuerySet[Site] = Site.objects.visible_to(request.user)
    if trial is None:
        return lists.Listing(request, ALL_SITES, rows, of=Deployment(pk=1))
    may_edit = can(request.user, Permission.SITE_EDIT, trial)
    assign = lists.Bulk("Assign CRA", "user", reverse("sites:assign_cra", args=[trial.code]))
    return lists.Listing(
        request, SITES, rows.filter(trial=trial), of=trial,
        path=reverse("workspace:sites", args=[trial.code]),
        edits=SITE_EDITS if may_edit else None, bulk=[assign] if may_edit else [],
    )  # fmt: skip


@BOTH
def edit_site(request: Request, code: str, number: str, column: str) -> HttpResponse:
    """One fact of a site, changed in its cell of the list."""
    site = site_at(request.user, code, number)
    require(request.user, Permission.SITE_EDIT, site)
    return lists.edit(
        request, _sites(request, site.trial), site.pk, column,
        shape=lambda data: SiteForm(data, instance=copy(site)),
        act=lambda values, revision: actions.change_site(
            site, values=values, by=request.user, revision=revision
        ),
    )  # fmt: skip


def subjects(request: Request, code: str = "", kind: str = "") -> HttpResponseBase:
    """The subjects of one trial or of all."""
    trial = find(Trial, request.user, code=code) if code else None
    rows = _subjects(request.user, **({"trial": trial} if trial else {}))
    declared = SUBJECTS if trial else ALL_SUBJECTS
    listing = lists.Listing(request, declared, rows, of=trial or Deployment(pk=1))
    may_import = trial is not None and can(request.user, Permission.SUBJECT_IMPORT, trial)
    context = {"trial": trial, "may_import": may_import}
    return lists.answer(listing, request, "workspace/subjects.html", context, kind)


def place_subjects(request: Request, slug: str, kind: str = "") -> HttpResponseBase:
    """The subjects of a place across its trials."""
    place = find(Place, request.user, slug=slug)
    rows = _subjects(request.user, site__place=place)
    listing = lists.Listing(request, ALL_SUBJECTS, rows, of=place)
    context = {"place": place, "may_look": callers.may_look(place, request.user)}
    return lists.answer(listing, request, "workspace/subjects.html", context, kind)


def site_subjects(request: Request, code: str, number: str, kind: str = "") -> HttpResponseBase:
    """The subjects of a site."""
    site = site_at(request.user, code, number)
    listing = lists.Listing(request, SUBJECTS, _subjects(request.user, site=site), of=site)
    frame = site_frame(site, request.user, "subjects")
    return lists.answer(listing, request, "workspace/site_list.html", frame, kind)


def _subjects(user: User, **where: Any) -> QuerySet[Subject]:
    rows: QuerySet[Subject] = Subject.objects.visible_to(user).filter(**where)
    return rows


def site_activity(request: Request, code: str, number: str, kind: str = "") -> HttpResponseBase:
    """What was done at a site, to its facts and its subjects, by whom."""
    site = site_at(request.user, code, number)
    require(request.user, Permission.AUDIT_VIEW, site)
    rows = Event.objects.visible_to(request.user).filter(site_id=site.pk)
    listing = lists.Listing(request, EVENTS, rows, of=site)
    frame = site_frame(site, request.user, "activity")
    return lists.answer(listing, request, "workspace/site_list.html", frame, kind)
