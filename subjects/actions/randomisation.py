"""Randomisation entered by hand, blinded, and the allocation apart from it."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from subjects.actions.corrections import undo
from subjects.actions.plan import hold, refuse_without_reason, replan
from subjects.actions.subjects import enrol, set_anchor_date
from subjects.models import (
    Allocation,
    Randomisation,
    Subject,
    SubjectAnchor,
    SubjectStatus,
    Visit,
)
from trials.models import AnchorKind


@action(Permission.RANDOMISATION_RECORD, "record randomisation")
def randomise(
    subject: Subject, *, on: date, number: str, reason: str, by: User, kit: str = ""
) -> Randomisation:
    """Keep when a subject was randomised under which number; who is eligible is enrolled by it."""
    refuse_without_reason(reason)
    (subject,) = hold([subject.pk])
    if not subject.trial.is_randomised:
        raise RefusedError(f"{subject.trial} is not randomised. Enrol the subject instead.")
    made = Randomisation(
        subject=subject, trial_id=subject.trial_id, on=on, number=number.strip(),
        kit=kit.strip(), reason=reason.strip()[:200], by_name=by.get_full_name(),
    )  # fmt: skip
    _refuse_day(subject, on)
    _keep(made)
    if subject.enrolled_on is None:
        enrol(subject, on=on, by=by, reason=reason)
    set_anchor_date(subject, AnchorKind.RANDOMISED, on, reason)
    replan(subject, by=by)
    return made


def _refuse_day(subject: Subject, on: date) -> None:
    if on > timezone.localdate(timezone=subject.site.place.zone):
        raise RefusedError("The day of randomisation has not come yet. Check the day.")
    if on < subject.screened_on:
        raise RefusedError(f"{subject} was screened after that day. Check the day.")
    if subject.enrolled_on is not None and on < subject.enrolled_on:
        raise RefusedError("The subject was enrolled after that day. Check the day.")


def _keep(record: Randomisation) -> None:
    """Write it; a number, a kit and a subject are randomised once in a trial."""
    if not record.number:
        raise RefusedError("Enter the randomisation number.")
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:
        raise ConflictError(_taken(record)) from error
    record.refresh_from_db()


def _taken(record: Randomisation) -> str:
    """What of it is in the trial already."""
    standing = Randomisation.objects.filter(trial=record.trial_id, voided_at=None)
    others = standing.exclude(pk=record.pk)
    if others.filter(subject=record.subject_id).exists():
        return f"{record.subject} is randomised already. Correct that entry."
    if others.filter(number=record.number).exists():
        return f"Number {record.number} is taken in this trial. Check the number."
    return f"Kit {record.kit} is taken in this trial. Check the kit."


def _open(record: Randomisation, revision: int | None) -> tuple[Subject, Randomisation]:
    """The subject and its randomisation, locked in this order, where it was not voided."""
    (subject,) = hold([record.subject_id])
    held = lock(record, revision)
    if held.voided_at is not None:
        raise RefusedError(f"{held} is voided. Record it anew.")
    return subject, held


@action(Permission.RANDOMISATION_RECORD, "correct randomisation")
def correct_randomisation(
    record: Randomisation, *, on: date, number: str, reason: str, by: User, kit: str = "",
    revision: int | None = None,
) -> Randomisation:  # fmt: skip
    """Put right what was typed wrong; the enrolment of that day and visits that count from it move."""
    refuse_without_reason(reason)
    subject, held = _open(record, revision)
    before = held.on
    if on != before and subject.enrolled_on == before:
        subject = _without_enrolment(subject, reason, by)
    _refuse_day(subject, on)
    held.on, held.number, held.kit = on, number.strip(), kit.strip()
    _keep(held)
    if subject.enrolled_on is None:
        enrol(subject, on=on, by=by, reason=reason)
    set_anchor_date(subject, AnchorKind.RANDOMISED, on, reason)
    replan(subject, by=by)
    return held


def _without_enrolment(subject: Subject, reason: str, by: User) -> Subject:
    """The subject as it was before the enrolment whose day was wrong."""
    if subject.status != SubjectStatus.ENROLLED:
        raise RefusedError(
            f"{subject} was enrolled on that day and is {subject.get_status_display().lower()} by"
            " now. Take that status back first."
        )
    return undo(subject, SubjectStatus.ENROLLED, reason, by)


@action(Permission.RANDOMISATION_RECORD, "void randomisation")
def void_randomisation(
    record: Randomisation, *, reason: str, by: User, revision: int | None = None
) -> Randomisation:
    """Set aside what was recorded by mistake; it stays to be read, and its number is free again."""
    refuse_without_reason(reason)
    subject, held = _open(record, revision)
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    held.save(update_fields=["voided_at", "void_reason"])
    done = Visit.objects.filter(
        subject=subject, status=Visit.Status.COMPLETED, definition__is_anchor=True
    ).values("definition__anchor")
    days = SubjectAnchor.objects.filter(subject=subject, code=AnchorKind.RANDOMISED)
    days.exclude(code__in=done).delete()
    replan(subject, by=by)
    return held


@action(Permission.ALLOCATION_RECORD, "record allocation")
def allocate(
    record: Randomisation, *, treatment: str, by: User, note: str = "", shown: int | None = None
) -> Allocation:
    """Keep what a subject is allocated to, for unblinded people; nothing of it is in the event."""
    _open(record, None)
    held = Allocation.objects.filter(randomisation=record, replaced_at=None).first()
    if shown is not None and shown != (held.pk if held else 0):
        raise ConflictError("The allocation changed while you had it open. Reload to see it.")
    if not treatment.strip():
        raise RefusedError("Say what the subject is allocated to.")
    if held is not None:
        if not note.strip():
            raise RefusedError("Say in the note why the allocation is recorded anew.")
        held.replaced_at = timezone.now()
        held.save(update_fields=["replaced_at"])
    return Allocation.objects.create(
        randomisation=record, treatment=treatment.strip(), note=note.strip(),
        by_name=by.get_full_name(),
    )  # fmt: skip
