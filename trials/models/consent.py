"""Consent forms of a trial: the types there are, and the versions of each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.permissions import Permission
from trials.models.trial import Trial


class ConsentKind(models.TextChoices):
    """What a consent form is about."""

    MAIN = "main", "Main"
    GENETIC = "genetic", "Genetic research"
    PARTNER = "partner", "Pregnant partner"
    ASSENT = "assent", "Assent"
    PHOTO = "photo", "Photographs"
    OTHER = "other", "Other"


class ConsentType(ScopedModel):
    """A consent form of a trial, whatever its version."""

    Kind = ConsentKind
    scope = "trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True
    reasoned = ("is_optional", "is_required")

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="consent_types")
    kind = models.CharField(max_length=10, choices=ConsentKind.choices)
    name = models.CharField(max_length=100, help_text="for example Main consent")
    is_optional = models.BooleanField("subjects may say no", default=False)
    is_required = models.BooleanField("needed before visits", default=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "name"], name="consent_type_once"),
            models.CheckConstraint(condition=~Q(name=""), name="consent_type_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind__in=ConsentKind.values), name="consent_type_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(is_optional=False) | Q(is_required=False),
                name="consent_type_required_or_optional",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MustReconsent(models.TextChoices):
    """Which subjects sign a new version although they signed the one before."""

    NOBODY = "nobody", "Nobody"
    ACTIVE = "active", "All active subjects"
    ON_TREATMENT = "on_treatment", "Those on treatment"


class ReconsentRule(models.TextChoices):
    """By when a subject signs a new version."""

    NEXT_VISIT = "next_visit", "At the next visit"
    DAYS = "days", "Within a number of days"


class ConsentVersion(ScopedModel):
    """A version of a consent form, and who signs it again by when."""

    scope = "type__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True
    reasoned = ("number", "dated", "must_reconsent", "reconsent_rule", "reconsent_days")

    type = models.ForeignKey(ConsentType, on_delete=models.PROTECT, related_name="versions")
    number = models.CharField(max_length=20, help_text="as printed, for example 4.0")
    dated = models.DateField()
    summary = models.TextField("what changed", blank=True)
    must_reconsent = models.CharField(
        "who signs again", max_length=12, choices=MustReconsent.choices,
        default=MustReconsent.NOBODY,
    )  # fmt: skip
    reconsent_rule = models.CharField(
        "by when", max_length=10, choices=ReconsentRule.choices, blank=True
    )
    reconsent_days = models.PositiveSmallIntegerField(
        "days from the first day in use", null=True, blank=True
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["type", "number"], name="consent_version_once"),
            models.UniqueConstraint(fields=["id", "type"], name="consent_version_of_type"),
            models.CheckConstraint(condition=~Q(number=""), name="consent_version_has_a_number"),
            models.CheckConstraint(
                condition=Q(must_reconsent=MustReconsent.NOBODY, reconsent_rule="")
                | Q(
                    must_reconsent__in=[MustReconsent.ACTIVE, MustReconsent.ON_TREATMENT],
                    reconsent_rule__in=ReconsentRule.values,
                ),
                name="consent_version_says_by_when",
            ),
            models.CheckConstraint(
                condition=Q(reconsent_rule=ReconsentRule.DAYS, reconsent_days__range=(1, 365))
                | ~Q(reconsent_rule=ReconsentRule.DAYS) & Q(reconsent_days=None),
                name="consent_version_days_of_its_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type.name} v{self.number}"

    @property
    def who_signs_again(self) -> str:
        """Who signs this version again by when, in words."""
        who = self.get_must_reconsent_display()
        if self.reconsent_rule == ReconsentRule.DAYS:
            return f"{who}, within {self.reconsent_days} days"
        return f"{who}, at the next visit" if self.reconsent_rule else str(who)
