"""The pages of a subject: its story, visits, deviations, payments and activity."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import can, require
from core.permissions import Permission
from core.signing import signatures
from core.web import Request, find, page
from quality.models import Issue
from safety.models import AdverseEvent, Medication
from subjects.actions.gates import unsigned_of
from subjects.consents import consents_of, outdated
from subjects.courses import version_waited_for
from subjects.eligibility import content_of, sheet_of
from subjects.identity import check_of
from subjects.models import Preference, Subject
from workspace import paid, queries
from workspace import subject as about
from workspace.story import story_of


def _framed(
    request: Request, code: str, number: str, section: str
) -> tuple[Subject, dict[str, Any]]:
    """The subject, and what every one of its pages shows."""
    along = ("site__place", "trial")
    record = find(Subject, request.user, along=along, trial__code=code, number=number)
    today = timezone.localdate(timezone=record.site.place.zone)
    visits = queries.visits_of(record, today, request.user)
    context = about.frame(record, request.user, today, visits, section)
    return record, context | {"visits": visits, "section": section}


@require_safe
def subject(request: Request, code: str, number: str) -> HttpResponse:
    """The subject's story and what is next."""
    record, context = _framed(request, code, number, "Timeline")
    visits, zoom = context["visits"], request.GET.get("zoom", "")
    events = AdverseEvent.objects.visible_to(request.user).filter(subject=record, voided_at=None)
    issues = Issue.objects.visible_to(request.user).filter(subject=record)
    preference = Preference.objects.visible_to(request.user).filter(subject=record).first()
    context |= {
        "rows": queries.next_first(visits),
        "done": sum(row.window.state == "done" for row in visits),
        "story": story_of(
            record,
            visits,
            context["today"],
            context["day_1"],
            zoom,
            list(events.order_by("pk")),
            list(issues.order_by("happened_on", "pk")),
        ),
        "before": about.before_visit(preference),
        "facts": about.facts_of(record, preference, context["moves"]),
    }
    return page(request, "workspace/subject.html", context)


@require_safe
def subject_visits(request: Request, code: str, number: str) -> HttpResponse:
    """Every visit of the subject."""
    record, context = _framed(request, code, number, "Visits")
    context["coming_version"] = version_waited_for(record)
    return page(request, "workspace/subject_visits.html", context)


@require_safe
def subject_consents(request: Request, code: str, number: str) -> HttpResponse:
    """What the subject signed, newest first, and what is to be signed anew by when."""
    record, context = _framed(request, code, number, "Consents")
    context |= {
        "consents": consents_of(record),
        "asked": outdated(timezone.now()).filter(subject=record),
        "may_record": can(request.user, Permission.CONSENT_RECORD, record),
    }
    return page(request, "workspace/subject_consents.html", context)


@require_safe
def subject_eligibility(request: Request, code: str, number: str) -> HttpResponse:
    """Every criterion with its answer and source, what is left to settle, and the decision."""
    record, context = _framed(request, code, number, "Eligibility")
    if (sheet := sheet_of(record)) is None:
        raise Http404("The protocol of this subject has no criteria here.")
    user, shown = request.user, request.GET.get("show", "")
    context |= {
        "sheet": sheet,
        "shown": shown,
        "groups": about.criteria_shown(sheet, shown),
        "obstacles": [*sheet.hindrances, *unsigned_of(record, context["today"])],
        "signatures": signatures(record, content_of),
        "span": about.screening_left(context["visits"], record, context["today"]),
        "check": check_of(record, user) if can(user, Permission.IDENTITY_VIEW, record) else None,
        "may_answer": can(user, Permission.ELIGIBILITY_ANSWER, record),
        "may_decide": can(user, Permission.ELIGIBILITY_DECIDE, record),
        "may_waive": can(user, Permission.ELIGIBILITY_WAIVE, record),
    }
    return page(request, "workspace/subject_eligibility.html", context)


@require_safe
def subject_deviations(request: Request, code: str, number: str) -> HttpResponse:
    """What deviates from the protocol, or will."""
    record, context = _framed(request, code, number, "Deviations")
    context["deviations"] = about.deviations_of(record, request.user)
    return page(request, "workspace/subject_deviations.html", context)


@require_safe
def subject_medications(request: Request, code: str, number: str) -> HttpResponse:
    """What the subject takes besides the study drug: what goes on first, what is voided last."""
    record, context = _framed(request, code, number, "Medications")
    require(request.user, Permission.MEDICATION_VIEW, record)
    rows = Medication.objects.filter(subject=record).select_related("event")
    context |= {
        "medications": rows.order_by(
            F("voided_at").asc(nulls_first=True), "-is_ongoing", "-started_from", "pk"
        ),
        "may_log_medication": can(request.user, Permission.MEDICATION_LOG, record),
    }
    return page(request, "workspace/subject_medications.html", context)


@require_safe
def subject_payments(request: Request, code: str, number: str) -> HttpResponse:
    """What the subject earned, claimed and got, with the stipends of the year."""
    record, context = _framed(request, code, number, "Payments")
    require(request.user, Permission.STIPEND_VIEW, record)
    context |= paid.of_subject(record, context["today"], request.user)
    context["may_claim"] = can(request.user, Permission.CLAIM_REQUEST, record)
    return page(request, "workspace/subject_payments.html", context)


@require_safe
def subject_activity(request: Request, code: str, number: str) -> HttpResponse:
    """Calls and messages, the steps the subject has taken, and the way to every change."""
    record, context = _framed(request, code, number, "Activity")
    if can(request.user, Permission.CONTACT_VIEW, record):
        context["contacts"] = about.contacts_of(record, request.user)
    context["history"] = about.history_of(record)
    if can(request.user, Permission.AUDIT_VIEW, record):
        context["trail_url"] = reverse("audit:record", args=["subjects.subject", record.pk])
    return page(request, "workspace/subject_activity.html", context)
