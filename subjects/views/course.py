"""The way of a subject through the trial: dates that visits count from, steps, transfer, return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from core.actions import Action, RefusedError
from core.dates import show_day
from core.pages import answer
from core.permissions import Permission
from core.versions import ConflictError
from core.web import BOTH, Request, find, page
from sites.models import Site, SiteStatus
from subjects import consequences
from subjects.actions import corrections, subjects, transfers, visits
from subjects.corrections import last_step, refuse_while_randomised
from subjects.forms import (
    AnchoredStepForm,
    AnchorForm,
    FindAgainForm,
    ReasonForm,
    RescreenForm,
    StepForm,
    TakeBackForm,
    TransferForm,
    UnscheduledForm,
)
from subjects.models import Subject, SubjectAnchor, SubjectStatus, Transfer, Visit
from subjects.views.subjects import about
from trials.models import AnchorKind


def _today(subject: Subject) -> dict[str, Any]:
    return {"on": timezone.localdate(timezone=subject.site.place.zone)}


def ask_first(
    request: Request, subject: Subject, form: BaseForm, found: consequences.Consequences,
    title: str, verb: str,
) -> HttpResponse:  # fmt: skip
    """What moves with a date, to be read before it is kept."""
    context = {
        "subject": subject, "form": form, "consequences": found, "title": title, "verb": verb,
        "today": _today(subject)["on"], "next": request.POST.get("next", ""),
    }  # fmt: skip
    return page(request, "subjects/moves.html", context)


@BOTH
def anchors(request: Request, pk: int) -> HttpResponse:
    """Record or correct a date that visits count from, once it is seen what moves with it."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)
    held = SubjectAnchor.objects.filter(subject=subject).order_by("on", "pk")
    recorded = {anchor.code for anchor in held if not anchor.is_provisional}
    form = AnchorForm(request.POST or None, initial=_today(subject), recorded=recorded)

    def save() -> str | HttpResponse:
        if "confirmed" not in request.POST:
            code, on = form.cleaned_data["code"], form.cleaned_data["on"]
            title = f"{AnchorKind(code).label} of {subject} on {on:%-d %b %Y}"
            found = consequences.of_anchors(subject, {code}, on)
            return ask_first(request, subject, form, found, title, "Save date")
        subjects.set_anchor(subject, by=request.user, **form.cleaned_data)
        return f"Dates of {subject} kept."

    title = f"Dates that visits of {subject} count from"
    shown = about(subject, title, "See what moves") | {"template": "subjects/anchors.html"}
    return answer(request, form, save, anchors=held, **shown)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a subject: its action, where it leads, and what happens with it."""

    act: Action[Subject, Any, Subject]
    status: SubjectStatus
    title: str
    anchors: frozenset[str] = frozenset()


STEPS = {
    "eligible": Step(subjects.find_eligible, SubjectStatus.ELIGIBLE, "Record eligible"),
    "enrol": Step(
        subjects.enrol, SubjectStatus.ENROLLED, "Enrol subject", frozenset({AnchorKind.ENROLLED})
    ),
    "treat": Step(
        subjects.start_treatment, SubjectStatus.ON_TREATMENT, "Start treatment",
        frozenset({AnchorKind.FIRST_DOSE, AnchorKind.DAY_1}),
    ),
    "follow-up": Step(subjects.start_follow_up, SubjectStatus.FOLLOW_UP, "Start follow-up"),
}  # fmt: skip


@BOTH
def step(request: Request, pk: int, verb: str) -> HttpResponse:
    """Take a subject one step further: eligible, enrolled, on treatment, in follow-up."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)
    wanted = STEPS[verb]
    shape = AnchoredStepForm if wanted.anchors else StepForm
    form = shape(request.POST or None, initial=_today(subject))
    title = f"{wanted.title}: {subject}"

    def take() -> str | HttpResponse:
        if wanted.anchors and "confirmed" not in request.POST:
            found = consequences.of_anchors(subject, wanted.anchors, form.cleaned_data["on"])
            if found and wanted.status in Subject.flow.after(subject.status):
                return ask_first(request, subject, form, found, title, wanted.title)
        wanted.act(subject, by=request.user, **form.cleaned_data)
        return f"{subject}: {wanted.status.label.lower()}."

    return answer(request, form, take, **about(subject, title, wanted.title))


