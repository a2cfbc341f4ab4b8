"""What came of a status that was recorded by mistake, to be read before it is taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from core.actions import RefusedError
from core.models import AuditRow, StatusChange
from core.versions import ConflictError
from subjects.models import Booking, Randomisation, Subject, SubjectStatus, Visit

LABELS = dict(SubjectStatus.choices)


@dataclass(frozen=True, slots=True)
class Mistake:
    """The last step of a subject, and what it brought about."""

    step: StatusChange
    visits: QuerySet[Visit]
    bookings: QuerySet[Booking]

    @property
    def label(self) -> str:
        """The status that was wrong."""
        return LABELS[self.step.to_status]

    @property
    def before(self) -> str:
        """The status there was before."""
        return LABELS[self.step.from_status]

    def changes(self, table: str, op: str, **fields: Any) -> Iterable[AuditRow]:
        """What the step changed in a table, in its order."""
        if self.step.event_id is None:
            return ()
        rows = AuditRow.objects.filter(event_id=self.step.event_id, tbl=table, op=op, **fields)
        return rows.order_by("pk")


def refuse_while_randomised(subject: Subject, status: str) -> None:
    """Who is randomised stays enrolled: the randomisation is voided first."""
    if status != SubjectStatus.ENROLLED:
        return
    held = Randomisation.objects.filter(subject=subject, voided_at=None).first()
    if held is not None:
        raise RefusedError(
            f"{subject} is randomised under number {held.number}. Void the randomisation first."
        )


def last_step(subject: Subject, status: str) -> Mistake:
    """The step by which a subject came to a status, where it can be taken back."""
    if subject.status != status:
        raise ConflictError(
            f"{subject} is {subject.get_status_display().lower()} by now."
            " Reload to see what there is to take back."
        )
    step = Subject.flow.last(subject)
    if step is None or not step.from_status:
        raise RefusedError(
            f"{subject} began as {subject.get_status_display().lower()}; there is nothing before"
            " it. End participation as entered in error if the subject should not be here."
        )
    again = Subject.objects.filter(previous=subject).exclude(status=SubjectStatus.IN_ERROR).first()
    if again is not None:
        raise RefusedError(
            f"{subject} was screened again as {again}. Record {again} as entered in error first."
        )
    return _with_consequences(subject, step)


def _with_consequences(subject: Subject, step: StatusChange) -> Mistake:
    called_off = StatusChange.objects.filter(
        flow=Visit._meta.label_lower, object_id__in=subject.visits.values("pk"),
        event_id=step.event_id, to_status=Visit.Status.CANCELLED,
    ).exclude(from_status="")  # fmt: skip
    visits = Visit.objects.filter(
        subject=subject, status=Visit.Status.CANCELLED, pk__in=called_off.values("object_id")
    )
    ended = AuditRow.objects.filter(
        event_id=step.event_id, tbl=Booking._meta.db_table, changes__is_live=[True, False]
    )
    bookings = Booking.objects.filter(visit__in=visits, pk__in=ended.values("row_id"))
    if step.event_id is None:
        visits, bookings = visits.none(), bookings.none()
    return Mistake(step, visits, bookings)
