"""Adding subjects, who they are, and their way through the trial."""

from __future__ import annotations

from collections.abc import Callable
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


def _answer(
    request: Request, form: BaseForm, title: str, verb: str, back: str,
    act: Callable[[dict[str, Any]], tuple[Subject, str]],
) -> HttpResponse:  # fmt: skip
    """The page of a form: what it asks for is done, or refused on that page with what was typed."""
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            subject, done = act(dict(form.cleaned_data))
        except (RefusedError, ConflictError) as error:
            form.add_error(None, str(error))
            status = 409 if isinstance(error, ConflictError) else 422
        else:
            messages.success(request, done)
            return redirect(subject)
    context = {"form": form, "title": title, "verb": verb, "back": back}
    return page(request, "subjects/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def screen(request: Request, pk: int) -> HttpResponse:
    """Add a person to screening at a site."""
    site = find(Site, request.user, to=Permission.SUBJECT_SCREEN, pk=pk)

    def add(values: dict[str, Any]) -> tuple[Subject, str]:
        identity = {name: values.pop(name) for name in ("name", "phone")}
        on = values.pop("screened_on")
        subject = subjects.screen(site, on=on, by=request.user, identity=identity, **values)
        return subject, f"{subject} is in screening."

    today = timezone.localdate(timezone=site.place.zone)
    form = ScreenForm(request.POST or None, initial={"screened_on": today})
    title, back = f"Add a subject at {site}", site.get_absolute_url()
    return _answer(request, form, title, "Add to screening", back, add)


@require_http_methods(["GET", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """The subject leaves the trial; open visits are called off."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)

    def leave(values: dict[str, Any]) -> tuple[Subject, str]:
        left = subjects.end(subject, by=request.user, **values)
        return left, f"{left}: {left.get_status_display().lower()}."

    today = timezone.localdate(timezone=subject.site.place.zone)
    form = EndForm(request.POST or None, initial={"on": today})
    title, back = f"End participation of {subject}", subject.get_absolute_url()
    return _answer(request, form, title, "End participation", back, leave)


@require_http_methods(["GET", "POST"])
def contact(request: Request, pk: int) -> HttpResponse:
    """Log a call or message."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)

    def log(values: dict[str, Any]) -> tuple[Subject, str]:
        subjects.log_contact(subject, at=timezone.now(), by=request.user, **values)
        return subject, f"Contact with {subject} logged."

    title, back = f"Log contact with {subject}", subject.get_absolute_url()
    return _answer(request, ContactForm(request.POST or None), title, "Log contact", back, log)


@require_http_methods(["GET", "POST"])
def identify(request: Request, pk: int) -> HttpResponse:
    """Keep who the subject is; only people of the site get here."""
    subject = find(Subject, request.user, to=Permission.IDENTITY_EDIT, pk=pk)

    def keep(values: dict[str, Any]) -> tuple[Subject, str]:
        subjects.identify(subject, values=values, by=request.user)
        return subject, f"Identity of {subject} kept."

    held: Any = SubjectIdentity.objects.visible_to(request.user).filter(subject=subject).first()
    form = IdentityForm(request.POST or None, instance=held)
    title, back = f"Identity of {subject}", subject.get_absolute_url()
    return _answer(request, form, title, "Keep identity", back, keep)


@require_http_methods(["GET", "POST"])
def prefer(request: Request, pk: int) -> HttpResponse:
    """Keep what to know when booking."""
    subject = find(Subject, request.user, to=Permission.CONTACT_LOG, pk=pk)

    def keep(values: dict[str, Any]) -> tuple[Subject, str]:
        subjects.prefer(subject, values=values, by=request.user)
        return subject, f"Preferences of {subject} kept."

    held: Any = Preference.objects.visible_to(request.user).filter(subject=subject).first()
    form = PreferenceForm(request.POST or None, instance=held)
    title, back = f"When booking {subject}", subject.get_absolute_url()
    return _answer(request, form, title, "Keep preferences", back, keep)
