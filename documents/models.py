"""Documents at sites and their versions; what a document belongs to points to it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.encryption import EncryptedTextField
from core.links import address
from core.permissions import Permission
from sites.models import Site


class DocumentKind(models.TextChoices):
    """What a document is."""

    CONSENT = "consent", "Signed consent"
    RECEIPT = "receipt", "Receipt"


# What always shows who a subject is, so that no version of it leaves the site.
SIGNED = (DocumentKind.CONSENT,)


class MediaType(models.TextChoices):
    """The formats that are kept: what scanners and cameras make."""

    PDF = "application/pdf", "PDF"
    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    TIFF = "image/tiff", "TIFF"
    HEIC = "image/heic", "HEIC"


class Document(ScopedModel):
    """A paper or a file at a site, in one or more versions of which the last one counts."""

    scope = "site"
    view_permission = Permission.DOCUMENT_VIEW

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    title = models.CharField(max_length=200, help_text="No names.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=DocumentKind.values), name="document_kind_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="document_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the document."""
        return address("documents:document", self.pk)

    @property
    def current(self) -> DocumentVersion | None:
        """The version that counts: the last one that is not voided."""
        rows: models.QuerySet[DocumentVersion] = self.versions.filter(voided_at=None)
        return rows.order_by("-number").first()


class DocumentVersion(ScopedModel):
    """The content of a document as it was added: never changed, superseded by the next version.

    The content lies in the store under its hash. Its name may say who a subject is.
    """

    scope = "document__site"
    part_of = "document"
    view_permission = Permission.DOCUMENT_VIEW
    reasoned = ("is_identifying",)
    masked = ("name",)

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    name = EncryptedTextField("name of the file")
    media_type = models.CharField("format", max_length=40, choices=MediaType.choices)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="of the content")
    is_identifying = models.BooleanField("shows who a subject is", default=True)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by_name = models.CharField(max_length=150)
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "number"], name="document_version_number_once"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_version_has_a_hash"
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0, number__gt=0), name="document_version_is_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(media_type__in=MediaType.values), name="document_version_format_known"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="document_version_voided_with_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="document_version_by_hash")]

    def __str__(self) -> str:
        return f"{self.document}, version {self.number}"

    @property
    def content_permission(self) -> Permission:
        """What it takes to open the content: identity never leaves the site."""
        return Permission.IDENTITY_VIEW if self.is_identifying else Permission.DOCUMENT_VIEW
