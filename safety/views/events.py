"""Pages of adverse events: lists, the page of an event, and every step of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import lists
from core.access import has_anywhere, require, require_anywhere
from core.actions import RefusedError
from core.dates import show_day, show_moment
from core.pages import answer
from core.permissions import Permission
from core.signing import signatures
from core.signing.pages import sign_page
from core.web import BOTH, Request, allowed, back, find, page, say, whole
from safety import queries
from safety.actions import assessments, clocks, reports
from safety.actions import events as actions
from safety.forms import (
    AwarenessForm,
    CaseForm,
    CausalityForm,
    ChangeForm,
    CriteriaForm,
    LogForm,
    ReasonForm,
    SendForm,
    SeriousForm,
    SponsorForm,
    SubmissionForm,
)
from safety.lists import EVENTS
from safety.models import AdverseEvent, ReportClock, SafetyDesk, SafetyReport
from sites.models import Place
from sites.queries import site_at, site_frame
from subjects.callers import may_look
from subjects.models import Subject
from trials.models import Trial

P = Permission
ALONG = ("subject__site__place", "subject__trial", "grading_term", "reference")
OF_EVENT = tuple(f"event__{path}" for path in ALONG[:2])
FORM, EVENT_FORM = "safety/form.html", "safety/event_form.html"
VOID = (
    "It stays in lists, struck through, and its history stays. Its clocks stop, and it counts no more."
    " Where a report of it was sent, the sponsor is owed a follow-up that says so."
)


def events(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The adverse events of a trial."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, P.ADVERSE_EVENT_VIEW)
    rows = AdverseEvent.objects.visible_to(request.user).filter(subject__trial=trial)
    listing = lists.Listing(request, EVENTS, rows, of=trial)
    return lists.answer(listing, request, "safety/events.html", {"trial": trial}, kind)


def site_events(request: Request, code: str, number: str, kind: str = "") -> HttpResponseBase:
    """The adverse events of a site."""
    site = site_at(request.user, code, number)
    require(request.user, P.ADVERSE_EVENT_VIEW, site)
    rows = AdverseEvent.objects.visible_to(request.user).filter(subject__site=site)
    listing = lists.Listing(request, EVENTS, rows, of=site)
    frame = site_frame(site, request.user, "events")
    return lists.answer(listing, request, "workspace/site_list.html", frame, kind)


def place_events(request: Request, slug: str, kind: str = "") -> HttpResponseBase:
    """The adverse events of a place across its trials."""
    place = find(Place, request.user, slug=slug)
    require_anywhere(request.user, P.ADVERSE_EVENT_VIEW)
    rows = AdverseEvent.objects.visible_to(request.user).filter(subject__site__place=place)
    listing = lists.Listing(request, EVENTS, rows, of=place)
    may_log = has_anywhere(request.user, P.ADVERSE_EVENT_LOG) and may_look(place, request.user)
    context = {"place": place, "may_log": may_log}  # whose event it is is found by name or number
    return lists.answer(listing, request, "safety/events.html", context, kind)


@require_safe
def event(request: Request, code: str, number: str) -> HttpResponse:
    """An event with its clocks, what is thought of it, and every version of its report."""
    held = find(
        AdverseEvent, request.user, along=ALONG, subject__trial__code=code, number=number
    )  # fmt: skip
    zone = held.subject.site.place.zone
    running = queries.clocks_of(held, timezone.now())
    user, sent, told = request.user, queries.reports_of(held), queries.told_of(held)
    context = {
        "event": held, "subject": held.subject, "trial": held.subject.trial,
        "site": held.subject.site, "clocks": running,
        "others": [row for row in running if not (row.is_open and row.clock.is_site)],
        "is_complete": all(held.minimum.values()),
        "aware": show_moment(held.aware_at, zone),
        "voided": held.voided_at and show_moment(held.voided_at, zone),
        "told": told, "read": sum(one.is_read for one in told),
        "unread": [one for one in told if one.user_id == user.pk and not one.is_read],
        "story": queries.story_of(held), "reports": sent,
        "signatures": signatures(held, assessments.causality_content),
        "desk": SafetyDesk.objects.filter(trial=held.subject.trial).first(),
        "state": queries.report_state(held, sent),
    }  # fmt: skip
    return page(request, "safety/event.html", context | _may(request, held))


def _may(request: Request, held: AdverseEvent) -> dict[str, bool]:
    """What the reader may do about the event; what is voided is only reported and handled."""
    may_report, may_assess, may_judge, may_handle = (
        allowed(request.user, permission, held)
        for permission in (
            P.ADVERSE_EVENT_LOG, P.CAUSALITY_ASSESS, P.SAFETY_ASSESS, P.SAFETY_HANDLE,
        )
    )  # fmt: skip
    is_kept = held.voided_at is None
    return {
        "may_log": is_kept and may_report, "may_report": may_report,
        "may_assess": is_kept and may_assess, "may_judge": is_kept and may_judge,
        "may_handle": may_handle,
    }  # fmt: skip


def _form(
    request: Request, held: AdverseEvent, form: forms.BaseForm, act: Callable[[], object],
    verb: str, done: str, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form about an event."""
    about: dict[str, Any] = {"template": FORM, "event": held, "trial": held.subject.trial} | more
    return answer(
        request, form, act, title=f"{verb}: {held}", verb=verb, back=held.get_absolute_url(),
        done=done, **about,
    )  # fmt: skip


