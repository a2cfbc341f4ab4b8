"""SAE reports to the sponsor in their versions, and the clocks that run for whom has to report."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from safety.clocks import TABLE, Clock, Owes
from safety.models.event import AdverseEvent, OfEvent

CLOCKS = {clock.code: clock for clock in TABLE}
SITE_CLOCKS = tuple(clock.code for clock in TABLE if clock.owes is Owes.SITE)


class SafetyReport(OfEvent):
    """A version of an SAE report as it was sent to the sponsor; a later one never replaces it."""

    class Kind(models.TextChoices):
        """Which report of an event it is."""

        INITIAL = "initial", "Initial report"
        FOLLOW_UP = "follow_up", "Follow-up"
        FINAL = "final", "Final report"

    event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="reports")
    version = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content = models.JSONField()
    is_grave = models.BooleanField("fatal or life-threatening")
    sent_at = models.DateTimeField()
    sent_by_name = models.CharField(max_length=150)
    late_reason = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "version"], name="safety_report_version_once"),
            models.CheckConstraint(
                condition=Q(version=1, kind="initial") | Q(version__gt=1) & ~Q(kind="initial"),
                name="safety_report_first_is_initial",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by_name="")
                | Q(acknowledged_at__gte=F("sent_at")) & ~Q(acknowledged_by_name=""),
                name="safety_report_acknowledged_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.event.number}"

    @property
    def name(self) -> str:
        """Which version it is, in words."""
        label = self.get_kind_display()
        return f"{label} {self.version - 1}" if self.kind == self.Kind.FOLLOW_UP else label


class ReportClock(OfEvent):
    """A reporting clock of an event: from when, until when, and when it was met."""

    event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="clocks")
    code = models.CharField(max_length=30, choices=[(one.code, one.title) for one in TABLE])
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=50)
    is_running = models.BooleanField(default=True)
    met_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, help_text="for example a receipt number")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "code", "started_at"], name="clock_once"),
            models.CheckConstraint(
                condition=Q(code__in=list(CLOCKS)), name="clock_is_in_the_table"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("started_at")), name="clock_runs_forward"
            ),
            models.CheckConstraint(
                condition=Q(met_at=None) | Q(met_at__gte=F("started_at")),
                name="clock_met_after_start",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["ends_at"], condition=Q(is_running=True, met_at=None), name="clock_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()}, {self.event.number}"

    @property
    def rule(self) -> Clock:
        """The row of the table that it runs by."""
        return CLOCKS[self.code]

    @property
    def is_site(self) -> bool:
        """Whether the site has to report."""
        return self.code in SITE_CLOCKS

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone of whoever has to report."""
        return ZoneInfo(self.zone)
