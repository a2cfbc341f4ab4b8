"""What the page of a subject shows of its visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.dates import show_day
from subjects.diary import CHIPS, Window
from subjects.models import Subject, SubjectAnchor, Visit, VisitStatus
from trials.models import AnchorKind


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in the table of a subject."""

    id: int
    code: str
    name: str
    window: Window
    on: str
    chip: tuple[str, str]
    status: str
    is_provisional: bool
    procedures: int
    deviation: str
    reason: str


def visits_of(subject: Subject) -> list[VisitRow]:
    """The visits of a subject in order of time, with bookings and planned deviations."""
    rows = (
        Visit.objects.filter(subject=subject)
        .select_related("definition")
        .prefetch_related("bookings", "deviation_drafts", "definition__cells")
        .order_by("target_on", "pk")
    )
    return [_visit_row(visit) for visit in rows]


def _visit_row(visit: Visit) -> VisitRow:
    booking = next((held for held in visit.bookings.all() if held.is_live), None)
    drafts = [draft for draft in visit.deviation_drafts.all() if draft.state != "withdrawn"]
    on = visit.performed_on or (booking.on if booking else None)
    window = Window(
        visit.earliest_on, visit.target_on, visit.latest_on, on,
        "done" if visit.performed_on else "booked" if booking else "open",
    )  # fmt: skip
    return VisitRow(
        visit.pk, visit.code, visit.name, window, show_day(on) if on else "",
        CHIPS["confirmed" if booking and booking.confirmation == "confirmed"
              and visit.status == "booked" else visit.status],
        visit.status, visit.is_provisional and visit.performed_on is None,
        len(visit.definition.cells.all()) if visit.definition else 0,
        drafts[0].get_kind_display() if drafts else "", visit.outcome_reason,
    )  # fmt: skip


def to_book_first(visits: Sequence[VisitRow]) -> VisitRow | None:
    """The visit that gets its time next."""
    return next((row for row in visits if row.status == VisitStatus.PLANNED), None)


def day_1_of(subject: Subject) -> date | None:
    """The day the subject's study days count from."""
    return (
        SubjectAnchor.objects.filter(subject=subject, code=AnchorKind.DAY_1)
        .values_list("on", flat=True)
        .first()
    )
