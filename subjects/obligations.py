"""What is due about visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.roles import Role
from core.obligations import Within, rule
from subjects.models import Booking, Subject, Visit, VisitStatus
from subjects.models.subject import ACTIVE

DAY = timedelta(days=1)
AHEAD = timedelta(days=14)


def _duties(rows: QuerySet[Visit], label: str, due: str, detail: str) -> QuerySet[Visit]:
    """Visits as duties, in the columns of the obligations table."""
    return rows.annotate(
        object_id=F("pk"),
        place_id=F("site__place_id"),
        trial_id=F("subject__trial_id"),
        label=Concat(Value(label), F("name"), output_field=models.TextField()),
        detail=Concat(
            F("subject__number"), Value(" "), F("subject__trial__protocol_number"), Value(detail),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F("subject__trial__code"), Value("/subjects/"),
            F("subject__number"), Value("/"), output_field=models.TextField(),
        ),
        owner_id=Value(None, output_field=models.BigIntegerField()),
        due_on=F(due),
        due_at=Value(None, output_field=models.DateTimeField()),
    )  # fmt: skip


def _here(now: datetime) -> Cast:
    """The day it is at the visit's place."""
    local = Func(
        F("site__place__time_zone"), Value(now),
        function="timezone", output_field=models.DateTimeField(),
    )  # fmt: skip
    return Cast(local, models.DateField())


def _open(within: Within, status: Sequence[str], now: datetime) -> QuerySet[Visit]:
    """Visits in one of these states of subjects still in the trial; "here" is the local day."""
    rows = Visit.objects.filter(status__in=status, subject__status__in=ACTIVE)
    rows = rows.alias(here=_here(now))
    if within.trial_id is not None:
        rows = rows.filter(subject__trial_id=within.trial_id)
    if within.site_id is not None:
        rows = rows.filter(site_id=within.site_id)
    if within.subject_id is not None:
        rows = rows.filter(subject_id=within.subject_id)
    found: QuerySet[Visit] = rows
    return found


@rule(
    "visit.book", "Visit to book before its window closes",
    owner=Role.COORDINATOR, reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_to_book(within: Within, now: datetime) -> QuerySet[Visit]:
    """Planned visits whose window opens within two weeks and has not closed."""
    today = now.date()  # a coarse bound for the index: places are up to a day apart from it
    rows = _open(within, [VisitStatus.PLANNED], now).filter(
        earliest_on__lte=today + AHEAD + DAY, latest_on__gte=today - DAY
    )
    rows = rows.filter(earliest_on__lte=F("here") + AHEAD, latest_on__gte=F("here"))
    return _duties(rows, "Book ", "latest_on", "")


@rule(
    "visit.outcome", "Visit past its window without an outcome",
    owner=Role.COORDINATOR, reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_without_outcome(within: Within, now: datetime) -> QuerySet[Visit]:
    """Visits nobody said done, missed or cancelled of after their window or booked day went by."""
    held = [VisitStatus.BOOKED, VisitStatus.ARRIVED]
    rows = _open(within, [VisitStatus.PLANNED, *held], now).filter(latest_on__lt=now.date() + DAY)
    rows = rows.filter(
        Q(status=VisitStatus.PLANNED)
        | Q(status__in=held, bookings__is_live=True, bookings__on__lt=F("here")),
        latest_on__lt=F("here"),
    )
    return _duties(rows, "Record what became of ", "latest_on", ", window closed")


@rule(
    "visit.confirm", "Booked visit not confirmed two days before",
    owner=Role.COORDINATOR, reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_to_confirm(within: Within, now: datetime) -> QuerySet[Visit]:
    """Visits of the next two days whose subject has not said yes."""
    rows = _open(within, [VisitStatus.BOOKED], now).filter(
        bookings__is_live=True,
        bookings__confirmation=Booking.Confirmation.UNCONFIRMED,
        bookings__on__range=(now.date() - DAY, now.date() + 3 * DAY),
    )
    rows = rows.filter(bookings__on__range=(F("here"), F("here") + 2 * DAY))
    return _duties(rows.annotate(day=F("bookings__on")), "Confirm ", "day", "")
