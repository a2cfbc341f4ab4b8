"""What a person may decide about a duty: later, somebody else, or not at all."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.models import Obligation
from core.permissions import Permission


@action(Permission.WORK_VIEW, "snooze")
def snooze(duty: Obligation, *, until: date, by: User) -> Obligation:
    """Hide a duty from one's list until a day."""
    if until <= timezone.localdate():
        raise RefusedError("Choose a day after today.")
    Obligation.objects.filter(pk=duty.pk).update(snoozed_until=until)
    return duty


@action(Permission.WORK_VIEW, "resume")
def resume(duty: Obligation, *, by: User) -> Obligation:
    """Take a duty that was put off back into one's list."""
    Obligation.objects.filter(pk=duty.pk).update(snoozed_until=None)
    return duty


@action(Permission.WORK_WAIVE, "assign")
def assign(duty: Obligation, *, to: User, by: User) -> Obligation:
    """Give a duty to one person."""
    Obligation.objects.filter(pk=duty.pk).update(assigned_id=to.pk)
    return duty


@action(Permission.WORK_WAIVE, "waive")
def waive(duty: Obligation, *, reason: str, by: User) -> Obligation:
    """Say that a duty need not be done, and why."""
    if not reason.strip():
        raise RefusedError("Give the reason why this need not be done.")
    Obligation.objects.filter(pk=duty.pk).update(
        waived_at=timezone.now(), waived_by_id=by.pk, waived_reason=reason
    )
    return duty
