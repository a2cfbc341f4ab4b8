"""Medications besides the study drug: logged, changed with a reason, voided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import PartialDate
from core.permissions import Permission
from core.versions import ConflictError, lock
from safety.models import Indication, Medication
from subjects.models import Subject

DATED = {"started": ("started_from", "started_to"), "ended": ("ended_from", "ended_to")}


@action(Permission.MEDICATION_LOG, "log medication")
def log_medication(subject: Subject, *, values: Mapping[str, Any], by: User) -> Medication:
    """Keep what a subject takes besides the study drug, as it was said."""
    made = Medication(subject=subject, by_name=by.get_full_name())
    _take(made, values)
    made.save()
    return made


@action(Permission.MEDICATION_LOG, "change medication")
def change_medication(
    record: Medication, *, values: Mapping[str, Any], reason: str, by: User,
    revision: int | None = None,
) -> Medication:  # fmt: skip
    """Correct or complete a medication: another dose, an end, or what it is for."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = _open(record, revision)
    _take(held, values)
    held.save()
    return held


@action(Permission.MEDICATION_LOG, "void medication")
def void_medication(record: Medication, *, reason: str, by: User) -> Medication:
    """Set aside what was logged by mistake; it stays to be read."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = _open(record, None)
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    held.save(update_fields=["voided_at", "void_reason"])
    return held


def _open(record: Medication, revision: int | None) -> Medication:
    held = lock(record, revision)
    if held.voided_at is not None:
        raise ConflictError(f"{held} is voided: {held.void_reason}. Log it anew where it is so.")
    return held


def _take(record: Medication, values: Mapping[str, Any]) -> None:
    """Set the fields; a partial date becomes the span of days it may have been."""
    for name, value in values.items():
        if name not in DATED:
            setattr(record, name, value)
            continue
        first, last = DATED[name]
        date: PartialDate | None = value
        setattr(record, first, date.earliest if date else None)
        setattr(record, last, date.latest if date else None)
    _refuse_impossible(record)


def _refuse_impossible(record: Medication) -> None:
    today = timezone.localdate(timezone=record.subject.site.place.zone)
    if record.started_from > today:
        raise RefusedError("It begins on a day that has not come yet. Check the date.")
    if record.ended_from is not None and record.ended_from > today:
        raise RefusedError("It ends on a day that has not come yet. Say that it is ongoing.")
    if record.is_ongoing and record.ended_from is not None:
        raise RefusedError("It has an end, so it is not ongoing. Correct one of them.")
    if record.ended_to is not None and record.ended_to < record.started_from:
        raise RefusedError(
            f"It ended {record.ended}, before it began {record.started}. Correct one of them."
        )
    _refuse_unclear_indication(record)


def _refuse_unclear_indication(record: Medication) -> None:
    """It is taken for an event of this subject, or for something that is named."""
    if record.indication != Indication.EVENT:
        if record.event is not None:
            raise RefusedError("It is taken for an adverse event: choose that as its indication.")
        if not record.condition.strip():
            raise RefusedError("Say what it is taken for.")
        return
    if record.event is None:
        raise RefusedError("Choose the adverse event that it is taken for.")
    if record.event.subject_id != record.subject_id:
        raise RefusedError(f"{record.event} is an event of another subject.")
