"""The list of people: who has an account, which roles they hold now, how they sign in."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import Grant, User
from accounts.queries import CHIPS, STATES, state_of
from accounts.roles import Role
from core.dates import show_day
from core.lists import Column, Conditions, List, Reader, Row, Words, lead, text, two_lines, value
from core.lists.columns import NOTHING
from core.templatetags import ui

SHOWN_ROLES = 2
TOTP = Authenticator.Type.TOTP


def finish(rows: list[Row], reader: Reader) -> None:
    """Add roles, state and second factor: three queries."""
    keys = [row["pk"] for row in rows]
    roles: dict[int, list[str]] = {}
    for grant in Grant.objects.live().filter(user__in=keys).order_by("role", "scope_label"):
        roles.setdefault(grant.user_id, []).append(str(grant))
    second = set(
        Authenticator.objects.filter(user__in=keys, type=TOTP).values_list("user_id", flat=True)
    )
    people = User.objects.in_bulk(keys)
    for row in rows:
        held = roles.get(row["pk"], [])
        row.update(
            name=people[row["pk"]].get_full_name(), roles=held, zone=reader.user.zone,
            state=state_of(people[row["pk"]], has_role=bool(held)), second=row["pk"] in second,
        )  # fmt: skip


def _name(row: Row) -> SafeString:
    second = " · ".join(filter(None, (row["username"], row["job_title"])))
    return lead(reverse("accounts:person", args=[row["pk"]]), row["name"], second)


def _roles(row: Row) -> SafeString | str:
    first, *others = row["roles"] or [NOTHING]
    if len(others) < SHOWN_ROLES:
        return two_lines(first, ", ".join(others))
    return two_lines(two_lines(first, others[0]), f"and more: {len(row['roles'])} in all")


def _last_login(row: Row) -> str:
    at = row["last_login"] and row["last_login"].astimezone(row["zone"])
    return f"{show_day(at.date())} {at:%H:%M %Z}" if at else "Never"


def _holding(**grant: str) -> Q:
    """People with a grant in force that is so."""
    return Q(pk__in=Grant.objects.live().filter(**grant).values("user_id"))


def _holds(role: str) -> Callable[[Reader], Q]:
    return lambda _: _holding(role=role)


PEOPLE_NOW = Q(is_active=True, is_service=False)
IN_STATE: dict[str, Callable[[Reader], Q]] = {
    "active": lambda _: PEOPLE_NOW & _holding(),
    "invited": lambda _: PEOPLE_NOW & Q(password__startswith="!"),  # noqa: S106 - the mark of no password
    "idle": lambda _: PEOPLE_NOW & ~_holding(),
    "disabled": lambda _: Q(is_active=False),
    "service": lambda _: Q(is_active=True, is_service=True),
}

PEOPLE = List(
    title="People", one="person", many="people",
    named=lambda row: row["name"],
    sort="name",
    columns=(
        Column(
            "name", "Person", ("username", "job_title"), _name, order="last_name",
            files=(
                ("Name", value("name")), ("User name", value("username")),
                ("Job title", value("job_title")),
            ),
        ),
        text("email", "E-mail", is_shown=False),
        Column(
            "roles", "Roles now", (), _roles,
            files=(("Roles", lambda row: "; ".join(row["roles"])),),
        ),
        Column(
            "state", "State", (), lambda row: ui.chip(CHIPS[row["state"]], STATES[row["state"]]),
            files=(("State", lambda row: STATES[row["state"]]),),
        ),
        Column(
            "factor", "Second factor", (), lambda row: "Yes" if row["second"] else "No",
            files=(("Second factor", value("second")),),
        ),
        Column(
            "login", "Last log-in", ("last_login",), _last_login, order="-last_login", css="number",
            files=(("Last log-in", value("last_login")),),
        ),
    ),
    finish=finish,
    search=lambda words: (
        Q(username__icontains=words)
        | Q(email__icontains=words)
        | Q(pk__in=User.objects.alias(whole=Concat("first_name", Value(" "), "last_name"))
            .filter(whole__icontains=words).values("pk"))
    ),
    search_label="Name or e-mail",
    filters=(
        Conditions("role", "Role", {role: (label, _holds(role)) for role, label in Role.choices}),
        Conditions("state", "State", {name: (STATES[name], when) for name, when in IN_STATE.items()}),
        Words(
            "scope", "Trial, site or place",
            lambda words, _: _holding(scope_label__icontains=words),
        ),
    ),
)  # fmt: skip
