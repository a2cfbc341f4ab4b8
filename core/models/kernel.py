"""Kernel rows: events, field history, signatures, obligations and what a person left unsaved."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse

from core.access import (
    DEPLOYMENT,
    Scope,
    ScopedModel,
    ScopeIds,
    ScopeKind,
    ScopePermission,
    holds_within,
    in_reach,
)
from core.dates import show_instant
from core.permissions import Permission


class Deployment(Scope):
    """This installation: the scope above everything, and its name."""

    kind = ScopeKind.DEPLOYMENT
    view_permission = Permission.DEPLOYMENT_EDIT
    reasoned = ("needs_four_eyes",)

    name = models.CharField(max_length=100, default="CTMS")
    needs_four_eyes = models.BooleanField(
        "four eyes",
        db_default=False,
        default=False,
        help_text="Nobody signs what they wrote themselves.",
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="deployment_is_one")
        ]

    def __str__(self) -> str:
        return self.name


class DeploymentPermission(ScopePermission):
    """Which role groups hold which permission everywhere."""

    content_object = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Deployment.permission_rows = DeploymentPermission


class Source(models.TextChoices):
    """The door through which a change came in."""

    PAGE = "page", "Page"
    API = "api", "API"
    IMPORT = "import", "Import"
    TASK = "task", "Scheduled task"
    SYSTEM = "system", "System"


class KernelQuerySet(models.QuerySet[Any]):
    """Kernel rows, visible by the plain scope numbers they carry."""

    def visible_to(self, user: Any, permission: Permission | None = None) -> Self:
        """The rows in the narrowest scope on which the user holds the permission."""
        found = self.filter(in_reach(user, permission or self.model.view_permission))
        subjects = in_reach(user, Permission.SUBJECT_VIEW) if self.model.hides_subjects else Q()
        return found.filter(Q(subject_id=None) | subjects) if subjects else found


class Kernel(ScopedModel):
    """A row about any record, with that record's scope as plain numbers."""

    scope = DEPLOYMENT
    hides_subjects: ClassVar[bool] = False  # rows about subjects, from who does not see these

    trial_id = models.BigIntegerField(null=True, editable=False)
    site_id = models.BigIntegerField(null=True, editable=False)
    place_id = models.BigIntegerField(null=True, editable=False)
    subject_id = models.BigIntegerField(null=True, editable=False)

    objects: ClassVar[Any] = KernelQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    def is_held_by(self, user: Any, permission: Permission) -> bool:
        """Whether the user holds the permission in the narrowest scope the row names."""
        return holds_within(user, permission, self.scope_ids())

    def scope_ids(self) -> ScopeIds:
        """The scope numbers of the record this row is about."""
        return ScopeIds(self.trial_id, self.site_id, self.place_id, self.subject_id)


class Trail(Kernel):
    """A row of the trail, with the transaction that wrote it, so that it can be sealed."""

    txid = models.BigIntegerField(db_default=Func(function="core_txid"), editable=False)

    class Meta:
        abstract = True


class Event(Trail):
    """One thing a person or the system did, in the words of the business."""

    view_permission = Permission.AUDIT_VIEW
    hides_subjects = True

    at = models.DateTimeField(auto_now_add=True)
    verb = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_id = models.BigIntegerField(null=True)
    target_label = models.CharField(max_length=200)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=150)
    actor_role = models.CharField(max_length=200, blank=True)
    acting_for_id = models.BigIntegerField(null=True)
    acting_for_name = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    request_id = models.CharField(max_length=36, blank=True)
    address = models.GenericIPAddressField(null=True)
    parent_id = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["target_type", "target_id", "-id"], name="event_of_target"),
            models.Index(fields=["trial_id", "-id"], name="event_of_trial"),
            models.Index(fields=["site_id", "-id"], name="event_of_site"),
            models.Index(fields=["subject_id", "-id"], name="event_of_subject"),
            models.Index(fields=["actor_id", "-id"], name="event_of_actor"),
            models.Index(fields=["verb", "-id"], name="event_of_verb"),
            models.Index(fields=["parent_id"], name="event_of_parent"),
            models.Index(fields=["txid"], name="event_txid"),
            BrinIndex(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.verb} {self.target_label}"


class AuditRow(models.Model):
    """One row of one table as it was inserted, changed or deleted; written by trigger only."""

    at = models.DateTimeField()
    txid = models.BigIntegerField()
    op = models.CharField(max_length=1)
    tbl = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    event_id = models.BigIntegerField(null=True)
    changes = models.JSONField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tbl", "row_id", "-id"], name="auditrow_of_row"),
            models.Index(fields=["event_id", "id"], name="auditrow_of_event"),
            models.Index(fields=["txid"], name="auditrow_txid"),
            BrinIndex(fields=["at"], name="auditrow_at"),
        ]

    def __str__(self) -> str:
        return f"{self.op} {self.tbl} {self.row_id}"


