"""What the pages of a subject show of its visits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from accounts.models import User
from core.access import can, held_among
from core.dates import show_day, show_span, show_weekday
from core.permissions import Permission
from subjects.calendar import window_of
from subjects.diary import CHIPS, Window
from subjects.models import Booking, Subject, SubjectAnchor, Visit, VisitStatus
from subjects.models.visit import OPEN
from subjects.steps import Step
from trials.models import AnchorKind

RECENT = 2  # visits that are over and still shown beside what is next
SOON = 14  # days
AT_HAND = (VisitStatus.BOOKED, VisitStatus.ARRIVED, VisitStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in the table of a subject."""

    id: int
    code: str
    name: str
    window: Window
    days: str
    on: str
    when: str
    chip: tuple[str, str]
    status: str
    is_provisional: bool
    deviation: str
    reason: str
    step: Step | None = None
    is_anchor: bool = False
    is_closed: bool = False  # at a site the subject came from, which the reader does not see

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do about it."""
        return self.status not in OPEN


def closed(visits: Iterable[Visit], subject: Subject, user: User) -> set[int]:
    """Of the visits of a subject, those at a site it came from that the user may not open."""
    away = {visit.pk for visit in visits if visit.site_id != subject.site_id}
    return away and away - held_among(Visit.objects.all(), away, user, Visit.view_permission)


def visits_of(subject: Subject, today: date, user: User) -> list[VisitRow]:
    """The visits of a subject in order of time, each with what comes next."""
    rows = (
        Visit.objects.filter(subject=subject)
        .select_related("definition")
        .prefetch_related("bookings", "deviation_drafts")
        .order_by("target_on", "pk")
    )
    may = {
        permission: can(user, permission, subject)
        for permission in (Permission.VISIT_BOOK, Permission.VISIT_CONDUCT)
    }
    zone, shut = subject.site.place.zone, closed(rows, subject, user)
    return [_visit_row(visit, today, zone, may, shut) for visit in rows]


def _visit_row(
    visit: Visit, today: date, zone: Any, may: dict[Permission, bool], shut: Collection[int]
) -> VisitRow:
    booking = next((held for held in visit.bookings.all() if held.is_live), None)
    window = window_of(visit, booking.on if booking else None)
    start: datetime | None = booking.period.lower.astimezone(zone) if booking else None
    return VisitRow(
        visit.pk, visit.code, visit.name, window, _days(visit),
        show_day(window.booked) if window.booked else "",
        _when(visit, start, today), _chip(visit, booking, today), visit.status,
        visit.is_provisional and visit.performed_on is None, _deviation(visit),
        visit.outcome_reason, None if visit.pk in shut else _step(visit, may),
        is_anchor=visit.definition is not None and visit.definition.is_anchor,
        is_closed=visit.pk in shut,
    )  # fmt: skip


def _deviation(visit: Visit) -> str:
    """The first deviation of a visit that was not withdrawn, in words."""
    drafts = (draft for draft in visit.deviation_drafts.all() if draft.state != "withdrawn")
    first = next(drafts, None)
    return first.get_kind_display() if first else ""


def _days(visit: Visit) -> str:
    if visit.earliest_on is None or visit.latest_on is None:
        return "–"
    return show_span(visit.earliest_on, visit.latest_on)


def _when(visit: Visit, start: datetime | None, today: date) -> str:
    """The day it was done, or when it is booked, as it stands inside a sentence."""
    if visit.performed_on:
        return show_day(visit.performed_on)
    if start is None:
        return ""
    day = "today" if start.date() == today else show_weekday(start.date())
    return f"{day}, {start:%H:%M}"


def _chip(visit: Visit, booking: Booking | None, today: date) -> tuple[str, str]:
    """The state of a visit; of one without a time, by when it has to get one."""
    if visit.status == VisitStatus.BOOKED and booking is not None:
        is_confirmed = booking.confirmation == "confirmed"
        return CHIPS["confirmed" if is_confirmed else visit.status]
    return _by_when(visit, today) if visit.status == VisitStatus.PLANNED else CHIPS[visit.status]


def _by_when(visit: Visit, today: date) -> tuple[str, str]:
    """By when a visit has to get its time, where that is soon."""
    if visit.latest_on is None:
        return CHIPS[visit.status]
    if visit.latest_on < today:
        return "crit", "Window closed"
    if visit.earliest_on is not None and (visit.earliest_on - today).days <= SOON:
        return "warn", f"Book by {show_span(visit.latest_on, visit.latest_on)}"
    return CHIPS[visit.status]


def _step(visit: Visit, may: dict[Permission, bool]) -> Step | None:
    """The one button of a visit."""
    if visit.status in {VisitStatus.PLANNED, VisitStatus.BOOKED} and may[Permission.VISIT_BOOK]:
        return Step(visit.book_url, "Find slot" if visit.status == "planned" else "Move")
    if not may[Permission.VISIT_CONDUCT]:
        return None
    if visit.status == VisitStatus.ARRIVED:
        return Step(reverse("subjects:start", args=[visit.pk]), "Start", is_post=True, is_next=True)
    return _on(visit) if visit.status == VisitStatus.IN_PROGRESS else None


def _on(visit: Visit) -> Step:
    """How a visit that is under way goes on; from a stay the discharge comes first."""
    if visit.is_overnight:
        return Step(visit.conduct_url, "Procedures", is_next=True)
    return Step(reverse("subjects:complete", args=[visit.pk]), "Complete", is_next=True)


def next_first(visits: Sequence[VisitRow]) -> list[VisitRow]:
    """The last visits that are over, then all that are not."""
    over = [row for row in visits if row.is_over]
    return [*over[-RECENT:], *(row for row in visits if not row.is_over)]


def to_book_first(visits: Sequence[VisitRow]) -> VisitRow | None:
    """The visit that gets its time next."""
    return next((row for row in visits if row.status == VisitStatus.PLANNED), None)


def coming_first(visits: Sequence[VisitRow]) -> VisitRow | None:
    """The visit that takes place next."""
    return next((row for row in visits if row.status in AT_HAND), None)


def day_1_of(subject: Subject) -> date | None:
    """The day the subject's study days count from."""
    return (
        SubjectAnchor.objects.filter(subject=subject, code=AnchorKind.DAY_1)
        .values_list("on", flat=True)
        .first()
    )
