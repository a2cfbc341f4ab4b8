"""A site is a place in a trial."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models import User
from core.access import Scope, ScopedModel, ScopeIds, ScopeKind, ScopePermission
from core.addresses import name_like, pattern
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from sites.models.place import Place, same
from trials.models import Country, ScheduleVersion, Trial


class SiteStatus(models.TextChoices):
    """The life cycle of a site."""

    IDENTIFIED = "identified", "Identified"
    FEASIBILITY = "feasibility", "Feasibility"
    QUALIFIED = "qualified", "Qualified"
    SELECTED = "selected", "Selected"
    START_UP = "start_up", "In start-up"
    READY = "ready", "Ready"
    INITIATED = "initiated", "Initiated"
    OPEN = "open", "Open for enrolment"
    ENROLMENT_CLOSED = "enrolment_closed", "Enrolment closed"
    FOLLOW_UP = "follow_up", "In follow-up"
    CLOSED = "closed", "Closed"
    ARCHIVED = "archived", "Archived"
    ON_HOLD = "on_hold", "On hold"
    NOT_SELECTED = "not_selected", "Not selected"
    DECLINED = "declined", "Declined"
    BACK_UP = "back_up", "Back-up"
    WITHDRAWN = "withdrawn", "Withdrawn"
    TERMINATED = "terminated", "Terminated early"


S = SiteStatus
BEFORE_INITIATION = (
    S.IDENTIFIED, S.FEASIBILITY, S.QUALIFIED, S.SELECTED, S.START_UP, S.READY,
    S.NOT_SELECTED, S.DECLINED, S.BACK_UP, S.WITHDRAWN,
)  # fmt: skip
# Candidates without a number have c and their running number in addresses.
NUMBERS = pattern("add", "assign-cra", "import", "c[0-9]+")
SITE_NUMBER = name_like(NUMBERS)


class Site(Scope):
    """A place in a trial, with its investigator, monitor and life cycle."""

    Status = SiteStatus
    kind = ScopeKind.SITE
    parents = ("trial", "country", "place")
    search_fields = ("number", "place__short_name", "trial__protocol_number")
    view_permission = Permission.SITE_VIEW
    shared_below = False
    flow = Flow(
        {
            S.IDENTIFIED: {S.FEASIBILITY, S.SELECTED, S.NOT_SELECTED, S.DECLINED, S.BACK_UP},
            S.FEASIBILITY: {S.QUALIFIED, S.SELECTED, S.NOT_SELECTED, S.DECLINED, S.BACK_UP},
            S.BACK_UP: {S.QUALIFIED, S.SELECTED, S.NOT_SELECTED, S.DECLINED},
            S.QUALIFIED: {S.SELECTED, S.NOT_SELECTED, S.DECLINED, S.BACK_UP},
            S.SELECTED: {S.START_UP, S.WITHDRAWN},
            S.START_UP: {S.READY, S.WITHDRAWN, S.ON_HOLD},
            S.READY: {S.INITIATED, S.WITHDRAWN},
            S.INITIATED: {S.OPEN, S.ON_HOLD, S.TERMINATED},
            S.OPEN: {S.ENROLMENT_CLOSED, S.ON_HOLD, S.TERMINATED},
            S.ON_HOLD: {S.START_UP, S.OPEN, S.ENROLMENT_CLOSED, S.FOLLOW_UP, S.TERMINATED},
            S.ENROLMENT_CLOSED: {S.FOLLOW_UP, S.OPEN, S.CLOSED, S.TERMINATED},
            S.FOLLOW_UP: {S.CLOSED, S.TERMINATED},
            S.TERMINATED: {S.CLOSED},
            S.CLOSED: {S.ARCHIVED},
        },
        reasons={
            S.NOT_SELECTED, S.DECLINED, S.BACK_UP, S.ON_HOLD, S.WITHDRAWN, S.TERMINATED,
        },
    )  # fmt: skip

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="sites")
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="sites")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="sites")
    number = models.CharField(max_length=20, blank=True, validators=[SITE_NUMBER])
    investigator_name = models.CharField("principal investigator", max_length=150, blank=True)
    investigator = models.ForeignKey(
        "sites.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    cra = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="monitored_sites"
    )
    planned_subjects = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=SiteStatus.choices, default=SiteStatus.IDENTIFIED
    )
    status_on = models.DateField(null=True, editable=False)
    initiated_on = models.DateField(null=True, editable=False)
    opened_on = models.DateField(null=True, editable=False)
    screened = models.PositiveIntegerField(default=0, editable=False)
    enrolled = models.PositiveIntegerField(default=0, editable=False)
    active = models.PositiveIntegerField(default=0, editable=False)
    last_enrolled_on = models.DateField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["trial", "number"], condition=~Q(number=""), name="site_number_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=BEFORE_INITIATION) | ~Q(number=""),
                name="site_initiated_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=NUMBERS),
                name="site_number_stands_in_an_address",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SiteStatus.values), name="site_status_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["trial", "status"], name="site_by_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.place.short_name}".strip()

    @property
    def code(self) -> str:
        """The word for the site in an address: its number, or a candidate's running number."""
        return self.number or f"c{self.pk}"

    def get_absolute_url(self) -> str:
        """The page of the site."""
        return address("workspace:site", self.trial.code, self.code)

    def own_ids(self) -> ScopeIds:
        """Trial, site and place."""
        return ScopeIds(trial_id=self.trial_id, site_id=self.pk, place_id=self.place_id)


class SitePermission(ScopePermission):
    """Which role groups hold which permission on which site."""

    content_object = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Site.permission_rows = SitePermission


class SiteSchedule(ScopedModel):
    """From when to when a site works under which schedule version."""

    scope = "site"
    view_permission = Permission.SITE_VIEW

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="schedules")
    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="+")
    during = DateRangeField(help_text="from the approval at the site; an open end while it lasts")

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="site_schedule_no_overlap",
                expressions=[same("site_id"), ("during", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} at {self.site}"
