"""Giving and ending roles; what a person may see changes at once."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils import timezone

from accounts.models import Grant, User
from accounts.projection import group_for
from accounts.queries import scope_name
from accounts.roles import BUNDLES, UNBLINDED, Role
from core.access import Scope, ScopeKind, can, reach
from core.actions import RefusedError, action
from core.permissions import Permission


@action(Permission.GRANT_EDIT, "give role")
def give(
    scope: Scope, *, person: User, role: str, by: User, requested_by: User | None = None,
    valid_from: datetime | None = None, valid_to: datetime | None = None, reason: str = "",
) -> Grant:  # fmt: skip
    """Give a person a role on a scope for a time; who gives it approves it."""
    now = timezone.now()
    _refuse(scope, person, role, by)
    held = person.grants.filter(role=role, kind=scope.kind, scope_id=scope.pk, ended_at=None)
    held.filter(valid_to__lte=now).update(ended_at=F("valid_to"))
    if (present := held.first()) is not None:
        raise RefusedError(
            f"{person} already holds: {present}. End that first to change its dates."
        )
    if valid_to is not None and valid_to <= (valid_from or now):
        raise RefusedError("The role would end before it begins. Choose a later last day.")
    group = group_for(role, scope)
    grant = Grant.objects.create(
        user=person, role=role, kind=scope.kind, scope_id=scope.pk, scope_label=scope_name(scope),
        trial_id=scope.own_ids().trial_id, group=group, valid_from=valid_from or now,
        valid_to=valid_to, requested_by=requested_by or by, approved_by=by,
    )  # fmt: skip
    person.groups.add(group)
    _refresh(person)
    return grant


def _refuse(scope: Scope, person: User, role: str, by: User) -> None:
    """Why this person may not give, or that person not hold, the role there."""
    bundle = BUNDLES[role]
    if ScopeKind(scope.kind) not in bundle.granted_on:
        kinds = ", ".join(sorted(kind.value for kind in bundle.granted_on))
        raise RefusedError(f"{Role(role).label} can be granted on: {kinds}.")
    if not person.is_active:
        raise RefusedError(f"The account of {person} is closed.")
    if person.pk == by.pk:
        raise RefusedError("Nobody gives a role to themselves. Ask another administrator.")
    if lacking := _lacking(scope, role, by):
        raise RefusedError(
            f"You can give what you hold yourself. Ask an administrator: {min(lacking)}."
        )
    if (other := _blinded_otherwise(scope, person, role)) is not None:
        raise RefusedError(
            f"{person} is {Role(other).in_text} and cannot also be {Role(role).in_text}: nobody is"
            " blinded and unblinded in one trial. End that role, or give both on single trials."
        )
    if (other := _conflict(person, role)) is not None:
        raise RefusedError(
            f"{person} is {Role(other).in_text} and cannot also be"
            f" {Role(role).in_text}: who sets up access does not see subjects."
        )


def _lacking(scope: Scope, role: str, by: User) -> list[str]:
    """What the role allows there and who gives it does not hold; administrators give all."""
    if reach(by, Permission.GRANT_EDIT).everywhere:
        return []
    return [held.label for held in BUNDLES[role].permissions if not can(by, held, scope)]


def _blinded_otherwise(scope: Scope, person: User, role: str) -> str | None:
    """A role the person holds, perhaps in the same trial, that is blinded where the new one is not."""
    trial_id = scope.own_ids().trial_id
    for held in person.grants.filter(ended_at=None).exclude(valid_to__lte=timezone.now()):
        both = {role, held.role}
        sees = all(Permission.SUBJECT_VIEW in BUNDLES[each].permissions for each in both)
        meet = trial_id is None or held.trial_id in {None, trial_id}
        if sees and meet and len(both & UNBLINDED) == 1:
            return str(held.role)
    return None


def _conflict(person: User, role: str) -> str | None:
    """A role the person holds that keeps duties apart from the new one."""
    for held in person.grants.filter(ended_at=None).values_list("role", flat=True):
        both = {role, held}
        sees = any(Permission.SUBJECT_VIEW in BUNDLES[each].permissions for each in both)
        if sees and Role.ADMINISTRATOR in both:
            return str(held)
    return None


@action(Permission.GRANT_EDIT, "end role")
def end_grant(grant: Grant, *, reason: str, by: User) -> Grant:
    """End a role now."""
    if not reason.strip():
        raise RefusedError("Give the reason for ending the role.")
    if not Grant.objects.filter(pk=grant.pk, ended_at=None).update(ended_at=timezone.now()):
        raise RefusedError(f"{grant} has ended already.")
    grant.user.groups.remove(grant.group)
    _refresh(grant.user)
    return grant


def _refresh(person: User) -> None:
    """Let the next question about this person's access be asked afresh."""
    User.objects.filter(pk=person.pk).update(access_version=F("access_version") + 1)
    person.refresh_from_db(fields=["access_version"])
    person.__dict__.pop("_access", None)
