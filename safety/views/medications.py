"""Pages of medications besides the study drug: the list of a trial, and logging at a subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from core import lists
from core.access import require_anywhere
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, whole
from safety.actions import medications as actions
from safety.forms import MedicationChangeForm, MedicationForm, ReasonForm
from safety.medications import MEDICATIONS
from safety.models import Medication
from subjects.models import Subject
from trials.models import Trial

LOG = Permission.MEDICATION_LOG
ALONG = ("subject__site__place", "subject__trial", "event")
FORM, MEDICATION_FORM = "safety/form.html", "safety/medication_form.html"
VOID = "It stays to be read, struck through, and its history stays."


def medications(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The medications of the subjects of a trial."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, Permission.MEDICATION_VIEW)
    rows = Medication.objects.visible_to(request.user).filter(subject__trial=trial)
    listing = lists.Listing(request, MEDICATIONS, rows, of=trial)
    return lists.answer(listing, request, "safety/medications.html", {"trial": trial}, kind)


def _form(
    request: Request, record: Medication, form: forms.BaseForm, act: Callable[[], object],
    verb: str, done: str, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form about a medication."""
    about: dict[str, Any] = {"subject": record.subject, "trial": record.subject.trial}
    return answer(
        request, form, act, title=f"{verb}: {record}", verb=verb, back=record.get_absolute_url(),
        done=done, **{"template": FORM} | about | more,
    )  # fmt: skip


@BOTH
def log_medication(request: Request, pk: int) -> HttpResponse:
    """Log what a subject takes besides the study drug."""
    subject = find(Subject, request.user, to=LOG, along=("site__place", "trial"), pk=pk)
    new = Medication(subject=subject)
    form = MedicationForm(request.POST or None, subject=subject)
    return answer(
        request, form,
        lambda: actions.log_medication(subject, values=form.cleaned_data, by=request.user),
        title=f"Log medication of {subject}", verb="Log medication", back=new.get_absolute_url(),
        done="Medication logged.", template=MEDICATION_FORM, subject=subject,
        trial=subject.trial,
    )  # fmt: skip


@BOTH
def change_medication(request: Request, pk: int) -> HttpResponse:
    """Correct or complete a medication."""
    held = find(Medication, request.user, to=LOG, along=ALONG, pk=pk)
    given = request.POST.get("revision", "")
    form = MedicationChangeForm(
        request.POST or None, subject=held.subject, instance=held,
        initial={"started": held.started, "ended": held.ended},
    )  # fmt: skip

    def change() -> object:
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        return actions.change_medication(
            held, values=values, reason=reason, revision=whole(given), by=request.user
        )

    return _form(
        request, held, form, change, "Change medication", f"{held} changed.",
        revision=given or held.revision, template=MEDICATION_FORM,
    )  # fmt: skip


@BOTH
def void_medication(request: Request, pk: int) -> HttpResponse:
    """Say why a medication was entered in error; it stays to be read."""
    held = find(Medication, request.user, to=LOG, along=ALONG, pk=pk)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held, form,
        lambda: actions.void_medication(held, by=request.user, **form.cleaned_data),
        "Void medication", f"{held} is voided. It stays to be read.", effect=VOID,
    )  # fmt: skip