class Seal(models.Model):
    """A hash over the whole trail up to a point, chained to the seal before it."""

    at = models.DateTimeField(auto_now_add=True)
    system = models.BigIntegerField(help_text="the database cluster whose transactions are counted")
    first_txid = models.BigIntegerField()
    next_txid = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.digest[:12]}"


class StatusChange(Trail):
    """One dated step of one record through its flow."""

    view_permission = Permission.WORK_VIEW

    flow = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    from_status = models.CharField(max_length=40, blank=True)
    to_status = models.CharField(max_length=40)
    on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    event_id = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["flow", "object_id", "id"], name="statuschange_of_object"),
            models.Index(fields=["txid"], name="statuschange_txid"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} to {self.to_status} on {self.on}"


class Signature(Trail):
    """A person's electronic signature on the exact content of a record."""

    view_permission = Permission.WORK_VIEW

    target_type = models.CharField(max_length=80)
    target_id = models.BigIntegerField()
    target_label = models.CharField(max_length=200)
    meaning = models.CharField(max_length=80)
    statement = models.TextField()
    signer_id = models.BigIntegerField()
    signer_name = models.CharField(max_length=150)
    signer_role = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    zone = models.CharField(max_length=50)
    content_hash = models.CharField(max_length=64)
    event_id = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["target_type", "target_id", "id"], name="signature_of_target"),
            models.Index(fields=["txid"], name="signature_txid"),
            models.Index(fields=["signer_id", "-event_id"], name="signature_of_signer"),
            models.Index(fields=["event_id"], name="signature_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.signer_name}, {self.meaning}"

    @property
    def signed_at(self) -> str:
        """The instant of signing on the signer's clock, with its distance from UTC."""
        return show_instant(self.at.astimezone(ZoneInfo(self.zone)))


class Obligation(Kernel):
    """Something that is due, computed from facts; open until the facts say it is done."""

    view_permission = Permission.WORK_VIEW

    rule = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=200)
    detail = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=200, blank=True)
    owner_role = models.CharField(max_length=40)
    owner_id = models.BigIntegerField(null=True)
    ball = models.CharField(max_length=20, help_text="who has to move next: site or sponsor")
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    assigned_id = models.BigIntegerField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    waived_at = models.DateTimeField(null=True)
    waived_by_id = models.BigIntegerField(null=True)
    waived_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "object_id"],
                condition=Q(met_at=None),
                name="obligation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(waived_at=None, waived_by_id=None)
                | Q(waived_at__isnull=False, waived_by_id__isnull=False) & ~Q(waived_reason=""),
                name="obligation_waived_by_someone_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=False) | Q(due_at__isnull=False),
                name="obligation_has_a_due_date",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["site_id", "owner_role", "due_on"],
                condition=Q(met_at=None, waived_at=None),
                name="obligation_open_at_site",
            ),
            models.Index(
                fields=["trial_id", "owner_role", "due_on"],
                condition=Q(met_at=None, waived_at=None),
                name="obligation_open_in_trial",
            ),
            models.Index(
                fields=["subject_id"], condition=Q(met_at=None), name="obligation_of_subject"
            ),
            models.Index(
                F("assigned_id"),
                condition=Q(met_at=None, assigned_id__isnull=False),
                name="obligation_assigned",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Draft(models.Model):
    """What a person typed on a page and has not saved yet."""

    user_id = models.BigIntegerField()
    path = models.CharField(max_length=300)
    fields = models.BinaryField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "path"], name="draft_once_per_page")
        ]

    def __str__(self) -> str:
        return self.path


class Idempotency(models.Model):
    """The answer to a post that was already carried out, so that a repeat changes nothing."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=64, help_text="hash of the key")
    content = models.CharField(max_length=64, help_text="hash of what was asked for")
    code = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the answer")
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True, help_text="encrypted: it may name subjects")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class Upload(Kernel):
    """A list on its way in: mapped, checked, then taken over batch by batch or set aside."""

    view_permission = Permission.SITE_VIEW

    owner_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    raw = models.BinaryField(help_text="encrypted: it may name subjects; once done, the wrong rows")
    mapping = models.JSONField(default=dict)
    day_order = models.CharField(max_length=3, help_text="of dates in figures: dmy or mdy")
    at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    left_behind = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="upload_not_overdone")
        ]
        indexes: ClassVar = [
            models.Index(F("moved_at"), condition=Q(ended_at=None), name="upload_running")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The mapping with the dry run, then the progress."""
        return reverse("core:import", args=[self.pk])

    @property
    def is_running(self) -> bool:
        """Whether the worker is taking it over."""
        return self.begun_at is not None and self.ended_at is None
