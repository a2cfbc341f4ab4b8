"""People with the roles they hold, and who can see what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.utils import timezone

from accounts.models import Grant, User
from accounts.roles import BUNDLES, Role
from core.access import SCOPES, Scope, ScopeKind
from core.permissions import Permission

PAGE = 50
FOUND = 20
STATES = {
    "active": "Active",
    "invited": "Invited",
    "idle": "No role now",
    "disabled": "Closed",
    "service": "Service account",
}
CHIPS = {"active": "ok", "invited": "info", "idle": "warn", "disabled": "crit", "service": "plum"}


def has_second_factor(person: User) -> bool:
    """Whether the person signs in with a code, too."""
    found: bool = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()
    return found


def state_of(person: User, *, has_role: bool) -> str:
    """What can be said of an account in one word."""
    if not person.is_active:
        return "disabled"
    if person.is_service:
        return "service"
    if not person.has_usable_password():
        return "invited"
    return "active" if has_role else "idle"


def scope_name(scope: Scope) -> str:
    """A scope as it is told apart from others of its kind."""
    first = [str(getattr(scope, field)) for field in scope.parents[:1] if scope.kind != "trial"]
    return " · ".join([str(scope), *first])[:200]


def scopes_to_give(user: User, role: str, text: str) -> list[Scope]:
    """Where the user may give the role, by words."""
    found: list[Scope] = []
    for kind in (kind for kind in ScopeKind if kind in BUNDLES[role].granted_on):
        model = SCOPES[kind]
        words = [Q(**{f"{field}__icontains": text}) for field in model.search_fields]
        rows = model.objects.visible_to(user, Permission.GRANT_EDIT).filter(reduce(or_, words))
        found += rows.select_related(*model.parents).order_by("pk")[:FOUND]
    return found[:FOUND]


def roles_on(kind: ScopeKind) -> list[tuple[str, str]]:
    """The roles that people can be given on such a scope."""
    return [
        (role, label)
        for role, label in Role.choices
        if kind in BUNDLES[role].granted_on and role != Role.SERVICE
    ]


@dataclass(frozen=True, slots=True)
class Access:
    """Who holds which role on a scope: on all of it, and on parts of it or across it."""

    whole: list[Grant]
    parts: list[Grant]


def access_to(scope: Scope, at: datetime | None = None) -> Access:
    """Everybody whose roles reach a scope at an instant, also in the past."""
    grants = Grant.objects.live(at or timezone.now()).select_related("user", "approved_by")
    order = ("user__last_name", "user_id", "role")
    whole = reduce(or_, [Q(kind=kind, scope_id=pk) for kind, pk in above(scope)])
    inside = reduce(or_, _inside(scope), Q(pk=None))
    return Access(
        list(grants.filter(whole).order_by(*order)),
        list(grants.filter(inside).exclude(whole).order_by(*order)[: PAGE * 4]),
    )


def above(scope: Scope) -> set[tuple[str, int]]:
    """Kind and key of the scope itself and of every scope over it."""
    found = {(scope.kind.value, scope.pk), (ScopeKind.DEPLOYMENT.value, 1)}
    for field in scope.parents:
        found |= above(getattr(scope, field))
    return found


def scope_for(user: User, kind: str, pk: int, permission: Permission) -> Scope | None:
    """A scope where the user holds the permission, with everything over it."""
    if kind not in list(ScopeKind):
        return None
    rows = SCOPES[ScopeKind(kind)].objects.visible_to(user, permission)
    found: Scope | None = rows.select_related(*_upward(rows.model)).filter(pk=pk).first()
    return found


def _upward(model: type[Scope]) -> list[str]:
    """The lookups of everything over a scope model."""
    found = []
    for field in model.parents:
        parent: Any = model._meta.get_field(field).related_model
        found += [field, *(f"{field}__{further}" for further in _upward(parent))]
    return found


def _inside(scope: Scope) -> list[Q]:
    """Conditions for grants on what lies in the scope, and on what crosses it lower down."""
    found = []
    for model in SCOPES.values():
        paths = list(_paths(model, type(scope)))
        if not paths:
            continue
        rows = model._default_manager.filter(reduce(or_, [Q(**{path: scope}) for path in paths]))
        found.append(Q(kind=model.kind, scope_id__in=rows.values("pk")))
        for field in model.parents:
            parent: Any = model._meta.get_field(field).related_model
            found.append(Q(kind=parent.kind, scope_id__in=rows.values(f"{field}_id")))
    return found


def _paths(model: type[Scope], top: type[Scope]) -> Iterator[str]:
    """The lookups that lead from a scope model up to another."""
    for field in model.parents:
        parent: Any = model._meta.get_field(field).related_model
        if parent is top:
            yield field
        for rest in _paths(parent, top):
            yield f"{field}__{rest}"
