"""Versions of a schedule of activities: visits, windows and procedures."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.durations import Duration
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from trials.models.protocol import Epoch, ProtocolFile
from trials.models.trial import Trial
from trials.words import Window

# What of one schedule a person can look through.
MAX_VISITS = 300
MAX_PROCEDURES = 400


class VersionStatus(models.TextChoices):
    """The life of a schedule version; where it is effective is said by each site."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    RETIRED = "retired", "Retired"
    DISCARDED = "discarded", "Set aside"


class ScheduleVersion(ScopedModel):
    """One version of a trial's schedule of activities; a trigger keeps approved ones unchanged."""

    Status = VersionStatus
    scope = "trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True
    flow = Flow(
        {
            VersionStatus.DRAFT: {VersionStatus.APPROVED, VersionStatus.DISCARDED},
            VersionStatus.APPROVED: {VersionStatus.RETIRED, VersionStatus.DISCARDED},
        },
        reasons={VersionStatus.DISCARDED, VersionStatus.RETIRED},
    )

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="schedules")
    number = models.CharField(max_length=20, help_text="for example 4.0")
    status = models.CharField(
        max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT
    )
    source_file = models.ForeignKey(
        ProtocolFile, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules"
    )
    warnings = models.JSONField(default=list, help_text="what the reader found, kept as found")
    unreachable = models.JSONField(default=list, help_text="instances no timing leads to")
    approved_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "number"], name="schedule_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "discarded"]) | Q(approved_at__isnull=False),
                name="schedule_approved_has_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"Schedule {self.number}"

    def get_absolute_url(self) -> str:
        """The grid of this version."""
        return address("trials:schedule", self.trial.code, self.number)


class AnchorKind(models.TextChoices):
    """What a visit can count from."""

    CONSENT = "consent", "Consent signed"
    SCREENING = "screening", "Screening start"
    ENROLLED = "enrolled", "Enrolled"
    RANDOMISED = "randomised", "Randomised"
    FIRST_DOSE = "first_dose", "First dose"
    LAST_DOSE = "last_dose", "Last dose"
    DAY_1 = "day_1", "Day 1"
    NAMED = "named", "Named date"


