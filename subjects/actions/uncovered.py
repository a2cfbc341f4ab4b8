"""Visits that turn out to have taken place without a consent: drafted, and withdrawn once all is there."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from subjects.models import Consent, DeviationDraft, Visit, VisitStatus
from trials.models import ConsentType

Kind, State = DeviationDraft.Kind, DeviationDraft.State


def draft_uncovered(voided: Consent) -> None:
    """Visits since a consent that is voided now may have none: each is a deviation to report."""
    drafted = DeviationDraft.objects.filter(visit=OuterRef("pk"), kind=Kind.CONSENT)
    visits = Visit.objects.filter(
        Exists(_lacking()), ~Exists(drafted.exclude(state=State.WITHDRAWN)),
        subject=voided.subject_id, status=VisitStatus.COMPLETED,
        performed_on__gte=voided.signed_on,
    )  # fmt: skip
    if voided.type.is_required:
        DeviationDraft.objects.bulk_create(
            DeviationDraft(
                visit=visit, kind=Kind.CONSENT, state=State.OCCURRED, reason=voided.void_reason,
                description=f"{visit.name} took place without {voided.type}."[:300],
            )
            for visit in visits.order_by("performed_on", "pk")
        )  # fmt: skip


def withdraw_covered(consent: Consent) -> None:
    """Visits for which every consent was signed in time are no deviations after all."""
    covered = Visit.objects.filter(~Exists(_lacking()), subject=consent.subject_id)
    DeviationDraft.objects.filter(
        visit__in=covered, kind=Kind.CONSENT, state=State.OCCURRED
    ).update(state=State.WITHDRAWN)  # fmt: skip


def _lacking() -> QuerySet[Any]:
    """The forms needed before visits that the subject of a visit had not signed by its day."""
    signed = Consent.objects.filter(
        subject=OuterRef(OuterRef("subject")), type=OuterRef("pk"), voided_at=None,
        decision=Consent.Decision.GIVEN, signed_on__lte=OuterRef(OuterRef("performed_on")),
    )  # fmt: skip
    rows: QuerySet[Any] = ConsentType.objects.filter(
        ~Exists(signed), trial=OuterRef("subject__trial"), is_required=True
    )
    return rows
