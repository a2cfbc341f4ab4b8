"""Eligibility: criteria answered on one page, waivers, and the decision that is signed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone

from core.pages import answer
from core.permissions import Permission
from core.signing.pages import sign_page
from core.web import BOTH, Request, find, whole
from subjects.actions import eligibility as actions
from subjects.eligibility import Sheet, sheet_of
from subjects.forms import ReasonForm
from subjects.forms.criteria import CriteriaForm, WaiverForm
from subjects.models import Subject, Waiver
from trials.models import Criterion

ALONG = ("site__place", "trial")


def _about(subject: Subject, title: str, verb: str) -> dict[str, Any]:
    """How a page about the eligibility of a subject looks, and where it leads."""
    at = actions.page_of(subject)
    return {"subject": subject, "trial": subject.trial, "title": title, "verb": verb, "back": at}


def _sheet(subject: Subject) -> Sheet:
    if (sheet := sheet_of(subject)) is None:
        raise Http404("The protocol of this subject has no criteria here.")
    return sheet


@BOTH
def answer_criteria(request: Request, pk: int) -> HttpResponse:
    """Answer every criterion of a subject that can be answered now."""
    subject = find(Subject, request.user, to=Permission.ELIGIBILITY_ANSWER, along=ALONG, pk=pk)
    sheet = _sheet(subject)
    given = request.POST.get("revision", "")
    today = timezone.localdate(timezone=subject.site.place.zone)
    form = CriteriaForm(request.POST or None, sheet=sheet, today=today)

    def keep() -> str:
        held = actions.answer_criteria(
            subject, answers=form.given(), reason=form.cleaned_data["reason"],
            revision=whole(given), by=request.user,
        )  # fmt: skip
        left = len(_sheet(subject).hindrances)
        return f"{held} kept. {f'{left} to settle.' if left else 'Every criterion is settled.'}"

    return answer(
        request, form, keep, template="subjects/criteria.html", sheet=sheet,
        revision=given or str(sheet.held.revision if sheet.held else 0),
        **_about(subject, f"Eligibility of {subject}", "Save answers"),
    )  # fmt: skip


@BOTH
def decide_eligible(request: Request, pk: int) -> HttpResponse:
    """Sign that a subject is eligible."""
    subject = find(Subject, request.user, to=Permission.ELIGIBILITY_DECIDE, along=ALONG, pk=pk)
    today = timezone.localdate(timezone=subject.site.place.zone)
    return sign_page(
        request, subject, actions.decide_eligible, title=f"Sign: {subject} is eligible",
        verb="Sign decision", back=actions.page_of(subject), done=f"{subject} is eligible.",
        template="subjects/sign_eligible.html", frame="pages/frame.html", subject=subject,
        sheet=sheet_of(subject), obstacle=actions.hindrance_of(subject, request.user, today),
    )  # fmt: skip


@BOTH
def request_waiver(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Ask the sponsor to waive a criterion."""
    subject = find(Subject, request.user, to=Permission.ELIGIBILITY_ANSWER, along=ALONG, pk=pk)
    asked = find(Criterion, request.user, pk=criterion, version=_sheet(subject).version)
    form = WaiverForm(request.POST or None)
    return answer(
        request, form,
        lambda: actions.request_waiver(
            subject, criterion=asked, by=request.user, **form.cleaned_data
        ),
        done=f"Waiver of {asked} requested. The sponsor decides.", template="subjects/form.html",
        effect=f"{asked}: {asked.text}",
        **_about(subject, f"Request waiver for {subject}", "Request waiver"),
    )  # fmt: skip


VERBS = {"approve": actions.approve_waiver, "refuse": actions.refuse_waiver}


@BOTH
def decide_waiver(request: Request, pk: int, verb: str) -> HttpResponse:
    """Approve or refuse a waiver for the sponsor."""
    waiver = find(Waiver, request.user, to=Permission.ELIGIBILITY_WAIVE, pk=pk)
    form = ReasonForm(request.POST or None)
    title = f"{verb.capitalize()} waiver"
    done = {"approve": "approved", "refuse": "refused"}[verb]
    return answer(
        request, form, lambda: VERBS[verb](waiver, by=request.user, **form.cleaned_data),
        done=f"{waiver} {done}.", template="subjects/form.html",
        effect=f"{waiver.criterion.text} Asked for by {waiver.requested_by}: {waiver.reason}",
        **_about(waiver.eligibility.subject, f"{title}: {waiver.criterion}", title),
    )  # fmt: skip