def _held(request: Request, pk: int, to: Permission) -> AdverseEvent:
    return find(AdverseEvent, request.user, to=to, along=ALONG, pk=pk)


@BOTH
def log_event(request: Request, pk: int) -> HttpResponse:
    """Log what happened to a subject."""
    subject = find(
        Subject, request.user, to=P.ADVERSE_EVENT_LOG, along=("site__place", "trial"), pk=pk
    )
    form = LogForm(request.POST or None, place=subject.site.place)

    def log() -> HttpResponse:
        values = dict(form.cleaned_data)
        criteria = values.pop("criteria")
        made = actions.log_event(subject, values=values, criteria=criteria, by=request.user)
        say(request, f"{made} logged.")
        return redirect(made)

    return answer(
        request, form, log, title=f"Log AE of {subject}", verb="Log AE",
        back=subject.get_absolute_url(), template=EVENT_FORM, subject=subject, trial=subject.trial,
    )  # fmt: skip


@BOTH
def change_event(request: Request, pk: int) -> HttpResponse:
    """Correct or complete an event."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    given = request.POST.get("revision", "")
    form = ChangeForm(
        request.POST or None, instance=held, place=held.subject.site.place, aware_at=held.aware_at,
        initial={"onset": held.onset, "ended": held.ended, "grading_term": held.grading_term},
    )  # fmt: skip

    def change() -> object:
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        return actions.change_event(
            held, values=values, reason=reason, revision=whole(given), by=request.user
        )

    return _form(
        request, held, form, change, "Change event", f"{held} changed.",
        revision=given or held.revision, template=EVENT_FORM,
    )  # fmt: skip


@BOTH
def mark_serious(request: Request, pk: int) -> HttpResponse:
    """Say what makes an event serious; the clock of the site starts, or runs on as it did."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    given, initial = request.POST or None, {"criteria": held.criteria}
    form: forms.BaseForm = CriteriaForm(given, initial=initial)
    verb, done = "Change criteria", f"Criteria of {held} changed."
    if not held.is_serious:
        form = SeriousForm(given, place=held.subject.site.place, initial=initial)
        verb, done = "Mark as serious", f"{held.number} is serious. Its clock runs."

    def mark() -> AdverseEvent:
        values: dict[str, Any] = {"aware_at": held.serious_aware_at} | form.cleaned_data
        return actions.mark_serious(held, by=request.user, **values)

    return _form(request, held, form, mark, verb, done)


@BOTH
def downgrade(request: Request, pk: int) -> HttpResponse:
    """Say why an event is not serious after all."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held, form,
        lambda: actions.downgrade(held, by=request.user, **form.cleaned_data),
        "Mark as not serious", f"{held.number} is not serious. Its history stays.",
    )  # fmt: skip


@BOTH
def correct_awareness(request: Request, pk: int) -> HttpResponse:
    """Say when the site really knew that an event is serious; its clock moves."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    form = AwarenessForm(
        request.POST or None, place=held.subject.site.place, aware_at=held.serious_aware_at
    )
    return _form(
        request, held, form,
        lambda: actions.correct_awareness(held, by=request.user, **form.cleaned_data),
        "Correct awareness", f"Awareness of {held} corrected. Its clock counts from there.",
    )  # fmt: skip


