"""Who is to be reminded now, and of what: read anew right before each mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone

from sites.models import Place
from subjects.courses import here
from subjects.models import (
    Booking,
    Preference,
    Reminder,
    ReminderPlan,
    SubjectIdentity,
    VisitStatus,
)
from subjects.models.reminder import LONGEST
from subjects.models.subject import ACTIVE

FROM, TO = time(9), time(20)  # the clocks of the place; nobody is written to at night
UNSURE_AFTER = timedelta(minutes=15)  # since when a mail that is on its way is not believed in
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A booking of which its subject is to be reminded now."""

    booking: Booking
    days_before: int


def plan_of(place: Place) -> ReminderPlan:
    """How a place reminds: as it said, or as everybody does."""
    return ReminderPlan.objects.filter(place=place).first() or ReminderPlan(place=place)


def due(now: datetime) -> Iterator[Due]:
    """The bookings to remind of by mail at this moment, in every place: two queries."""
    rows = (
        bookings_to_remind(Preference.Reminded.EMAIL)
        .alias(here=here("place__time_zone", now))
        .filter(on__gt=F("here"), on__lte=F("here") + LONGEST * DAY)
        .select_related("place", "visit__subject")
    )
    plans = {plan.place_id: plan for plan in ReminderPlan.objects.all()}
    for booking in rows.order_by("period", "pk"):
        plan = plans.get(booking.place_id) or ReminderPlan(place=booking.place)
        days = _days_before(booking, plan, now)
        if days and not is_kept(booking, days):
            yield Due(booking, days)


def bookings_to_remind(by: str) -> Any:
    """The bookings that stand, of subjects in the trial who agreed to be reminded in this way."""
    agreed = Preference.objects.filter(subject=OuterRef("visit__subject_id"), reminder=by)
    return Booking.objects.filter(
        Exists(agreed), is_live=True, visit__status=VisitStatus.BOOKED,
        visit__subject__status__in=ACTIVE,
    )  # fmt: skip


def is_kept(booking: Booking, days: int) -> bool:
    """Whether this reminder of this time went out, or is on its way."""
    period: Any = booking.period
    kept = Reminder.objects.filter(booking=booking, starts_at=period.lower, days_before=days)
    return kept.exists()


def _days_before(booking: Booking, plan: ReminderPlan, now: datetime) -> int:
    """Which of the reminders of a booking is due now; none by night or once the day has come."""
    local = now.astimezone(booking.place.zone)
    left = (booking.on - local.date()).days
    if not (plan.is_on and FROM <= local.time() < TO and left > 0):
        return 0
    return min((days for days in plan.days_before if days >= left), default=0)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to go out; it is never printed, for it holds an address."""

    to: str
    head: str
    body: str

    def __repr__(self) -> str:
        return "Letter()"


def letter_of(booking: Booking) -> Letter:
    """The mail about a booking, in the language of its subject; without an address it cannot go."""
    subject, place = booking.visit.subject, booking.place
    preference = Preference.objects.get(subject=subject)
    identity = SubjectIdentity.objects.filter(subject=subject).first()
    plan, period = plan_of(place), booking.period
    start: Any = period.lower
    with timezone.override(place.zone):  # times in the letter are those of its clocks
        text = render_to_string(
            f"subjects/mail/reminder.{preference.language}.txt",
            {
                "name": identity.name if identity else "", "start": start,
                "place": place, "phone": plan.phone or place.phone, "note": plan.note,
                "preference": preference, "is_call": booking.visit.is_call,
            },
        )  # fmt: skip
    head, _, body = text.partition("\n\n")
    return Letter(identity.email if identity else "", head.strip(), body.strip() + "\n")
