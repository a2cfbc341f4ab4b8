"""What is read of issues and CAPA: who refuses a class, who owns an action, what is signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from core.models import AuditRow, Event
from quality.models import (
    OWNERS,
    Capa,
    CapaStatus,
    Classification,
    Issue,
    IssueKind,
    IssueStatus,
)
from sites.models import Site
from sites.queries import grants_at


@dataclass(frozen=True, slots=True)
class Refusal:
    """An issue that is not assessed together with others, and why."""

    issue: Issue
    why: str

    def __str__(self) -> str:
        return f"{self.issue} {self.why}."


def refusals(issues: Iterable[Issue], classification: str, reason: str) -> list[Refusal]:
    """The issues that cannot be given this class."""
    found = ((issue, _refusal(issue, classification, reason)) for issue in issues)
    return [Refusal(issue, why) for issue, why in found if why]


def _refusal(issue: Issue, classification: str, reason: str) -> str:
    if not issue.is_open:
        return f"is {issue.get_status_display().lower()}"
    before = issue.classification or issue.proposed
    if before != classification and not reason.strip():
        return f"is {Classification(before).label.lower()} so far, so another class needs a reason"
    return ""


def missing_of(issue: Issue) -> list[str]:
    """What is to be said or done before an issue can be closed."""
    capa = issue.capa
    said = (
        (issue.status == IssueStatus.REPORTED, "its class is not confirmed"),
        (not issue.root_cause, "its root cause is not given"),
        (issue.is_breach_open, "the serious breach is neither notified nor dismissed"),
        (bool(issue.ethics_due_on and not issue.ethics_reported_on), "ethics is not told"),
        (capa is not None and capa.status == CapaStatus.OPEN, f"actions of {capa} are not done"),
    )
    return [text for is_missing, text in said if is_missing]


@dataclass(frozen=True, slots=True)
class Formerly:
    """What an issue was before its type changed."""

    kind: str
    until: datetime
    by: str
    reason: str


def formerly(issue: Issue) -> list[Formerly]:
    """The types an issue was of before, oldest first."""
    rows = AuditRow.objects.filter(
        tbl=Issue._meta.db_table, row_id=issue.pk, op="U", changes__has_key="kind"
    )
    held = list(rows.order_by("pk"))
    events = Event.objects.in_bulk([row.event_id for row in held])
    return [
        Formerly(
            str(IssueKind(row.changes["kind"][0]).label), row.at.astimezone(issue.site.place.zone),
            events[row.event_id].actor_name, events[row.event_id].reason,
        )
        for row in held
    ]  # fmt: skip


def owners_at(site: Site) -> dict[User, str]:
    """Who may own an action at a site, and under which role."""
    grants = grants_at(site).filter(role__in=OWNERS)
    found: dict[User, str] = {}
    for grant in sorted(grants, key=lambda grant: (OWNERS.index(Role(grant.role)), grant.pk)):
        found.setdefault(grant.user, grant.role)
    return found


def content_of(capa: Capa) -> dict[str, Any]:
    """What is signed of a CAPA: its cause, what was done by whom, and what was found."""
    return {
        "number": capa.number,
        **{name: getattr(capa, name) for name in ("title", "root_cause", "why", "measure")},
        "issues": [issue.number for issue in capa.issues.order_by("pk")],
        "actions": [
            [one.kind, one.text, one.owner.get_full_name(), one.due_on, one.done_on, one.evidence,
             one.dropped]
            for one in capa.actions.select_related("owner").order_by("pk")
        ],
        "checks": [
            [one.on, one.is_effective, one.finding, one.by_name]
            for one in capa.checks.order_by("pk")
        ],
    }  # fmt: skip


def parts_of(capa: Capa) -> Iterable[QuerySet[Any]]:
    """The tables that the signed content lies in."""
    return (capa.actions.all(), capa.checks.all())
