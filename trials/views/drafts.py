"""A draft schedule edited by hand: visits, procedures, cells, and tables pasted into it."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core.actions import RefusedError
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, page, whole
from trials.abbreviations import codes
from trials.actions import drafts
from trials.forms import CellForm, MovedProcedureForm, PasteForm, ProcedureForm, VisitForm
from trials.models import ProcedureDefinition, ScheduleVersion, VisitDefinition, VisitProcedure
from trials.queries import grid, pasted
from trials.views.sheet import sheet, versions_of


def draft_of(request: Request, code: str, number: str) -> ScheduleVersion:
    """The version, where the person may edit it; approved ones are refused by the actions."""
    return find(
        ScheduleVersion, request.user, to=Permission.PROTOCOL_EDIT, trial__code=code, number=number
    )


def revision_of(request: Request, version: ScheduleVersion) -> int:
    """The revision the person was shown."""
    posted = whole(request.POST.get("revision", ""))
    return version.revision if posted is None else posted


def _frame(request: Request, version: ScheduleVersion) -> dict[str, Any]:
    return {
        "frame": "trials/frame.html", "trial": version.trial, "version": version,
        "revision": revision_of(request, version), "back": version.get_absolute_url(),
    }  # fmt: skip


def _planned(version: ScheduleVersion) -> list[VisitDefinition]:
    return list(version.visits.filter(timeline=None).order_by("position"))


@BOTH
def add_visit(request: Request, code: str, number: str) -> HttpResponse:
    """Add a visit to a draft."""
    version = draft_of(request, code, number)
    others = _planned(version)
    start = {"counts_from": "day_1", "place": len(others), "basis": "planned", "type": "treatment"}
    form = VisitForm(request.POST or None, others=others, initial=start)
    return answer(
        request, form,
        lambda: drafts.add_visit(
            version, values=form.values(), place=form.cleaned_data["place"],
            epoch=form.cleaned_data["epoch"], revision=revision_of(request, version),
            by=request.user,
        ),
        title="Add visit", verb="Add visit", done="Visit added.", **_frame(request, version),
    )  # fmt: skip


@BOTH
def change_visit(request: Request, code: str, number: str, pk: int) -> HttpResponse:
    """Change a visit of a draft, or take it out."""
    version = draft_of(request, code, number)
    visit = get_object_or_404(version.visits.select_related("epoch", "timeline"), pk=pk)
    others = [one for one in _planned(version) if one.pk != visit.pk]
    form = VisitForm(request.POST or None, others=others, initial=_initial(visit, others))
    if visit.timeline_id is not None:
        for name in ("counts_from", "basis", "place"):
            del form.fields[name]
    return answer(
        request, form,
        lambda: drafts.change_visit(
            visit, values=form.values(), place=form.cleaned_data.get("place"),
            epoch=form.cleaned_data["epoch"], revision=revision_of(request, version),
            by=request.user,
        ),
        title=f"{visit.code} {visit.name}", verb="Save visit", done=f"{visit.code} saved.",
        template="trials/visit.html", visit=visit, lines=_lines(version, visit),
        **_frame(request, version),
    )  # fmt: skip


def _initial(visit: VisitDefinition, others: list[VisitDefinition]) -> dict[str, Any]:
    return {
        "name": visit.name, "code": visit.code, "offset": visit.offset,
        "counts_from": str(visit.after_visit_id or visit.anchor), "basis": visit.basis,
        "window": visit.window, "epoch": visit.epoch.name if visit.epoch else "",
        "type": visit.type, "modality": visit.modality, "duration": visit.duration,
        "is_optional": visit.is_optional, "nights": visit.nights,
        "place": sum(one.position < visit.position for one in others),
    }  # fmt: skip


def _lines(
    version: ScheduleVersion, visit: VisitDefinition
) -> list[tuple[ProcedureDefinition, VisitProcedure | None]]:
    cells = {cell.procedure_id: cell for cell in visit.cells.all()}
    return [(one, cells.get(one.pk)) for one in version.procedures.order_by("position", "pk")]


@require_POST
def remove_visit(request: Request, code: str, number: str, pk: int) -> HttpResponse:
    """Take a visit out of a draft."""
    version = draft_of(request, code, number)
    visit = get_object_or_404(version.visits, pk=pk)
    drafts.remove_visit(visit, revision=revision_of(request, version), by=request.user)
    messages.success(request, f"{visit.code} is out of {version}.")
    return redirect(version)


@BOTH
def add_procedure(request: Request, code: str, number: str) -> HttpResponse:
    """Add a procedure to a draft."""
    version = draft_of(request, code, number)
    form = ProcedureForm(request.POST or None)
    return answer(
        request, form,
        lambda: drafts.add_procedure(
            version, revision=revision_of(request, version), by=request.user, **form.cleaned_data
        ),
        title="Add procedure", verb="Add procedure", done="Procedure added.",
        **_frame(request, version),
    )  # fmt: skip


@BOTH
def change_procedure(request: Request, code: str, number: str, pk: int) -> HttpResponse:
    """Rename a procedure of a draft, move it, or take it out."""
    version = draft_of(request, code, number)
    procedure = get_object_or_404(version.procedures, pk=pk)
    rest = version.procedures.exclude(pk=pk).order_by("position", "pk")
    names = [one.name for one in rest]
    place = version.procedures.filter(position__lt=procedure.position).count()
    start = {"name": procedure.name, "group": procedure.group, "place": place}
    form = MovedProcedureForm(request.POST or None, others=names, initial=start)
    return answer(
        request, form,
        lambda: drafts.change_procedure(
            procedure, revision=revision_of(request, version), by=request.user,
            **form.cleaned_data,
        ),
        title=procedure.name, verb="Save procedure", done=f"{procedure.name} saved.",
        template="trials/procedure.html", procedure=procedure, **_frame(request, version),
    )  # fmt: skip


@require_POST
def remove_procedure(request: Request, code: str, number: str, pk: int) -> HttpResponse:
    """Take a procedure out of a draft."""
    version = draft_of(request, code, number)
    procedure = get_object_or_404(version.procedures, pk=pk)
    drafts.remove_procedure(procedure, revision=revision_of(request, version), by=request.user)
    messages.success(request, f"{procedure.name} is out of {version}.")
    return redirect(version)


@require_POST
def tick(request: Request, code: str, number: str) -> HttpResponse:
    """Step one cell on, or to the state asked for; with htmx only the matrix comes back."""
    version = draft_of(request, code, number)
    posted = (*request.POST.get("cell", "").split("-"), "", "", "", "")
    visit = version.visits.filter(pk=whole(posted[0]) or 0).first()
    procedure = version.procedures.filter(pk=whole(posted[1]) or 0).first()
    if visit is None or procedure is None:
        raise RefusedError(f"{version} has no such cell by now. Reload to see how it is.")
    held = drafts.tick(
        visit, procedure=procedure, shown=posted[2], wanted=posted[3], by=request.user
    )
    if not request.htmx:
        return redirect(f"{version.get_absolute_url()}#p{procedure.pk}")
    held.refresh_from_db()
    context = {"trial": held.trial, "version": held, "is_fragment": True}
    versions = versions_of(request, held.trial)
    return page(request, "trials/matrix_form.html", context | sheet(request, held, versions))


CELL = ("need", "offsets", "condition", "is_time_zero")


@BOTH
def cell(request: Request, code: str, number: str, pk: int, procedure_pk: int) -> HttpResponse:
    """How a procedure is asked for at a visit: state, samples, condition."""
    version = draft_of(request, code, number)
    visit = get_object_or_404(version.visits, pk=pk)
    procedure = get_object_or_404(version.procedures, pk=procedure_pk)
    held = VisitProcedure.objects.filter(visit=visit, procedure=procedure).first()
    start = {name: getattr(held, name) for name in CELL} if held else {}
    form = CellForm(request.POST or None, initial=start)
    return answer(
        request, form,
        lambda: drafts.set_cell(
            visit, procedure=procedure, revision=revision_of(request, version), by=request.user,
            **form.cleaned_data,
        ),
        title=f"{procedure.name} at {visit.code}", verb="Save", done=f"{procedure.name} saved.",
        **_frame(request, version),
    )  # fmt: skip


@BOTH
def paste(request: Request, code: str, number: str) -> HttpResponse:
    """Paste a table: read it, show what is wrong row by row, then take it into the draft."""
    version = draft_of(request, code, number)
    form = PasteForm(request.POST or None)
    context: dict[str, Any] = {"form": form, **_frame(request, version)}
    if not form.is_valid():
        return page(request, "trials/paste.html", context, status=422 if form.is_bound else 200)
    names = ((visit.code, visit.name) for visit in _planned(version))
    table = pasted.read(form.cleaned_data["table"], chain.from_iterable(names))
    if table.is_fine and request.POST.get("do") == "save":
        drafts.paste(
            version, visits=_columns(version, table), procedures=table.procedures,
            revision=revision_of(request, version), by=request.user,
        )  # fmt: skip
        messages.success(request, f"{len(table.procedures)} procedures pasted into {version}.")
        return redirect(version)
    context |= {"table": table, "is_fine": table.is_fine, "grid": grid.of_table(table)}
    return page(request, "trials/paste.html", context, status=200 if table.is_fine else 422)


def _columns(version: ScheduleVersion, table: pasted.Pasted) -> list[dict[str, object]]:
    taken = version.visits.values_list("code", flat=True)
    heads = codes((visit.name for visit in table.visits), taken)
    return [pasted.columns_of(visit, head) for visit, head in zip(table.visits, heads, strict=True)]
