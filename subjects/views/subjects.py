"""Adding subjects, who they are, and their way through the trial."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find
from sites.models import Site
from subjects.actions import subjects
from subjects.forms import (
    ContactForm,
    EndForm,
    IdentityForm,
    PreferenceForm,
    ScreenForm,
)
from subjects.identity import check_of
from subjects.models import Preference, Subject, SubjectIdentity


def about(subject: Subject, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about a subject looks, and where it leads."""
    return {
        "subject": subject, "title": title, "verb": verb, "back": subject.get_absolute_url(),
        "template": "subjects/form.html",
    }  # fmt: skip


@BOTH
def screen(request: Request, pk: int) -> HttpResponse:
    """Add a person to screening at a site."""
    site = find(Site, request.user, to=Permission.SUBJECT_SCREEN, pk=pk)

    today = timezone.localdate(timezone=site.place.zone)
    form = ScreenForm(request.POST or None, initial={"screened_on": today})

    def add() -> HttpResponse:
        values = dict(form.cleaned_data)
        identity = {name: values.pop(name) for name in ("name", "phone", "born")}
        on = values.pop("screened_on")
        subject = subjects.screen(site, on=on, by=request.user, identity=identity, **values)
        messages.success(request, f"{subject} is in screening.")
        for match in check_of(subject, request.user).matches:
            messages.warning(request, f"Same name and date of birth as {match}.")
        return redirect(subject)

    return answer(
        request, form, add, title=f"Add a subject at {site}", verb="Add to screening",
        back=site.get_absolute_url(), template="subjects/form.html",
    )  # fmt: skip


@BOTH
def end(request: Request, pk: int) -> HttpResponse:
    """The subject leaves the trial; open visits are called off."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)

    today = timezone.localdate(timezone=subject.site.place.zone)
    form = EndForm(
        request.POST or None, after=subject.status,
        initial={"on": today, "status": request.GET.get("status", "")},
    )  # fmt: skip

    def leave() -> str:
        left = subjects.end(subject, by=request.user, **form.cleaned_data)
        return f"{left}: {left.get_status_display().lower()}."

    return answer(
        request, form, leave,
        **about(subject, f"End participation of {subject}", "End participation"),
    )  # fmt: skip


@BOTH
def contact(request: Request, pk: int) -> HttpResponse:
    """Log a call or message."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)
    form = ContactForm(request.POST or None, place=subject.site.place)
    return answer(
        request, form,
        lambda: subjects.log_contact(subject, by=request.user, **form.cleaned_data),
        done=f"Contact with {subject} logged.", **about(subject, f"Log contact with {subject}", "Log contact"),
    )  # fmt: skip


@BOTH
def identify(request: Request, pk: int) -> HttpResponse:
    """Keep who the subject is; only people of the site get here."""
    subject = find(Subject, request.user, to=Permission.IDENTITY_EDIT, pk=pk)
    held: Any = SubjectIdentity.objects.visible_to(request.user).filter(subject=subject).first()
    form = IdentityForm(request.POST or None, instance=held)
    return answer(
        request, form,
        lambda: subjects.identify(subject, values=dict(form.cleaned_data), by=request.user),
        done=f"Identity of {subject} kept.", **about(subject, f"Identity of {subject}", "Keep identity"),
    )  # fmt: skip


@BOTH
def prefer(request: Request, pk: int) -> HttpResponse:
    """Keep what to know when booking."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)
    held: Any = Preference.objects.visible_to(request.user).filter(subject=subject).first()
    form = PreferenceForm(request.POST or None, instance=held)
    return answer(
        request, form,
        lambda: subjects.prefer(subject, values=dict(form.cleaned_data), by=request.user),
        done=f"Preferences of {subject} kept.", **about(subject, f"When booking {subject}", "Keep preferences"),
    )  # fmt: skip
