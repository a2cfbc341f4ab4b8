"""Sponsors, their trials and the countries a trial runs in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.access import Scope, ScopedModel, ScopeIds, ScopeKind, ScopePermission
from core.flow import Flow
from core.links import address
from core.permissions import Permission


class Sponsor(Scope):
    """The organisation that takes responsibility for trials."""

    kind = ScopeKind.SPONSOR
    view_permission = Permission.TRIAL_VIEW

    name = models.CharField(max_length=200)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="sponsor_name_once")]

    def __str__(self) -> str:
        return self.name


class SponsorPermission(ScopePermission):
    """Which role groups hold which permission on which sponsor."""

    content_object = models.ForeignKey(Sponsor, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Sponsor.permission_rows = SponsorPermission


class TrialStatus(models.TextChoices):
    """The life of a trial."""

    PLANNED = "planned", "Planned"
    START_UP = "start_up", "In start-up"
    RECRUITING = "recruiting", "Recruiting"
    RECRUITMENT_CLOSED = "recruitment_closed", "Recruitment closed"
    FOLLOW_UP = "follow_up", "In follow-up"
    CLOSED = "closed", "Closed"
    LOCKED = "locked", "Database locked"
    REPORTED = "reported", "Reported"
    ARCHIVED = "archived", "Archived"
    ON_HOLD = "on_hold", "On hold"
    TERMINATED = "terminated", "Terminated early"
    CANCELLED = "cancelled", "Cancelled"


class Trial(Scope):
    """A clinical trial under one protocol."""

    Status = TrialStatus
    kind = ScopeKind.TRIAL
    parents = ("sponsor",)
    search_fields = ("protocol_number", "name")
    view_permission = Permission.TRIAL_VIEW
    flow = Flow(
        {
            TrialStatus.PLANNED: {TrialStatus.START_UP, TrialStatus.CANCELLED},
            TrialStatus.START_UP: {TrialStatus.RECRUITING, TrialStatus.ON_HOLD, TrialStatus.CANCELLED},
            TrialStatus.RECRUITING: {
                TrialStatus.RECRUITMENT_CLOSED, TrialStatus.ON_HOLD, TrialStatus.TERMINATED,
            },
            TrialStatus.ON_HOLD: {
                TrialStatus.START_UP, TrialStatus.RECRUITING, TrialStatus.FOLLOW_UP,
                TrialStatus.TERMINATED,
            },
            TrialStatus.RECRUITMENT_CLOSED: {
                TrialStatus.FOLLOW_UP, TrialStatus.RECRUITING, TrialStatus.TERMINATED,
            },
            TrialStatus.FOLLOW_UP: {TrialStatus.CLOSED, TrialStatus.TERMINATED},
            TrialStatus.TERMINATED: {TrialStatus.CLOSED},
            TrialStatus.CLOSED: {TrialStatus.LOCKED},
            TrialStatus.LOCKED: {TrialStatus.REPORTED},
            TrialStatus.REPORTED: {TrialStatus.ARCHIVED},
        },
        reasons={TrialStatus.ON_HOLD, TrialStatus.TERMINATED, TrialStatus.CANCELLED},
    )  # fmt: skip

    sponsor = models.ForeignKey(Sponsor, on_delete=models.PROTECT, related_name="trials")
    code = models.SlugField(max_length=40, unique=True, help_text="for example tmr-204")
    protocol_number = models.CharField(max_length=60)
    name = models.CharField("short name", max_length=120)
    title = models.TextField("official title", blank=True)
    phase = models.CharField(max_length=40, blank=True)
    study_type = models.CharField(max_length=40, blank=True)
    therapeutic_area = models.CharField(max_length=100, blank=True)
    indication = models.CharField(max_length=200, blank=True)
    is_randomised = models.BooleanField("randomised", default=True)
    blinding = models.CharField(max_length=60, blank=True)
    allows_waivers = models.BooleanField(
        "eligibility waivers allowed", default=False,
        help_text="Only where the protocol says that the sponsor may waive a criterion.",
    )  # fmt: skip
    planned_subjects = models.PositiveIntegerField(null=True, blank=True)
    planned_sites = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=TrialStatus.choices, default=TrialStatus.PLANNED
    )
    colour = models.PositiveSmallIntegerField(default=1, help_text="1 to 5, its edge in calendars")
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "sponsor", Lower("protocol_number"), name="trial_protocol_number_once"
            ),
            models.CheckConstraint(
                condition=Q(colour__range=(1, 5)), name="trial_colour_is_a_series"
            ),
            models.CheckConstraint(
                condition=Q(status__in=TrialStatus.values), name="trial_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.protocol_number

    def get_absolute_url(self) -> str:
        """The overview of the trial."""
        return address("workspace:trial", self.code)

    def own_ids(self) -> ScopeIds:
        """The trial itself."""
        return ScopeIds(trial_id=self.pk)


class TrialPermission(ScopePermission):
    """Which role groups hold which permission on which trial."""

    content_object = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Trial.permission_rows = TrialPermission


class RegistryId(ScopedModel):
    """A number under which a register knows the trial."""

    scope = "trial"
    view_permission = Permission.TRIAL_VIEW
    shared_below = True

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="registry_ids")
    registry = models.CharField(max_length=60)
    value = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "registry", "value"], name="registry_id_once")
        ]

    def __str__(self) -> str:
        return f"{self.registry} {self.value}"


class CountryStatus(models.TextChoices):
    """The life of a country in a trial."""

    PLANNED = "planned", "Planned"
    FEASIBILITY = "feasibility", "Feasibility"
    SELECTED = "selected", "Selected"
    SUBMITTED = "submitted", "In submission"
    APPROVED = "approved", "Approved"
    OPEN = "open", "Open"
    RECRUITMENT_CLOSED = "recruitment_closed", "Recruitment closed"
    CLOSED = "closed", "Closed"
    NOT_SELECTED = "not_selected", "Not selected"
    ON_HOLD = "on_hold", "On hold"


class Country(Scope):
    """A country in a trial."""

    Status = CountryStatus
    kind = ScopeKind.COUNTRY
    parents = ("trial",)
    search_fields = ("name", "trial__protocol_number")
    view_permission = Permission.TRIAL_VIEW
    flow = Flow(
        {
            CountryStatus.PLANNED: {
                CountryStatus.FEASIBILITY, CountryStatus.SELECTED, CountryStatus.NOT_SELECTED,
            },
            CountryStatus.FEASIBILITY: {CountryStatus.SELECTED, CountryStatus.NOT_SELECTED},
            CountryStatus.SELECTED: {CountryStatus.SUBMITTED, CountryStatus.NOT_SELECTED},
            CountryStatus.SUBMITTED: {CountryStatus.APPROVED, CountryStatus.NOT_SELECTED},
            CountryStatus.APPROVED: {CountryStatus.OPEN, CountryStatus.ON_HOLD},
            CountryStatus.OPEN: {CountryStatus.RECRUITMENT_CLOSED, CountryStatus.ON_HOLD},
            CountryStatus.ON_HOLD: {CountryStatus.OPEN, CountryStatus.CLOSED},
            CountryStatus.RECRUITMENT_CLOSED: {CountryStatus.CLOSED, CountryStatus.OPEN},
        },
        reasons={CountryStatus.NOT_SELECTED, CountryStatus.ON_HOLD},
    )  # fmt: skip

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="countries")
    code = models.CharField("ISO 3166 code", max_length=2)
    name = models.CharField(max_length=100)
    planned_sites = models.PositiveIntegerField(null=True, blank=True)
    planned_subjects = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=CountryStatus.choices, default=CountryStatus.PLANNED
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "countries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "code"], name="country_once_in_trial"),
            models.CheckConstraint(
                condition=Q(status__in=CountryStatus.values), name="country_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def own_ids(self) -> ScopeIds:
        """The trial the country is in."""
        return ScopeIds(trial_id=self.trial_id)


class CountryPermission(ScopePermission):
    """Which role groups hold which permission on which country."""

    content_object = models.ForeignKey(Country, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Country.permission_rows = CountryPermission
