"""My work: what is due, grouped by when, and the counts of its views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.dates import show_due
from core.models import Obligation
from core.obligations import RULES, owned_by, seen_by
from trials.models import Trial

ICONS = {"visit.book": "calendar", "visit.outcome": "help", "visit.confirm": "phone"}
LIMIT = 200
WEEK = timedelta(days=7)
VIEWS = {"mine": "Mine", "waiting": "Waiting on others", "hidden": "Put off"}


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do, ready to show."""

    id: int
    rule: str
    object_id: int
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
    hidden_until: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """Duties that are due in the same stretch of time."""

    name: str
    duties: list[Duty]
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the list with how much is in it."""

    name: str
    title: str
    count: int


def rows(user: User, view: str, query: Mapping[str, str], today: date) -> QuerySet[Obligation]:
    """The duties of one view, of one trial or kind where asked."""
    found = seen_by(user).filter(_views(user, today)[view])
    if trial := query.get("trial", ""):
        found = found.filter(trial_id__in=Trial.objects.filter(code=trial).values("pk"))
    if kind := query.get("kind", ""):
        found = found.filter(rule=kind)
    return found.order_by("due_on", "pk")


def _views(user: User, today: date) -> dict[str, Q]:
    mine, hidden = owned_by(user), Q(snoozed_until__gt=today)
    return {"mine": mine & ~hidden, "waiting": ~mine, "hidden": mine & hidden}


def tabs(user: User, today: date) -> list[Tab]:
    """The views with their counts: one query."""
    counts = {name: Count("pk", filter=where) for name, where in _views(user, today).items()}
    found = seen_by(user).order_by().aggregate(**counts)
    return [Tab(name, title, found[name]) for name, title in VIEWS.items()]


def kinds(user: User, view: str, today: date) -> list[tuple[str, str]]:
    """The kinds of duties in a view, by name."""
    found = seen_by(user).filter(_views(user, today)[view]).order_by("rule")
    names = found.values_list("rule", flat=True).distinct()
    return [(name, RULES[name].title) for name in names if name in RULES]


def trials(user: User) -> list[tuple[str, str]]:
    """The trials to choose from."""
    found = Trial.objects.visible_to(user).order_by("protocol_number")
    return list(found.values_list("code", "protocol_number"))


def duty(row: Obligation, today: date) -> Duty:
    """An obligation in words."""
    due_on = row.due_on or (row.due_at.date() if row.due_at else today)
    return Duty(
        row.pk, row.rule, row.object_id, RULES[row.rule].title if row.rule in RULES else row.rule,
        row.label, row.detail, row.url, ICONS.get(row.rule, "circle"), due_on,
        show_due(due_on, today), due_on < today, due_on == today,
        dict(Role.choices).get(row.owner_role, row.owner_role), row.snoozed_until,
    )  # fmt: skip


def grouped(found: list[Duty], today: date | None = None) -> list[Group]:
    """Overdue, today, this week, later."""
    today = today or timezone.localdate()
    groups = [
        Group("Overdue", [item for item in found if item.is_late], is_late=True),
        Group("Today", [item for item in found if item.is_today]),
        Group("Next 7 days", [item for item in found if today < item.due_on <= today + WEEK]),
        Group("Later", [item for item in found if item.due_on > today + WEEK]),
    ]
    return [group for group in groups if group.duties]