@BOTH
def void_event(request: Request, pk: int) -> HttpResponse:
    """Say why an event was entered in error; it stays to be read and counts no more."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held, form,
        lambda: actions.void_event(held, by=request.user, **form.cleaned_data),
        "Void event", f"{held} is voided. It stays to be read.", effect=VOID,
    )  # fmt: skip


@BOTH
def assess_causality(request: Request, pk: int) -> HttpResponse:
    """Say as investigator whether the study drug may be the cause, then sign it."""
    held = _held(request, pk, P.CAUSALITY_ASSESS)
    initial = {"is_related": _yes_or_no(held.is_related), "causality": held.causality}
    form = CausalityForm(request.POST or None, initial=initial)

    def assess() -> HttpResponse:
        actions_held = assessments.assess_causality(held, by=request.user, **form.cleaned_data)
        return redirect("safety:sign_causality", actions_held.pk)

    return _form(request, held, form, assess, "Assess causality", "")


@BOTH
def sign_causality(request: Request, pk: int) -> HttpResponse:
    """Sign the investigator's view of the cause."""
    held = _held(request, pk, P.CAUSALITY_ASSESS)
    return sign_page(
        request, held, assessments.sign_causality, title=f"Sign: causality of {held}",
        verb="Sign causality", back=held.get_absolute_url(), done=f"Causality of {held} signed.",
        template="safety/sign.html", frame="pages/frame.html", event=held,
    )  # fmt: skip


def _yes_or_no(judged: bool | None) -> str:  # noqa: FBT001 - a judgement that may be missing
    return "" if judged is None else "yes" if judged else "no"


def _investigator_says(held: AdverseEvent) -> str:
    """What the investigator thinks, which the sponsor does not overrule."""
    if held.is_related is None:
        return "The investigator has not said yet."
    said = "yes" if held.is_related else "no"
    likely = f", {held.get_causality_display().lower()}" if held.causality else ""
    return f"The investigator says {said}{likely}. Where either says yes, it is suspected."


def _by_what(held: AdverseEvent) -> str:
    """Which version of the reference safety information counts, or why there is none."""
    try:
        reference = assessments.in_force_at_onset(held)
    except RefusedError as error:
        return str(error)
    return f"By {reference}, in force from {show_day(reference.from_on)}."


@BOTH
def assess_for_sponsor(request: Request, pk: int) -> HttpResponse:
    """Say for the sponsor whether the event is related and was to be expected."""
    held = _held(request, pk, P.SAFETY_ASSESS)
    form = SponsorForm(
        request.POST or None,
        initial={
            "is_related": _yes_or_no(held.sponsor_is_related),
            "causality": held.sponsor_causality, "is_expected": _yes_or_no(held.is_expected),
        },
    )  # fmt: skip
    form.fields["is_expected"].help_text = _by_what(held)
    form.fields["is_related"].help_text = _investigator_says(held)
    return _form(
        request, held, form,
        lambda: assessments.assess_for_sponsor(held, by=request.user, **form.cleaned_data),
        "Assess for the sponsor", f"{held} assessed for the sponsor.",
    )  # fmt: skip


@BOTH
def send_report(request: Request, pk: int) -> HttpResponse:
    """Send what is known of an event to the sponsor as the next version."""
    held = _held(request, pk, P.ADVERSE_EVENT_LOG)
    form = SendForm(request.POST if request.method == "POST" else None)
    return _form(
        request, held, form,
        lambda: reports.send_report(held, by=request.user, **form.cleaned_data),
        "Send SAE report", f"Report of {held} sent.",
    )  # fmt: skip


@BOTH
def reconcile(request: Request, pk: int) -> HttpResponse:
    """Say that the case in the safety database agrees with this record."""
    held = _held(request, pk, P.SAFETY_HANDLE)
    form = CaseForm(request.POST or None, initial={"case_number": held.case_number})
    return _form(
        request, held, form,
        lambda: reports.reconcile(held, by=request.user, **form.cleaned_data),
        "Reconcile", f"{held} reconciled.",
    )  # fmt: skip


@require_POST
def acknowledge(request: Request, pk: int) -> HttpResponse:
    """Acknowledge a version of a report for the sponsor."""
    report = find(SafetyReport, request.user, to=P.SAFETY_HANDLE, along=OF_EVENT, pk=pk)
    reports.acknowledge(report, by=request.user)
    say(request, f"{report} acknowledged.")
    return back(request, report.event.get_absolute_url())


@BOTH
def record_submission(request: Request, pk: int) -> HttpResponse:
    """Say when an authority got the report; its clock is met."""
    clock = find(ReportClock, request.user, to=P.SAFETY_HANDLE, along=OF_EVENT, pk=pk)
    form = SubmissionForm(request.POST or None, zone=clock.time_zone)
    return _form(
        request, clock.event, form,
        lambda: clocks.record_submission(clock, by=request.user, **form.cleaned_data),
        "Record submission", "Submission recorded.",
    )  # fmt: skip
