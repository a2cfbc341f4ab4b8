"""Safety letters of a trial, and who at each site has read them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.links import address
from core.permissions import Permission
from sites.models import Site
from trials.models import Trial


class SafetyLetter(ScopedModel):
    """What the sponsor tells every active site of a trial about safety; never changed once sent."""

    scope = "trial"
    view_permission = Permission.ADVERSE_EVENT_VIEW
    shared_below = True

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="safety_letters")
    title = models.CharField(max_length=120)
    text = models.TextField()
    due_on = models.DateField("acknowledge by")
    sent_at = models.DateTimeField()
    sent_by_name = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the letter, with who has read it."""
        return address("safety:letter", self.pk)


class LetterReceipt(ScopedModel):
    """That a site has a letter, and when the person in charge or the coordinator acknowledged it."""

    scope = "site"
    view_permission = Permission.ADVERSE_EVENT_VIEW

    class For(models.TextChoices):
        """Who of a site acknowledges."""

        COORDINATOR = "coordinator", "Study coordinator"
        INVESTIGATOR = "investigator", "Investigator"

    letter = models.ForeignKey(SafetyLetter, on_delete=models.PROTECT, related_name="receipts")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=For.choices)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["letter", "site", "role"], name="letter_once_for_each_at_a_site"
            ),
            models.UniqueConstraint(
                fields=["letter", "site", "acknowledged_by_id"],
                name="letter_acknowledged_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by_id=None, acknowledged_by_name="")
                | Q(acknowledged_at__isnull=False, acknowledged_by_id__isnull=False)
                & ~Q(acknowledged_by_name=""),
                name="letter_acknowledged_by_someone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["site"], condition=Q(acknowledged_at=None), name="letter_to_acknowledge"
            )
        ]

    def __str__(self) -> str:
        return f"{self.letter} at {self.site}"
