"""Reminders of booked visits: how a place reminds, and what was sent."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.flow import Flow
from core.permissions import Permission
from sites.models import Place
from subjects.models.visit import Booking, Visit

LONGEST = 14  # days before a visit


def two_days_and_one() -> list[int]:
    """When subjects are reminded unless the place says otherwise."""
    return [2, 1]


class ReminderPlan(ScopedModel):
    """How a place reminds its subjects: on which days before, and what is said besides."""

    scope = "place"
    view_permission = Permission.PLACE_VIEW
    shared_below = True

    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="reminder_plan")
    is_on = models.BooleanField("send reminders", default=True)
    days_before = ArrayField(
        models.PositiveSmallIntegerField(
            validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
        ),
        default=two_days_and_one, size=5,
        help_text="Days before the visit, with commas between them, for example 2, 1.",
    )  # fmt: skip
    phone = models.CharField(
        "telephone to call", max_length=40, blank=True,
        help_text="Without one the number of the place is given.",
    )  # fmt: skip
    note = models.CharField(
        "what to say besides", max_length=300, blank=True,
        help_text="How to find you, for example. Nothing about a study or an illness.",
    )  # fmt: skip
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(days_before__len__gt=0)
                & Q(days_before__contained_by=list(range(1, LONGEST + 1))),
                name="reminder_days_known",
            )
        ]

    def __str__(self) -> str:
        return f"Reminders of {self.place}"


class ReminderStatus(models.TextChoices):
    """What became of a reminder."""

    BEGUN = "begun", "On its way"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"


R = ReminderStatus


class Reminder(ScopedModel):
    """One mail about one time of a booking; it is kept before it goes out, so that none goes twice."""

    Status = ReminderStatus
    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.CONTACT_VIEW
    flow = Flow({R.BEGUN: {R.SENT, R.FAILED}})

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="reminders")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="reminders")
    starts_at = models.DateTimeField(help_text="the time of which it reminds")
    days_before = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=ReminderStatus.choices, default=R.BEGUN)
    begun_at = models.DateTimeField()
    problem = models.CharField(max_length=60, blank=True, help_text="the kind of error, no address")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["booking", "starts_at", "days_before"], name="reminder_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReminderStatus.values), name="reminder_status_known"
            ),
            models.CheckConstraint(
                condition=Q(days_before__range=(1, LONGEST)), name="reminder_days_before"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["booking"], condition=~Q(status=R.SENT), name="reminder_not_sent"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Reminder of {self.visit}"
