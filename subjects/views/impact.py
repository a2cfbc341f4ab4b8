"""The impact of an amended schedule: what changes for sites, subjects and bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import has_anywhere
from core.permissions import Permission
from core.web import Request, allowed, find, page
from sites.queries.effect import effect_of
from subjects.impact import SHOWN, following_of, impact_of, standings
from trials.models import ScheduleVersion
from trials.queries import differences, grid
from trials.queries.lineages import version_before

Status = ScheduleVersion.Status
FOLLOWING = "following"


@require_safe
def impact(request: Request, code: str, number: str) -> HttpResponse:
    """What a version changes against the one before; while it takes effect, how far that is."""
    version = find(ScheduleVersion, request.user, along=("trial",), trial__code=code, number=number)
    now = timezone.now()
    today = timezone.localdate(now, request.user.zone)
    context: dict[str, Any] = {"trial": version.trial, "version": version, "today": today}
    if request.htmx and request.htmx.target == FOLLOWING:
        effect = effect_of(version, request.user, now)
        subjects = standings(version, [row.site for row in effect.rows], request.user)
        context["following"] = following_of(effect, subjects)
        return page(request, "subjects/impact.html", context, partial=FOLLOWING)
    return page(request, "subjects/impact.html", context | _whole(request, version, now))


def _whole(request: Request, version: ScheduleVersion, now: datetime) -> dict[str, Any]:
    found = impact_of(version, request.user, now)
    old = version_before(version)
    compared, parts = None, []
    if old is not None:
        was, will = grid.sheets(old, version)
        compared = differences.compare(was.grid, will.grid)
        parts = found.parts(compared)
    sees = has_anywhere(request.user, Permission.SUBJECT_VIEW)
    approves = version.status == Status.DRAFT and Permission.PROTOCOL_APPROVE
    begun = ScheduleVersion.flow.steps_to(version, Status.DRAFT)
    return {
        "impact": found, "following": found.following, "old": old, "before": old,
        "compared": compared, "parts": parts, "shown": SHOWN,
        "sees_subjects": sees, "effects": sees,
        "is_draft": version.status == Status.DRAFT, "begun": begun.get(Status.DRAFT),
        "may_approve": approves and allowed(request.user, approves, version.trial),
        "may_switch": version.status == Status.APPROVED
        and allowed(request.user, Permission.SITE_EDIT, version.trial),
    }  # fmt: skip
