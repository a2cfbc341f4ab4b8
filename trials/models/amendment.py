"""From one version of a schedule to the next: which visit goes on from which, and what is signed anew."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.permissions import Permission
from trials.models.consent import ConsentType, ConsentVersion
from trials.models.schedule import ScheduleVersion, VisitDefinition


class MatchedBy(models.TextChoices):
    """How it was found that a visit is one of the version before."""

    COPIED = "copied", "Copied"
    SOURCE_ID = "source_id", "Same id in the file"
    ENCOUNTER = "encounter", "Same encounter"
    TIME = "time", "Same name and time"
    NAME = "name", "Same name"
    PERSON = "person", "Said by a person"


class VisitMatch(ScopedModel):
    """The visit of the version before that a visit goes on from, or the word that it is new."""

    By = MatchedBy
    scope = "visit__version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    visit = models.OneToOneField(VisitDefinition, on_delete=models.CASCADE, related_name="match")
    before = models.ForeignKey(
        VisitDefinition, null=True, on_delete=models.CASCADE, related_name="matches"
    )
    how = models.CharField(max_length=10, choices=MatchedBy.choices)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(before=None) | ~Q(before=F("visit")), name="visit_match_not_itself"
            ),
            models.CheckConstraint(
                condition=Q(before__isnull=False) | Q(how=MatchedBy.PERSON),
                name="visit_match_new_is_said",
            ),
            models.CheckConstraint(
                condition=Q(how__in=MatchedBy.values), name="visit_match_how_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit} {self.get_how_display().lower()}"


class ConsentAsked(ScopedModel):
    """A version of a consent form that subjects sign before they come under a schedule version."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="asked")
    consent = models.ForeignKey(ConsentVersion, on_delete=models.PROTECT, related_name="asked_by")
    type = models.ForeignKey(ConsentType, on_delete=models.PROTECT, related_name="asked_by")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "type"], name="consent_asked_once_of_form")
        ]

    def __str__(self) -> str:
        return f"{self.consent} before {self.version}"
