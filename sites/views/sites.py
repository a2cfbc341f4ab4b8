"""Sites: adding one to a trial, its facts, its steps and the schedule it works under."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from core.access import require
from core.actions import RefusedError
from core.drafts import page_of
from core.pages import answer, ask_if_sure
from core.permissions import Permission
from core.web import BOTH, Request, back, find, page, whole
from sites import queries
from sites.actions import sites
from sites.forms import AddSiteForm, AssignForm, ScheduleForm, SiteForm, StatusForm
from sites.models import Site, SiteSchedule, SiteStatus
from trials.forms import ReasonForm
from trials.models import ScheduleVersion, Trial

ENDING = frozenset({SiteStatus.CLOSED, SiteStatus.TERMINATED, SiteStatus.ON_HOLD})


@BOTH
def add_site(request: Request, code: str) -> HttpResponse:
    """Add a place to a trial."""
    trial = find(Trial, request.user, to=Permission.SITE_EDIT, code=code)
    form = AddSiteForm(
        request.POST or None, trial=trial, user=request.user,
        initial={"time_zone": request.user.time_zone, "country": "GB", **request.GET.dict()},
    )  # fmt: skip

    def act() -> None:
        chosen = form.cleaned_data["place"]
        sites.propose(
            trial, place=chosen, new_place=None if chosen else form.new_place,
            number=form.cleaned_data["number"], facts=form.facts, by=request.user,
        )  # fmt: skip

    back = reverse("workspace:sites", args=[code])
    return answer(
        request, form, act, title="Add site", verb="Add site", back=back,
        done="Site added.", template="sites/add_site.html", frame="trials/set_up_frame.html",
        trial=trial,
    )  # fmt: skip


@BOTH
def assign_cra(request: Request, code: str) -> HttpResponse:
    """Give the sites ticked in the list their monitor."""
    trial = find(Trial, request.user, to=Permission.SITE_EDIT, code=code)
    form = AssignForm(request.POST or None, trial=trial)
    if not form.is_bound:
        ticked = [key for text in request.GET.getlist("row") if (key := whole(text))]
        rows = Site.objects.filter(trial=trial, pk__in=ticked).order_by("pk")
        chosen = rows.select_related("place")
        context = {"trial": trial, "form": form, "chosen": chosen, "next": page_of(request)}
        return page(request, "sites/assign_cra.html", context, partial="menu")
    if not form.is_valid():
        raise RefusedError("Tick at least one site of the trial and choose one of its CRAs.")
    chosen, cra = form.cleaned_data["row"], form.cleaned_data["cra"]
    sites.assign_cra(trial, sites=chosen, cra=cra, by=request.user)
    count = "1 site" if len(chosen) == 1 else f"{len(chosen)} sites"
    messages.success(request, f"{cra} monitors {count}." if cra else f"Nobody monitors {count}.")
    return back(request, reverse("workspace:sites", args=[code]))


@BOTH
def change_site(request: Request, code: str, number: str) -> HttpResponse:
    """Change facts of a site."""
    site = queries.site_at(request.user, code, number)
    require(request.user, Permission.SITE_EDIT, site)
    given = request.POST.get("revision", "")
    form = SiteForm(request.POST or None, instance=copy(site))
    return answer(
        request, form,
        lambda: sites.change_site(
            site, values=form.cleaned_data, by=request.user, revision=whole(given)
        ),
        title="Change site", verb="Change site",
        back=reverse("workspace:site", args=[code, number]), done=f"{site} changed.",
        frame="sites/site_frame.html", revision=given or site.revision,
        **queries.site_frame(site, request.user, "change"),
    )  # fmt: skip


@BOTH
def status(request: Request, code: str, number: str) -> HttpResponse:
    """The steps of a site so far, and the next one."""
    site = queries.site_at(request.user, code, number)
    context = queries.site_frame(site, request.user, "status")
    if request.method == "POST":
        require(request.user, Permission.SITE_STATUS, site)
    today = timezone.localdate(timezone=site.place.zone)
    form = StatusForm(request.POST or None, site=site, initial={"on": today})
    concerned = []
    if form.is_valid() and form.cleaned_data["status"] in ENDING:
        found = queries.concerned(queries.ahead(site.place), site.place, request.user)
        concerned = [held for held in found if held.site_id == site.pk]
        ask_if_sure(form, concerned, "Take this step all the same; the visits stay booked")
    given = (
        {name: form.cleaned_data[name] for name in ("status", "on", "reason")}
        if form.is_valid()
        else {}
    )
    return answer(
        request, form, lambda: sites.set_status(site, **given, by=request.user),
        title="Next step", verb="Set status", back=request.path, done=f"Status of {site} set.",
        template="sites/status.html", frame="sites/site_frame.html", concerned=concerned,
        steps=queries.steps_of(site), **context,
    )  # fmt: skip


@BOTH
def schedules(request: Request, code: str, number: str) -> HttpResponse:
    """Which schedule version the site works under from when."""
    site = queries.site_at(request.user, code, number)
    context = queries.site_frame(site, request.user, "schedules")
    if request.method == "POST":
        require(request.user, Permission.SITE_EDIT, site)
    today = timezone.localdate(timezone=site.place.zone)
    form = ScheduleForm(request.POST or None, site=site, initial={"from_on": today})
    held = SiteSchedule.objects.filter(site=site).select_related("version")
    return answer(
        request, form,
        lambda: sites.put_into_effect(site, **form.cleaned_data, by=request.user),
        title="Put a version into effect", verb="Put into effect", back=request.path,
        done="The version is in effect from the day given.", template="sites/schedules.html",
        frame="sites/site_frame.html", held=held.order_by("-during"), today=today, **context,
    )  # fmt: skip


@BOTH
def withdraw_version(request: Request, code: str, number: str) -> HttpResponse:
    """Take the approval of a version back before any site works under it, with a reason."""
    version = find(
        ScheduleVersion, request.user, to=Permission.PROTOCOL_APPROVE,
        trial__code=code, number=number,
    )  # fmt: skip
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: sites.withdraw(version, by=request.user, **form.cleaned_data),
        title=f"Withdraw the approval of {version.number}", verb="Withdraw approval",
        back=version.get_absolute_url(), done=f"The approval of {version} is withdrawn.",
        frame="trials/frame.html", trial=version.trial, version=version,
    )  # fmt: skip
