"""The schedule of activities: the matrix of a version."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from core.permissions import Permission
from core.signing import signatures
from core.web import Request, allowed, find, page
from trials.models import ScheduleVersion, Trial
from trials.queries import grid

Status = ScheduleVersion.Status


@require_GET
def schedule(request: Request, code: str, number: str = "") -> HttpResponse:
    """A version as a matrix; without a number the newest draft, else the newest approved one."""
    trial = find(Trial, request.user, code=code)
    versions = list(
        ScheduleVersion.objects.visible_to(request.user)
        .filter(trial=trial)
        .select_related("source_file")
        .order_by("-pk")
    )
    version = _chosen(versions, number)
    context: dict[str, Any] = {
        "trial": trial,
        "version": version,
        "versions": versions,
        "may_edit": allowed(request.user, Permission.PROTOCOL_EDIT, trial),
        "may_approve": allowed(request.user, Permission.PROTOCOL_APPROVE, trial),
    }
    if version is not None:
        context |= {
            "grid": grid.of_version(version),
            "repeats": grid.repeats(version),
            "signatures": signatures(version),
            "is_draft": version.status == Status.DRAFT,
        }
    return page(request, "trials/schedule.html", context)


def _chosen(versions: list[ScheduleVersion], number: str) -> ScheduleVersion | None:
    if number:
        found = next((one for one in versions if one.number == number), None)
        if found is None:
            raise Http404(f"No schedule {number} here.")
        return found
    ranks = [Status.DRAFT, Status.APPROVED, Status.RETIRED, Status.DISCARDED]
    return min(versions, key=lambda one: ranks.index(Status(one.status)), default=None)
