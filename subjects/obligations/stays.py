"""What is due about stays: discharges, returns from leave, and samples by the clock."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from subjects.models import Leave, ProcedureRecord, Stay, StayStatus, Subject, Visit
from subjects.models.stay import IN_HOUSE
from subjects.stays import NEXT_SAMPLE

OF_VISIT = {
    "trial_id": "visit__subject__trial", "site_id": "visit__site",
    "subject_id": "visit__subject", "place_id": "visit__site__place",
}  # fmt: skip


def _duties(rows: QuerySet[Any], within: Within, label: str, due_at: str) -> QuerySet[Any]:
    """Rows of stays as duties, in the columns of the obligations table."""
    local = Func(
        F("visit__site__place__time_zone"), F(due_at), function="timezone",
        output_field=models.DateTimeField(),
    )  # fmt: skip
    place = {} if rows.model is Stay else {"place_id": F("visit__site__place_id")}
    duties: QuerySet[Any] = within.narrow(rows, **OF_VISIT).annotate(
        **place,
        object_id=F("pk"),
        trial_id=F("visit__subject__trial_id"),
        site_id=F("visit__site_id"),
        subject_id=F("visit__subject_id"),
        label=Concat(
            Value(f"{label} "), F("visit__subject__number"), output_field=models.TextField()
        ),
        detail=Concat(
            F("visit__name"), Value(" "), F("visit__subject__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/visits/"), Cast("visit_id", models.TextField()), Value("/stay/"),
            output_field=models.TextField(),
        ),
        owner_id=Value(None, output_field=models.BigIntegerField()),
        due_at=F(due_at),
        due_on=Cast(local, models.DateField()),
    )  # fmt: skip
    return duties


@rule(
    "stay.discharge", "In house past the planned discharge",
    owner=Role.COORDINATOR, icon="door", reads=(Stay, Visit, Subject),
)  # fmt: skip
def stay_to_end(within: Within, now: Moment) -> QuerySet[Stay]:
    """Subjects in the house whose planned discharge has gone by."""
    rows = Stay.objects.filter(status__in=IN_HOUSE, planned_until__lt=now)
    return _duties(rows, within, "Discharge, or plan longer:", "planned_until")


@rule(
    "stay.leave", "Not back from leave",
    owner=Role.COORDINATOR, icon="alert", reads=(Leave, Stay, Visit, Subject),
)  # fmt: skip
def leave_to_end(within: Within, now: Moment) -> QuerySet[Leave]:
    """Leaves from which the subject was to be back by now."""
    rows = Leave.objects.filter(
        stay__status=StayStatus.ON_LEAVE, voided_at=None, returned_at=None,
        expected_at__lt=now,
    )  # fmt: skip
    return _duties(rows, within, "Not back from leave:", "expected_at")


@rule(
    "stay.sample", "Next sample by the clock of a stay",
    owner=Role.COORDINATOR, icon="clock", reads=(ProcedureRecord, Stay, Visit, Subject),
)  # fmt: skip
def sample_due(within: Within, now: Moment) -> QuerySet[Stay]:
    """Subjects in the house with a timed sample that nobody has answered, by the time of the next."""
    rows = Stay.objects.filter(status__in=IN_HOUSE).alias(sample=NEXT_SAMPLE)
    return _duties(rows.filter(sample__isnull=False), within, "Take the next sample of", "sample")
