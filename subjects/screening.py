"""The screening log of a site: everybody who was screened, and what came of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from core.permissions import Permission
from sites.models import Site, SiteStatus
from sites.queries import HEAD
from subjects.diary import SUBJECT_CHIPS, Window
from subjects.eligibility import failures_at, states_of
from subjects.models import LeavingReason, Subject, SubjectStatus
from subjects.models.reasons import reason_shown
from subjects.models.subject import IN_SCREENING

PAGE = 50
IN_ERROR = Q(status=SubjectStatus.IN_ERROR)
OUTCOMES = {
    "in_screening": ("In screening", Q(status__in=IN_SCREENING)),
    "failed": ("Screen failed", Q(status=SubjectStatus.SCREEN_FAILED)),
    "enrolled": ("Enrolled", Q(enrolled_on__isnull=False) & ~IN_ERROR),
    "in_error": ("Entered in error", IN_ERROR),
}
HEADS = (
    "Subject", "Screening number", "Consented", "Screened", "Status", "Enrolled", "Ended",
    "Days in screening", "Reason", "Reason in words", "Screened before as",
    "Eligibility",
)  # fmt: skip
COLUMNS = (
    "pk", "number", "screening_number", "consented_on", "screened_on", "status", "enrolled_on",
    "ended_on", "reason_code", "status_reason", "previous__number",
)  # fmt: skip
WINDOW = {
    "next_earliest": F("next_visit__earliest_on"), "next_target": F("next_visit__target_on"),
    "next_latest": F("next_visit__latest_on"), "next_status": F("next_visit__status"),
}  # fmt: skip
LABELS = dict(SubjectStatus.choices)
REASONS = dict(LeavingReason.choices)


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of the screenings of a site."""

    screened: int
    in_screening: int
    failed: int
    enrolled: int
    reasons: list[tuple[str, int]]
    criteria: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def failure(self) -> str:
        """Screen failures as a share of the screenings that are decided."""
        decided = self.failed + self.enrolled
        return f"{100 * self.failed / decided:.0f} %" if decided else "–"


def by_site(user: User, **where: Any) -> list[tuple[Site, Figures]]:
    """The sites of a place or a trial that screen, or have screened, each with what came of it."""
    sites = Site.objects.visible_to(user, Permission.SUBJECT_VIEW).filter(**where)
    shown = sites.filter(Q(status=SiteStatus.OPEN) | Q(screened__gt=0)).select_related(*HEAD)
    seen = Subject.objects.visible_to(user).filter(site__in=sites)
    groups = (
        seen.exclude(IN_ERROR)
        .order_by()
        .values_list("site_id", "status")
        .annotate(screened=Count("pk"), enrolled=Count("enrolled_on"))
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for site_id, status, screened, enrolled in groups:
        counts = found[site_id]
        counts["screened"] += screened
        counts["enrolled"] += enrolled
        counts["in_screening"] += screened if status in IN_SCREENING else 0
        counts["failed"] += screened if status == SubjectStatus.SCREEN_FAILED else 0
    return [
        (site, Figures(
            found[site.pk]["screened"], found[site.pk]["in_screening"],
            found[site.pk]["failed"], found[site.pk]["enrolled"], [],
        ))
        for site in shown.order_by("trial__protocol_number", "number", "pk")
    ]  # fmt: skip


def figures(site: Site, user: User) -> Figures:
    """The counts above the log, and why screenings failed."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    groups = (
        _everybody(site, user)
        .exclude(IN_ERROR)
        .order_by()
        .values_list("status", "reason_code")
        .annotate(screened=Count("pk"), enrolled=Count("enrolled_on"))
    )
    for status, reason, screened, enrolled in groups:
        counts["screened"] += screened
        counts["enrolled"] += enrolled
        counts["in_screening"] += screened if status in IN_SCREENING else 0
        reasons[reason] += screened if status == SubjectStatus.SCREEN_FAILED else 0
    return Figures(
        counts["screened"], counts["in_screening"], reasons.total(), counts["enrolled"],
        [(REASONS[code], count) for code, count in reasons.most_common() if count],
        failures_at(_everybody(site, user).filter(status=SubjectStatus.SCREEN_FAILED)),
    )  # fmt: skip


def matching(site: Site, user: User, outcome: str) -> QuerySet[Any]:
    """The rows of the log, newest first, all or those with one outcome; mistakes stay readable."""
    rows = _everybody(site, user).order_by("-screened_on", "-pk")
    return rows.filter(OUTCOMES[outcome][1]) if outcome in OUTCOMES else rows


def _everybody(site: Site, user: User) -> QuerySet[Any]:
    rows: QuerySet[Any] = Subject.objects.visible_to(user).filter(site=site)
    return rows


def page_of(
    rows: QuerySet[Any], start: int, today: date
) -> tuple[list[dict[str, Any]], int | None]:
    """One page of the log, and where the next begins."""
    found = list(rows.values(*COLUMNS, "next_visit_on", **WINDOW)[start : start + PAGE + 1])
    states = states_of(row["pk"] for row in found)
    for row in found:
        row["label"], row["chip"] = LABELS[row["status"]], SUBJECT_CHIPS.get(row["status"], "")
        row["eligibility"] = states[row["pk"]]
        row["why"] = reason_shown(row["status"], row["reason_code"], row["status_reason"])
        row["days"] = _days(row, today)
        booked = row["next_visit_on"] if row["next_status"] == "booked" else None
        row["window"] = row["next_target"] and Window(
            row["next_earliest"], row["next_target"], row["next_latest"], booked,
            "booked" if booked else "open",
        )  # fmt: skip
    return found[:PAGE], start + PAGE if len(found) > PAGE else None


def lines(rows: QuerySet[Any], today: date) -> Iterator[tuple[Any, ...]]:
    """The log in the columns of an export."""
    states = states_of(rows.values_list("pk", flat=True))
    for row in rows.values(*COLUMNS).iterator():
        yield (
            row["number"], row["screening_number"], row["consented_on"], row["screened_on"],
            LABELS[row["status"]], row["enrolled_on"], row["ended_on"], _days(row, today),
            REASONS.get(row["reason_code"], ""), row["status_reason"], row["previous__number"],
            states[row["pk"]][1],
        )  # fmt: skip


def _days(row: dict[str, Any], today: date) -> int:
    """How many days screening took, or has taken."""
    end: date = row["enrolled_on"] or row["ended_on"] or today
    began: date = row["screened_on"]
    return max(0, (end - began).days)
