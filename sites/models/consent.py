"""Which version of a consent form is in use at a site."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.permissions import Permission
from sites.models.place import same, same_text
from sites.models.site import Site
from trials.models import ConsentType, ConsentVersion


class ConsentApproval(ScopedModel):
    """The ethics approval of a version of a consent form at a site, in one language."""

    scope = "site"
    view_permission = Permission.SITE_VIEW
    reasoned = ("version_id", "language", "approved_on", "voided_at")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="consent_approvals")
    version = models.ForeignKey(ConsentVersion, on_delete=models.PROTECT, related_name="approvals")
    type = models.ForeignKey(ConsentType, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8, help_text="ISO 639, for example en")
    approved_on = models.DateField("ethics approval on")
    during = DateRangeField(
        "in use", help_text="an open end while it lasts; empty where it was entered by mistake"
    )
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="consent_approval_no_overlap",
                expressions=[
                    same("site_id"),
                    same("type_id"),
                    same_text("language"),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.UniqueConstraint(
                fields=["site", "version", "language"],
                condition=Q(voided_at=None),
                name="consent_approval_once",
            ),
            models.CheckConstraint(
                condition=Q(language__regex=r"^[a-z]{2,3}(-[A-Z]{2})?$"),
                name="consent_approval_language_is_coded",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, during__isempty=False, during__lower_inf=False)
                | Q(voided_at__isnull=False, during__isempty=True) & ~Q(void_reason=""),
                name="consent_approval_begins",
            ),
            models.CheckConstraint(
                condition=Q(during__startswith__gte=F("approved_on")),
                name="consent_approval_before_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.language}) at {self.site}"
