"""What is due is computed from facts: rules yield open duties, a refresh makes the table agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.utils import timezone

from core.access import EqualsAny, ScopeIds, live
from core.given import NOW, TODAY, Given, Moment, filled, now_given
from core.models import Obligation
from core.notices import TO_READ, unread_by
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

COLUMNS = {
    "object_id": "bigint", "trial_id": "bigint", "site_id": "bigint", "place_id": "bigint",
    "subject_id": "bigint", "label": "text", "detail": "text", "url": "text",
    "owner_id": "bigint", "due_on": "date", "due_at": "timestamptz",
}  # fmt: skip

# What a rule need not say: a duty is about its row, and has neither an owner nor an hour of its own.
UNSAID = {
    "object_id": models.F("pk"),
    "owner_id": models.Value(None, output_field=models.BigIntegerField()),
    "due_at": models.Value(None, output_field=models.DateTimeField()),
}

WEEK = timedelta(days=7)
PART = "part"


@dataclass(frozen=True, slots=True)
class Within:
    """The part of the world a refresh looks at; None means all of it."""

    trial_id: int | Given | None = None
    site_id: int | Given | None = None
    subject_id: int | Given | None = None
    place_id: int | Given | None = None
    subject_ids: Sequence[int] | Given | None = None

    @classmethod
    def around(cls, ids: ScopeIds) -> Within:
        """The smallest part that holds everything an action on such a record can change."""
        if ids.subject_id is not None:
            return cls(subject_id=ids.subject_id)
        if ids.site_id is not None:
            return cls(site_id=ids.site_id)
        if ids.trial_id is not None:
            return cls(trial_id=ids.trial_id)
        return cls(place_id=ids.place_id)

    def narrow(self, rows: models.QuerySet[Any], **paths: str) -> models.QuerySet[Any]:
        """The rows of this part, by the columns of a duty or the paths that lead to them."""
        bounds = self.bounds()
        among = bounds.pop("subject_ids", None)
        rows = rows.filter(**{paths.get(name, name): key for name, key in bounds.items()})
        if among is None:
            return rows
        return rows.filter(EqualsAny(models.F(paths.get("subject_id", "subject_id")), among))

    def bounds(self) -> dict[str, Any]:
        """What bounds the part, by its column; all of the world has none."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in held.items() if value is not None}


