"""Consents of subjects: what was signed when, and what was taken back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast

from core.access import ScopedModel
from core.encryption import EncryptedTextField
from core.links import address
from core.permissions import Permission
from documents.models import Document
from sites.models import Person
from subjects.models.subject import Subject
from trials.models import ConsentType, ConsentVersion

SIGNED_THERE = Cast(
    Func(F("zone"), F("signed_at"), function="timezone", output_field=models.DateTimeField()),
    models.DateField(),
)


class Consent(ScopedModel):
    """What a subject decided about one version of a consent form, and when."""

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = (
        "version_id", "language", "signed_on", "signed_at", "explainer_id", "signer", "decision",
        "is_copy_given",
    )  # fmt: skip

    class Signer(models.TextChoices):
        """Who signed."""

        SUBJECT = "subject", "Subject"
        REPRESENTATIVE = "representative", "Legally authorised representative"
        WITNESS = "witness", "Subject, with a witness"

    class Decision(models.TextChoices):
        """What was decided."""

        GIVEN = "given", "Given"
        REFUSED = "refused", "Refused"

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="consents")
    version = models.ForeignKey(ConsentVersion, on_delete=models.PROTECT, related_name="consents")
    type = models.ForeignKey(ConsentType, on_delete=models.PROTECT, related_name="consents")
    language = models.CharField(max_length=8)
    signed_on = models.DateField(help_text="the day in the zone of the place")
    signed_at = models.DateTimeField(null=True, blank=True, help_text="where the time is known")
    zone = models.CharField(max_length=50)
    explainer = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="consents_explained",
        verbose_name="explained by",
    )  # fmt: skip
    signer = models.CharField(
        "signed by", max_length=14, choices=Signer.choices, default=Signer.SUBJECT
    )
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.GIVEN)
    is_copy_given = models.BooleanField("copy given", default=True)
    scan = models.OneToOneField(
        Document, null=True, editable=False, on_delete=models.PROTECT, related_name="consent"
    )
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "version", "decision"],
                condition=Q(voided_at=None),
                name="consent_once",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None) | Q(signed_on=SIGNED_THERE),
                name="consent_signed_that_day",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="consent_voided_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(signer__in=["subject", "representative", "witness"]),
                name="consent_signer_known",
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["given", "refused"]), name="consent_decision_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "type", "signed_on"], name="consent_of_subject")
        ]

    def __str__(self) -> str:
        return f"{self.version} of {self.subject.number}"

    def get_absolute_url(self) -> str:
        """The page of the consent."""
        return address("subjects:consent", self.pk)


class ConsentNote(ScopedModel):
    """How the conversation went: encrypted, and never shown outside the site."""

    scope = "consent__subject__site"
    part_of = "consent"
    view_permission = Permission.CONTACT_VIEW

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="note")
    text = EncryptedTextField()

    def __str__(self) -> str:
        return f"Process note of {self.consent}"


class ConsentWithdrawal(ScopedModel):
    """A consent taken back, for one part of the trial or for all of it."""

    scope = "consent__subject__site"
    part_of = "consent"
    view_permission = Permission.SUBJECT_VIEW

    class Scope(models.TextChoices):
        """What the subject no longer agrees to."""

        TREATMENT = "treatment", "Treatment"
        FOLLOW_UP = "follow_up", "Follow-up visits and calls"
        SAMPLES = "samples", "Use of samples"
        DATA = "data", "Use of data"
        ALL = "all", "Everything"

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="withdrawals")
    what = models.CharField(max_length=10, choices=Scope.choices)
    on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consent", "what"], name="consent_withdrawal_once"),
            models.CheckConstraint(
                condition=Q(what__in=["treatment", "follow_up", "samples", "data", "all"]),
                name="consent_withdrawal_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consent}: {self.get_what_display().lower()} withdrawn"
