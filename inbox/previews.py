"""What a person needs to see to decide about a duty, without leaving the list."""

from __future__ import annotations

from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from accounts.models import User
from core.access import can
from core.models import StatusChange
from core.permissions import Permission
from inbox.queries import Duty
from subjects import availability, calendar
from subjects.models import Visit, VisitStatus
from subjects.queries import has_left_plan

OFFERED = 3
STEPS = 4


def preview(duty: Duty, user: User, *, is_picked: bool) -> dict[str, Any]:
    """The facts and next steps of a duty; slots are looked for once somebody picked it."""
    return _visit(duty, user, is_picked=is_picked) if duty.rule.startswith("visit.") else {}


def _visit(duty: Duty, user: User, *, is_picked: bool) -> dict[str, Any]:
    held = FilteredRelation("bookings", condition=Q(bookings__is_live=True))
    rows = Visit.objects.visible_to(user).annotate(held=held)
    rows = rows.select_related(
        "definition", "subject__trial", "subject__preference", "site__place",
        "held__room", "held__person",
    )  # fmt: skip
    visit = rows.filter(pk=duty.object_id).first()
    if visit is None:
        return {}
    now = timezone.now()
    booking = getattr(visit, "held", None)
    may_book = can(user, Permission.VISIT_BOOK, visit)
    found: dict[str, Any] = {
        "history": _steps(visit) if is_picked else [],
        "visit": visit, "booking": booking, "may_book": may_book,
        "window": calendar.window_of(visit, booking),
        "preference": getattr(visit.subject, "preference", None),
        "minutes": availability.minutes_of(visit),
    }  # fmt: skip
    if duty.rule == "visit.displaced":
        found["has_left_plan"] = has_left_plan(visit)
    if is_picked and may_book and duty.rule == "visit.book":
        around = availability.around(visit, now)
        found["offers"] = availability.best([visit], around, OFFERED)[visit.pk]
    return found


def _steps(visit: Visit) -> list[dict[str, Any]]:
    """What became of the visit last."""
    labels = dict(VisitStatus.choices)
    rows = StatusChange.objects.filter(flow="subjects.visit", object_id=visit.pk).order_by("-pk")
    return [
        {**row, "label": labels.get(row["to_status"], row["to_status"])}
        for row in rows.values("to_status", "reason", "actor_name", "at")[:STEPS]
    ]
