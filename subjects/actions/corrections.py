"""Taking back a status that was recorded by mistake, with everything that came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.flow import TAKE_BACK
from core.permissions import Permission
from core.versions import ConflictError
from sites.actions.claims import queue
from sites.models import Bed
from subjects.actions import bookings
from subjects.actions.plan import call_off, hold, replan
from subjects.actions.subjects import count
from subjects.corrections import Mistake, last_step, refuse_while_randomised
from subjects.models import (
    Booking,
    DeviationDraft,
    Eligibility,
    Occupancy,
    Subject,
    SubjectAnchor,
    SubjectStatus,
    Visit,
)
from subjects.models.reasons import coded
from subjects.models.subject import ENDED
from trials.models import AnchorKind

S = SubjectStatus
ANCHORS = {
    S.ENROLLED: (AnchorKind.ENROLLED,),
    S.ON_TREATMENT: (AnchorKind.FIRST_DOSE, AnchorKind.DAY_1),
}
LEFT = ("ended_on", "reason_code", "status_reason")


@action(Permission.SUBJECT_STATUS, TAKE_BACK)
def take_back(subject: Subject, *, status: str, reason: str, by: User) -> Subject:
    """Undo the last status of a subject, recorded by mistake; visits and times come back with it."""
    refuse_while_randomised(subject, status)
    return undo(subject, status, reason, by)


def undo(subject: Subject, status: str, reason: str, by: User) -> Subject:
    """The subject as it was before its last status, with its visits and times."""
    (subject,) = hold([subject.pk])
    found = last_step(subject, status)
    today = timezone.localdate(timezone=subject.site.place.zone)
    lost = list(found.bookings.filter(on__gte=today).order_by("period"))
    reopened = list(found.visits.values_list("pk", flat=True))
    fields = _fields_before(subject, found)
    Subject.flow.take_back(subject, found.step, by=by, on=today, reason=reason, **fields)
    _take_anchors_back(subject, found)
    if found.step.to_status == S.ELIGIBLE:
        Eligibility.objects.filter(subject=subject).update(is_current=False)
    if subject.status in ENDED:
        call_off(subject, subject.why_left or reason, on=today, by=by)
    else:
        visits = Visit.objects.filter(pk__any=reopened)
        Visit.flow.move_all(
            visits, Visit.Status.PLANNED, by=by, on=today, reason=reason, outcome_reason=""
        )
        replan(subject, by=by)
        _book_again(lost, reason, by)
    count(subject.site)
    subject.refresh_from_db()
    return subject


def _fields_before(subject: Subject, found: Mistake) -> dict[str, Any]:
    """What stood in the fields of leaving and of enrolment before the step."""
    before = found.step.from_status
    enrolled = {"enrolled_on": None} if found.step.to_status == S.ENROLLED else {}
    if before not in ENDED:
        return {"ended_on": None, "reason_code": "", "status_reason": ""} | enrolled
    held = {name: getattr(subject, name) for name in LEFT}
    for row in found.changes(Subject._meta.db_table, "U", row_id=subject.pk):
        held |= {name: values[0] for name, values in row.changes.items() if name in LEFT}
    code, text = coded(before, held["status_reason"])
    known = {"reason_code": code, "status_reason": text} if not held["reason_code"] else {}
    return held | known


def _take_anchors_back(subject: Subject, found: Mistake) -> None:
    """Dates that the step set are gone or as before, unless a visit that was done says them, too."""
    codes = ANCHORS.get(SubjectStatus(found.step.to_status), ())
    done = Visit.objects.filter(
        subject=subject, status=Visit.Status.COMPLETED, definition__is_anchor=True
    ).values("definition__anchor")
    held = SubjectAnchor.objects.filter(subject=subject, code__in=codes).exclude(code__in=done)
    keys, table = list(held.values_list("pk", flat=True)), SubjectAnchor._meta.db_table
    for row in found.changes(table, "U", row_id__in=keys):
        if "on" in row.changes:
            held.filter(pk=row.row_id).update(on=date.fromisoformat(row.changes["on"][0]))
    made = [row.row_id for row in found.changes(table, "I", row_id__in=keys)]
    held.filter(pk__in=made).delete()


def _bed_of(booking: Booking) -> Bed | None:
    """The bed that was reserved with a booking, while it is in use."""
    rows = Occupancy.objects.filter(visit=booking.visit_id, bed__is_active=True)
    last = rows.select_related("bed").order_by("pk").last()
    return last.bed if last else None


def _book_again(lost: Iterable[Booking], reason: str, by: User) -> None:
    """Give visits the times they had, where these are still free; the others wait for a time."""
    held = list(lost)
    queue(
        (claim.kind, claim.resource_id)
        for booking in held
        for claim in bookings.claims_of(booking, booking.visit)
    )
    for booking in held:
        period: Any = booking.period
        minutes = int((period.upper - period.lower).total_seconds() // 60)
        wanted = bookings.Wanted(
            period.lower, minutes, booking.room, booking.person, _bed_of(booking)
        )
        draft = DeviationDraft.objects.filter(
            visit=booking.visit_id, kind=DeviationDraft.Kind.OUT_OF_WINDOW
        ).last()
        why, tell = (draft.reason, draft.is_announced) if draft else (reason, True)
        try:
            made = bookings.book(booking.visit, wanted=wanted, reason=why, tell=tell, by=by)
        except (RefusedError, ConflictError):
            continue
        if booking.confirmation == Booking.Confirmation.CONFIRMED:
            bookings.confirm(made, by=by)
