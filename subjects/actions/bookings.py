"""Giving visits a time, moving them and taking it away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_clock, show_day, show_weekday
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.actions.claims import queue
from sites.models import (
    Bed,
    Claim,
    ClaimKind,
    Delegation,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    Task,
)
from subjects.actions.beds import bed_for, reserve, wants
from subjects.actions.deviations import draft, is_outside, outside_text, redraft
from subjects.actions.plan import (
    hold_visit,
    keep_next,
    refuse_after_the_end,
    release,
    replan,
)
from subjects.beds import nights_from
from subjects.models import Booking, Visit
from subjects.models.visit import OPEN
from subjects.queries import planned_transfer


class OutsideWindowError(RefusedError):
    """The wanted day is outside the protocol window and no reason was given for it."""

    code = "outside_window"

    def __init__(self, visit: Visit, on: date) -> None:
        self.visit, self.on = visit, on
        super().__init__(outside_text(visit, on))


class TakenError(ConflictError):
    """A room, a person or the subject is already booked at that time."""

    code = "taken"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time, a room, a person and for a stay a bed asked for."""

    start: datetime
    minutes: int
    room: Room | None = None
    person: Person | None = None
    bed: Bed | None = None

    @property
    def period(self) -> DateTimeTZRange:
        """The stretch of time, its end excluded."""
        return DateTimeTZRange(self.start, self.start + timedelta(minutes=self.minutes), "[)")


@action(Permission.VISIT_BOOK, "book")
def book(
    visit: Visit, *, wanted: Wanted, by: User, reason: str = "", tell: bool = True,
    revision: int | None = None,
) -> Booking:  # fmt: skip
    """Give a visit its time; outside the window only with a reason, which drafts a deviation."""
    visit = hold_visit(visit, revision)
    place = visit.site.place
    on = _check(visit, wanted, place, reason)
    bed = bed_for(visit, wanted.start, wanted.period.upper, wanted.bed)
    booking = Booking(
        visit=visit, place=place, room=wanted.room, person=wanted.person, period=wanted.period,
        on=on, zone=place.time_zone,
    )  # fmt: skip
    queue([*_resources(booking, visit), *wants(visit, bed)])
    with _refusing_clashes(visit, wanted):
        booking.save()
        _claim(booking, visit)
    _reserve(visit, bed, wanted, by)
    Visit.flow.move(visit, Visit.Status.BOOKED, by=by, on=today_at(visit), outcome_reason="")
    _settle(visit, on, reason, tell=tell)
    return booking


@action(Permission.VISIT_BOOK, "move")
def move(
    booking: Booking, *, wanted: Wanted, by: User, reason: str = "", tell: bool = True,
    revision: int | None = None,
) -> Booking:  # fmt: skip
    """Move a booked visit; its old time is free at once."""
    visit = hold_visit(booking.visit)
    booking = _live(booking, revision)
    if visit.status not in OPEN:
        raise ConflictError(f"{visit} is {visit.get_status_display().lower()}; it cannot move.")
    on = _check(visit, wanted, booking.place, reason)
    bed = bed_for(visit, wanted.start, wanted.period.upper, wanted.bed)
    before = _resources(booking, visit)
    booking.room, booking.person, booking.period, booking.on = (
        wanted.room, wanted.person, wanted.period, on,
    )  # fmt: skip
    queue([*before, *_resources(booking, visit), *wants(visit, bed)])
    Claim.objects.filter(holder="booking", holder_id=booking.pk).delete()
    booking.confirmation = Booking.Confirmation.UNCONFIRMED
    with _refusing_clashes(visit, wanted):
        booking.save(update_fields=["room", "person", "period", "on", "confirmation"])
        _claim(booking, visit)
    _reserve(visit, bed, wanted, by)
    _settle(visit, on, reason, tell=tell)
    booking.refresh_from_db()
    return booking


@action(Permission.VISIT_BOOK, "unbook")
def unbook(booking: Booking, *, by: User, reason: str = "") -> Visit:
    """Take the time of a visit away; it waits for another, unless its schedule no longer has it."""
    visit = hold_visit(booking.visit)
    _live(booking)
    Visit.flow.move(visit, Visit.Status.PLANNED, by=by, on=today_at(visit), reason=reason)
    release([visit.pk], by=by)
    replan(visit.subject, by=by)
    visit.refresh_from_db()
    return visit


@action(Permission.VISIT_BOOK, "confirm")
def confirm(booking: Booking, *, by: User) -> Booking:
    """Note that the subject said yes to the time."""
    booking = _live(booking)
    booking.confirmation = Booking.Confirmation.CONFIRMED
    booking.save(update_fields=["confirmation"])
    return booking


def _reserve(visit: Visit, bed: Bed | None, wanted: Wanted, by: User) -> None:
    if bed is not None:
        reserve(visit, bed, nights_from(visit, wanted.start, wanted.period.upper), by)


def _live(booking: Booking, revision: int | None = None) -> Booking:
    """The booking, locked, while it stands."""
    booking = lock(booking, revision)
    if not booking.is_live:
        raise ConflictError(f"{booking.visit} lost that time meanwhile. Reload to see when it is.")
    return booking


def today_at(visit: Visit) -> date:
    """The day it is where the visit takes place."""
    return timezone.localdate(timezone=visit.site.place.zone)


def _settle(visit: Visit, on: date, reason: str, *, tell: bool) -> None:
    """After a booking: what deviates, what does no longer, and what comes next."""
    redraft([visit.subject_id])
    if is_outside(visit, on):
        draft(visit, on, reason, tell=tell)
    keep_next(visit.subject)


