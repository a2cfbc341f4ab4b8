"""What the safety work of a trial stands on: who receives reports, and what was to be expected."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from core.access import ScopedModel
from core.permissions import Permission
from trials.models import Trial


class SafetyDesk(ScopedModel):
    """Who receives the safety reports of a trial for the sponsor, and in which zone days are counted."""

    scope = "trial"
    view_permission = Permission.ADVERSE_EVENT_VIEW
    shared_below = True
    reasoned = ("time_zone",)

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="safety_desk")
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=50, default="UTC")
    revision = models.PositiveIntegerField(default=1, editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the sponsor's days begin and end."""
        return ZoneInfo(self.time_zone)


class ReferenceSafetyInformation(ScopedModel):
    """The reactions that are expected of the study drug, in the version in force from a day on."""

    scope = "trial"
    view_permission = Permission.ADVERSE_EVENT_VIEW
    shared_below = True
    reasoned = ("version", "from_on")

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="reference_safety")
    version = models.CharField(max_length=60, help_text="for example IB edition 6.0")
    from_on = models.DateField("in force from")
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "reference safety information"
        verbose_name_plural = "reference safety information"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "version"], name="reference_safety_once"),
            models.UniqueConstraint(fields=["trial", "from_on"], name="reference_safety_one_a_day"),
        ]

    def __str__(self) -> str:
        return self.version
