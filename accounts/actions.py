"""Inviting people, giving and ending roles, and everything that follows at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils import timezone

from accounts.models import Grant, User
from accounts.projection import group_for
from accounts.roles import BUNDLES, Role
from core.access import Scope, ScopeKind
from core.actions import RefusedError, action
from core.audit import note
from core.models import Deployment
from core.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping


def deployment() -> Deployment:
    """This installation."""
    return Deployment.objects.get(pk=1)


@action(Permission.ACCOUNT_EDIT, "invite")
def invite(
    installation: Deployment, *, username: str, first_name: str, last_name: str, email: str,
    by: User, job_title: str = "", time_zone: str = "Europe/London",
) -> User:  # fmt: skip
    """Add a person, who sets a password by a link that works once."""
    person = User(
        username=username, first_name=first_name, last_name=last_name, email=email,
        job_title=job_title, time_zone=time_zone, identity_verified_by=by.get_full_name(),
        identity_verified_on=timezone.localdate(),
    )  # fmt: skip
    person.set_unusable_password()
    person.full_clean()
    person.save()
    return person


@action(Permission.ACCOUNT_EDIT, "add service account")
def add_service(installation: Deployment, *, name: str, owner: User, by: User) -> User:
    """Add an account that no person signs in with and one person answers for."""
    service = User(username=name, first_name=name, owner=owner, is_service=True)
    service.set_unusable_password()
    service.save()
    return service


@action(Permission.ACCOUNT_EDIT, "set password")
def set_password(person: User, *, password: str, by: User) -> User:
    """Set the first password of a person, as demo and installation do."""
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


@action(Permission.ACCOUNT_EDIT, "disable")
def disable(person: User, *, reason: str, by: User) -> User:
    """Close an account: grants, sessions and feeds end at once; the name is never used again."""
    if not reason.strip():
        raise RefusedError("Give the reason for closing the account.")
    now = timezone.now()
    person.grants.filter(ended_at=None).update(ended_at=now)
    User.objects.filter(pk=person.pk).update(
        is_active=False, access_version=F("access_version") + 1
    )
    person.groups.clear()
    for session in Session.objects.filter(expire_date__gte=now).iterator():
        if str(session.get_decoded().get("_auth_user_id")) == str(person.pk):
            session.delete()
    person.refresh_from_db()
    return person


@action(Permission.GRANT_EDIT, "give role")
def give(
    scope: Scope, *, person: User, role: str, by: User, approved_by: User | None = None,
    valid_from: datetime | None = None, valid_to: datetime | None = None,
) -> Grant:  # fmt: skip
    """Give a person a role on a scope for a time."""
    bundle = BUNDLES[role]
    if ScopeKind(scope.kind) not in bundle.granted_on:
        kinds = ", ".join(sorted(kind.value for kind in bundle.granted_on))
        raise RefusedError(f"{Role(role).label} can be granted on: {kinds}.")
    ids = scope.own_ids()
    group = group_for(role, scope)
    grant = Grant.objects.create(
        user=person, role=role, kind=scope.kind, scope_id=scope.pk, scope_label=str(scope),
        trial_id=ids.trial_id, group=group, valid_from=valid_from or timezone.now(),
        valid_to=valid_to, requested_by=by, approved_by=approved_by or by,
    )  # fmt: skip
    person.groups.add(group)
    User.objects.filter(pk=person.pk).update(access_version=F("access_version") + 1)
    _forget(person)
    return grant


@action(Permission.GRANT_EDIT, "end role")
def end_grant(grant: Grant, *, reason: str, by: User) -> Grant:
    """End a role now."""
    Grant.objects.filter(pk=grant.pk).update(ended_at=timezone.now())
    grant.user.groups.remove(grant.group)
    User.objects.filter(pk=grant.user_id).update(access_version=F("access_version") + 1)
    _forget(grant.user)
    return grant


def _forget(person: User) -> None:
    """Let the next question about this person's access be asked afresh."""
    person.refresh_from_db(fields=["access_version"])
    person.__dict__.pop("_access", None)


def change_settings(person: User, *, values: Mapping[str, object], by: User) -> User:
    """Change one's own look, zone and keys; nobody else's."""
    if by.pk != person.pk:
        raise RefusedError("Settings are changed by the person they belong to.")
    User.objects.filter(pk=person.pk).update(**values)
    note("change settings", target=person, by=by)
    person.refresh_from_db()
    return person
