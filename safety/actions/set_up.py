"""What the safety work of a trial stands on: who receives reports, and what is to be expected."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from safety.actions.clocks import keep_clocks_of
from safety.models import ReferenceSafetyInformation, SafetyDesk
from trials.models import Trial


@action(Permission.SAFETY_HANDLE, "record reference safety information")
def add_reference(
    trial: Trial, *, version: str, from_on: date, by: User
) -> ReferenceSafetyInformation:  # fmt: skip
    """From a day on, these are the reactions that are expected; an older version is in force no longer."""
    return _kept(ReferenceSafetyInformation(trial=trial, version=version, from_on=from_on))


@action(Permission.SAFETY_HANDLE, "correct reference safety information")
def correct_reference(
    reference: ReferenceSafetyInformation, *, version: str, from_on: date, reason: str, by: User,
    revision: int | None = None,
) -> ReferenceSafetyInformation:  # fmt: skip
    """Another name or first day of a version; events judged by another one are to be judged anew."""
    held = lock(reference, revision)
    if not reason.strip():
        raise RefusedError("Give the reason for the correction.")
    held.version, held.from_on = version, from_on
    return _kept(held)


def _kept(reference: ReferenceSafetyInformation) -> ReferenceSafetyInformation:
    try:
        with transaction.atomic():
            reference.save()
    except IntegrityError as error:
        raise ConflictError(
            "That version is recorded already, or another from the same day. Choose another."
        ) from error
    return reference


@action(Permission.SAFETY_HANDLE, "set up safety desk")
def set_up_desk(
    trial: Trial, *, name: str, time_zone: str, by: User, reason: str = ""
) -> SafetyDesk:  # fmt: skip
    """Say who receives safety reports, and where the sponsor's days begin and end."""
    held = SafetyDesk.objects.filter(trial=trial).first()
    if held is not None and held.time_zone != time_zone and not reason.strip():
        raise RefusedError("Give the reason for another zone: running clocks end elsewhere by it.")
    desk, _ = SafetyDesk.objects.update_or_create(
        trial=trial, defaults={"name": name, "time_zone": time_zone}
    )
    keep_clocks_of(trial)
    return desk
