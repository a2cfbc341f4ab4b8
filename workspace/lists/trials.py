"""The list of trials: what each is about, how far it is, who leads it and how it enrols."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum
from django.utils.safestring import SafeString

from accounts.models import Grant
from accounts.roles import Role
from core import charts
from core.access import ScopeKind
from core.links import address
from core.lists import (
    Choices,
    Column,
    List,
    Reader,
    Row,
    lead,
    state,
    text,
    value,
)
from core.lists.columns import NOTHING
from core.markup import markup
from sites.models import Site, SiteStatus
from trials.models import Trial
from trials.queries.status import TRIAL_CHIPS
from workspace.lists.sites import share

T = Trial.Status
LABELS: dict[str, str] = dict(Trial.Status.choices)
STAGES = {
    "In start-up": (T.PLANNED, T.START_UP),
    "Recruiting": (T.RECRUITING,),
    "Running without enrolment": (T.RECRUITMENT_CLOSED, T.FOLLOW_UP, T.ON_HOLD),
    "Ended": (T.CLOSED, T.LOCKED, T.REPORTED, T.ARCHIVED, T.TERMINATED, T.CANCELLED),
}


def finish(rows: list[Row], reader: Reader) -> None:
    """Add what the sites that the person sees come to, and who leads the trial: two queries."""
    keys = [row["pk"] for row in rows]
    sums: Any = (
        Site.objects.visible_to(reader.user).filter(trial_id__in=keys).order_by().values("trial_id")
        .annotate(
            enrolled=Sum("enrolled"), sites=Count("pk"), countries=Count("country", distinct=True),
            open=Count("pk", filter=Q(status=SiteStatus.OPEN)),
        )
    )  # fmt: skip
    by_trial = {held.pop("trial_id"): held for held in sums}
    leads: dict[int, list[str]] = {}
    held = Grant.objects.live().filter(
        kind=ScopeKind.TRIAL, scope_id__in=keys, role=Role.TRIAL_MANAGER
    )
    people = held.order_by("pk").values_list("scope_id", "user__first_name", "user__last_name")
    for trial_id, *name in people:
        leads.setdefault(trial_id, []).append(" ".join(name).strip())
    none = {"enrolled": 0, "sites": 0, "countries": 0, "open": 0}
    for row in rows:
        row.update(by_trial.get(row["pk"], none), lead=", ".join(leads.get(row["pk"], [])))


def _trial(row: Row) -> SafeString:
    return lead(address("workspace:trial", row["code"]), row["protocol_number"], row["name"])


def _of_plan(row: Row) -> SafeString | str:
    planned = row["planned_subjects"]
    if not planned:
        return ""
    return charts.bar(share(row["enrolled"], planned), "Enrolled, of the plan")


def _done_of(done: str, planned: str) -> Any:
    """How many of how many are planned."""

    def show(row: Row) -> SafeString | int:
        if not row[planned]:
            return int(row[done])
        return markup('{} <span class="text-muted">/ {}</span>', row[done], row[planned])

    return show


TRIALS = List(
    title="Trials", one="trial", many="trials",
    named=lambda row: row["protocol_number"],
    sort="trial",
    columns=(
        Column("trial", "Trial", ("code", "protocol_number", "name"), _trial, order="protocol_number",
            css="text-nowrap", files=(("Trial", value("protocol_number")), ("Name", value("name")))),
        text("sponsor", "Sponsor", "sponsor__name", order="sponsor__name", is_shown=False),
        text("phase", "Phase", order="phase"),
        text("area", "Area", "therapeutic_area", order="therapeutic_area"),
        state("status", "Status", LABELS, TRIAL_CHIPS, order="status"),
        Column("countries", "Countries", (), lambda row: row["countries"], css="text-end number",
            files=(("Countries", value("countries")),)),
        Column("sites", "Open sites", ("planned_sites",), _done_of("open", "planned_sites"),
            css="text-end number text-nowrap",
            files=(("Open sites", value("open")), ("Sites", value("sites")), ("Planned sites", value("planned_sites")))),
        Column("enrolled", "Enrolled", ("planned_subjects",), _done_of("enrolled", "planned_subjects"),
            css="text-end number text-nowrap",
            files=(("Enrolled", value("enrolled")), ("Planned subjects", value("planned_subjects")))),
        Column("plan", "Of the plan", ("planned_subjects",), _of_plan, files=(), css="table-bar"),
        Column("lead", "Lead", (), lambda row: row["lead"] or NOTHING, files=(("Lead", value("lead")),)),
    ),
    finish=finish,
    search=lambda words: (
        Q(protocol_number__icontains=words) | Q(name__icontains=words) | Q(indication__icontains=words)
    ),
    search_label="Number, name or indication",
    filters=(
        Choices("status", "Status", "status", LABELS),
        Choices("phase", "Phase", "phase", empty="No phase"),
        Choices("area", "Area", "therapeutic_area", empty="No area"),
        Choices("sponsor", "Sponsor", "sponsor__name"),
    ),
    views=tuple(
        (name, urlencode({"status": statuses}, doseq=True)) for name, statuses in STAGES.items()
    ),
    parts=tuple(STAGES),
    empty="No trial yet. Ask the administrator for a role in one.",
)  # fmt: skip
