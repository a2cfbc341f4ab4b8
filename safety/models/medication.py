"""What a subject takes besides the study drug, as it was said."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.dates import PartialDate
from core.links import address
from core.permissions import Permission
from safety.models.event import AdverseEvent, is_known
from subjects.models import Subject


class Indication(models.TextChoices):
    """What a medication is taken for."""

    EVENT = "event", "Adverse event"
    HISTORY = "history", "Medical history"
    PROPHYLAXIS = "prophylaxis", "Prophylaxis"
    OTHER = "other", "Other"


class Medication(ScopedModel):
    """A medication that a subject takes or took besides the study drug."""

    scope = "subject__site"
    view_permission = Permission.MEDICATION_VIEW
    reasoned = ("name", "dose", "started_from", "started_to", "ended_from", "ended_to")

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="medications")
    name = models.CharField("name as reported", max_length=200)
    dose = models.CharField(max_length=60, blank=True, help_text="With its unit, as 40 mg.")
    frequency = models.CharField(max_length=60, blank=True)
    route = models.CharField(max_length=60, blank=True)
    indication = models.CharField(max_length=12, choices=Indication.choices)
    event = models.ForeignKey(
        AdverseEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="medications"
    )
    condition = models.CharField("taken for", max_length=200, blank=True)
    # A date of which only month or year is known is kept as its first and its last possible day.
    started_from = models.DateField()
    started_to = models.DateField()
    ended_from = models.DateField(null=True, blank=True)
    ended_to = models.DateField(null=True, blank=True)
    is_ongoing = models.BooleanField("ongoing", default=True)
    by_name = models.CharField(max_length=150)
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=is_known("started"), name="medication_start_is_a_date"
            ),
            models.CheckConstraint(
                condition=Q(is_ongoing=True, ended_from=None, ended_to=None)
                | Q(is_ongoing=False, ended_from=None, ended_to=None)
                | Q(is_ongoing=False) & is_known("ended"),
                name="medication_ended_or_goes_on",
            ),
            models.CheckConstraint(
                condition=Q(ended_to=None) | Q(ended_to__gte=F("started_from")),
                name="medication_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(indication=Indication.EVENT, event__isnull=False)
                | ~Q(indication=Indication.EVENT) & Q(event=None) & ~Q(condition=""),
                name="medication_taken_for_something",
            ),
            models.CheckConstraint(
                condition=Q(indication__in=Indication.values), name="medication_indication_known"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="medication_voided_with_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["subject", "started_from"], name="medication_of")]

    def __str__(self) -> str:
        return f"{self.name} of {self.subject.number}"

    def get_absolute_url(self) -> str:
        """The medications on the page of the subject."""
        subject = self.subject
        return address("workspace:subject_medications", subject.trial.code, subject.number)

    @property
    def started(self) -> PartialDate:
        """Since when, as far as that is known."""
        return PartialDate.spanning(self.started_from, self.started_to)

    @property
    def ended(self) -> PartialDate | None:
        """Until when, as far as that is known."""
        if self.ended_from is None or self.ended_to is None:
            return None
        return PartialDate.spanning(self.ended_from, self.ended_to)

    @property
    def taken_for(self) -> str:
        """The event, the condition, or what else it is for."""
        return f"{self.event}: {self.event.term}" if self.event else self.condition
