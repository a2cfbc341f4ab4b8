"""Leave during a stay: out, back, put right, voided; and steps of a stay taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import local_day
from core.flow import TAKE_BACK
from core.permissions import Permission
from core.versions import ConflictError, lock
from subjects.actions.beds import occupy, refuse_shared
from subjects.actions.stays import held_stay, in_house, refuse_answers_outside, refuse_future
from subjects.models import Leave, Occupancy, Stay, StayStatus, VisitStatus
from subjects.presence import Presence, clocked, presence_of, say

S = StayStatus


@action(Permission.VISIT_CONDUCT, "go on leave")
def go_on_leave(
    stay: Stay, *, at: datetime, expected_at: datetime, why: str, by: User,
    returned_at: datetime | None = None,
) -> Leave:  # fmt: skip
    """The subject leaves the house for a while, or did so and is back; its bed stays its own."""
    stay = in_house(stay)
    if stay.status == S.ON_LEAVE:
        raise ConflictError(f"{stay.visit.subject} is on leave already. Record its return first.")
    refuse_future(max(at, returned_at or at), "leave")
    if not why.strip():
        raise RefusedError("Say why the subject leaves the house.")
    made = Leave(visit=stay.visit, stay=stay, expected_at=expected_at, why=why.strip()[:200])
    _keep(made, stay, at, returned_at)
    if returned_at is None:
        Stay.flow.move(stay, S.ON_LEAVE, by=by, on=local_day(at, stay.place.zone), reason=why)
    return made


@action(Permission.VISIT_CONDUCT, "come back from leave")
def come_back(stay: Stay, *, at: datetime, by: User) -> Stay:
    """The subject is in the house again."""
    stay = in_house(stay)
    leave = open_leave(stay)
    if leave is None:
        raise ConflictError(f"{stay.visit.subject} is not on leave.")
    refuse_future(at, "return")
    _keep(leave, stay, leave.left_at, at)
    Stay.flow.move(stay, S.ADMITTED, by=by, on=local_day(at, stay.place.zone))
    return stay


@action(Permission.VISIT_CONDUCT, "correct leave")
def correct_leave(
    leave: Leave, *, left_at: datetime, reason: str, by: User,
    returned_at: datetime | None = None, expected_at: datetime | None = None,
) -> Leave:  # fmt: skip
    """Put the times of a leave right, also the one at which the subject is to be back."""
    stay = held_stay(leave.stay)
    leave = _standing(leave)
    leave.expected_at = expected_at or leave.expected_at
    if not reason.strip():
        raise RefusedError("Give the reason.")
    if (returned_at is None) != (leave.returned_at is None):
        raise ConflictError(f"{leave} changed meanwhile. Reload to see its times.")
    refuse_future(max(left_at, returned_at or left_at), "corrected time")
    _keep(leave, stay, left_at, returned_at)
    return leave


@action(Permission.VISIT_CONDUCT, "void leave")
def void_leave(leave: Leave, *, reason: str, by: User) -> Leave:
    """Set aside a leave that there was none; who was thought to be away is in the house."""
    stay = held_stay(leave.stay)
    leave = _standing(leave)
    if not reason.strip():
        raise RefusedError("Give the reason.")
    leave.voided_at, leave.void_reason = timezone.now(), reason.strip()[:200]
    leave.save(update_fields=["voided_at", "void_reason"])
    if stay.status == S.ON_LEAVE and leave.returned_at is None:
        be_in_house(stay, reason=reason, by=by)
    return leave


@action(Permission.VISIT_CONDUCT, TAKE_BACK)
def take_back_stay(stay: Stay, *, reason: str, by: User) -> Stay:
    """Undo an admission or a discharge recorded by mistake."""
    stay = held_stay(stay)
    if stay.status == S.DISCHARGED:
        _take_discharge_back(stay, reason, by)
    elif stay.status == S.ADMITTED:
        _take_admission_back(stay, reason, by)
    else:
        raise ConflictError(
            f"{stay} is {stay.get_status_display().lower()}; there is nothing to take back."
        )
    return stay


def open_leave(stay: Stay) -> Leave | None:
    """The leave from which the subject has not come back."""
    rows = Leave.objects.filter(stay=stay, voided_at=None, returned_at=None)
    found: Leave | None = rows.first()
    return found


def _standing(leave: Leave) -> Leave:
    leave = lock(leave)
    if leave.voided_at is not None:
        raise ConflictError(f"This leave is voided already: {leave.void_reason}.")
    return leave


def _keep(leave: Leave, stay: Stay, left: datetime, back: datetime | None) -> None:
    """Keep the times of a leave: inside the stay, apart from other leaves and from what was done."""
    for what, at in (("return", back), ("expected return", leave.expected_at)):
        if at is not None and at <= left:
            start = say(left, stay.place.zone)
            raise RefusedError(f"The {what} is not after {start}. Check both times.")
    held = presence_of(stay)
    if held is None or left < held.admitted_at:
        raise RefusedError("The leave would begin before the admission. Check the time.")
    _refuse_overlap(leave, stay, left, back)
    refuse_answers_outside(stay.visit, Presence(held.admitted_at, None, ((left, back),)), stay)
    leave.left_at, leave.returned_at = left, back
    leave.save()


def _refuse_overlap(leave: Leave, stay: Stay, left: datetime, back: datetime | None) -> None:
    """A leave ends before the discharge, and lies apart from the other leaves."""
    if stay.discharged_at is not None and (back or left) > stay.discharged_at:
        raise RefusedError("The leave would end after the discharge. Check the time.")
    zone = stay.place.zone
    others = Leave.objects.filter(stay=leave.stay_id, voided_at=None).exclude(pk=leave.pk)
    if back is not None:
        others = others.filter(left_at__lt=back)
    other = others.filter(Q(returned_at=None) | Q(returned_at__gt=left)).first()
    if other is not None:
        until = say(other.returned_at, zone) if other.returned_at else "now"
        raise ConflictError(f"There is a leave from {say(other.left_at, zone)} to {until} already.")


def _take_discharge_back(stay: Stay, reason: str, by: User) -> None:
    if stay.visit.status == VisitStatus.COMPLETED:
        raise RefusedError(
            f"{stay.visit.name} is completed. Correct the time of the discharge instead."
        )
    step = Stay.flow.last(stay)
    assert step is not None
    occupancy = Occupancy.objects.filter(stay=stay).select_related("bed").order_by("period").last()
    assert occupancy is not None
    occupancy.visit = stay.visit
    period: Any = occupancy.period
    until = max(period.upper, stay.planned_until)
    bed, held = occupancy.bed, DateTimeTZRange(period.lower, until, "[)")
    occupy(occupancy, bed, held, by)
    refuse_shared(bed, stay.visit, held, by, period__startswith__gte=period.upper)
    at, end = timezone.now(), stay.discharged_at
    Stay.flow.take_back(
        stay, step, by=by, on=local_day(at, stay.place.zone), reason=reason,
        discharged_at=None, ending="", ending_reason="",
    )  # fmt: skip
    if stay.status == S.ON_LEAVE:
        _be_away_again(stay, end, reason, by)


def _be_away_again(stay: Stay, end: datetime | None, reason: str, by: User) -> None:
    """Who was discharged from a leave is on it again, unless that leave was put right since."""
    leave = Leave.objects.filter(stay=stay, voided_at=None, returned_at=end).first()
    if leave is None:
        be_in_house(stay, reason=reason, by=by)
        return
    leave.returned_at = None
    leave.save(update_fields=["returned_at"])


@action(Permission.VISIT_CONDUCT, "end leave")
def be_in_house(stay: Stay, *, reason: str, by: User) -> None:
    """The leave of a subject is over or never was, so it is in the house."""
    today = local_day(timezone.now(), stay.place.zone)
    Stay.flow.move(stay, S.ADMITTED, by=by, on=today, reason=reason)


def _take_admission_back(stay: Stay, reason: str, by: User) -> None:
    step = Stay.flow.last(stay)
    if step is None or step.from_status != S.RESERVED:
        raise RefusedError("There was a leave since. Void it first, or correct the times.")
    if clocked(stay.visit).exists():
        raise RefusedError(
            "Samples were taken since the admission. Correct its time instead of taking it back."
        )
    beds = list(Occupancy.objects.filter(stay=stay).select_related("bed").order_by("period"))
    if len(beds) > 1:
        raise RefusedError("The subject changed beds since. Correct the time instead.")
    (occupancy,) = beds
    occupancy.visit = stay.visit
    planned = DateTimeTZRange(stay.planned_from, stay.planned_until, "[)")
    occupy(occupancy, occupancy.bed, planned, by)
    on = local_day(timezone.now(), stay.place.zone)
    Stay.flow.take_back(stay, step, by=by, on=on, reason=reason, admitted_at=None)
