"""What is due about visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.roles import Role
from core.obligations import Within, rule
from subjects.models import Booking, Subject, Visit, VisitStatus
from subjects.models.subject import ACTIVE

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


def _open(within: Within, status: Sequence[str]) -> QuerySet[Visit]:
    rows = Visit.objects.filter(status__in=status, subject__status__in=ACTIVE)
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
    today = now.date()
    rows = _open(within, [VisitStatus.PLANNED]).filter(
        earliest_on__lte=today + AHEAD, latest_on__gte=today
    )
    return _duties(rows, "Book ", "latest_on", "")


@rule(
    "visit.outcome", "Visit past its window without an outcome",
    owner=Role.COORDINATOR, reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_without_outcome(within: Within, now: datetime) -> QuerySet[Visit]:
    """Visits nobody said done, missed or cancelled of after their window or booked day went by."""
    today = now.date()
    waiting = [VisitStatus.PLANNED, VisitStatus.BOOKED, VisitStatus.ARRIVED]
    rows = _open(within, waiting).filter(
        Q(status=VisitStatus.PLANNED, latest_on__lt=today)
        | Q(
            status__in=waiting[1:], latest_on__lt=today,
            bookings__is_live=True, bookings__on__lt=today,
        )
    )  # fmt: skip
    return _duties(rows, "Record what became of ", "latest_on", ", window closed")


@rule(
    "visit.confirm", "Booked visit not confirmed two days before",
    owner=Role.COORDINATOR, reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_to_confirm(within: Within, now: datetime) -> QuerySet[Visit]:
    """Visits of the next two days whose subject has not said yes."""
    today = now.date()
    rows = _open(within, [VisitStatus.BOOKED]).filter(
        bookings__is_live=True,
        bookings__confirmation=Booking.Confirmation.UNCONFIRMED,
        bookings__on__range=(today, today + timedelta(days=2)),
    )
    return _duties(rows.annotate(day=F("bookings__on")), "Confirm ", "day", "")
