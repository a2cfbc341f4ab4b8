"""What people decide about duties: later, somebody else, or not at all; and what they have read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.access import can
from core.actions import Action, RefusedError, action
from core.models import Notice, Obligation
from core.obligations import in_order, owned_by
from core.permissions import Permission


@action(Permission.WORK_VIEW, "snooze")
def snooze(duty: Obligation, *, until: datetime, by: User) -> Obligation:
    """Hide a duty from the lists of those whose it is until an instant."""
    _refuse_of_others(duty, by)
    if until <= timezone.now():
        raise RefusedError("That time is over. Choose a later one.")
    return _changed(duty, snoozed_until=until)


@action(Permission.WORK_VIEW, "resume")
def resume(duty: Obligation, *, by: User) -> Obligation:
    """Take a duty that was put off back into the list."""
    _refuse_of_others(duty, by)
    return _changed(duty, snoozed_until=None)


@action(Permission.WORK_WAIVE, "assign")
def assign(duty: Obligation, *, to: User | None, by: User) -> Obligation:
    """Give a duty to one person who works there, or back to whoever holds its role."""
    if to is not None and not can(to, Permission.WORK_VIEW, duty):
        raise RefusedError(f"{to} does not work where this is due: {duty}. Choose somebody else.")
    return _changed(duty, assigned_id=to.pk if to else None)


@action(Permission.WORK_WAIVE, "waive")
def waive(duty: Obligation, *, reason: str, by: User) -> Obligation:
    """Say that a duty need not be done, and why."""
    if not reason.strip():
        raise RefusedError("Give the reason why this need not be done.")
    return _changed(duty, waived_at=timezone.now(), waived_by_id=by.pk, waived_reason=reason)


@action(Permission.WORK_WAIVE, "take up again")
def take_up(duty: Obligation, *, by: User) -> Obligation:
    """A duty that was waived is to be done after all."""
    return _changed(duty, waived_at=None, waived_by_id=None, waived_reason="")


@transaction.atomic
def together(
    act: Action[Obligation, ..., Obligation], duties: Iterable[Obligation], **given: Any
) -> None:
    """One decision about several duties: about all of them or none."""
    for duty in in_order(duties):
        act(duty, **given)


def _refuse_of_others(duty: Obligation, by: User) -> None:
    if not Obligation.objects.filter(owned_by(by), pk=duty.pk).exists():
        raise RefusedError(f"This waits on others: {duty}. They can put it off.")


def _changed(duty: Obligation, **columns: object) -> Obligation:
    Obligation.objects.filter(pk=duty.pk).update(**columns)
    return duty


@action(Permission.WORK_VIEW, "read notice")
def read(notice: Notice, *, by: User) -> Notice:
    """The person has read of the record: this notice, and every other one to them about it."""
    rows = Notice.objects.filter(
        recipient_id=by.pk, target_type=notice.target_type, target_id=notice.target_id
    )
    rows.filter(read_at=None).update(read_at=timezone.now())
    return notice
