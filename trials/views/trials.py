"""Trials: adding one by hand, its facts, numbers and countries, and the files it came from."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.access import has_anywhere, require
from core.countries import countries
from core.models import Deployment
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page, whole
from trials.actions import trials
from trials.forms import (
    AddTrialForm,
    CountryForm,
    RegistryIdForm,
    SponsorForm,
    StepForm,
    TrialForm,
)
from trials.models import Country, ProtocolFile, RegistryId, Sponsor, Trial
from trials.queries.status import TRIAL_CHIPS


def _trial(request: Request, code: str) -> Trial:
    """The trial, where the person may change it."""
    return find(Trial, request.user, to=Permission.TRIAL_EDIT, code=code)


def _back(trial: Trial) -> dict[str, Any]:
    return {
        "frame": "trials/set_up_frame.html", "trial": trial,
        "back": reverse("trials:set_up", args=[trial.code]),
    }  # fmt: skip


@BOTH
def add(request: Request) -> HttpResponse:
    """Add a trial by hand."""
    sponsors = Sponsor.objects.visible_to(request.user, Permission.TRIAL_EDIT)
    if not sponsors.exists():
        raise PermissionDenied("Your role does not allow to add a trial for any sponsor.")
    form = AddTrialForm(request.POST or None, sponsors=sponsors)

    def act() -> None:
        values = dict(form.cleaned_data)
        trials.add_trial(values.pop("sponsor"), values=values, by=request.user)

    code = form.cleaned_data["code"] if form.is_bound and form.is_valid() else ""
    return answer(
        request, form, act, title="Add trial", verb="Add trial", done="Trial added.",
        back=reverse("trials:set_up", args=[code]) if code else reverse("workspace:trials"),
    )  # fmt: skip


@BOTH
def add_sponsor(request: Request) -> HttpResponse:
    """Add a sponsor."""
    deployment = Deployment.objects.get(pk=1)
    require(request.user, Permission.SPONSOR_EDIT, deployment)
    form = SponsorForm(request.POST or None)
    return answer(
        request, form,
        lambda: trials.add_sponsor(deployment, by=request.user, **form.cleaned_data),
        title="Add sponsor", verb="Add sponsor", done="Sponsor added.",
        back=reverse("workspace:trials"),
    )  # fmt: skip


@require_safe
def set_up(request: Request, code: str) -> HttpResponse:
    """What a trial is: facts, numbers, countries, arms, amendments and the files behind them."""
    trial = find(Trial, request.user, code=code)
    may_see_protocol = trial.is_held_by(request.user, Permission.PROTOCOL_VIEW)
    context = {
        "trial": trial,
        "chip": TRIAL_CHIPS.get(trial.status, ""),
        "numbers": trial.registry_ids.order_by("registry", "value"),
        "countries": trial.countries.order_by("name"),
        "arms": trial.arms.order_by("position", "pk"),
        "amendments": trial.amendments.order_by("position", "pk"),
        "files": trial.protocol_files.defer("raw").order_by("-pk") if may_see_protocol else [],
        "may_see_payments": has_anywhere(request.user, Permission.STIPEND_VIEW),
        "may_see_safety": has_anywhere(request.user, Permission.ADVERSE_EVENT_VIEW),
        "may_change": allowed(request.user, Permission.TRIAL_EDIT, trial),
        "may_import": allowed(request.user, Permission.PROTOCOL_EDIT, trial),
        "may_add_sites": allowed(request.user, Permission.SITE_EDIT, trial),
    }
    return page(request, "trials/set_up.html", context)


@BOTH
def change(request: Request, code: str) -> HttpResponse:
    """Change facts of a trial."""
    trial = _trial(request, code)
    given = request.POST.get("revision", "")
    form = TrialForm(request.POST or None, instance=copy(trial))
    return answer(
        request, form,
        lambda: trials.change_trial(
            trial, values=form.cleaned_data, revision=whole(given), by=request.user
        ),
        title="Change facts", verb="Save facts", done=f"{trial} saved.",
        revision=given or trial.revision, **_back(trial),
    )  # fmt: skip


@BOTH
def status(request: Request, code: str) -> HttpResponse:
    """Take a trial one step through its life."""
    trial = _trial(request, code)
    form = StepForm(request.POST or None, held=trial, initial={"on": timezone.localdate()})
    return answer(
        request, form,
        lambda: trials.set_trial_status(trial, by=request.user, **form.cleaned_data),
        title=f"{trial} is {trial.get_status_display().lower()}", verb="Set status",
        done=f"Status of {trial} set.", **_back(trial),
    )  # fmt: skip


@BOTH
def add_number(request: Request, code: str) -> HttpResponse:
    """Note the number under which a register knows the trial."""
    trial = _trial(request, code)
    form = RegistryIdForm(request.POST or None)
    return answer(
        request, form,
        lambda: trials.add_registry_id(trial, by=request.user, **form.cleaned_data),
        title="Add number", verb="Add number", done="Number added.", **_back(trial),
    )  # fmt: skip


@require_POST
def remove_number(request: Request, pk: int) -> HttpResponse:
    """Take away a number that was noted by mistake."""
    number = find(RegistryId, request.user, pk=pk)
    trial = trials.remove_registry_id(number, by=request.user)
    messages.success(request, f"{number} removed.")
    return redirect("trials:set_up", trial.code)


@BOTH
def add_country(request: Request, code: str) -> HttpResponse:
    """Add a country to a trial."""
    trial = _trial(request, code)
    form = CountryForm(request.POST or None)

    def act() -> None:
        values = dict(form.cleaned_data)
        letters = values.pop("code")
        country = trials.add_country(
            trial, code=letters, name=countries()[letters], by=request.user
        )
        trials.change_country(country, values=values, by=request.user)

    return answer(
        request, form, act, title="Add country", verb="Add country", done="Country added.",
        **_back(trial),
    )  # fmt: skip


def _country(trial: Trial, code: str) -> Country:
    found: Country = get_object_or_404(Country, trial=trial, code=code.upper())
    return found


@BOTH
def change_country(request: Request, code: str, country: str) -> HttpResponse:
    """Change what is planned in a country."""
    trial = _trial(request, code)
    held = _country(trial, country)
    given = request.POST.get("revision", "")
    planned = {"planned_sites": held.planned_sites, "planned_subjects": held.planned_subjects}
    form = CountryForm(request.POST or None, initial=planned)
    del form.fields["code"]
    return answer(
        request, form,
        lambda: trials.change_country(
            held, values=form.cleaned_data, revision=whole(given), by=request.user
        ),
        title=f"Planned in {held}", verb="Save", done=f"{held} saved.",
        revision=given or held.revision, **_back(trial),
    )  # fmt: skip


@BOTH
def country_status(request: Request, code: str, country: str) -> HttpResponse:
    """Take a country one step through its life in the trial."""
    trial = _trial(request, code)
    held = _country(trial, country)
    form = StepForm(request.POST or None, held=held, initial={"on": timezone.localdate()})
    return answer(
        request, form,
        lambda: trials.set_country_status(held, by=request.user, **form.cleaned_data),
        title=f"{held} is {held.get_status_display().lower()}", verb="Set status",
        done=f"Status of {held} set.", **_back(trial),
    )  # fmt: skip


@require_safe
def file(request: Request, code: str, pk: int) -> HttpResponse:
    """A protocol file exactly as it was received."""
    trials_of_theirs = Trial.objects.visible_to(request.user, Permission.PROTOCOL_VIEW)
    trial = get_object_or_404(trials_of_theirs, code=code)
    held: ProtocolFile = get_object_or_404(trial.protocol_files, pk=pk)
    response = HttpResponse(bytes(held.raw), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{held.sha256[:12]}.json"'
    return response
