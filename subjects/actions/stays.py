"""Stays overnight: a bed reserved, the subject admitted, moved to another bed, discharged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import local_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.models import Bed
from subjects.actions.beds import (
    BedNeededError,
    occupy,
    refuse_bed,
    refuse_shared,
    release_beds,
    reserve,
)
from subjects.actions.gates import refuse_before_consent, refuse_before_its_day
from subjects.actions.plan import hold_visit
from subjects.beds import last_bed, nights_from, stay_of, ways_out
from subjects.models import Occupancy, Stay, StayEnding, StayStatus, Subject, Visit, VisitStatus
from subjects.models.stay import IN_HOUSE, STANDING
from subjects.presence import Presence, clocked, presence_of, say

S = StayStatus
EXPECTED = (VisitStatus.BOOKED, VisitStatus.ARRIVED, VisitStatus.IN_PROGRESS)


class InHouseError(ConflictError):
    """Something waits until the subject has left the house; the stay is the way out."""

    step = "Go to the stay"

    def __init__(self, stay: Stay, text: str) -> None:
        self.url = stay.get_absolute_url()
        super().__init__(text)


@action(Permission.VISIT_BOOK, "reserve bed")
def reserve_bed(visit: Visit, *, bed: Bed, by: User, until: datetime | None = None) -> Stay:
    """Reserve a bed for a booked visit, or another one than it has, for longer or shorter."""
    visit = hold_visit(visit)
    held = stay_of(visit)
    if held is not None and held.status != S.RESERVED:
        raise ConflictError(f"{visit.subject} was admitted already. Move it to another bed.")
    refuse_bed(bed, visit)
    period = _expected(visit, until)
    return reserve(visit, bed, period, by)


@action(Permission.VISIT_BOOK, "release bed")
def release_bed(stay: Stay, *, reason: str, by: User) -> Stay:
    """Give a reserved bed back: the visit takes place without a night."""
    stay = held_stay(stay)
    if stay.status != S.RESERVED:
        raise ConflictError(f"{stay} is {stay.get_status_display().lower()}; no bed is reserved.")
    if not reason.strip():
        raise RefusedError("Give the reason.")
    release_beds([stay.visit_id], by=by)
    stay.refresh_from_db()
    return stay


@action(Permission.VISIT_CONDUCT, "admit")
def admit(
    visit: Visit, *, at: datetime, by: User, bed: Bed | None = None, until: datetime | None = None
) -> Stay:
    """The subject is in the house from now on, in its bed."""
    visit = hold_visit(visit)
    if visit.status not in EXPECTED:
        raise RefusedError(
            f"{visit} is {visit.get_status_display().lower()}. Book it first, with a bed."
        )
    refuse_future(at, "admission")
    refuse_before_its_day(visit, at)
    refuse_before_consent(visit, at, f"The admission of {visit.subject}")
    stay = stay_of(visit) or _without_reservation(visit, bed, at, until, by)
    if stay.status != S.RESERVED:
        raise ConflictError(f"{visit.subject} is {stay.get_status_display().lower()} already.")
    refuse_while_in_house([visit.subject], f"admit it for {visit.name}", admitted_at__lte=at)
    until = until or _still_planned(stay, at)
    _refuse_backwards(at, until, stay)
    refuse_answers_outside(visit, Presence(at), stay)
    occupancy = _bed_of(stay)
    if bed is not None:
        refuse_bed(bed, visit)
    _into(occupancy, bed or occupancy.bed, DateTimeTZRange(at, until, "[)"), by)
    Stay.flow.move(
        stay, S.ADMITTED, by=by, on=_day(stay, at), admitted_at=at, planned_until=until,
        planned_from=_planned_from(stay, at, until),
    )  # fmt: skip
    if visit.status == VisitStatus.BOOKED:
        Visit.flow.move(visit, VisitStatus.ARRIVED, by=by, on=_day(stay, at))
    return stay


@action(Permission.VISIT_CONDUCT, "discharge")
def discharge(
    stay: Stay, *, at: datetime, by: User, ending: str = StayEnding.PLANNED, reason: str = ""
) -> Stay:
    """The subject leaves the house for good; its bed is free from then on."""
    stay = in_house(stay)
    refuse_future(at, "discharge")
    held = presence_of(stay)
    assert held is not None  # the database keeps an admission with who is in house
    if stay.status == S.ON_LEAVE:
        _end_leave(stay, at)
    elif why := held.why_not(at, stay.place.zone):
        raise RefusedError(f"The discharge would be {why}. Correct one of the times.")
    _refuse_early(stay, at, ending, reason)
    refuse_answers_outside(stay.visit, presence_until(stay, at), stay)
    occupancy = _bed_of(stay)
    lower: Any = occupancy.period.lower
    _refuse_backwards(lower, at, stay)
    occupy(occupancy, occupancy.bed, DateTimeTZRange(lower, at, "[)"), by)
    Stay.flow.move(
        stay, S.DISCHARGED, by=by, on=_day(stay, at), reason=reason, discharged_at=at,
        ending=ending, ending_reason=reason.strip()[:200] if ending != StayEnding.PLANNED else "",
    )  # fmt: skip
    return stay


@action(Permission.VISIT_CONDUCT, "move to another bed")
def change_bed(stay: Stay, *, bed: Bed, at: datetime, by: User) -> Stay:
    """Move a subject in house to another bed; the one it leaves is free at once."""
    stay = in_house(stay)
    refuse_future(at, "move")
    refuse_bed(bed, stay.visit)
    before = _bed_of(stay)
    period: Any = before.period
    if before.bed_id == bed.pk:
        raise ConflictError(f"{stay.visit.subject} is in {bed} already.")
    _refuse_backwards(period.lower, at, stay)
    until = max(period.upper, at)
    if until <= at:
        raise RefusedError(
            f"The stay was planned to end {say(period.upper, stay.place.zone)}."
            " Plan a later discharge first."
        )
    occupy(before, before.bed, DateTimeTZRange(period.lower, at, "[)"), by)
    after = Occupancy(visit=stay.visit, stay=stay)
    _into(after, bed, DateTimeTZRange(at, until, "[)"), by)
    return stay


def _into(occupancy: Occupancy, bed: Bed, period: DateTimeTZRange, by: User) -> None:
    """Let a subject in house have a bed, once whoever had it before is out of it."""
    occupy(occupancy, bed, period, by)
    refuse_shared(bed, occupancy.visit, period, by, period__endswith__lte=period.lower)


@action(Permission.VISIT_CONDUCT, "plan discharge")
def plan_discharge(stay: Stay, *, until: datetime, by: User) -> Stay:
    """Expect the discharge at another time; the bed is held until then."""
    stay = held_stay(stay)
    if stay.status not in STANDING:
        raise ConflictError(f"{stay} is {stay.get_status_display().lower()} already.")
    occupancy = _bed_of(stay)
    lower: Any = occupancy.period.lower
    _refuse_backwards(lower, until, stay)
    occupy(occupancy, occupancy.bed, DateTimeTZRange(lower, until, "[)"), by)
    stay.planned_from = _planned_from(stay, lower, until)
    stay.planned_until = until
    stay.save(update_fields=["planned_from", "planned_until"])
    return stay


@action(Permission.VISIT_CONDUCT, "correct times of stay")
def correct_stay(
    stay: Stay, *, admitted_at: datetime, reason: str, by: User,
    discharged_at: datetime | None = None, revision: int | None = None,
) -> Stay:  # fmt: skip
    """Put a time of admission or discharge right that was typed wrong."""
    stay = held_stay(stay, revision)
    if not reason.strip():
        raise RefusedError("Give the reason.")
    if stay.admitted_at is None or (discharged_at is None) != (stay.discharged_at is None):
        raise ConflictError(f"{stay} is {stay.get_status_display().lower()} now. Reload to see.")
    refuse_future(max(admitted_at, discharged_at or admitted_at), "corrected time")
    refuse_before_consent(stay.visit, admitted_at, f"The admission of {stay.visit.subject}")
    _refuse_backwards(admitted_at, discharged_at or timezone.now(), stay)
    _refuse_to_cut(stay, admitted_at, discharged_at)
    _stretch_beds(stay, admitted_at, discharged_at, by)
    before = stay.discharged_at
    stay.admitted_at, stay.discharged_at = admitted_at, discharged_at
    stay.save(update_fields=["admitted_at", "discharged_at"])
    for leave in stay.leaves.filter(voided_at=None, returned_at=before) if before else ():
        leave.returned_at = discharged_at  # who did not come back was away until the discharge
        leave.save(update_fields=["returned_at"])
    return stay


def _stretch_beds(stay: Stay, start: datetime, end: datetime | None, by: User) -> None:
    """Let the first bed begin and the last one end with the stay."""
    rows = list(Occupancy.objects.filter(stay=stay).select_related("bed").order_by("period"))
    for occupancy in rows:
        occupancy.visit = stay.visit
        period: Any = occupancy.period
        lower = start if occupancy is rows[0] else period.lower
        upper = end if end and occupancy is rows[-1] else period.upper
        _refuse_backwards(lower, upper, stay)
        if (lower, upper) != (period.lower, period.upper):
            occupy(occupancy, occupancy.bed, DateTimeTZRange(lower, upper, "[)"), by)


def _refuse_to_cut(stay: Stay, start: datetime, end: datetime | None) -> None:
    """Leaves and what was done by the clock stay inside the corrected times."""
    held = presence_of(stay)
    leaves = held.leaves if held else ()
    if leaves and (start > leaves[0][0] or _ends_before(end, leaves[-1][1])):
        raise RefusedError("A leave would lie outside the stay. Correct or void the leave first.")
    refuse_answers_outside(stay.visit, Presence(start, end, leaves), stay)


def _ends_before(end: datetime | None, back: datetime | None) -> bool:
    return end is not None and back is not None and end < back


def held_stay(stay: Stay, revision: int | None = None) -> Stay:
    """The stay as it is now, locked after its subject."""
    visit = hold_visit(stay.visit)
    stay = lock(stay, revision)
    stay.visit = visit
    return stay


def in_house(stay: Stay) -> Stay:
    """The stay, locked, while the subject is in the house or on leave."""
    stay = held_stay(stay)
    if not stay.is_in_house:
        raise ConflictError(
            f"{stay.visit.subject} is not in house: {stay.get_status_display().lower()}."
        )
    return stay


def refuse_future(at: datetime, what: str) -> None:
    """What is recorded has happened."""
    if at > timezone.now():
        raise RefusedError(f"The {what} would be at a time that has not come yet.")


def refuse_answers_outside(visit: Visit, presence: Presence, stay: Stay) -> None:
    """What was done by the clock was done in the house."""
    zone = stay.place.zone
    for record in clocked(visit):
        if record.done_at and (why := presence.why_not(record.done_at, zone)):
            raise RefusedError(
                f"{record.name} was done {say(record.done_at, zone)}, {why}."
                " Correct one of the times."
            )


def presence_until(stay: Stay, at: datetime) -> Presence:
    """When the subject was in the house if it is discharged then."""
    held = presence_of(stay)
    assert held is not None
    return Presence(held.admitted_at, at, held.leaves)


def refuse_while_in_house(
    subjects: Iterable[Subject], what: str, first: str = "Record the discharge", **since: datetime
) -> None:
    """Nobody who is in the house is taken out of a visit, moved to another site or admitted again."""
    rows = Stay.objects.filter(visit__subject__in=list(subjects), status__in=IN_HOUSE)
    held = rows.filter(**since).select_related("visit__subject").first()
    if held is not None:
        raise InHouseError(
            held,
            f"{held.visit.subject} is {held.get_status_display().lower()} for {held.visit.name}."
            f" {first}, then {what}.",
        )


def refuse_open_stay(visit: Visit) -> None:
    """A visit with nights is over when the subject has left the house."""
    stay = Stay.objects.filter(visit=visit, status__in=STANDING).first()
    if stay is None:
        return
    if stay.is_in_house:
        refuse_while_in_house([visit.subject], "complete the visit")
    raise InHouseError(
        stay,
        f"A bed is reserved for {visit.name} and nobody was admitted. Record admission and"
        " discharge, or release the bed.",
    )


def _expected(visit: Visit, until: datetime | None) -> DateTimeTZRange:
    """From when to when a booked visit needs its bed."""
    booking = visit.bookings.filter(is_live=True).first()
    if booking is None or not visit.is_overnight:
        raise RefusedError(f"{visit} is not booked as a stay. Give it a time first.")
    period: Any = booking.period
    planned = nights_from(visit, period.lower, period.upper)
    if until is not None and until <= planned.lower:
        raise RefusedError("The discharge would be before the admission. Check both times.")
    return DateTimeTZRange(planned.lower, until or planned.upper, "[)")


def _still_planned(stay: Stay, at: datetime) -> datetime:
    """When the discharge is expected of who comes as planned, or so late that the plan is over."""
    planned: Any = nights_from(stay.visit, at, at).upper
    return stay.planned_until if stay.planned_until > at else planned


def _planned_from(stay: Stay, start: datetime, until: datetime) -> datetime:
    """When a stay was planned to begin; of who comes and leaves before that, when it began."""
    return stay.planned_from if stay.planned_from < until else start


def _without_reservation(
    visit: Visit, bed: Bed | None, at: datetime, until: datetime | None, by: User
) -> Stay:
    """A stay for which no bed was reserved: it is chosen at the admission."""
    if not visit.is_overnight:
        raise RefusedError(f"The protocol has nobody stay overnight at {visit.name}.")
    planned = nights_from(visit, at, until or at)
    end = until or planned.upper
    if end is None or end <= at:
        raise RefusedError("Say when the discharge is expected, after the admission.")
    period = DateTimeTZRange(at, end, "[)")
    if bed is None:
        text = f"Choose a bed for {visit.subject}. {ways_out(visit.site.place, period, visit)}"
        raise BedNeededError(visit, text)
    refuse_bed(bed, visit)
    return reserve(visit, bed, period, by)


def _bed_of(stay: Stay) -> Occupancy:
    """The bed that a stay has, ready to be changed."""
    found = last_bed(stay)
    assert found is not None  # made together with the stay
    found.visit = stay.visit
    return found


def _refuse_backwards(start: datetime, end: datetime, stay: Stay) -> None:
    if end <= start:
        zone = stay.place.zone
        raise RefusedError(f"{say(end, zone)} is not after {say(start, zone)}. Check both times.")


def _refuse_early(stay: Stay, at: datetime, ending: str, reason: str) -> None:
    """Whoever leaves on an earlier day than planned leaves for a reason."""
    zone = stay.place.zone
    is_early = local_day(at, zone) < local_day(stay.planned_until, zone)
    if is_early and ending == StayEnding.PLANNED:
        raise RefusedError(
            f"The discharge was planned for {say(stay.planned_until, zone)}. Say why it is earlier."
        )
    if ending != StayEnding.PLANNED and not reason.strip():
        raise RefusedError("Give the reason.")


def _end_leave(stay: Stay, at: datetime) -> None:
    """Who does not come back from leave is discharged from there."""
    leave = stay.leaves.get(voided_at=None, returned_at=None)
    if at <= leave.left_at:
        raise RefusedError(
            f"{stay.visit.subject} left {say(leave.left_at, stay.place.zone)}."
            " The discharge is after that; or void the leave first."
        )
    leave.returned_at = at
    leave.save(update_fields=["returned_at"])


def _day(stay: Stay, at: datetime) -> Any:
    return local_day(at, stay.place.zone)
