"""The sheet of a schedule: its matrix, what differs, what to check, and a subject that is not there."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from django.utils import timezone

from core.permissions import Permission
from core.web import Request, allowed
from trials.forms import SampleForm
from trials.models import ScheduleVersion, Trial
from trials.queries import checks, differences, grid, sample

Status = ScheduleVersion.Status


def versions_of(request: Request, trial: Trial) -> list[ScheduleVersion]:
    """The versions of a trial, the newest first."""
    rows = ScheduleVersion.objects.visible_to(request.user).filter(trial=trial)
    found = list(rows.select_related("source_file").order_by("-pk"))
    for version in found:
        version.trial = trial
    return found


def numbered(versions: list[ScheduleVersion], number: str) -> ScheduleVersion:
    """The version with this number."""
    for one in versions:
        if one.number == number:
            return one
    raise Http404(f"No schedule {number} here.")


def sheet(
    request: Request, version: ScheduleVersion, versions: list[ScheduleVersion]
) -> dict[str, Any]:
    """The matrix with what differs from an earlier version, what to check, and a sample subject."""
    before = _before(version, versions)
    against = _against(request, version, versions, before)
    now, *was = grid.sheets(version, *([against] if against else []))
    compared = differences.compare(was[0].grid, now.grid) if was else None
    shown = compared.grid if compared else now.grid
    is_draft = version.status == Status.DRAFT
    return {
        "grid": shown, "compared": compared, "against": against, "before": before,
        "is_draft": is_draft,
        "edits": is_draft and allowed(request.user, Permission.PROTOCOL_EDIT, version.trial),
        "checks": checks.of_version(version, now.grid, now.visits),
        "sample": sample.of_visits(now.visits, shown, _day_1(request)),
    }  # fmt: skip


def _before(version: ScheduleVersion, versions: list[ScheduleVersion]) -> ScheduleVersion | None:
    """The version that was approved last before this one, else the one begun before it."""
    older = [one for one in versions if one.pk < version.pk and one.status != Status.DISCARDED]
    approved = [one for one in older if one.approved_at]
    return next(iter([*approved, *older]), None)


def _against(
    request: Request, version: ScheduleVersion, versions: list[ScheduleVersion],
    before: ScheduleVersion | None,
) -> ScheduleVersion | None:  # fmt: skip
    """The version whose differences are shown: that asked for; for a draft the one before it."""
    said = request.GET.get("against", request.POST.get("against"))
    if said is None:
        return before if version.status == Status.DRAFT else None
    return numbered(versions, said) if said else None


def _day_1(request: Request) -> date:
    """The first day of the sample subject: that asked for, else today."""
    form = SampleForm(request.GET)
    day = form.cleaned_data["day_1"] if form.is_valid() else None
    return day or timezone.localdate()
