"""What becomes of visits: arrived, done, missed, cancelled, skipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.flow import TAKE_BACK
from core.permissions import Permission
from core.versions import ConflictError
from subjects.actions.bookings import OutsideWindowError, today_at
from subjects.actions.closing import Gap, close
from subjects.actions.deviations import Kind, State, draft, is_outside
from subjects.actions.gates import refuse_without_consent
from subjects.actions.plan import (
    hold,
    hold_visit,
    keep_next,
    refuse_after_the_end,
    refuse_without_reason,
    release,
    replan,
)
from subjects.actions.stays import refuse_open_stay, refuse_while_in_house
from subjects.actions.subjects import set_anchor_date
from subjects.models import Acknowledgement, Booking, DeviationDraft, Stay, Subject, Visit
from subjects.models.stay import IN_HOUSE
from subjects.queries import acknowledging_as, planned_deviation

NO_GAPS: Mapping[str, Gap] = {}
NOT_THERE = "Checked in by mistake"


@action(Permission.VISIT_CONDUCT, "check in")
def check_in(visit: Visit, *, by: User) -> Visit:
    """The subject has arrived."""
    return _step(visit, Visit.Status.ARRIVED, by)


@action(Permission.VISIT_CONDUCT, TAKE_BACK)
def take_back_check_in(visit: Visit, *, by: User) -> Visit:
    """The subject has not arrived after all: the visit waits again as it did before."""
    visit = hold_visit(visit)
    step = Visit.flow.last(visit)
    if step is None or step.to_status != Visit.Status.ARRIVED:
        raise ConflictError(f"{visit} is {visit.get_status_display().lower()}, not checked in.")
    if Stay.objects.filter(visit=visit, status__in=IN_HOUSE).exists():
        refuse_while_in_house([visit.subject], "take back the check-in", "Take back the admission")
    Visit.flow.take_back(visit, step, by=by, on=today_at(visit), reason=NOT_THERE)
    return visit


@action(Permission.VISIT_CONDUCT, "start visit")
def start(visit: Visit, *, by: User) -> Visit:
    """The visit begins, with the consents it needs; nobody arrives for a call."""
    visit = hold_visit(visit)
    refuse_without_consent(visit, today_at(visit))
    if visit.is_call and visit.status == Visit.Status.BOOKED:
        visit = _step(visit, Visit.Status.ARRIVED, by)
    return _step(visit, Visit.Status.IN_PROGRESS, by)


def _step(visit: Visit, to: str, by: User) -> Visit:
    visit = hold_visit(visit)
    Visit.flow.move(visit, to, by=by, on=today_at(visit))
    return visit


@action(Permission.VISIT_CONDUCT, "complete visit")
def complete(
    visit: Visit, *, on: date, by: User, reason: str = "", gaps: Mapping[str, Gap] = NO_GAPS
) -> Visit:
    """The visit is done: its dates are kept, an anchor it sets is set, the rest is laid out anew."""
    visit = hold_visit(visit)
    _refuse_to_complete(visit, on)
    refuse_open_stay(visit)
    close(visit, on, gaps, reason)
    is_deviating = is_outside(visit, on)
    if is_deviating:
        _draft_with_reason(visit, on, reason)
    Visit.flow.move(
        visit, Visit.Status.COMPLETED, by=by, on=on, reason=reason,
        performed_on=on, frozen_at=timezone.now(),
    )  # fmt: skip
    drafts = DeviationDraft.objects.filter(visit=visit, state=State.PLANNED)
    drafts.update(state=State.OCCURRED if is_deviating else State.WITHDRAWN)
    if visit.definition is not None and visit.definition.is_anchor:
        set_anchor_date(visit.subject, visit.definition.anchor, on, reason)
    replan(visit.subject, by=by)
    return visit


def _refuse_to_complete(visit: Visit, on: date) -> None:
    if on > today_at(visit):
        raise RefusedError("A visit cannot be completed on a day that has not come yet.")
    if visit.status != Visit.Status.IN_PROGRESS:
        refuse_without_consent(visit, on)


def _draft_with_reason(visit: Visit, on: date, reason: str) -> None:
    if not reason.strip():
        raise OutsideWindowError(visit, on)
    draft(visit, on, reason)


def _without_visit(visit: Visit, to: str, reason: str, by: User) -> Visit:
    refuse_without_reason(reason)
    visit = hold_visit(visit)
    if Stay.objects.filter(visit=visit, status__in=IN_HOUSE).exists():
        refuse_while_in_house([visit.subject], "end the visit")
    Visit.flow.move(
        visit, to, by=by, on=today_at(visit), reason=reason, outcome_reason=reason[:200]
    )
    release([visit.pk], by=by)
    replan(visit.subject, by=by)
    return visit


@action(Permission.VISIT_CONDUCT, "record missed visit")
def miss(visit: Visit, *, reason: str, by: User) -> Visit:
    """The subject did not come; a deviation is drafted."""
    visit = _without_visit(visit, Visit.Status.MISSED, reason, by)
    DeviationDraft.objects.update_or_create(
        visit=visit, kind=Kind.MISSED_VISIT, state=State.OCCURRED,
        defaults={"reason": reason[:200], "description": f"{visit.name} was missed."},
    )  # fmt: skip
    return visit


@action(Permission.VISIT_CONDUCT, "cancel visit")
def cancel(visit: Visit, *, reason: str, by: User) -> Visit:
    """The visit will not take place as booked."""
    return _without_visit(visit, Visit.Status.CANCELLED, reason, by)


@action(Permission.VISIT_CONDUCT, "skip visit")
def skip(visit: Visit, *, reason: str, by: User) -> Visit:
    """The visit is left out on purpose, as the protocol allows."""
    return _without_visit(visit, Visit.Status.SKIPPED, reason, by)


@action(Permission.VISIT_CONDUCT, "reopen visit")
def reopen(visit: Visit, *, reason: str, by: User) -> Visit:
    """A missed, cancelled or skipped visit waits to be booked after all."""
    visit = hold_visit(visit)
    refuse_after_the_end(visit.subject)
    Visit.flow.move(
        visit, Visit.Status.PLANNED, by=by, on=today_at(visit), reason=reason, outcome_reason=""
    )
    DeviationDraft.objects.filter(visit=visit).update(state=State.WITHDRAWN)
    replan(visit.subject, by=by)
    visit.refresh_from_db()
    return visit


@action(Permission.DEVIATION_ACKNOWLEDGE, "acknowledge planned deviation")
def acknowledge(visit: Visit, *, by: User, note: str = "") -> Visit:
    """The investigator or the CRA knows that a visit is booked outside its window."""
    visit = hold_visit(visit)
    known = planned_deviation(visit)
    if known is None:
        raise ConflictError(f"{visit} is no longer booked outside its window. All is well.")
    for role in acknowledging_as(by):
        Acknowledgement.objects.get_or_create(
            visit=visit, role=role, description=known.description,
            defaults={"note": note, "by_name": by.get_full_name(), "at": timezone.now()},
        )  # fmt: skip
    return visit


@action(Permission.VISIT_BOOK, "add unscheduled visit")
def add_unscheduled(subject: Subject, *, name: str, on: date, by: User) -> Visit:
    """Add a visit the protocol did not plan."""
    (held,) = hold([subject.pk])
    refuse_after_the_end(held)
    last = Visit.objects.filter(subject=subject, lineage=None).order_by("-sequence").first()
    visit = Visit.objects.create(
        subject=subject, site_id=subject.site_id, kind=Visit.Kind.UNSCHEDULED, name=name,
        code="UNS", target_on=on, earliest_on=on, latest_on=on, first_target_on=on,
        sequence=last.sequence + 1 if last else 1,
    )  # fmt: skip
    keep_next(subject)
    return visit


def booking_of(visit: Visit) -> Booking:
    """The live booking of a visit."""
    found: Booking | None = visit.bookings.filter(is_live=True).first()
    if found is None:
        raise ConflictError(f"{visit} has no booking any more. Give it a time first.")
    return found
