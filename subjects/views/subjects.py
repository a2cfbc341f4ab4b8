"""Adding subjects, who they are, and their way through the trial."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.actions import RefusedError
from core.permissions import Permission
from core.versions import ConflictError
from core.web import Request, find, page
from sites.models import Site
from subjects.actions import subjects
from subjects.forms import (
    ContactForm,
    EndForm,
    IdentityForm,
    PreferenceForm,
    ScreenForm,
)
from subjects.models import Preference, Subject, SubjectIdentity


def _answer(request: Request, form: BaseForm, title: str, verb: str, back: str) -> HttpResponse:
    """The page of a form, with what was typed still in it."""
    context = {"form": form, "title": title, "verb": verb, "back": back}
    status = 422 if form.is_bound else 200
    return page(request, "subjects/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def screen(request: Request, pk: int) -> HttpResponse:
    """Add a person to screening at a site."""
    site = find(Site, request.user, to=Permission.SUBJECT_SCREEN, pk=pk)
    today = timezone.localdate(timezone=site.place.zone)
    form = ScreenForm(request.POST or None, initial={"screened_on": today})
    if form.is_valid():
        data = dict(form.cleaned_data)
        identity = {"name": data.pop("name"), "phone": data.pop("phone")}
        try:
            subject = subjects.screen(
                site, on=data.pop("screened_on"), by=request.user, identity=identity, **data
            )
        except (RefusedError, ConflictError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{subject} is in screening.")
            return redirect(subject)
    return _answer(
        request, form, f"Add a subject at {site}", "Add to screening", site.get_absolute_url()
    )


@require_http_methods(["GET", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """The subject leaves the trial; open visits are called off."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)
    today = timezone.localdate(timezone=subject.site.place.zone)
    form = EndForm(request.POST or None, initial={"on": today})
    if form.is_valid():
        try:
            subjects.end(subject, by=request.user, **form.cleaned_data)
        except (RefusedError, ConflictError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{subject}: {subject.get_status_display().lower()}.")
            return redirect(subject)
    return _answer(
        request, form, f"End participation of {subject}", "End participation",
        subject.get_absolute_url(),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def contact(request: Request, pk: int) -> HttpResponse:
    """Log a call or message."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)
    form = ContactForm(request.POST or None)
    if form.is_valid():
        subjects.log_contact(subject, at=timezone.now(), by=request.user, **form.cleaned_data)
        messages.success(request, f"Contact with {subject} logged.")
        return redirect(subject)
    return _answer(
        request, form, f"Log contact with {subject}", "Log contact", subject.get_absolute_url()
    )


@require_http_methods(["GET", "POST"])
def identify(request: Request, pk: int) -> HttpResponse:
    """Keep who the subject is; only people of the site get here."""
    subject = find(Subject, request.user, to=Permission.IDENTITY_EDIT, pk=pk)
    held: Any = SubjectIdentity.objects.visible_to(request.user).filter(subject=subject).first()
    form = IdentityForm(request.POST or None, instance=held)
    if form.is_valid():
        subjects.identify(subject, values=form.cleaned_data, by=request.user)
        messages.success(request, f"Identity of {subject} kept.")
        return redirect(subject)
    return _answer(
        request, form, f"Identity of {subject}", "Keep identity", subject.get_absolute_url()
    )


@require_http_methods(["GET", "POST"])
def prefer(request: Request, pk: int) -> HttpResponse:
    """Keep what to know when booking."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)
    held: Any = Preference.objects.visible_to(request.user).filter(subject=subject).first()
    form = PreferenceForm(request.POST or None, instance=held)
    if form.is_valid():
        subjects.prefer(subject, values=form.cleaned_data, by=request.user)
        messages.success(request, f"Preferences of {subject} kept.")
        return redirect(subject)
    return _answer(
        request, form, f"When booking {subject}", "Keep preferences", subject.get_absolute_url()
    )
