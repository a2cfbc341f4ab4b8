"""The schedule of activities: versions as a matrix, compared, copied and approved by signature."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.export import as_file, heading, send
from core.pages import answer
from core.permissions import Permission
from core.signing import signatures
from core.signing.pages import sign_page
from core.web import BOTH, Request, allowed, find, page
from trials import workbook
from trials.actions import drafts, schedules
from trials.forms import NumberForm, ReasonForm
from trials.models import ScheduleVersion, Trial
from trials.queries import checks, differences, grid
from trials.views.sheet import numbered, sheet, versions_of

Status = ScheduleVersion.Status


@require_safe
def schedule(request: Request, code: str, number: str = "") -> HttpResponse:
    """A version as a matrix; without a number the newest draft, else the newest approved one."""
    trial = find(Trial, request.user, code=code)
    versions = versions_of(request, trial)
    version = numbered(versions, number) if number else _newest(versions)
    context: dict[str, Any] = {
        "trial": trial, "version": version, "versions": versions,
        "may_edit": allowed(request.user, Permission.PROTOCOL_EDIT, trial),
    }  # fmt: skip
    if version is None:
        return page(request, "trials/no_schedule.html", context)
    context |= _standing(request, version) | sheet(request, version, versions)
    return page(request, "trials/schedule.html", context, partial=("sample",))


def _standing(request: Request, version: ScheduleVersion) -> dict[str, Any]:
    """How far a version is, and what the person may do with it."""
    may_approve = allowed(request.user, Permission.PROTOCOL_APPROVE, version.trial)
    steps = ScheduleVersion.flow.steps_to(version, Status.DISCARDED, Status.DRAFT)
    return {
        "signatures": signatures(version, schedules.content),
        "set_aside": steps.get(Status.DISCARDED),
        "begun": steps.get(Status.DRAFT),
        "may_approve": may_approve and version.status == Status.DRAFT,
        "may_withdraw": may_approve and version.status == Status.APPROVED,
        "repeats": grid.repeats(version),
    }


def _newest(versions: list[ScheduleVersion]) -> ScheduleVersion | None:
    """The newest draft, else the newest approved version, else what there is."""
    ranks = [Status.DRAFT, Status.APPROVED, Status.RETIRED, Status.DISCARDED]
    return min(versions, key=lambda one: ranks.index(Status(one.status)), default=None)


@require_safe
def export(request: Request, code: str, number: str, kind: str) -> HttpResponseBase:
    """A version as a file, to keep or to paste into another draft."""
    version = find(ScheduleVersion, request.user, trial__code=code, number=number)
    matrix = grid.of_version(version)
    name = f"{version.trial} schedule {version.number}"
    said = "; ".join(map(str, signatures(version, schedules.content))) or "not signed"
    if kind == "csv":
        heads, rows = workbook.heads(matrix), workbook.rows(matrix)
        return as_file(request, kind, name, heads, rows, said=said, target=version)
    if kind != "xlsx":
        raise Http404(f"No file of the kind {kind}.")
    content = workbook.write(matrix, heading(request, name, said))
    return send(request, name, kind, content, rows=len(matrix.lines), said=said, target=version)


@require_safe
def compare(request: Request, code: str, number: str, other: str) -> HttpResponse:
    """What differs between two versions, in plain words."""
    trial = find(Trial, request.user, code=code)
    versions = versions_of(request, trial)
    new, old = numbered(versions, number), numbered(versions, other)
    was, now = grid.sheets(old, new)
    compared = differences.compare(was.grid, now.grid)
    context: dict[str, Any] = {
        "trial": trial, "version": new, "old": old, "versions": versions,
        "compared": compared,
        "parts": [(title, [(one, "") for one in found]) for title, found in compared.parts.items()],
        "may_edit": new.status == Status.DRAFT
        and allowed(request.user, Permission.PROTOCOL_EDIT, trial),
    }  # fmt: skip
    return page(request, "trials/compare.html", context)


@BOTH
def start(request: Request, code: str) -> HttpResponse:
    """Begin a schedule by hand."""
    trial = find(Trial, request.user, to=Permission.PROTOCOL_EDIT, code=code)
    form = NumberForm(request.POST or None, initial={"number": "1.0"})
    return answer(
        request, form,
        lambda: schedules.draft(trial, by=request.user, **form.cleaned_data),
        title="New schedule of activities", verb="Begin draft", done="The draft is begun.",
        back=reverse("trials:schedule", args=[trial.code]), frame="trials/frame.html", trial=trial,
    )  # fmt: skip


@BOTH
def copy(request: Request, code: str, number: str) -> HttpResponse:
    """Begin a new version from this one."""
    version = find(
        ScheduleVersion, request.user, to=Permission.PROTOCOL_EDIT, trial__code=code, number=number
    )
    form = NumberForm(request.POST or None)
    wanted = form.data.get("number", "") if form.is_bound else ""
    return answer(
        request, form,
        lambda: drafts.copy(version, by=request.user, **form.cleaned_data),
        title=f"New version from {version.number}", verb="Begin draft",
        done=f"The draft has everything {version.number} has.",
        back=reverse("trials:schedule", args=[code, wanted or number]) if form.is_valid()
        else version.get_absolute_url(),
        frame="trials/frame.html", trial=version.trial, version=version,
    )  # fmt: skip


@BOTH
def approve(request: Request, code: str, number: str) -> HttpResponse:
    """Sign and approve a draft; from then on it cannot change."""
    version = find(
        ScheduleVersion,
        request.user,
        to=Permission.PROTOCOL_APPROVE,
        trial__code=code,
        number=number,
    )
    held = grid.sheets(version)[0]
    return sign_page(
        request, version, schedules.approve,
        title=f"Sign: approve schedule {version.number}", verb="Sign and approve",
        back=version.get_absolute_url(), done=f"{version} is approved and signed.",
        template="trials/approve.html", frame="trials/frame.html", trial=version.trial, version=version,
        grid=held.grid, warnings=checks.of_version(version, held.grid, held.visits),
    )  # fmt: skip


@BOTH
def discard(request: Request, code: str, number: str) -> HttpResponse:
    """Set a draft aside, with a reason."""
    version = find(
        ScheduleVersion, request.user, to=Permission.PROTOCOL_EDIT, trial__code=code, number=number
    )
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: schedules.discard(version, by=request.user, **form.cleaned_data),
        title=f"Set draft {version.number} aside", verb="Set aside",
        back=version.get_absolute_url(), done=f"{version} is set aside.",
        frame="trials/frame.html", trial=version.trial, version=version,
    )  # fmt: skip
