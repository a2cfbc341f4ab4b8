"""Sites: finding one, its steps and its team."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Grant, User
from accounts.roles import Role
from core.access import ScopeKind, can
from core.models import StatusChange
from core.notices import Recipient
from core.permissions import Permission
from core.web import find, whole
from sites.models import Delegation, Site, SiteStatus
from sites.queries.places import Tab
from trials.models import Trial

HEAD = ("trial", "place")  # what the head of every page of a site names


def site_at(user: User, code: str, number: str) -> Site:
    """The site of a trial by its number, or by a candidate's running number."""
    if number.startswith("c") and (pk := whole(number[1:])):
        return find(Site, user, along=HEAD, trial__code=code, pk=pk, number="")
    return find(Site, user, along=HEAD, trial__code=code, number=number)


def cras_of(trial: Trial) -> QuerySet[User]:
    """The people who hold the role of CRA on a trial, or on a part or the whole above it."""
    scopes = Q(kind=ScopeKind.SPONSOR, scope_id=trial.sponsor_id) | Q(trial_id=trial.pk)
    held = Grant.objects.live().filter(scopes, role=Role.CRA)
    found: QuerySet[User] = User.objects.filter(pk__in=held.values("user_id"), is_active=True)
    return found.order_by("first_name", "last_name")


def grants_at(site: Site) -> QuerySet[Grant]:
    """The roles that people hold at a site now, there or on anything above it."""
    here = (
        Q(kind=ScopeKind.SITE, scope_id=site.pk) | Q(kind=ScopeKind.PLACE, scope_id=site.place_id)
        | Q(kind=ScopeKind.COUNTRY, scope_id=site.country_id)
        | Q(kind=ScopeKind.TRIAL, scope_id=site.trial_id)
        | Q(kind=ScopeKind.SPONSOR, scope_id=site.trial.sponsor_id)
        | Q(kind=ScopeKind.DEPLOYMENT)
    )  # fmt: skip
    found: QuerySet[Grant] = Grant.objects.live().filter(
        here, user__is_active=True, user__is_service=False
    )
    return found.select_related("user")


# Who must know at once of what concerns the safety of a subject.
FOR_SAFETY = (Role.INVESTIGATOR, Role.MEDICAL_MONITOR, Role.TRIAL_MANAGER, Role.CRA)


def recipients_at(site: Site, roles: Sequence[Role], *, but: User) -> list[Recipient]:
    """Who holds these roles at a site, under the first of them each, without one person.

    Of several CRAs of a trial it is the one of the site who must know.
    """
    held = grants_at(site).filter(role__in=roles).exclude(user_id=but.pk)
    if site.cra_id is not None:
        held = held.exclude(~Q(user_id=site.cra_id), role=Role.CRA)
    found: dict[int, Recipient] = {}
    for grant in sorted(held, key=lambda grant: (roles.index(Role(grant.role)), grant.pk)):
        one = Recipient(grant.user_id, grant.user.get_full_name(), grant.role)
        found.setdefault(grant.user_id, one)
    return list(found.values())


def site_frame(site: Site, user: User, current: str = "") -> dict[str, Any]:
    """The head of the pages of a site: what the user may do, and its tabs."""
    tabs = [
        ("", "Overview", site.get_absolute_url()),
        ("subjects", "Subjects", _site_url("workspace:site_subjects", site)),
        ("screening", "Screening log", reverse("subjects:screening_log", args=[site.pk])),
        ("consents", "Consents", _site_url("subjects:consents", site)),
        ("status", "Status", _site_url("sites:status", site)),
        ("schedules", "Schedule versions", _site_url("sites:schedules", site)),
    ]
    if can(user, Permission.ADVERSE_EVENT_VIEW, site):
        tabs.insert(3, ("events", "Adverse events", _site_url("safety:site_events", site)))
    if can(user, Permission.DEVIATION_VIEW, site):
        tabs.insert(4, ("issues", "Deviations & issues", _site_url("quality:site_issues", site)))
    if can(user, Permission.AUDIT_VIEW, site):
        tabs.append(("activity", "Activity", _site_url("workspace:site_activity", site)))
    return {
        "site": site,
        "trial": site.trial,
        "place": site.place,
        "chip": SITE_CHIPS.get(site.status, ""),
        "may_edit": can(user, Permission.SITE_EDIT, site),
        "may_move": can(user, Permission.SITE_STATUS, site),
        "tabs": [Tab(url, text, name == current) for name, text, url in tabs],
    }


def _site_url(name: str, site: Site) -> str:
    return reverse(name, args=[site.trial.code, site.code])


SITE_CHIPS = {
    "open": "ok", "initiated": "info", "ready": "info", "start_up": "info", "on_hold": "warn",
    "terminated": "crit", "follow_up": "info", "enrolment_closed": "info",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a site."""

    status: str
    on: date
    by: str
    reason: str


def steps_of(site: Site) -> list[Step]:
    """The life of a site, newest step first."""
    labels = dict(SiteStatus.choices)
    rows = StatusChange.objects.filter(flow="sites.site", object_id=site.pk).order_by("-pk")
    return [
        Step(labels.get(status, status), on, by, reason)
        for status, on, by, reason in rows.values_list("to_status", "on", "actor_name", "reason")
    ]


def team_of(site: Site, today: date) -> list[tuple[str, str, list[str]]]:
    """Who holds which tasks at a site today, by person."""
    rows = Delegation.objects.filter(site=site, during__contains=today).select_related("person")
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows.order_by("person__name", "task"):
        key = (row.person.name, row.person.job_title)
        found.setdefault(key, []).append(row.get_task_display())
    return [(name, title, tasks) for (name, title), tasks in found.items()]
