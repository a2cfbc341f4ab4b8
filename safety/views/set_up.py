"""What the safety work of a trial stands on: the safety desk, and versions of what is expected."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.access import require
from core.dates.field import today
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page, whole
from safety import queries
from safety.actions import set_up as actions
from safety.forms import CorrectionForm, DeskForm, ReferenceForm
from safety.models import ReferenceSafetyInformation, SafetyDesk
from trials.models import Trial


@require_safe
def set_up(request: Request, code: str) -> HttpResponse:
    """Who gets safety reports, where days are counted, and what is expected of the study drug."""
    trial = find(Trial, request.user, code=code)
    require(request.user, Permission.ADVERSE_EVENT_VIEW, SafetyDesk(trial=trial))
    context = {
        "trial": trial,
        "desk": SafetyDesk.objects.filter(trial=trial).first(),
        "references": queries.references_of(trial, today()),
        "authorities": queries.authorities_of(trial),
        "may_handle": allowed(request.user, Permission.SAFETY_HANDLE, trial),
    }
    return page(request, "safety/set_up.html", context)


def _about(trial: Trial, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about the safety of a trial looks, and where it leads."""
    return {
        "title": title, "verb": verb, "trial": trial, "template": "safety/set_up_form.html",
        "back": reverse("safety:set_up", args=[trial.code]),
    }  # fmt: skip


@BOTH
def set_up_desk(request: Request, code: str) -> HttpResponse:
    """Say who receives safety reports, and in which zone days are counted."""
    trial = find(Trial, request.user, to=Permission.SAFETY_HANDLE, code=code)
    form = DeskForm(
        request.POST or None, instance=SafetyDesk.objects.filter(trial=trial).first()
    )  # fmt: skip
    return answer(
        request, form,
        lambda: actions.set_up_desk(trial, by=request.user, **form.cleaned_data),
        done="Safety desk saved. Clocks are counted by its zone.",
        **_about(trial, "Set up safety desk", "Save safety desk"),
    )  # fmt: skip


@BOTH
def add_reference(request: Request, code: str) -> HttpResponse:
    """Add a version of the reference safety information."""
    trial = find(Trial, request.user, to=Permission.SAFETY_HANDLE, code=code)
    form = ReferenceForm(request.POST or None)
    return answer(
        request, form,
        lambda: actions.add_reference(trial, by=request.user, **form.cleaned_data),
        done="Version added.",
        **_about(trial, "Add reference safety information", "Add version"),
    )  # fmt: skip


@BOTH
def correct_reference(request: Request, pk: int) -> HttpResponse:
    """Correct a version that was recorded wrongly."""
    held = find(
        ReferenceSafetyInformation, request.user, to=Permission.SAFETY_HANDLE, along=("trial",),
        pk=pk,
    )  # fmt: skip
    given = request.POST.get("revision", "")
    form = CorrectionForm(request.POST or None, instance=held)
    return answer(
        request, form,
        lambda: actions.correct_reference(
            held, by=request.user, revision=whole(given), **form.cleaned_data
        ),
        done=f"{held} corrected.", revision=given or held.revision,
        **_about(held.trial, f"Correct {held}", "Correct version"),
    )  # fmt: skip
