"""Groups and guardian rows as a projection of roles and grants; safe to run at any time."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from accounts.models import Grant, User
from accounts.roles import BUNDLES
from core.access import Scope
from core.groups import give_group_permissions, take_group_permissions


def group_for(role: str, scope: Scope) -> Group:
    """The group that carries a role on one scope, with the permissions of the role laid down."""
    group, made = Group.objects.get_or_create(name=f"{role}@{scope.kind}:{scope.pk}")
    if made:
        give_group_permissions(group.pk, scope, BUNDLES[role].permissions)
    return group


def repair() -> None:
    """Make group membership and group permissions agree with live grants and the roles in code."""
    for grant in Grant.objects.live().distinct("group_id").order_by("group_id"):
        scope = grant.held_on()
        if scope is not None:
            take_group_permissions(grant.group_id, scope, BUNDLES[grant.role].permissions)
            give_group_permissions(grant.group_id, scope, BUNDLES[grant.role].permissions)
    membership = User.groups.through.objects
    wanted = set(Grant.objects.live().values_list("user_id", "group_id"))
    present = set(membership.values_list("user_id", "group_id"))
    for user_id, group_id in present - wanted:
        membership.filter(user_id=user_id, group_id=group_id).delete()
    membership.bulk_create(
        User.groups.through(user_id=user_id, group_id=group_id)
        for user_id, group_id in wanted - present
    )


def after_migrate(**_: Any) -> None:
    """A release may change what a role carries: bring every granted group up to date."""
    repair()
