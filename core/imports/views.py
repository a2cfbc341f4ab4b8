"""The pages of an import: file, columns, dry run, progress and the faulty rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_POST, require_safe

from core.access import Scope, require
from core.actions import RefusedError
from core.encryption import box
from core.imports import uploads
from core.imports.checks import State
from core.imports.columns import DAY_FIRST, MONTH_FIRST
from core.imports.importer import Importer
from core.imports.table import MAX_BYTES, MEGABYTE
from core.models import Upload
from core.tasks import carry_on
from core.versions import ConflictError
from core.web import Request, find, page, whole

SHOWN = 100
ORDERS = [(DAY_FIRST, "day first: 3/4/2026 is 3 April"), (MONTH_FIRST, "month first: 4 March")]


def start(request: Request, scope: Scope, importer: Importer, back: str) -> HttpResponse:
    """Choose a file; it is read at once and kept for mapping."""
    require(request.user, importer.permission, scope)
    problem = ""
    if request.method == "POST":
        try:
            name, raw = _chosen(request)
            held = uploads.upload(scope, kind=importer.kind, name=name, raw=raw, by=request.user)
        except RefusedError as error:
            problem = str(error)
        else:
            return redirect(held)
    columns = importer.columns(scope, request.user)
    context = {
        "importer": importer, "scope": scope, "back": back, "problem": problem, "columns": columns,
    }  # fmt: skip
    return page(request, "imports/start.html", context, status=422 if problem else 200)


def _chosen(request: Request) -> tuple[str, bytes]:
    """The name and the content of the file, read only where it is not too large."""
    file = request.FILES.get("file")
    if file is None:
        raise RefusedError("No file was chosen. Choose one.")
    if (file.size or 0) > MAX_BYTES:
        raise RefusedError(
            f"The file is larger than {MAX_BYTES // MEGABYTE} MB. Divide it into several."
        )
    return file.name or "list.csv", file.read()


def _own(request: Request, pk: int) -> uploads.Opened:
    """An upload of this person, who may still import there."""
    opened = uploads.Opened(
        find(Upload, request.user, pk=pk, owner_id=request.user.pk), request.user
    )
    require(request.user, opened.importer.permission, opened.scope)
    return opened


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The mapping with the dry run; while it runs, the progress; then the outcome."""
    return _answer(request, _own(request, pk))


def _answer(
    request: Request, opened: uploads.Opened, problem: str = "", status: int = 200
) -> HttpResponse:
    held = opened.upload
    context: dict[str, Any] = {
        "upload": held, "importer": opened.importer, "scope": opened.scope,
        "problem": problem or ("" if held.ended_at else held.message),
    }  # fmt: skip
    if held.begun_at or held.ended_at:
        response = page(request, "imports/progress.html", context, status=status)
        if not held.ended_at:
            response.headers["Refresh"] = "2"
        return response
    counts = opened.checked.counts
    return page(
        request, "imports/check.html",
        context | {
            "table": opened.table, "choices": _choices(opened), "orders": ORDERS,
            "wrong": counts[State.WRONG], "chips": _chips(counts),
            "faults": [
                (line.number, fault) for line in opened.checked.wrong[:SHOWN]
                for fault in line.faults
            ], "shown": SHOWN, "ready": len(opened.checked.ready),
        },
        status=status,
    )  # fmt: skip


def _chips(counts: Counter[State]) -> list[tuple[str, str, str]]:
    """The outcome in words."""
    found = [
        ("ok", "check", counts[State.NEW], "new"),
        ("", "circle", counts[State.KNOWN], "here already"),
        ("crit", "octagon", counts[State.WRONG], "wrong"),
    ]
    return [(kind, shape, f"{count:,} {word}") for kind, shape, count, word in found if count]


def _choices(opened: uploads.Opened) -> list[dict[str, Any]]:
    """Each thing that can be taken, the column chosen for it and a value of that column."""
    chosen = opened.upload.mapping
    return [
        {
            "column": column, "position": chosen.get(column.name),
            "sample": opened.table.sample(chosen[column.name]) if column.name in chosen else "",
        }
        for column in opened.columns
    ]  # fmt: skip


@require_POST
def mapping(request: Request, pk: int) -> HttpResponse:
    """Choose the columns of the file, and check again."""
    opened = _own(request, pk)
    over = opened.upload.begun_at or opened.upload.ended_at
    width = range(0 if over else len(opened.table.head))
    given = {c.name: whole(request.POST.get(c.name, "")) for c in opened.columns}
    chosen = {name: at for name, at in given.items() if at is not None and at in width}
    return _try(
        request, opened,
        lambda: uploads.map_columns(
            opened.upload, mapping=chosen, day_order=request.POST.get("day_order", ""),
            by=request.user,
        ),
    )  # fmt: skip


@require_POST
def begin(request: Request, pk: int) -> HttpResponse:
    """Take the good rows over."""
    opened = _own(request, pk)

    def act() -> None:
        uploads.begin(
            opened.upload, without_wrong=request.POST.get("without_wrong") == "yes",
            by=request.user,
        )  # fmt: skip
        carry_on.delay(pk)

    return _try(request, opened, act)


@require_POST
def set_aside(request: Request, pk: int) -> HttpResponse:
    """Forget the file."""
    opened = _own(request, pk)
    return _try(request, opened, lambda: uploads.set_aside(opened.upload, by=request.user))


def _try(request: Request, opened: uploads.Opened, act: Any) -> HttpResponse:
    try:
        act()
    except RefusedError as error:
        return _answer(request, opened, str(error), 422)
    except ConflictError as error:
        messages.error(request, str(error))
    return redirect(opened.upload)


@require_safe
def faulty(request: Request, pk: int) -> HttpResponse:
    """The wrong rows as a file to mend and upload again."""
    opened = _own(request, pk)
    held = opened.upload
    raw = bytes(held.raw)
    content = box().decrypt(raw) if held.ended_at and raw else opened.faulty_rows() if raw else b""
    if not content:
        raise Http404("No row of this list is wrong.")
    name = get_valid_filename(f"wrong_rows_of_{held.name}".removesuffix(".csv") + ".csv")
    return HttpResponse(
        content, content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip
