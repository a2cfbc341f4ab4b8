"""Consent forms of a trial: types, versions, and at which sites they are in use."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import lists
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page, whole
from sites.actions import consents
from sites.forms.consents import (
    ApprovalForm,
    ConsentTypeForm,
    ConsentVersionForm,
    CorrectApprovalForm,
    CorrectTypeForm,
    CorrectVersionForm,
    VoidForm,
)
from sites.lists import approvals_as_of
from sites.models import ConsentApproval, Site
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion, Trial


@require_safe
def consent_forms(request: Request, code: str) -> HttpResponse:
    """The consent forms of a trial with their versions, newest first, and how many sites use each."""
    trial = find(Trial, request.user, code=code)
    seen = Site.objects.visible_to(request.user).filter(trial=trial)
    today = timezone.localdate()
    in_use = Q(approvals__during__contains=today, approvals__site__in=seen)
    versions = ConsentVersion.objects.filter(type__trial=trial).order_by("type", "-dated", "-pk")
    counted = versions.annotate(sites=Count("approvals__site", distinct=True, filter=in_use))
    by_type: dict[int, list[ConsentVersion]] = {}
    for version in counted:
        by_type.setdefault(version.type_id, []).append(version)
    types = ConsentType.objects.filter(trial=trial).order_by("is_optional", "pk")
    context = {
        "trial": trial,
        "shown": [(type_, by_type.get(type_.pk, [])) for type_ in types],
        "may_edit": allowed(request.user, Permission.PROTOCOL_EDIT, trial),
        "may_approve": allowed(request.user, Permission.SITE_EDIT, trial),
    }
    return page(request, "sites/consent_forms.html", context)


def _about(trial: Trial, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about consent forms looks, and where it leads."""
    return {
        "title": title, "verb": verb, "trial": trial, "frame": "trials/set_up_frame.html",
        "back": reverse("sites:consent_forms", args=[trial.code]),
    }  # fmt: skip


@BOTH
def add_consent_type(request: Request, code: str) -> HttpResponse:
    """Add a consent form to a trial."""
    trial = find(Trial, request.user, to=Permission.PROTOCOL_EDIT, code=code)
    form = ConsentTypeForm(request.POST or None)
    return answer(
        request, form,
        lambda: forms.add_consent_type(trial, by=request.user, **form.cleaned_data),
        done="Consent form added.", **_about(trial, "Add consent form", "Add consent form"),
    )  # fmt: skip


@BOTH
def add_consent_version(request: Request, code: str, pk: int) -> HttpResponse:
    """Add a version of a consent form."""
    type_ = find(ConsentType, request.user, to=Permission.PROTOCOL_EDIT, pk=pk, trial__code=code)
    form = ConsentVersionForm(request.POST or None)
    return answer(
        request, form,
        lambda: forms.add_consent_version(type_, by=request.user, **form.cleaned_data),
        done="Version added.", **_about(type_.trial, f"New version of {type_}", "Add version"),
    )  # fmt: skip


def consent_version(request: Request, code: str, pk: int, kind: str = "") -> HttpResponseBase:
    """A version, and the sites at which it was approved, with what was entered by mistake."""
    version = find(ConsentVersion, request.user, pk=pk, type__trial__code=code)
    trial = version.type.trial
    rows = ConsentApproval.objects.visible_to(request.user).filter(version=version)
    may_approve = allowed(request.user, Permission.SITE_EDIT, trial)
    declared = approvals_as_of(timezone.localdate(), may_correct=may_approve)
    listing = lists.Listing(request, declared, rows, of=trial)
    context = {
        "trial": trial, "version": version, "may_approve": may_approve,
        "may_edit": allowed(request.user, Permission.PROTOCOL_EDIT, trial),
    }  # fmt: skip
    return lists.answer(listing, request, "sites/consent_version.html", context, kind)


@BOTH
def correct_consent_type(request: Request, code: str, pk: int) -> HttpResponse:
    """Put right what was entered wrong of a consent form."""
    type_ = find(ConsentType, request.user, to=Permission.PROTOCOL_EDIT, pk=pk, trial__code=code)
    given = request.POST.get("revision", "")
    form = CorrectTypeForm(request.POST or None, instance=type_)

    def correct() -> object:
        values = dict(form.cleaned_data)
        return forms.correct_consent_type(
            type_, reason=values.pop("reason"), values=values, revision=whole(given),
            by=request.user,
        )  # fmt: skip

    return answer(
        request, form, correct, done="Consent form corrected.", revision=given or type_.revision,
        **_about(type_.trial, f"Correct {type_}", "Save correction"),
    )  # fmt: skip


@BOTH
def correct_consent_version(request: Request, code: str, pk: int) -> HttpResponse:
    """Put right what was entered wrong of a version."""
    version = find(
        ConsentVersion, request.user, to=Permission.PROTOCOL_EDIT, pk=pk, type__trial__code=code
    )
    given = request.POST.get("revision", "")
    form = CorrectVersionForm(request.POST or None, instance=version)

    def correct() -> object:
        values = dict(form.cleaned_data)
        return forms.correct_consent_version(
            version, reason=values.pop("reason"), values=values, revision=whole(given),
            by=request.user,
        )  # fmt: skip

    about = _about(version.type.trial, f"Correct {version}", "Save correction")
    return answer(
        request, form, correct, done=f"{version.type} corrected.",
        revision=given or version.revision, **about | {"back": _page_of(version)},
    )  # fmt: skip


def _page_of(version: ConsentVersion) -> str:
    return reverse("sites:consent_version", args=[version.type.trial.code, version.pk])


@BOTH
def correct_approval(request: Request, pk: int) -> HttpResponse:
    """Put right what was entered wrong of an approval."""
    held = find(ConsentApproval, request.user, to=Permission.SITE_EDIT, pk=pk)
    given = request.POST.get("revision", "")
    form = CorrectApprovalForm(
        request.POST or None, type_id=held.type_id,
        initial={
            "version": held.version_id, "approved_on": held.approved_on,
            "from_on": held.during.lower,
        },
    )  # fmt: skip
    return answer(
        request, form,
        lambda: consents.correct_approval(
            held, revision=whole(given), by=request.user, **form.cleaned_data
        ),
        done="Approval corrected.", revision=given or held.revision,
        **_of(held, f"Correct the approval of {held}", "Save correction"),
    )  # fmt: skip


@BOTH
def void_approval(request: Request, pk: int) -> HttpResponse:
    """Set aside an approval that was entered by mistake."""
    held = find(ConsentApproval, request.user, to=Permission.SITE_EDIT, pk=pk)
    form = VoidForm(request.POST or None)
    return answer(
        request, form,
        lambda: consents.void_approval(held, by=request.user, **form.cleaned_data),
        done="Approval voided. The version before stays in use.",
        **_of(held, f"Void the approval of {held}", "Void approval"),
    )  # fmt: skip


def _of(held: ConsentApproval, title: str, verb: str) -> dict[str, Any]:
    return _about(held.version.type.trial, title, verb) | {"back": _page_of(held.version)}


@BOTH
def approve_consent(request: Request, pk: int) -> HttpResponse:
    """The ethics committee approved a version, at a site or for all sites of a country."""
    version = find(ConsentVersion, request.user, to=Permission.SITE_EDIT, pk=pk)
    trial = version.type.trial
    form = ApprovalForm(
        request.POST or None, trial=trial, user=request.user,
        initial={"languages": "en", "from_on": timezone.localdate()},
    )  # fmt: skip

    def approve() -> None:
        values = dict(form.cleaned_data)
        where = values.pop("where")
        if isinstance(where, Site):
            consents.approve_consent(where, version=version, by=request.user, **values)
        else:
            consents.approve_consent_in(where, version=version, by=request.user, **values)

    title = f"Ethics approval of {version}"
    return answer(
        request, form, approve, done=f"{version} is approved.",
        **_about(trial, title, "Record approval"),
    )  # fmt: skip