@BOTH
def find_again(request: Request, pk: int) -> HttpResponse:
    """A subject lost to follow-up is back."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)
    form = FindAgainForm(request.POST or None, initial=_today(subject))
    return answer(
        request, form,
        lambda: subjects.find_again(subject, by=request.user, **form.cleaned_data),
        done=f"{subject} is back.", **about(subject, f"{subject} was found again", "Take back"),
    )  # fmt: skip


@BOTH
def take_back(request: Request, pk: int) -> HttpResponse:
    """Take back the last status of a subject, once it is seen what comes back with it."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_STATUS, pk=pk)
    try:
        refuse_while_randomised(subject, subject.status)
        found = last_step(subject, request.POST.get("status", subject.status))
    except (RefusedError, ConflictError) as error:
        messages.error(request, str(error))
        return redirect(subject)
    times = found.bookings.filter(on__gte=_today(subject)["on"]).count()
    form = TakeBackForm(request.POST or None, initial={"status": subject.status})

    def undo() -> str:
        held = corrections.take_back(subject, by=request.user, **form.cleaned_data)
        again = held.visits.filter(status=Visit.Status.BOOKED).count()
        kept = f" Booked times that are back: {again} of {times}." if times else ""
        return f"{held} is {held.get_status_display().lower()} again.{kept}"

    title = f"Take back “{found.label}” of {subject}"
    shown = about(subject, title, "Take back") | {"template": "subjects/take_back.html"}
    return answer(
        request, form, undo, found=found, visits=found.visits.count(), times=times, **shown
    )


@BOTH
def rescreen(request: Request, pk: int) -> HttpResponse:
    """Screen a failed subject again, under a new number."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_SCREEN, pk=pk)
    form = RescreenForm(request.POST or None, initial=_today(subject))

    def screen() -> str:
        made = subjects.rescreen(subject, by=request.user, **form.cleaned_data)
        return f"{subject} is screened again as {made}."

    return answer(
        request, form, screen, **about(subject, f"Screen {subject} again", "Screen again")
    )


@BOTH
def transfer(request: Request, pk: int) -> HttpResponse:
    """Move a subject to another site of the trial."""
    subject = find(Subject, request.user, to=Permission.SUBJECT_TRANSFER, pk=pk)
    sites = (
        Site.objects.visible_to(request.user, Permission.SUBJECT_TRANSFER)
        .filter(trial_id=subject.trial_id, status=SiteStatus.OPEN)
        .exclude(pk=subject.site_id)
        .order_by("number")
    )
    form = TransferForm(request.POST or None, initial=_today(subject), sites=sites)

    def move() -> str:
        made = transfers.transfer(subject, by=request.user, **form.cleaned_data)
        if made.state == Transfer.State.DONE:
            return f"{subject} moved to {made.to_site}. Booked visits wait for a time there."
        later = subject.visits.filter(bookings__is_live=True, bookings__on__gte=made.on).count()
        waits = f" {_booked(later)} from then on will need a time there." if later else ""
        return f"{subject} moves to {made.to_site} on {show_day(made.on)}.{waits}"

    return answer(request, form, move, **about(subject, f"Transfer {subject}", "Transfer subject"))


def _booked(count: int) -> str:
    return "One booked visit" if count == 1 else f"{count} booked visits"


@BOTH
def call_off_transfer(request: Request, pk: int) -> HttpResponse:
    """A subject stays after all."""
    planned = find(Transfer, request.user, to=Permission.SUBJECT_TRANSFER, pk=pk)
    subject = planned.subject
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: transfers.call_off_transfer(planned, by=request.user, **form.cleaned_data),
        done=f"{subject} stays at {planned.from_site}.",
        **about(subject, f"Call off the transfer of {planned}", "Call off transfer"),
    )  # fmt: skip


@BOTH
def add_visit(request: Request, pk: int) -> HttpResponse:
    """Add a visit the protocol did not plan."""
    subject = find(Subject, request.user, to=Permission.VISIT_BOOK, pk=pk)
    form = UnscheduledForm(request.POST or None, initial=_today(subject))

    def add() -> str:
        made = visits.add_unscheduled(subject, by=request.user, **form.cleaned_data)
        return f"{made} waits for a time."

    return answer(
        request, form, add, **about(subject, f"Unscheduled visit of {subject}", "Add visit")
    )
