"""Inviting, changing and closing accounts, and what each person sets for themselves."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.audit import record, under_event
from core.models import Deployment
from core.permissions import Permission


def deployment() -> Deployment:
    """This installation."""
    return Deployment.objects.get(pk=1)


@action(Permission.DEPLOYMENT_EDIT, "set up")
def set_up(
    installation: Deployment, *, values: Mapping[str, object], reason: str, by: User
) -> Deployment:
    """Change the name of the installation, and whether authors may sign their own work."""
    if not reason.strip():
        raise RefusedError("Give the reason for the change.")
    for name, value in values.items():
        setattr(installation, name, value)
    installation.full_clean()
    installation.save(update_fields=list(values))
    return installation


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


@action(Permission.ACCOUNT_EDIT, "change details")
def change(person: User, *, values: Mapping[str, object], by: User, reason: str = "") -> User:
    """Correct the name, address, job title or time zone of a person."""
    return _set(person, values)


@action(Permission.ACCOUNT_EDIT, "disable")
def disable(person: User, *, reason: str, by: User) -> User:
    """Close an account: grants, sessions and feeds end at once; the name is never used again."""
    if not reason.strip():
        raise RefusedError("Give the reason for closing the account.")
    if person.pk == by.pk:
        raise RefusedError("Nobody closes their own account. Ask another administrator.")
    person.grants.filter(ended_at=None).update(ended_at=timezone.now())
    person.is_active = False
    person.set_unusable_password()  # ends every session: they are bound to the password
    person.save(update_fields=["is_active", "password"])
    User.objects.filter(pk=person.pk).update(access_version=F("access_version") + 1)
    person.groups.clear()
    person.refresh_from_db()
    person.__dict__.pop("_access", None)
    return person


@action(Permission.ACCOUNT_EDIT, "open again")
def reopen(person: User, *, reason: str, by: User) -> User:
    """Open a closed account of the same person again, without roles and without a password."""
    if not reason.strip():
        raise RefusedError("Give the reason for opening the account again.")
    if person.is_active:
        raise RefusedError(f"The account of {person} is open.")
    person.is_active = True
    person.save(update_fields=["is_active"])
    return person


def change_settings(person: User, *, values: Mapping[str, object], by: User) -> User:
    """Change one's own name, look, zone and keys; nobody else's, so no role is asked."""
    if by.pk != person.pk:
        raise RefusedError("Settings are changed by the person they belong to.")
    with under_event("") as current:
        _set(person, values)
        record("change settings", current, target=person, by=by)
    return person


def _set(person: User, values: Mapping[str, object]) -> User:
    for name, value in values.items():
        setattr(person, name, value)
    person.full_clean()
    person.save(update_fields=list(values))
    person.refresh_from_db()
    return person
