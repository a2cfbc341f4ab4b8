"""Eligibility of subjects: an answer to each criterion, waivers, and the investigator's decision."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from subjects.models.subject import Subject
from trials.models import Criterion, ScheduleVersion


class Answer(models.TextChoices):
    """What is so; inclusion criteria are met or not, what excludes is present or not."""

    PENDING = "pending", "Pending"
    MET = "met", "Met"
    NOT_MET = "not_met", "Not met"
    ABSENT = "absent", "Not present"
    PRESENT = "present", "Present"
    NOT_APPLICABLE = "not_applicable", "Does not apply"


A = Answer
OF_CATEGORY: dict[str, tuple[Answer, ...]] = {
    Criterion.Category.INCLUSION: (A.PENDING, A.MET, A.NOT_MET, A.NOT_APPLICABLE),
    Criterion.Category.EXCLUSION: (A.PENDING, A.ABSENT, A.PRESENT, A.NOT_APPLICABLE),
}
FULFILLED = (A.MET, A.ABSENT, A.NOT_APPLICABLE)
FAILED = (A.NOT_MET, A.PRESENT)


class Eligibility(ScopedModel):
    """Whether a subject may take part, by the criteria of the protocol under which it was screened."""

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW

    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="eligibility")
    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_on = models.DateField(null=True, editable=False)
    decided_by = models.CharField(max_length=150, blank=True, editable=False)
    is_current = models.BooleanField(
        default=False, editable=False, help_text="nothing was changed since it was signed"
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "eligibilities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "version"], name="eligibility_under_version"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_on=None, decided_by="", is_current=False)
                | Q(decided_at__isnull=False, decided_on__isnull=False) & ~Q(decided_by=""),
                name="eligibility_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Eligibility of {self.subject.number}"

    def get_absolute_url(self) -> str:
        """The criteria on the page of the subject."""
        subject = self.subject
        return address("workspace:subject_eligibility", subject.trial.code, subject.number)


class CriterionAnswer(ScopedModel):
    """The answer to one criterion for a subject, with its source and its date."""

    scope = "eligibility__subject__site"
    part_of = "eligibility"
    view_permission = Permission.SUBJECT_VIEW

    eligibility = models.ForeignKey(Eligibility, on_delete=models.PROTECT, related_name="answers")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="answers")
    category = models.CharField(max_length=10, choices=Criterion.Category.choices)
    answer = models.CharField(max_length=14, choices=Answer.choices, default=Answer.PENDING)
    source = models.CharField(max_length=200, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    by_name = models.CharField(max_length=150)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["eligibility", "criterion"], name="criterion_answer_once"),
            models.CheckConstraint(
                condition=Q(category="inclusion", answer__in=OF_CATEGORY["inclusion"])
                | Q(category="exclusion", answer__in=OF_CATEGORY["exclusion"]),
                name="criterion_answer_of_category",
            ),
            models.CheckConstraint(
                condition=Q(answer=Answer.PENDING) | Q(answered_on__isnull=False),
                name="criterion_answer_has_a_day",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.criterion} of {self.eligibility.subject.number}"


class WaiverStatus(models.TextChoices):
    """How far a waiver is."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class Waiver(ScopedModel):
    """A criterion that a subject does not fulfil and that the sponsor is asked to waive."""

    Status = WaiverStatus
    scope = "eligibility__subject__site"
    part_of = "eligibility"
    view_permission = Permission.SUBJECT_VIEW
    flow = Flow(
        {
            WaiverStatus.REQUESTED: {WaiverStatus.APPROVED, WaiverStatus.REFUSED},
            WaiverStatus.APPROVED: {WaiverStatus.REFUSED},
        },
        reasons={WaiverStatus.APPROVED, WaiverStatus.REFUSED},
    )

    eligibility = models.ForeignKey(Eligibility, on_delete=models.PROTECT, related_name="waivers")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="waivers")
    reason = models.CharField(max_length=300)
    requested_by = models.CharField(max_length=150)
    status = models.CharField(
        max_length=10, choices=WaiverStatus.choices, default=WaiverStatus.REQUESTED
    )
    decided_by = models.CharField(max_length=150, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["eligibility", "criterion"],
                condition=~Q(status="refused"),
                name="waiver_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WaiverStatus.values), name="waiver_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="requested") | Q(decided_on__isnull=False) & ~Q(decided_by=""),
                name="waiver_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Waiver of {self.criterion} for {self.eligibility.subject.number}"
