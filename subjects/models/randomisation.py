"""Randomisation as everybody sees it, and the allocation that only unblinded people see."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.encryption import EncryptedTextField
from core.permissions import Permission
from subjects.models.subject import Subject
from trials.models import Trial


class Randomisation(ScopedModel):
    """That a subject was randomised: when, under which number, and with which kit; blinded."""

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("on", "number", "kit")

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="randomisations")
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="+")
    on = models.DateField("randomised on")
    number = models.CharField("randomisation number", max_length=40)
    kit = models.CharField("kit number", max_length=40, blank=True)
    reason = models.CharField("entered by hand because", max_length=200)
    by_name = models.CharField(max_length=150)
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(voided_at=None), name="randomisation_once"
            ),
            models.UniqueConstraint(
                fields=["trial", "number"],
                condition=Q(voided_at=None),
                name="randomisation_number_once",
            ),
            models.UniqueConstraint(
                fields=["trial", "kit"],
                condition=Q(voided_at=None) & ~Q(kit=""),
                name="randomisation_kit_once",
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(reason=""), name="randomisation_says_number_and_reason"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="randomisation_voided_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Randomisation of {self.subject.number}"

    def get_absolute_url(self) -> str:
        """The page of the subject."""
        return self.subject.get_absolute_url()


class Allocation(ScopedModel):
    """What a subject is allocated to: encrypted, kept when replaced, never in reach of the blinded."""

    scope = "randomisation__subject__site"
    view_permission = Permission.ALLOCATION_VIEW
    masked = ("treatment", "note")

    randomisation = models.ForeignKey(
        Randomisation, on_delete=models.PROTECT, related_name="allocations"
    )
    treatment = EncryptedTextField("allocated to")
    note = EncryptedTextField(blank=True, default="")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["randomisation"], condition=Q(replaced_at=None), name="allocation_once"
            ),
            models.CheckConstraint(condition=~Q(treatment=""), name="allocation_says_to_what"),
        ]

    def __str__(self) -> str:
        return f"Allocation of {self.randomisation.subject.number}"
