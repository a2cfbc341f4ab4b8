"""Breaking the blind of one subject in an emergency, and saying that it was broken by accident."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from core import notices
from core.actions import RefusedError, action
from core.permissions import Permission
from core.signing import Meaning, Proof, signed
from sites.queries import FOR_SAFETY, recipients_at
from subjects.actions.plan import hold, refuse_without_reason
from subjects.models import Allocation, Randomisation, Unblinding

UNBLINDED = notices.kind("subjects.unblinded", "Subject unblinded", icon="alert")
BREAKING = Meaning(
    "unblinding",
    "I need to know the treatment of this subject now, for the subject's safety, and break the blind.",
)


def content_of(record: Randomisation) -> dict[str, Any]:
    """What is signed: whose blind is broken; nothing of the treatment."""
    return {
        "subject": record.subject.number,
        "trial": record.subject.trial.code,
        "number": record.number,
        "kit": record.kit,
    }


@signed(
    Permission.BLIND_BREAK, "break blind", meaning=BREAKING, content=content_of,
    by_author_too=True,
)  # fmt: skip
def break_blind(record: Randomisation, *, reason: str, proof: Proof, by: User) -> Unblinding:
    """Let the investigator read what a subject is allocated to, at once, and tell who must know."""
    return _keep(
        record, Unblinding.Kind.EMERGENCY, reason, timezone.now(), by.get_full_name(), by, reader=by
    )


@action(Permission.DEVIATION_REPORT, "record unblinding")
def record_unblinding(
    record: Randomisation, *, learnt_at: datetime, learnt_by: str, reason: str, by: User
) -> Unblinding:
    """Keep that somebody learnt of an allocation by accident; nothing is shown by it."""
    if learnt_at > timezone.now():
        raise RefusedError("That time has not come yet. Check when it happened.")
    if not learnt_by.strip():
        raise RefusedError("Say who knows the treatment now.")
    return _keep(record, Unblinding.Kind.ACCIDENT, reason, learnt_at, learnt_by, by)


@action(Permission.BLIND_BREAK, "read allocation")
def read_allocation(record: Unblinding, *, by: User) -> str:
    """The treatment, for the person who broke the blind; empty where it is not kept here."""
    if record.reader_id != by.pk:
        raise RefusedError(f"Only {record.by_name} reads the treatment by this.")
    held = Allocation.objects.filter(
        randomisation=record.randomisation_id, replaced_at=None
    ).first()
    return held.treatment if held else ""


def _keep(
    record: Randomisation, kind: Unblinding.Kind, reason: str, learnt_at: datetime,
    learnt_by: str, by: User, *, reader: User | None = None,
) -> Unblinding:  # fmt: skip
    refuse_without_reason(reason)
    (subject,) = hold([record.subject_id])
    record.refresh_from_db(fields=["voided_at"])
    if record.voided_at is not None:
        raise RefusedError(f"{record} is voided, so there is nothing to unblind.")
    made = Unblinding.objects.create(
        randomisation=record, kind=kind, learnt_at=learnt_at, recorded_at=timezone.now(),
        reason=reason.strip()[:300], learnt_by=learnt_by.strip()[:200],
        by_name=by.get_full_name(), reader=reader,
    )  # fmt: skip
    words = notices.Words(
        f"{subject.number}: {Unblinding.Kind(kind).label.lower()}",
        f"{subject.trial}: {made.reason}", made.get_absolute_url(),
    )  # fmt: skip
    notices.tell(made, UNBLINDED, words, recipients_at(subject.site, FOR_SAFETY, but=by))
    return made
