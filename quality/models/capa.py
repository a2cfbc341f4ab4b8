"""Corrective and preventive action: a cause, what is done about it by whom, and whether it helped."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.roles import Role
from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from quality.models.cause import RootCause
from sites.models import Site


class CapaStatus(models.TextChoices):
    """How far a CAPA is carried out."""

    OPEN = "open", "Actions under way"
    CHECK = "check", "Effectiveness to check"
    EFFECTIVE = "effective", "Effective, to sign"
    CLOSED = "closed", "Signed and closed"
    VOIDED = "voided", "Voided"


S = CapaStatus
UNDER_WAY = (S.OPEN, S.CHECK, S.EFFECTIVE)
# Who may own an action, and under which role it comes to their work.
OWNERS = (
    Role.COORDINATOR, Role.INVESTIGATOR, Role.CRA, Role.TRIAL_MANAGER, Role.SENIOR_MANAGER,
)  # fmt: skip


class Capa(ScopedModel):
    """A cause behind one or more issues of a site, and what is done so that it does not come back."""

    Status = CapaStatus
    scope = "site"
    view_permission = Permission.DEVIATION_VIEW
    flow = Flow(
        {
            S.OPEN: {S.CHECK, S.VOIDED},
            S.CHECK: {S.EFFECTIVE, S.OPEN, S.VOIDED},
            S.EFFECTIVE: {S.CLOSED, S.OPEN},
        },
        reasons={S.VOIDED},
    )

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="capas")
    number = models.CharField(max_length=40, editable=False)
    status = models.CharField(max_length=10, choices=CapaStatus.choices, default=CapaStatus.OPEN)
    title = models.CharField("against what", max_length=120)
    root_cause = models.CharField(max_length=14, choices=RootCause.choices)
    why = models.TextField("analysis of the cause")
    measure = models.TextField("how it is seen that it helped")
    check_on = models.DateField("effectiveness checked by")
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "CAPA"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "number"], name="capa_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=CapaStatus.values), name="capa_status_known"
            ),
            models.CheckConstraint(
                condition=Q(root_cause__in=RootCause.values), name="capa_has_a_root_cause"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["check_on", "id"], name="capa_by_check"),
            models.Index(fields=["site", "status"], name="capa_of_site"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the CAPA."""
        return address("quality:capa", self.site.trial.code, self.number)

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to be done or said."""
        return self.status in UNDER_WAY


class CapaAction(ScopedModel):
    """Something that a person does by a day, to correct or to prevent."""

    scope = "capa__site"
    part_of = "capa"
    view_permission = Permission.DEVIATION_VIEW

    class Kind(models.TextChoices):
        """What it is for."""

        CORRECTIVE = "corrective", "Corrective"
        PREVENTIVE = "preventive", "Preventive"

    capa = models.ForeignKey(Capa, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField("what is done", max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    owner_role = models.CharField(max_length=40, editable=False)
    due_on = models.DateField("due")
    done_on = models.DateField("done", null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    dropped = models.CharField("why it is not done", max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "action"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_on=None) | Q(dropped="") & ~Q(evidence=""),
                name="capa_action_done_with_evidence",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["corrective", "preventive"]), name="capa_action_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(owner_role__in=[str(role) for role in OWNERS]),
                name="capa_action_owner_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} action of {self.capa}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_on is None and not self.dropped


class EffectivenessCheck(ScopedModel):
    """Whether a CAPA helped, as somebody found on a day."""

    scope = "capa__site"
    part_of = "capa"
    view_permission = Permission.DEVIATION_VIEW

    capa = models.ForeignKey(Capa, on_delete=models.PROTECT, related_name="checks")
    on = models.DateField("checked")
    is_effective = models.BooleanField()
    finding = models.TextField()
    by_name = models.CharField(max_length=150)

    class Meta:
        verbose_name = "effectiveness check"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(finding=""), name="capa_check_has_a_finding"),
        ]

    def __str__(self) -> str:
        return f"Check of {self.capa} on {self.on}"
