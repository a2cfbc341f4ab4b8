"""The two accounts that exist before anybody can grant anything."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from accounts.models import Grant, User
from accounts.projection import group_for
from accounts.roles import Role
from core.audit import record, under_event
from core.models import Deployment

SYSTEM = "system"


def system_account() -> User:
    """The built-in service account that scheduled work acts as."""
    found = User.objects.filter(username=SYSTEM).first()
    return found or _make(SYSTEM, "Scheduled work", "", Role.SERVICE, is_service=True)


def first_administrator(username: str, full_name: str, email: str, password: str) -> User:
    """The administrator who invites everybody else."""
    return _make(username, full_name, email, Role.ADMINISTRATOR, password=password)


def _make(
    username: str, full_name: str, email: str, role: str, *, is_service: bool = False,
    password: str | None = None,
) -> User:  # fmt: skip
    first, _, last = full_name.partition(" ")
    with under_event("installation") as current:
        person = User(
            username=username, first_name=first, last_name=last, email=email,
            is_service=is_service, identity_verified_by="installation",
            identity_verified_on=timezone.localdate(),
        )  # fmt: skip
        person.set_password(password)
        person.save()
        installation = Deployment.objects.get(pk=1)
        group = group_for(role, installation)
        Grant.objects.create(
            user=person, role=role, kind=installation.kind, scope_id=installation.pk,
            scope_label=str(installation), group=group, requested_by=person, approved_by=person,
        )  # fmt: skip
        person.groups.add(group)
        User.objects.filter(pk=person.pk).update(access_version=F("access_version") + 1)
        person.refresh_from_db()
        record("install account", current, target=person, by=person)
    return person
