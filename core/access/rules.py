"""What a person may do with a record, or anywhere at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q

from core.access.below import reached
from core.access.held import has_anywhere, reach
from core.access.kinds import SCOPES, ScopeIds, ScopeKind
from core.access.scopes import ScopedModel
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User


def can(user: User, permission: Permission, obj: ScopedModel) -> bool:
    """Whether the user holds the permission on the record: the rule of the list, for one row."""
    return obj.is_held_by(user, permission)


def require(user: User, permission: Permission, obj: ScopedModel) -> None:
    """Refuse, with the permission's plain name, where the user does not hold it."""
    if not can(user, permission, obj):
        raise _refusal(permission)


def require_anywhere(user: User, permission: Permission) -> None:
    """Refuse, with the permission's plain name, where the user holds it on no scope at all."""
    if not has_anywhere(user, permission):
        raise _refusal(permission)


def _refusal(permission: Permission) -> PermissionDenied:
    return PermissionDenied(f"Your role does not allow: {permission.label.lower()}.")


def held_among(
    rows: models.QuerySet[Any], keys: Iterable[int], user: User, permission: Permission
) -> set[int]:  # fmt: skip
    """Of the rows with these keys, those on which the user holds the permission: one query."""
    held = rows & rows.model.objects.visible_to(user, permission)
    return set(held.filter(pk__any=keys).values_list("pk", flat=True))


def in_reach(user: User, permission: Permission) -> Q:
    """The kernel rows in the narrowest scope on which the user holds the permission."""
    if reach(user, permission).everywhere:
        return Q()
    sites = reached(user, permission, SCOPES[ScopeKind.SITE]) or ()
    trials = reached(user, permission, SCOPES[ScopeKind.TRIAL]) or ()
    places = reached(user, permission, SCOPES[ScopeKind.PLACE]) or ()
    return (
        Q(site_id__any=sites)
        | Q(site_id=None, trial_id__any=trials)
        | Q(site_id=None, trial_id=None, place_id__any=places)
    )


def holds_within(user: User, permission: Permission, ids: ScopeIds) -> bool:
    """The same rule for one kernel row."""
    if reach(user, permission).everywhere:
        return True
    for kind, number in (
        (ScopeKind.SITE, ids.site_id), (ScopeKind.TRIAL, ids.trial_id),
        (ScopeKind.PLACE, ids.place_id),
    ):  # fmt: skip
        if number is not None:
            return number in (reached(user, permission, SCOPES[kind]) or ())
    return False
