"""What a protocol file brought: the raw file, criteria, arms, epochs and amendments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from core.access import Scope, ScopedModel, ScopedQuerySet
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from trials.models.trial import Sponsor, Trial

if TYPE_CHECKING:
    from accounts.models import User


class IncomingQuerySet(ScopedQuerySet):
    """Files and imports, seen by those who edit the trial or, without one, add trials."""

    def visible_to(self, user: User, permission: Permission | None = None) -> Self:
        """Rows of trials whose protocol the user may edit, and of trials that are not there yet."""
        trials = Trial.objects.visible_to(user, permission or Permission.PROTOCOL_EDIT)
        sponsors = Sponsor.objects.visible_to(user, permission or Permission.TRIAL_EDIT)
        return self.filter(
            Q(trial__in=trials.values("pk")) | Q(trial=None, sponsor__in=sponsors.values("pk"))
        )


class Incoming(ScopedModel):
    """Something on its way into a trial, which may not be there yet: then the sponsor's."""

    scope = "sponsor"
    view_permission = Permission.PROTOCOL_EDIT
    objects: ClassVar[Any] = IncomingQuerySet.as_manager()

    class Meta:
        abstract = True

    def in_scope(self) -> Scope:
        """The trial, else the sponsor."""
        where: Scope = self.trial or self.sponsor  # type: ignore[attr-defined]
        return where

    def is_held_by(self, user: User, permission: Permission) -> bool:
        """Whether the user holds the permission on the trial, else on the sponsor."""
        return self.in_scope().is_held_by(user, permission)


class ProtocolFile(Incoming):
    """A protocol or register record exactly as it was received."""

    masked = ("raw",)

    class Kind(models.TextChoices):
        """What kind of file it is."""

        USDM = "usdm", "USDM study definition"
        REGISTRY = "registry", "ClinicalTrials.gov record"

    sponsor = models.ForeignKey(Sponsor, on_delete=models.PROTECT, related_name="protocol_files")
    trial = models.ForeignKey(
        Trial, null=True, on_delete=models.PROTECT, related_name="protocol_files"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    standard = models.CharField(max_length=40, blank=True, help_text="for example USDM 4.0.0")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    raw = models.BinaryField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sponsor", "sha256"], name="protocol_file_once")
        ]

    def __str__(self) -> str:
        return self.name


class ImportStatus(models.TextChoices):
    """How far an import is."""

    PREVIEW = "preview", "Preview, nothing saved yet"
    COMMITTED = "committed", "Committed"
    DISCARDED = "discarded", "Set aside"


class ProtocolImport(Incoming):
    """A protocol file on its way in: read, corrected in the grid, then committed or set aside."""

    Status = ImportStatus
    flow = Flow({ImportStatus.PREVIEW: {ImportStatus.COMMITTED, ImportStatus.DISCARDED}})

    sponsor = models.ForeignKey(Sponsor, on_delete=models.PROTECT, related_name="protocol_imports")
    trial = models.ForeignKey(
        Trial, null=True, on_delete=models.PROTECT, related_name="protocol_imports"
    )
    file = models.ForeignKey(ProtocolFile, on_delete=models.PROTECT, related_name="imports")
    design = models.CharField(max_length=200, blank=True)
    corrections = models.JSONField(default=dict)
    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.PREVIEW
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["file"], condition=Q(status="preview"), name="protocol_import_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"Import of {self.file.name}"

    def get_absolute_url(self) -> str:
        """The preview of the import."""
        return address("trials:preview", self.pk)


class Arm(ScopedModel):
    """A group of subjects that is treated alike."""

    scope = "trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="arms")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "name"], name="arm_once_in_trial")
        ]

    def __str__(self) -> str:
        return self.name


class Epoch(ScopedModel):
    """A period of the trial, such as screening or treatment."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    version = models.ForeignKey(
        "trials.ScheduleVersion", on_delete=models.PROTECT, related_name="epochs"
    )
    name = models.CharField(max_length=200)
    source_id = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.name


class Criterion(ScopedModel):
    """An inclusion or exclusion criterion, in the words of the protocol."""

    scope = "version__trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    class Category(models.TextChoices):
        """Whether the criterion lets in or keeps out."""

        INCLUSION = "inclusion", "Inclusion"
        EXCLUSION = "exclusion", "Exclusion"

    version = models.ForeignKey(
        "trials.ScheduleVersion", on_delete=models.PROTECT, related_name="criteria"
    )
    category = models.CharField(max_length=10, choices=Category.choices)
    identifier = models.CharField(max_length=40)
    text = models.TextField()
    html = models.TextField(blank=True, help_text="sanitised")
    raw = models.TextField(blank=True, help_text="as in the file")
    source_id = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "category"], name="criterion_of_category")
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.identifier}"


class Amendment(ScopedModel):
    """A numbered change of the protocol."""

    scope = "trial"
    view_permission = Permission.PROTOCOL_VIEW
    shared_below = True

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="amendments")
    number = models.CharField(max_length=40)
    summary = models.TextField(blank=True)
    is_substantial = models.BooleanField("substantial", null=True)
    approved_on = models.DateField(null=True, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "number"], name="amendment_once_in_trial"),
            models.CheckConstraint(condition=~Q(number=""), name="amendment_has_a_number"),
        ]

    def __str__(self) -> str:
        return f"Amendment {self.number}"