def _check(visit: Visit, wanted: Wanted, place: Place, reason: str) -> date:
    """Hard stops first, then the window; returns the day in the zone of the place."""
    refuse_after_the_end(visit.subject)
    start, end = wanted.start.astimezone(place.zone), wanted.period.upper.astimezone(place.zone)
    _check_open(place, start, end)
    _check_still_here(visit, start.date())
    if wanted.room is not None:
        _check_room(wanted.room, place)
    if wanted.person is not None:
        _check_person(wanted.person, place)
        _check_delegated(visit, wanted.person, start.date())
    if is_outside(visit, start.date()) and not reason.strip():
        raise OutsideWindowError(visit, start.date())
    return start.date()


def _check_still_here(visit: Visit, on: date) -> None:
    away = planned_transfer(visit.subject)
    if away is not None and on >= away.on:
        raise RefusedError(
            f"{visit.subject} moves to {away.to_site} on {show_day(away.on)}. Choose a day before,"
            " or book the visit there once the subject has moved."
        )


def _check_room(room: Room, place: Place) -> None:
    if room.place_id != place.pk:
        raise RefusedError(f"{room} is not at {place}. Choose a room of this place.")
    if not Room.objects.filter(pk=room.pk, is_active=True).exists():
        raise RefusedError(f"{room} is out of use. Choose another room.")


def _check_person(person: Person, place: Place) -> None:
    if not Person.objects.filter(pk=person.pk, is_active=True).exists():
        raise RefusedError(f"{person} has left {place}. Choose another person.")


def _check_open(place: Place, start: datetime, end: datetime) -> None:
    closed = place.closures.filter(period__overlap=DateTimeTZRange(start, end, "[)")).first()
    if closed is not None:
        raise TakenError(f"{place} is closed then: {closed.reason}. Choose another time.")
    holiday = Holiday.objects.filter(country=place.country, on=start.date()).first()
    if holiday is not None:
        day = show_weekday(start.date())
        raise TakenError(f"{place} is closed on {day}: {holiday}. Choose another day.")
    week = list(OpeningHours.objects.filter(place=place).order_by("opens"))
    hours = [part for part in week if part.weekday == start.weekday()]
    if week and not any(_lies_in(part, start, end) for part in hours):
        raise TakenError(f"{place} is {_open_text(hours, start)}")


def _open_text(hours: list[OpeningHours], on: datetime) -> str:
    """When a place is open on such a weekday, in words."""
    if not hours:
        return f"closed on {on:%A}s. Choose another day."
    times = " and ".join(f"{part.opens:%H:%M} to {part.closes:%H:%M}" for part in hours)
    return f"open {times} on {on:%A}s."


def _lies_in(part: OpeningHours, start: datetime, end: datetime) -> bool:
    is_one_day = start.date() == end.date()
    return is_one_day and part.opens <= start.time() and end.time() <= part.closes


def _check_delegated(visit: Visit, person: Person, on: date) -> None:
    tasks = (Task.PHONE, Task.VISITS)
    delegated = Delegation.objects.filter(
        site_id=visit.site_id, person=person, task__in=tasks, during__contains=on
    ).exists()
    if not delegated:
        raise RefusedError(
            f"{person} has no delegation for visits at {visit.site} on {show_weekday(on)}."
            " Choose another person or add the delegation."
        )


class _refusing_clashes:  # noqa: N801 - reads as a statement
    """Turn the exclusion constraint's refusal into words that name the clash."""

    def __init__(self, visit: Visit, wanted: Wanted) -> None:
        self.visit, self.wanted = visit, wanted
        self.savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self.savepoint.__enter__()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.savepoint.__exit__(kind, error, trace)  # type: ignore[arg-type]
        if isinstance(error, IntegrityError):
            name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
            if name == "claim_no_overlap":
                raise TakenError(clash_text(self.visit, self.wanted)) from error
            if name == "booking_live_once":
                raise ConflictError(f"{self.visit} was booked meanwhile. Reload to see when.")


def clash_text(visit: Visit, wanted: Wanted) -> str:
    """Who or what is taken at the wanted time, by which subject number where that may be said."""
    resources = {
        ClaimKind.ROOM: wanted.room, ClaimKind.PERSON: wanted.person,
        ClaimKind.SUBJECT: visit.subject,
    }  # fmt: skip
    for kind, resource in resources.items():
        if resource is None:
            continue
        clash = (
            Claim.objects.filter(
                kind=kind, resource_id=resource.pk, is_live=True, period__overlap=wanted.period
            )
            .order_by("period")
            .first()
        )
        if clash is not None:
            zone = visit.site.place.zone
            lower, upper = clash.period.lower.astimezone(zone), clash.period.upper.astimezone(zone)
            word = {"absence": "away", "closure": "closed"}.get(clash.holder, "booked")
            return f"{resource} is {word} {show_clock(lower)} to {show_clock(upper)}. Choose another time."
    return "That time was taken a moment ago. Choose another slot."


def _claim(booking: Booking, visit: Visit) -> None:
    Claim.objects.bulk_create(claims_of(booking, visit))


def claims_of(booking: Booking, visit: Visit) -> list[Claim]:
    """What holds room, person and subject for the time of the booking."""
    return [
        Claim(
            place_id=booking.place_id, kind=kind, resource_id=resource_id, period=booking.period,
            holder="booking", holder_id=booking.pk,
        )
        for kind, resource_id in _resources(booking, visit)
    ]  # fmt: skip


def _resources(booking: Booking, visit: Visit) -> list[tuple[int, int]]:
    """The room, the person and the subject of a booking, by kind and key."""
    found = [
        (ClaimKind.ROOM, booking.room_id), (ClaimKind.PERSON, booking.person_id),
        (ClaimKind.SUBJECT, visit.subject_id),
    ]  # fmt: skip
    return [(kind, pk) for kind, pk in found if pk is not None]