class RepeatGroup(ScopedModel):
    """Visits that come round in cycles until something is said to be reached."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    version = models.ForeignKey(
        ScheduleVersion, on_delete=models.PROTECT, related_name="repeat_groups"
    )
    name = models.CharField(max_length=120)
    every_months = models.PositiveSmallIntegerField(default=0)
    every_days = models.PositiveSmallIntegerField(default=0)
    until_text = models.TextField(blank=True)
    cap = models.PositiveSmallIntegerField(default=24)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cap__range=(1, 200)), name="repeat_group_is_capped"),
            models.CheckConstraint(
                condition=Q(every_months__gt=0) | Q(every_days__gt=0),
                name="repeat_group_takes_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EventTimeline(ScopedModel):
    """Visits that begin when something happens, such as early termination."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="timelines")
    name = models.CharField(max_length=200)
    entry_condition = models.TextField(blank=True)
    source_id = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class VisitDefinition(ScopedModel):
    """A visit as the protocol plans it: when, how early, how late, how long, what kind."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    class Type(models.TextChoices):
        """What the visit is for."""

        SCREENING = "screening", "Screening"
        BASELINE = "baseline", "Baseline"
        TREATMENT = "treatment", "Treatment"
        FOLLOW_UP = "follow_up", "Follow-up"
        END_OF_TREATMENT = "end_of_treatment", "End of treatment"
        END_OF_STUDY = "end_of_study", "End of study"
        EARLY_TERMINATION = "early_termination", "Early termination"
        UNSCHEDULED = "unscheduled", "Unscheduled"

    class Modality(models.TextChoices):
        """Where the visit takes place."""

        CLINIC = "clinic", "Clinic"
        INPATIENT = "inpatient", "Inpatient"
        PHONE = "phone", "Phone"
        VIDEO = "video", "Video"
        HOME = "home", "Home"
        LAB = "lab", "Laboratory only"

    class Basis(models.TextChoices):
        """Which date of the visit before it counts."""

        PLANNED = "planned", "Planned date"
        ACTUAL = "actual", "Actual date"

    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="visits")
    timeline = models.ForeignKey(
        EventTimeline, null=True, blank=True, on_delete=models.PROTECT, related_name="visits"
    )
    lineage = models.UUIDField(default=uuid.uuid4)
    code = models.CharField(max_length=20, help_text="short head in the grid, for example W12")
    name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    epoch = models.ForeignKey(Epoch, null=True, blank=True, on_delete=models.PROTECT)
    type = models.CharField(max_length=20, choices=Type.choices, default=Type.TREATMENT)
    modality = models.CharField(max_length=10, choices=Modality.choices, default=Modality.CLINIC)
    anchor = models.CharField(max_length=20, choices=AnchorKind.choices, default=AnchorKind.DAY_1)
    is_anchor = models.BooleanField(default=False, help_text="doing this visit sets the anchor")
    after_visit = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers"
    )
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.PLANNED)
    months = models.SmallIntegerField(default=0)
    days = models.SmallIntegerField(default=0)
    minutes = models.IntegerField(default=0)
    early_months = models.PositiveSmallIntegerField(default=0)
    early_days = models.PositiveSmallIntegerField(default=0)
    early_minutes = models.PositiveIntegerField(default=0)
    late_months = models.PositiveSmallIntegerField(default=0)
    late_days = models.PositiveSmallIntegerField(default=0)
    late_minutes = models.PositiveIntegerField(default=0)
    has_window = models.BooleanField(default=True)
    window_text = models.CharField(max_length=200, blank=True)
    repeat_group = models.ForeignKey(
        RepeatGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="visits"
    )
    nights = models.PositiveSmallIntegerField(default=0)
    duration = models.PositiveSmallIntegerField("duration in minutes", default=60)
    is_optional = models.BooleanField(default=False)
    source_ids = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "lineage"], name="visit_definition_lineage_once"
            ),
            models.UniqueConstraint(
                fields=["version", "timeline", "position"],
                nulls_distinct=False,
                deferrable=models.Deferrable.DEFERRED,
                name="visit_definition_position_once",
            ),
            models.CheckConstraint(
                condition=Q(after_visit=None) | ~Q(after_visit=F("pk")),
                name="visit_definition_not_after_itself",
            ),
            models.CheckConstraint(
                condition=Q(duration__range=(5, 1440)), name="visit_definition_duration_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def offset(self) -> Duration:
        """How far it is from what it counts from."""
        return Duration(self.months, self.days, self.minutes * 60)

    @property
    def window(self) -> Window | None:
        """How much earlier and later it may take place; nothing where only on the exact day."""
        if not self.has_window:
            return None
        return (
            Duration(self.early_months, self.early_days, self.early_minutes * 60),
            Duration(self.late_months, self.late_days, self.late_minutes * 60),
        )

    @property
    def earliest(self) -> Duration:
        """The start of its window, as far from the same as the offset."""
        return self.offset - self.window[0] if self.window else self.offset

    @property
    def latest(self) -> Duration:
        """The end of its window, as far from the same as the offset."""
        return self.offset + self.window[1] if self.window else self.offset

    @property
    def counts_from(self) -> str:
        """What it counts from, in words."""
        if self.timeline_id is not None:
            return "event"
        if self.after_visit is not None:
            return self.after_visit.code
        return "–" if self.is_anchor else str(AnchorKind(self.anchor).label)


class ProcedureDefinition(ScopedModel):
    """Something that is done to or asked of a subject."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    version = models.ForeignKey(
        ScheduleVersion, on_delete=models.PROTECT, related_name="procedures"
    )
    lineage = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=300)
    group = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()
    performer_role = models.CharField(max_length=40, blank=True)
    equipment = models.CharField(max_length=100, blank=True)
    is_critical = models.BooleanField(default=False)
    source_id = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "lineage"], name="procedure_lineage_once")
        ]

    def __str__(self) -> str:
        return self.name


class VisitProcedure(ScopedModel):
    """A cell of the schedule of activities."""

    scope = "visit__version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    class Need(models.TextChoices):
        """How the procedure is asked for."""

        REQUIRED = "required", "Required"
        CONDITIONAL = "conditional", "If applicable"
        TIMED = "timed", "Timed"

    visit = models.ForeignKey(VisitDefinition, on_delete=models.CASCADE, related_name="cells")
    procedure = models.ForeignKey(
        ProcedureDefinition, on_delete=models.CASCADE, related_name="cells"
    )
    need = models.CharField(max_length=12, choices=Need.choices, default=Need.REQUIRED)
    offsets = models.JSONField(
        default=list, help_text="timed samples: minutes from the start, earlier and later allowed"
    )
    condition = models.TextField(blank=True, help_text="when it applies, shown as a footnote")
    is_time_zero = models.BooleanField(
        default=False, help_text="timed samples of the visit count from when this is done"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "procedure"], name="visit_procedure_once"),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(is_time_zero=True), name="visit_has_one_time_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure} at {self.visit}"
