"""Stays overnight: a bed reserved, the subject admitted, on leave and discharged."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from sites.models import Bed, Place
from sites.models.place import same
from subjects.models.visit import Visit


class StayStatus(models.TextChoices):
    """How a stay stands."""

    RESERVED = "reserved", "Bed reserved"
    ADMITTED = "admitted", "In house"
    ON_LEAVE = "on_leave", "On leave"
    DISCHARGED = "discharged", "Discharged"
    RELEASED = "released", "Bed released"


class StayEnding(models.TextChoices):
    """How a stay came to its end."""

    PLANNED = "planned", "As planned"
    EARLY = "early", "Earlier, by medical decision"
    AGAINST_ADVICE = "against_advice", "Against medical advice"
    HOSPITAL = "hospital", "Moved to another hospital"
    DECEASED = "deceased", "Died"


S = StayStatus
IN_HOUSE = (S.ADMITTED, S.ON_LEAVE)
STANDING = (S.RESERVED, *IN_HOUSE)


class Stay(ScopedModel):
    """The nights of one visit that a subject spends in a bed of the place."""

    Status = StayStatus
    Ending = StayEnding
    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("admitted_at", "discharged_at", "ending")
    flow = Flow(
        {
            S.RESERVED: {S.ADMITTED, S.RELEASED},
            S.ADMITTED: {S.ON_LEAVE, S.DISCHARGED},
            S.ON_LEAVE: {S.ADMITTED, S.DISCHARGED},
        }
    )

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="stays")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="stays")
    status = models.CharField(max_length=12, choices=StayStatus.choices, default=S.RESERVED)
    planned_from = models.DateTimeField()
    planned_until = models.DateTimeField()
    admitted_at = models.DateTimeField(null=True)
    discharged_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, choices=StayEnding.choices, blank=True)
    ending_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit"], condition=~Q(status=S.RELEASED), name="stay_once_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(status__in=StayStatus.values), name="stay_status_known"
            ),
            models.CheckConstraint(
                condition=Q(planned_until__gt=F("planned_from")), name="stay_planned_lasts"
            ),
            models.CheckConstraint(
                condition=Q(discharged_at=None) | Q(discharged_at__gt=F("admitted_at")),
                name="stay_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=(S.RESERVED, S.RELEASED), admitted_at=None, discharged_at=None
                )
                | Q(status__in=IN_HOUSE, admitted_at__isnull=False, discharged_at=None)
                | Q(status=S.DISCHARGED, admitted_at__isnull=False, discharged_at__isnull=False),
                name="stay_status_has_its_times",
            ),
            models.CheckConstraint(
                condition=Q(discharged_at=None, ending="")
                | Q(discharged_at__isnull=False, ending__in=StayEnding.values),
                name="stay_ending_once_over",
            ),
            models.CheckConstraint(
                condition=Q(ending__in=("", StayEnding.PLANNED)) | ~Q(ending_reason=""),
                name="stay_ended_otherwise_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["place", "planned_until"], condition=Q(status__in=STANDING),
                name="stay_standing",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Stay of {self.visit.subject.number}"

    def get_absolute_url(self) -> str:
        """The page of the stay."""
        return address("subjects:stay", self.visit_id)

    @property
    def subject_id(self) -> int:
        """The subject that stays."""
        return self.visit.subject_id

    @property
    def is_open(self) -> bool:
        """Whether its visit waits for the discharge, or for the bed to be released."""
        return self.status in STANDING

    @property
    def is_in_house(self) -> bool:
        """Whether the subject was admitted and has not left for good."""
        return self.status in IN_HOUSE


class Occupancy(ScopedModel):
    """One bed for one stretch of a stay; it holds the claims on the bed and on the subject."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="occupancies")
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="occupancies")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="occupancies")
    period = DateTimeRangeField()
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "occupancies"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="occupancy_lasts"),
            ExclusionConstraint(
                name="occupancy_one_bed_at_a_time",
                expressions=[same("stay_id"), ("period", RangeOperators.OVERLAPS)],
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["bed", "period"], name="occupancy_of_bed")]

    def __str__(self) -> str:
        return f"{self.bed} for {self.visit}"


class Leave(ScopedModel):
    """A time out of the house during a stay; without an end while the subject is away."""

    scope = "visit__site"
    part_of = "visit"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("left_at", "returned_at")

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="leaves")
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="leaves")
    left_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    expected_at = models.DateTimeField(help_text="when the subject is to be back")
    why = models.CharField(max_length=200)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="leave_no_overlap",
                expressions=[
                    same("stay_id"),
                    (Func("left_at", "returned_at", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(voided_at=None),
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(returned_at__gt=F("left_at")),
                name="leave_lasts",
            ),
            models.CheckConstraint(
                condition=Q(expected_at__gt=F("left_at")),
                name="leave_back_after_leaving",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="leave_says_why"),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="leave_void_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Leave of {self.visit.subject.number}"
