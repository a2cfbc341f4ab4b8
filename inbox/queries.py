"""My work: what is due, grouped by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from core.dates import show_due
from core.models import Obligation
from core.obligations import RULES, open_for

ICONS = {"visit.book": "calendar-plus", "visit.outcome": "circle-help", "visit.confirm": "phone"}


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do, ready to show."""

    id: int
    rule: str
    title: str
    label: str
    detail: str
    url: str
    icon: str
    due_on: date
    due: str
    is_late: bool
    is_today: bool
    owner: str


@dataclass(frozen=True, slots=True)
class Group:
    """Duties that are due in the same stretch of time."""

    name: str
    duties: list[Duty]
    is_late: bool = False


def duties(user: User, limit: int = 200) -> list[Duty]:
    """What this person has to do, most urgent first."""
    today = timezone.localdate()
    rows = open_for(user).order_by("due_on", "pk")[:limit]
    return [duty(row, today) for row in rows]


def duty(row: Obligation, today: date) -> Duty:
    """An obligation in words."""
    due_on = row.due_on or (row.due_at.date() if row.due_at else today)
    return Duty(
        row.pk, row.rule, RULES[row.rule].title if row.rule in RULES else row.rule, row.label,
        row.detail, row.url, ICONS.get(row.rule, "circle"), due_on, show_due(due_on, today),
        due_on < today, due_on == today, row.owner_role,
    )  # fmt: skip


def grouped(found: list[Duty], today: date) -> list[Group]:
    """Overdue, today, this week, later."""
    week = today + timedelta(days=7)
    groups = [
        Group("Overdue", [item for item in found if item.is_late], is_late=True),
        Group("Today", [item for item in found if item.is_today]),
        Group("Next 7 days", [item for item in found if today < item.due_on <= week]),
        Group("Later", [item for item in found if item.due_on > week]),
    ]
    return [group for group in groups if group.duties]
