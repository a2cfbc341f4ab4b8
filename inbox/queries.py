"""My work: what is due, by view, in groups, with the counts of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    ExpressionWrapper,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from accounts.models import Grant, User
from accounts.roles import SITE_ROLES, Role
from core.access import ScopeKind, live
from core.dates import show_day, show_due
from core.models import Obligation
from core.obligations import RULES, Within, icon_of, owned_by, seen_by
from core.permissions import Permission
from trials.models import Trial

ROWS = 50
WEEK = timedelta(days=7)
VIEWS = {
    "mine": "Assigned to me", "waiting": "Waiting on others", "team": "Team, this week",
    "hidden": "Put off",
}  # fmt: skip
GROUPS = {"due": "due", "trial": "trial", "type": "type"}
STRETCHES = {"overdue": "Overdue", "today": "Today", "week": "Next 7 days", "later": "Later"}
ROLES = dict(Role.choices)
DAY = Coalesce("due_on", Cast("due_at", DateField()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which duties the page shows, and in which groups: what its address says."""

    view: str = "mine"
    trial: str = ""
    kind: str = ""
    group: str = "due"
    after: int = 0


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do, ready to show."""

    id: int
    rule: str
    object_id: int
    trial_id: int | None
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
    is_mine: bool
    assigned_id: int | None
    hidden_until: datetime | None

    @property
    def due_day(self) -> str:
        """The day it is due, in full."""
        return show_day(self.due_on)


@dataclass(frozen=True, slots=True)
class Group:
    """Duties under one heading, and how many there are in all."""

    name: str
    total: int
    duties: list[Duty]
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the list with how much is in it."""

    name: str
    title: str
    count: int


def _views(user: User, now: datetime) -> dict[str, Q]:
    mine, hidden = owned_by(user), Q(snoozed_until__gt=now)
    soon = Q(day__lte=now.astimezone(user.zone).date() + WEEK)
    return {"mine": mine & ~hidden, "waiting": ~mine, "team": soon, "hidden": mine & hidden}


