"""Whom to call: subjects whose reminder did not go out, and those who are reminded by telephone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from subjects.courses import here
from subjects.models import Booking, Contact, Preference, Reminder, ReminderStatus, Subject, Visit
from subjects.models.subject import ACTIVE
from subjects.models.visit import VisitStatus
from subjects.reminders import UNSURE_AFTER, bookings_to_remind

DAY = timedelta(days=1)
OF_VISIT = {
    "trial_id": "visit__subject__trial", "site_id": "visit__site",
    "subject_id": "visit__subject", "place_id": "visit__site__place",
}  # fmt: skip


def _calls(rows: QuerySet[Any], within: Within, why: str, on: str) -> QuerySet[Any]:
    """Rows of bookings as duties to call the day before, in the columns of the obligations table."""
    place = {} if rows.model is Booking else {"place_id": F("visit__site__place_id")}
    duties: QuerySet[Any] = within.narrow(rows, **OF_VISIT).annotate(
        **place,
        object_id=F("pk"),
        trial_id=F("visit__subject__trial_id"),
        site_id=F("visit__site_id"),
        subject_id=F("visit__subject_id"),
        label=Concat(
            Value("Call "), F("visit__subject__number"), Value(" to remind of "),
            F("visit__name"), output_field=models.TextField(),
        ),
        detail=Concat(
            F("visit__subject__trial__protocol_number"), Value(why), output_field=models.TextField()
        ),
        url=Concat(
            Value("/trials/"), F("visit__subject__trial__code"), Value("/subjects/"),
            F("visit__subject__number"), Value("/activity/"), output_field=models.TextField(),
        ),
        owner_id=Value(None, output_field=models.BigIntegerField()),
        due_on=models.ExpressionWrapper(F(on) - Value(DAY), output_field=models.DateField()),
        due_at=Value(None, output_field=models.DateTimeField()),
    )  # fmt: skip
    return duties


def _called() -> QuerySet[Contact]:
    """Contacts with the subject of a visit, without the mails that go out by themselves."""
    rows: QuerySet[Contact] = Contact.objects.filter(subject=OuterRef("visit__subject_id"))
    return rows.exclude(result=Contact.Result.SENT)


@rule(
    "reminder.failed", "Reminder that could not be sent: call",
    owner=Role.COORDINATOR, icon="phone", reads=(Reminder, Booking, Contact, Visit, Subject),
)  # fmt: skip
def reminder_failed(within: Within, now: Moment) -> QuerySet[Reminder]:
    """Reminders of times that stand, which did not go out or of which nobody knows, until a call."""
    rows = Reminder.objects.filter(
        Q(status=ReminderStatus.FAILED)
        | Q(status=ReminderStatus.BEGUN, begun_at__lt=now - UNSURE_AFTER),
        ~Exists(_called().filter(at__gte=OuterRef("begun_at"))),
        booking__is_live=True, visit__status=VisitStatus.BOOKED,
        booking__period__startswith=F("starts_at"), starts_at__gt=now,
        visit__subject__status__in=ACTIVE,
    )  # fmt: skip
    later = Reminder.objects.filter(
        booking=OuterRef("booking_id"), starts_at=OuterRef("starts_at"),
        days_before__lt=OuterRef("days_before"),
    )  # fmt: skip
    return _calls(rows.filter(~Exists(later)), within, ", the mail did not go out", "booking__on")


@rule(
    "reminder.call", "Subject to remind by telephone",
    owner=Role.COORDINATOR, icon="phone",
    reads=(Preference, Booking, Contact, Visit, Subject),
)  # fmt: skip
def reminder_call(within: Within, now: Moment) -> QuerySet[Booking]:
    """Bookings of the next two days of subjects who want to be called, until somebody did."""
    start = models.functions.Cast(F("on"), models.DateTimeField())
    rows = bookings_to_remind(Preference.Reminded.PHONE).filter(
        on__range=(now.date() - DAY, now.date() + 3 * DAY)
    )
    rows = rows.alias(
        here=here("visit__site__place__time_zone", now),
        called_from=models.ExpressionWrapper(
            start - Value(2 * DAY), output_field=models.DateTimeField()
        ),
    ).filter(on__gt=F("here"), on__lte=F("here") + 2 * DAY)
    called = _called().filter(at__gte=OuterRef("called_from"))
    return _calls(rows.filter(~Exists(called)), within, ", wants to be called", "on")
