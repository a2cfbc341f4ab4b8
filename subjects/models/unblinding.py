"""That somebody learnt, or may have learnt, what a subject is allocated to before the trial says so."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.links import address
from core.permissions import Permission
from subjects.models.randomisation import Randomisation


class Unblinding(ScopedModel):
    """Who learnt of an allocation when and why; what the allocation is stands elsewhere."""

    scope = "randomisation__subject__site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ()

    class Kind(models.TextChoices):
        """How it came about."""

        EMERGENCY = "emergency", "Blind broken in an emergency"
        ACCIDENT = "accident", "Unblinded by accident"

    randomisation = models.ForeignKey(
        Randomisation, on_delete=models.PROTECT, related_name="unblindings"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    learnt_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    learnt_by = models.CharField("who knows now", max_length=200)
    by_name = models.CharField(max_length=150)
    # Who broke the blind may read the allocation; after an accident nobody may.
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="emergency", reader__isnull=False)
                | Q(kind="accident", reader=None),
                name="unblinding_read_in_an_emergency",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(learnt_by=""), name="unblinding_says_who_and_why"
            ),
            models.CheckConstraint(
                condition=Q(learnt_at__lte=F("recorded_at")), name="unblinding_is_not_to_come"
            ),
        ]

    def __str__(self) -> str:
        return f"Unblinding of {self.randomisation.subject.number}"

    def get_absolute_url(self) -> str:
        """The page that says who knows, when and why."""
        return address("subjects:unblinding", self.randomisation_id)