Yield = Callable[[Within, Moment], models.QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of duty: who owns it, who holds the ball, and the query that yields it."""

    name: str
    title: str
    owner: str
    ball: str
    reads: frozenset[str]
    rows: Yield
    icon: str

    def duties(self, within: Within, now: Moment) -> models.QuerySet[Any]:
        """What is due in a part of the world, with every one of COLUMNS."""
        rows = self.rows(within, now).order_by()
        said = {field.attname for field in rows.model._meta.concrete_fields}
        said |= set(rows.query.annotations)
        unsaid = {name: each for name, each in UNSAID.items() if name not in said}
        duties: models.QuerySet[Any] = rows.annotate(**unsaid)
        return duties


RULES: dict[str, Rule] = {}


def rule(
    name: str, title: str, *, owner: str, ball: str = "site", icon: str = "circle",
    reads: Iterable[type[models.Model]],
) -> Callable[[Yield], Yield]:  # fmt: skip
    """Register a rule; its query yields one row of COLUMNS, less what is UNSAID, per open duty."""

    def decorate(rows: Yield) -> Yield:
        tables = frozenset(model._meta.db_table for model in reads)
        RULES[name] = Rule(name, title, owner, ball, tables, rows, icon)
        return rows

    return decorate


def reading(tables: set[str]) -> list[Rule]:
    """The rules that read any of these tables."""
    return [found for found in RULES.values() if found.reads & tables]


def refresh(within: Within, rules: Iterable[Rule], now: datetime | None = None) -> None:
    """Make the table agree with the facts: open what is due, change what moved, close what is met.

    All rules go to the database in one round trip, in their order.
    """
    at = now or timezone.now()
    bounds = within.bounds()
    made = [_refreshing(found, tuple(bounds)) for found in rules]
    if made:
        today = at.astimezone(UTC).date()
        values = {NOW: at, TODAY: today, **{f"{PART} {name}": key for name, key in bounds.items()}}
        with connection.cursor() as cursor:
            params = filled((each for _, given in made for each in given), values)
            cursor.execute(";".join(sql for sql, _ in made), params)


def refresh_everything(now: datetime | None = None) -> None:
    """Recompute every rule, each under its own advisory lock so that two workers never collide."""
    for found in RULES.values():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"rule:{found.name}"])
            refresh(Within(), [found], now)


@cache
def _refreshing(found: Rule, bounds: tuple[str, ...]) -> tuple[str, list[Any]]:
    """The statement that refreshes a rule in a part with these bounds, with places for values."""
    key = models.BigIntegerField()
    within = Within(**{name: Given(f"{PART} {name}", output_field=key) for name in bounds})
    now = now_given()
    sql, params = found.duties(within, now).values_list(*COLUMNS).query.sql_with_params()
    is_open = within.narrow(Obligation.objects.filter(rule=found.name, met_at=None)).values("pk")
    open_sql, open_params = is_open.query.sql_with_params()
    given = [*params, found.name, *open_params, found.name, found.owner, found.ball, now, now]
    return _statement(sql, open_sql), given


def _statement(found_sql: str, open_sql: str) -> str:
    """A refresh in one statement, which locks the duties it changes in the order of their objects."""
    names = ", ".join(COLUMNS)
    typed = ", ".join(f"{column}::{kind}" for column, kind in COLUMNS.items())
    changing = [column for column in COLUMNS if column != "object_id"]
    old, new, given = (
        ", ".join(f"{table}.{column}" for column in changing) for table in ("o", "f", "EXCLUDED")
    )
    return f"""
        WITH found ({names}) AS ({found_sql}),
        due AS MATERIALIZED (
            SELECT f.*, o.id AS open_id, ({old}) IS DISTINCT FROM ({new}) AS differs
            FROM (SELECT {typed} FROM found) f LEFT JOIN LATERAL (
                SELECT * FROM core_obligation s
                WHERE s.rule = %s AND s.object_id = f.object_id AND s.met_at IS NULL OFFSET 0
            ) o ON true
        ),
        held AS MATERIALIZED (
            SELECT id FROM core_obligation WHERE met_at IS NULL AND id = ANY(ARRAY(
                {open_sql} AND object_id NOT IN (SELECT object_id FROM due)
                UNION ALL SELECT open_id FROM due WHERE differs AND open_id IS NOT NULL
            )) ORDER BY object_id FOR NO KEY UPDATE
        ),
        written AS (
            INSERT INTO core_obligation AS o
                (rule, owner_role, ball, opened_at, waived_reason, {names})
            SELECT %s, %s, %s, %s, '', {names} FROM due
            WHERE open_id IS NULL OR open_id IN (SELECT id FROM held) ORDER BY object_id
            ON CONFLICT (rule, object_id) WHERE met_at IS NULL DO UPDATE
            SET {", ".join(f"{column} = EXCLUDED.{column}" for column in changing)}
            WHERE ({old}) IS DISTINCT FROM ({given})
        )
        UPDATE core_obligation SET met_at = %s
        WHERE id = ANY(ARRAY(SELECT id FROM held))
            AND object_id NOT IN (SELECT object_id FROM due)
        """


def in_order(duties: Iterable[Obligation]) -> list[Obligation]:
    """Duties in the order in which every refresh locks them: rule by rule, by their objects."""
    places = {name: place for place, name in enumerate(RULES)}
    return sorted(duties, key=lambda duty: (places.get(duty.rule, -1), duty.object_id))


def owned_by(user: User) -> models.Q:
    """Owned by a role the person holds, or assigned to the person."""
    roles = {held.role for held in live(user)}
    return models.Q(assigned_id=user.pk) | models.Q(assigned_id=None, owner_role__in=roles) & (
        models.Q(owner_id=None) | models.Q(owner_id=user.pk)
    )


def seen_by(user: User) -> models.QuerySet[Obligation]:
    """What is open and not waived where this person works, whoever has to do it."""
    rows: models.QuerySet[Obligation] = Obligation.objects.visible_to(user, Permission.WORK_VIEW)
    return rows.filter(met_at=None, waived_at=None)


def open_for(user: User, now: datetime | None = None) -> models.QuerySet[Obligation]:
    """What this person has to do and has not put off."""
    return seen_by(user).filter(owned_by(user)).exclude(snoozed_until__gt=now or timezone.now())


def icon_of(name: str) -> str:
    """The icon of the duties of a rule."""
    return RULES[name].icon if name in RULES else "circle"


def stretch_of(due_on: date, today: date) -> str:
    """Under which heading a duty stands in a list."""
    if due_on <= today:
        return "Today" if due_on == today else "Overdue"
    return "This week" if due_on <= today + WEEK else "Later"


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one rule is open, or not read, in a trial at a place, and how much of it is overdue."""

    rule: str
    trial_id: int | None
    place_id: int | None
    total: int
    late: int


def counts(user: User) -> list[Count]:
    """What this person has to do and to read, counted by trial and place: one query for navigation."""
    today = timezone.localdate(timezone=user.zone)
    by, total = ("rule", "trial_id", "place_id"), models.Count("pk")
    rows = open_for(user).order_by().values_list(*by)
    late = models.Count("pk", filter=models.Q(due_on__lt=today))
    to_read = unread_by(user).annotate(rule=models.Value(TO_READ)).order_by().values_list(*by)
    none = models.Value(0, output_field=models.IntegerField())
    found = rows.annotate(total=total, late=late).union(
        to_read.annotate(total=total, late=none), all=True
    )
    return [Count(*row) for row in found]
