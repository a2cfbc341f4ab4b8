"""Users, and the dated grants that are the truth about their access."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, Group
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts.roles import BUNDLES, SITE_ROLES, Role
from core.access import (
    DEPLOYMENT,
    SCOPES,
    Live,
    Scope,
    ScopedModel,
    ScopedQuerySet,
    ScopeIds,
    ScopeKind,
    reach,
    reached,
)
from core.access import live as live_roles
from core.permissions import Permission


class Theme(models.TextChoices):
    """Colours of the interface."""

    SYSTEM = "system", "As the device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    """Height of rows."""

    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class WhoseDay(models.TextChoices):
    """Whose visits Today shows."""

    MINE = "mine", "Mine"
    SITE = "site", "Whole site"


class UserManager(DjangoUserManager["User"].from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Users by scope, with Django's ways to make one."""


class User(ScopedModel, AbstractUser):
    """A person who signs in, or a service account with an owner."""

    scope = DEPLOYMENT
    view_permission = Permission.ACCOUNT_VIEW
    masked = ("password",)

    email = models.EmailField("e-mail address")
    job_title = models.CharField(max_length=100, blank=True)
    time_zone = models.CharField(max_length=50, default="Europe/London")
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density.choices, default=Density.COMFORTABLE)
    whose_day = models.CharField(max_length=4, choices=WhoseDay.choices, default=WhoseDay.SITE)
    has_single_keys = models.BooleanField("single-key shortcuts", default=True)
    owner = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="services",
        help_text="the person who answers for a service account",
    )  # fmt: skip
    is_service = models.BooleanField(default=False)
    identity_verified_by = models.CharField(max_length=150, blank=True)
    identity_verified_on = models.DateField(null=True, blank=True)
    session_number = models.PositiveIntegerField(
        default=1, editable=False, help_text="raised to end every open session"
    )
    access_version = models.PositiveIntegerField(default=1, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("username"), name="user_name_once"),
            models.UniqueConstraint(
                Lower("email"), condition=Q(is_service=False), name="user_email_once"
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False), name="user_is_never_all_powerful"
            ),
            models.CheckConstraint(
                condition=Q(is_service=False) | Q(password__startswith="!"),  # noqa: S106 - the mark of no password
                name="user_service_has_no_password",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_session_auth_hash(self) -> str:
        """What sessions are bound to: the password, and the number that ends them."""
        return f"{super().get_session_auth_hash()}{self.session_number}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same, signed with keys that were replaced."""
        for signed in super().get_session_auth_fallback_hash():
            yield f"{signed}{self.session_number}"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the person reads times in."""
        return ZoneInfo(self.time_zone)

    def get_full_name(self) -> str:
        """First and last name, else the user name."""
        return super().get_full_name() or self.username

    def get_absolute_url(self) -> str:
        """The page of the person."""
        return reverse("accounts:person", args=[self.pk])

    def live_grants(self, now: datetime) -> tuple[Live, ...]:
        """The roles held at this instant."""
        return tuple(
            Live(grant.group_id, grant.role, grant.kind, grant.scope_id)
            for grant in self.grants.live(now)
        )

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant at which a grant begins or ends by itself."""
        edges = self.grants.filter(ended_at=None).values_list("valid_from", "valid_to")
        ahead = [edge for pair in edges for edge in pair if edge is not None and edge > now]
        return min(ahead, default=None)

    def roles(self) -> frozenset[str]:
        """The roles held now, anywhere."""
        return frozenset(held.role for held in live_roles(self))

    def role_names(self) -> str:
        """The roles held now, in words, for the trail."""
        return ", ".join(sorted(Role(role).label for role in self.roles()))


class GrantQuerySet(ScopedQuerySet):
    """Grants, by who may see or end them, and by time."""

    def visible_to(self, user: User, permission: Permission | None = None) -> Self:
        """Seen with all accounts; any other permission counts on the scope the role is held on."""
        if permission in {None, Grant.view_permission} or reach(user, permission).everywhere:
            return super().visible_to(user, permission)
        held = {kind: reached(user, permission, model) for kind, model in SCOPES.items()}
        on = (Q(kind=kind, scope_id__any=ids or ()) for kind, ids in held.items())
        return self.filter(reduce(or_, on))

    def live(self, at: datetime | None = None) -> GrantQuerySet:
        """Those in force at an instant, now or in the past."""
        at = at or timezone.now()
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gt=at),
            Q(ended_at=None) | Q(ended_at__gt=at),
            valid_from__lte=at,
        )


class Grant(ScopedModel):
    """Who holds which role where and when; who asked for it and who approved it."""

    scope = DEPLOYMENT
    view_permission = Permission.ACCOUNT_VIEW

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40, choices=Role.choices)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ScopeKind])
    scope_id = models.BigIntegerField()
    scope_label = models.CharField(max_length=200)
    trial_id = models.BigIntegerField(null=True)
    group = models.ForeignKey(Group, on_delete=models.PROTECT)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_to = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="grants_requested"
    )
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants_approved")
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = GrantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role", "kind", "scope_id"],
                condition=Q(ended_at=None),
                name="grant_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="grant_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(SITE_ROLES)) | Q(kind__in=["site", "place"]),
                name="grant_site_roles_at_sites_only",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "scope_id"], name="grant_of_scope")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} on {self.scope_label}"

    def held_on(self) -> Scope | None:
        """The scope the role is held on."""
        found: Scope | None = (
            SCOPES[ScopeKind(self.kind)]._default_manager.filter(pk=self.scope_id).first()
        )
        return found

    def is_held_by(self, user: User, permission: Permission) -> bool:
        """Whether the user holds the permission where the role is held."""
        scope = self.held_on()
        return scope is not None and scope.is_held_by(user, permission)

    def scope_ids(self) -> ScopeIds:
        """Trial, site and place of the scope the role is held on."""
        scope = self.held_on()
        return scope.own_ids() if scope is not None else ScopeIds(trial_id=self.trial_id)

    def sentence(self) -> str:
        """What the role is for."""
        return BUNDLES[self.role].sentence


class ServiceToken(ScopedModel):
    """A secret with which a service account calls the API until a day; only its hash is kept."""

    scope = DEPLOYMENT
    view_permission = Permission.ACCOUNT_VIEW
    masked = ("token_hash",)

    service = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField("what it is for", max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="service_token_lasts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.service}"