class Board:
    """Everything a person sees open: counted by view, trial, kind and stretch of time in one query."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        self.today = now.astimezone(user.zone).date()
        self.views = _views(user, now)
        stretch = Case(
            When(day__lt=self.today, then=Value("overdue")),
            When(day=self.today, then=Value("today")),
            When(day__lte=self.today + WEEK, then=Value("week")),
            default=Value("later"),
        )
        self.open = seen_by(user).annotate(day=DAY)
        counted = self.open.annotate(stretch=stretch).order_by()
        self.counts: list[Any] = list(
            counted.values("trial_id", "rule", "stretch").annotate(
                **{name: Count("pk", filter=where) for name, where in self.views.items()}
            )
        )

    def total(self, view: str, **like: object) -> int:
        """How many duties a view holds, of one trial, kind or stretch of time where asked."""
        return sum(
            row[view]
            for row in self.counts
            if all(row[name] == value for name, value in like.items())
        )

    def tabs(self) -> list[Tab]:
        """The views with their counts."""
        return [Tab(name, title, self.total(name)) for name, title in VIEWS.items()]

    def kinds(self, view: str) -> list[tuple[str, str]]:
        """The kinds of duties in a view, by name."""
        held = sorted({row["rule"] for row in self.counts if row[view]})
        return [(name, title_of(name)) for name in held]

    @cached_property
    def trials(self) -> dict[int, Trial]:
        """The trials with anything open, by protocol number."""
        held = {row["trial_id"] for row in self.counts}
        rows = Trial.objects.filter(pk__in=held).only("code", "protocol_number")
        return {trial.pk: trial for trial in rows.order_by("protocol_number")}

    def trials_in(self, view: str) -> list[tuple[str, str]]:
        """The trials of a view, by code and number."""
        held = {row["trial_id"] for row in self.counts if row[view]}
        return [
            (trial.code, trial.protocol_number) for pk, trial in self.trials.items() if pk in held
        ]

    def filters(self, wanted: Wanted) -> dict[str, object]:
        """The trial and kind asked for, as columns of a duty."""
        found: dict[str, object] = {}
        if wanted.trial:
            codes = {trial.code: pk for pk, trial in self.trials.items()}
            found["trial_id"] = codes.get(wanted.trial, 0)
        if wanted.kind:
            found["rule"] = wanted.kind
        return found

    def rows(self, wanted: Wanted) -> QuerySet[Obligation]:
        """The duties of one view, of one trial or kind where asked, group by group."""
        found = self.open.filter(self.views[wanted.view], **self.filters(wanted))
        first = {"trial": ["trial_id"], "type": ["rule"]}.get(wanted.group, [])
        return found.order_by(*first, "day", "pk")

    def groups(self, wanted: Wanted, duties: Sequence[Duty]) -> list[Group]:
        """The duties under their headings; each says how many it holds on all pages."""
        column, value_of, name_of = self._grouping(wanted.group)
        like = self.filters(wanted)
        return [
            Group(
                name_of(value), self.total(wanted.view, **{**like, column: value}), list(held),
                is_late=value == "overdue",
            )
            for value, held in groupby(duties, value_of)
        ]  # fmt: skip

    def _grouping(self, group: str) -> tuple[str, Callable[[Duty], Any], Callable[[Any], str]]:
        """The column a group goes by, its value on a duty, and its heading."""
        if group == "trial":
            return "trial_id", lambda duty: duty.trial_id, self._name_of_trial
        if group == "type":
            return "rule", lambda duty: duty.rule, title_of
        return "stretch", self._stretch_of, STRETCHES.__getitem__

    def _stretch_of(self, duty: Duty) -> str:
        if duty.is_late:
            return "overdue"
        if duty.is_today:
            return "today"
        return "week" if duty.due_on <= self.today + WEEK else "later"

    def _name_of_trial(self, trial_id: int | None) -> str:
        trial = self.trials.get(trial_id or 0)
        return trial.protocol_number if trial else "No trial"

    def page(self, wanted: Wanted) -> tuple[list[Obligation], list[Duty]]:
        """One page of the duties, and the first of the next; as rows, and ready to show."""
        is_mine = ExpressionWrapper(owned_by(self.user), BooleanField())
        found = self.rows(wanted).annotate(is_mine=is_mine)
        rows: list[Any] = list(found[wanted.after : wanted.after + ROWS + 1])
        given = {row.assigned_id for row in rows} - {None}
        names = {user.pk: str(user) for user in User.objects.filter(pk__in=given)} if given else {}
        return rows, [self._duty(row, names) for row in rows[:ROWS]]

    def _duty(self, row: Any, names: Mapping[int, str]) -> Duty:
        role = ROLES.get(row.owner_role, row.owner_role)
        return Duty(
            row.pk, row.rule, row.object_id, row.trial_id, title_of(row.rule), row.label,
            row.detail, row.url, icon_of(row.rule), row.day,
            show_due(row.day, self.today), row.day < self.today, row.day == self.today,
            names.get(row.assigned_id, role), row.is_mine, row.assigned_id, row.snoozed_until,
        )  # fmt: skip

    def next_due(self) -> date | None:
        """The day on which something of mine is due next, asked of the rules as of in a week."""
        roles = {held.role for held in live(self.user)}
        coming = [
            self._first_of(found.duties(Within(), self.now + WEEK))
            for found in RULES.values()
            if found.owner in roles
        ]
        return min((day for day in coming if day), default=None)

    def _first_of(self, rows: Any) -> date | None:
        ahead = rows.visible_to(self.user, Permission.WORK_VIEW).filter(due_on__gt=self.today)
        first: date | None = ahead.aggregate(first=Min("due_on"))["first"]
        return first


def title_of(rule: str) -> str:
    """What a kind of duty is called."""
    return RULES[rule].title if rule in RULES else rule


def people_for(duties: Sequence[Obligation]) -> QuerySet[User]:
    """Those who work where the duties are due, on the side of their owners: site or sponsor."""
    at_sites = Q(role__in=SITE_ROLES) & (
        Q(kind=ScopeKind.PLACE, scope_id__in={row.place_id for row in duties})
        | Q(kind=ScopeKind.SITE, scope_id__in={row.site_id for row in duties})
    )
    in_trials = ~Q(role__in=SITE_ROLES) & Q(trial_id__in={row.trial_id for row in duties})
    where = Q(pk=None)
    for is_at_site in {row.owner_role in SITE_ROLES for row in duties}:
        where |= at_sites if is_at_site else in_trials
    held = Grant.objects.live().filter(where).values("user_id")
    people: QuerySet[User] = User.objects.filter(pk__in=held, is_active=True, is_service=False)
    return people.only("first_name", "last_name").order_by("first_name", "last_name")
