"""What a person needs to see to decide about a duty, without leaving the list."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import F, FilteredRelation, Q
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


SHOWN = (
    "status", "earliest_on", "target_on", "latest_on", "performed_on", "definition__duration", "definition__nights",
    "subject__number", "site__number", "site__place__short_name",
    *(f"subject__preference__{name}" for name in (
        "part_of_day", "availability", "fasting", "interpreter", "transport",
    )),
)  # fmt: skip


@cache
def _visits() -> Any:
    """Visits with all that is shown of one; put together once."""
    held = FilteredRelation("bookings", condition=Q(bookings__is_live=True))
    rows = Visit.objects.annotate(
        held=held, booked_on=F("held__on"), room=F("held__room__name"),
        person=F("held__person__name"),
    )  # fmt: skip
    along = "definition", "subject__preference", "site__place"
    return rows.select_related(*along).only(*SHOWN)


def _visit(duty: Duty, user: User, *, is_picked: bool) -> dict[str, Any]:
    looks_for_slots = is_picked and duty.rule == "visit.book"
    rows = _visits().defer(None) if looks_for_slots else _visits()
    visit = rows.visible_to(user).filter(pk=duty.object_id).first()
    if visit is None:
        return {}
    may_book = can(user, Permission.VISIT_BOOK, visit)
    found: dict[str, Any] = {
        "history": _steps(visit) if is_picked else [], "visit": visit, "may_book": may_book,
        "window": calendar.window_of(visit, visit.booked_on),
        "preference": getattr(visit.subject, "preference", None),
        "minutes": availability.minutes_of(visit),
    }  # fmt: skip
    if duty.rule == "visit.displaced":
        found["has_left_plan"] = has_left_plan(visit)
    if looks_for_slots and may_book:
        around = availability.around(visit, timezone.now())
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
