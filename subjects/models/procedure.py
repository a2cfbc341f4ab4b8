"""What was done at visits, procedure by procedure, and the values that were measured."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.permissions import Permission
from sites.models import Equipment, Person
from subjects.models.visit import Visit
from trials.models import ProcedureDefinition


class Outcome(models.TextChoices):
    """What became of a procedure at a visit."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    PARTLY = "partly", "Partly done"
    NOT_DONE = "not_done", "Not done"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class WhyNot(models.TextChoices):
    """Why a procedure was not done, or only partly."""

    EQUIPMENT = "equipment", "Equipment failed"
    REFUSED = "refused", "Subject declined"
    UNWELL = "unwell", "Subject unwell"
    NOT_OBTAINED = "not_obtained", "Sample could not be obtained"
    STAFF = "staff", "Nobody available"
    TIME = "time", "No time left"
    FORGOTTEN = "forgotten", "Forgotten"
    MEDICAL = "medical", "Medical decision"
    OTHER = "other", "Other"


PERFORMED = (Outcome.DONE, Outcome.PARTLY)
LACKING = (Outcome.NOT_DONE, Outcome.PARTLY)


class ProcedureRecord(ScopedModel):
    """One procedure of a visit, or one timed sample of it: done when and by whom, or why not."""

    Outcome = Outcome
    WhyNot = WhyNot
    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="procedures")
    definition = models.ForeignKey(
        ProcedureDefinition, null=True, on_delete=models.PROTECT, related_name="records"
    )
    minute = models.IntegerField(null=True, help_text="of a timed sample, from time zero")
    name = models.CharField(max_length=300)
    outcome = models.CharField(max_length=14, choices=Outcome.choices, default=Outcome.OPEN)
    done_at = models.DateTimeField(null=True)
    performer = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="procedures"
    )
    equipment = models.ForeignKey(
        Equipment, null=True, on_delete=models.PROTECT, related_name="procedures"
    )
    why_not = models.CharField(max_length=14, choices=WhyNot.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    is_pending = models.BooleanField(default=False, help_text="the result is awaited")
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit", "definition", "minute"],
                condition=Q(definition__isnull=False),
                nulls_distinct=False,
                name="procedure_record_once",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=PERFORMED)
                | Q(done_at__isnull=False, performer__isnull=False),
                name="procedure_done_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=LACKING) & ~Q(why_not="")
                | ~Q(outcome__in=LACKING) & Q(why_not=""),
                name="procedure_lacking_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_pending=False) | Q(outcome__in=PERFORMED),
                name="procedure_pending_was_done",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="procedure_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(why_not="") | Q(why_not__in=WhyNot.values),
                name="procedure_why_not_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["visit"], condition=Q(is_pending=True), name="procedure_result_awaited"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.visit}"

    def get_absolute_url(self) -> str:
        """The procedure on the page of its visit."""
        return f"{self.visit.conduct_url}#record-{self.pk}"


class Measurement(ScopedModel):
    """A measured value with its unit and the range that held; a repeat stands beside the first."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="measurements")
    record = models.ForeignKey(
        ProcedureRecord, on_delete=models.PROTECT, related_name="measurements"
    )
    measure = models.CharField(max_length=12, help_text="code of CDISC SDTM")
    attempt = models.PositiveSmallIntegerField(default=1)
    value = models.DecimalField(max_digits=9, decimal_places=2)
    unit = models.CharField(max_length=12)
    low = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    high = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    taken_at = models.DateTimeField()
    kept_because = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "measure", "attempt"], name="measurement_once"
            ),
            models.CheckConstraint(
                condition=Q(attempt__range=(1, 9)), name="measurement_attempt_counts"
            ),
            models.CheckConstraint(
                condition=Q(low=None, high=None) | Q(low__lte=F("high")),
                name="measurement_range_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.value.normalize():f} {self.unit}"

    @property
    def is_usual(self) -> bool:
        """Whether the value lies in the range that held when it was taken."""
        return (self.low is None or self.value >= self.low) and (
            self.high is None or self.value <= self.high
        )


class OtherAnswer(ScopedModel):
    """A second answer to a procedure, given without seeing the first; kept until somebody decides."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="other_answers")
    record = models.ForeignKey(
        ProcedureRecord, on_delete=models.PROTECT, related_name="other_answers"
    )
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    done_at = models.DateTimeField(null=True)
    performer = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="other_answers"
    )
    why_not = models.CharField(max_length=14, choices=WhyNot.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict, help_text="measured values by code and attempt")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    is_taken = models.BooleanField(null=True, help_text="whether it replaced the first answer")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="other_answer_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, said by {self.by_name}"
