"""Visits, the bookings that give them a time, and planned deviations."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from sites.models import Person, Place, Room, Site
from subjects.models.subject import Subject
from trials.models import VisitDefinition


class VisitStatus(models.TextChoices):
    """What has become of a visit."""

    PLANNED = "planned", "To book"
    BOOKED = "booked", "Booked"
    ARRIVED = "arrived", "Arrived"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    MISSED = "missed", "Missed"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Skipped"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


V = VisitStatus
OPEN = (V.PLANNED, V.BOOKED, V.ARRIVED, V.IN_PROGRESS)
WITHOUT_VISIT = (V.MISSED, V.CANCELLED, V.SKIPPED, V.NOT_APPLICABLE)
INPATIENT = VisitDefinition.Modality.INPATIENT
CALLS = frozenset({"phone", "video"})  # ways of a visit for which nobody arrives


class Visit(ScopedModel):
    """One visit of one subject: what the protocol asks, and what became of it."""

    Status = VisitStatus
    scope = "site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("performed_on",)
    flow = Flow(
        {
            V.PLANNED: {V.BOOKED, V.ARRIVED, V.COMPLETED, *WITHOUT_VISIT},
            V.BOOKED: {V.PLANNED, V.ARRIVED, V.COMPLETED, *WITHOUT_VISIT},
            V.ARRIVED: {V.BOOKED, V.IN_PROGRESS, V.COMPLETED, *WITHOUT_VISIT},
            V.IN_PROGRESS: {V.COMPLETED, V.CANCELLED},
            V.MISSED: {V.PLANNED, V.BOOKED},
            V.CANCELLED: {V.PLANNED, V.BOOKED},
            V.SKIPPED: {V.PLANNED, V.BOOKED},
            V.NOT_APPLICABLE: {V.PLANNED},
        },
        reasons={V.MISSED, V.CANCELLED, V.SKIPPED},
    )

    class Kind(models.TextChoices):
        """Whether the protocol planned the visit."""

        SCHEDULED = "scheduled", "Scheduled"
        UNSCHEDULED = "unscheduled", "Unscheduled"

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="visits")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="visits")
    definition = models.ForeignKey(
        VisitDefinition, null=True, on_delete=models.PROTECT, related_name="visits"
    )
    lineage = models.UUIDField(null=True)
    cycle = models.PositiveSmallIntegerField(default=1)
    sequence = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.SCHEDULED)
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=20, blank=True)
    status = models.CharField(
        max_length=16, choices=VisitStatus.choices, default=VisitStatus.PLANNED
    )
    outcome_reason = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    first_target_on = models.DateField(null=True)
    target_on = models.DateField(null=True)
    earliest_on = models.DateField(null=True)
    latest_on = models.DateField(null=True)
    is_provisional = models.BooleanField(default=False)
    performed_on = models.DateField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "lineage", "cycle", "sequence"],
                nulls_distinct=False,
                name="visit_once",
            ),
            models.CheckConstraint(
                condition=Q(earliest_on=None)
                | Q(earliest_on__lte=F("target_on"), latest_on__gte=F("target_on")),
                name="visit_target_inside_window",
            ),
            models.CheckConstraint(
                condition=~Q(status=V.COMPLETED)
                | Q(performed_on__isnull=False, frozen_at__isnull=False),
                name="visit_completed_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(kind="scheduled") | Q(definition__isnull=False),
                name="visit_scheduled_has_a_definition",
            ),
            models.CheckConstraint(
                condition=Q(status__in=VisitStatus.values), name="visit_status_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "target_on"], name="visit_of_subject"),
            models.Index(
                fields=["site", "latest_on"],
                condition=Q(status=V.PLANNED),
                name="visit_to_book",
            ),
            models.Index(
                fields=["site", "performed_on"],
                condition=Q(status=V.COMPLETED),
                name="visit_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.subject.number}"

    def get_absolute_url(self) -> str:
        """The visit on its subject's page."""
        return f"{self.subject.get_absolute_url()}#visit-{self.pk}"

    @property
    def is_call(self) -> bool:
        """Whether the subject is called and does not come."""
        return self.definition is not None and self.definition.modality in CALLS

    @property
    def is_overnight(self) -> bool:
        """Whether the protocol has the subject stay in a bed."""
        known = self.definition
        return known is not None and (known.nights > 0 or known.modality == INPATIENT)

    @property
    def conduct_url(self) -> str:
        """Where its procedures are documented."""
        return address("subjects:conduct", self.pk)

    @property
    def book_url(self) -> str:
        """Where the visit gets a time."""
        return address("subjects:slots", self.pk)


class Booking(ScopedModel):
    """A time, a room and a person for a visit."""

    scope = "visit__site"
    part_of = "visit"  # its history is told with the visit's
    view_permission = Permission.SUBJECT_VIEW

    class Confirmation(models.TextChoices):
        """Whether the subject said yes."""

        UNCONFIRMED = "unconfirmed", "Unconfirmed"
        CONFIRMED = "confirmed", "Confirmed"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="bookings")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="bookings")
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    period = DateTimeRangeField()
    on = models.DateField(help_text="the day in the zone of the place")
    zone = models.CharField(max_length=50)
    confirmation = models.CharField(
        max_length=12, choices=Confirmation.choices, default=Confirmation.UNCONFIRMED
    )
    is_live = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit"], condition=Q(is_live=True), name="booking_live_once"
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="booking_lasts"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["place", "on"], condition=Q(is_live=True), name="booking_of_day"),
            models.Index(
                fields=["person", "on"], condition=Q(is_live=True), name="booking_of_person"
            ),
        ]

    def __str__(self) -> str:
        return f"Booking of {self.visit}"


class DeviationDraft(ScopedModel):
    """A protocol deviation seen coming: planned until it occurs or is withdrawn."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    class Kind(models.TextChoices):
        """What deviates."""

        OUT_OF_WINDOW = "out_of_window", "Visit out of window"
        MISSED_VISIT = "missed_visit", "Missed visit"
        MISSED_PROCEDURE = "missed_procedure", "Missed procedure"
        MISTIMED_SAMPLE = "mistimed_sample", "Sample outside its time"
        ELIGIBILITY = "eligibility", "Eligibility criterion"
        CONSENT = "consent", "Visit without consent"

    class State(models.TextChoices):
        """Whether it has happened."""

        PLANNED = "planned", "Planned"
        OCCURRED = "occurred", "Occurred"
        WITHDRAWN = "withdrawn", "Withdrawn"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="deviation_drafts")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    procedure = models.ForeignKey(
        "subjects.ProcedureRecord", null=True, on_delete=models.PROTECT, related_name="drafts"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=200)
    description = models.CharField(max_length=300)
    is_announced = models.BooleanField(default=True, help_text="investigator and CRA are told")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit", "kind", "procedure"],
                condition=~Q(state="withdrawn"),
                nulls_distinct=False,
                name="deviation_draft_once_per_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="deviation_draft_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.visit}"


class Acknowledgement(ScopedModel):
    """A planned deviation, as it was then, known to the investigator or the CRA."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="acknowledgements")
    role = models.CharField(max_length=20)
    description = models.CharField(max_length=300)
    note = models.CharField(max_length=200, blank=True)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit", "role", "description"], name="acknowledgement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.by_name} knows: {self.description}"
