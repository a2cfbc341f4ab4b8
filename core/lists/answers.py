"""How a list answers: its page, a part of it, a file, a view that is kept, a cell that changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.forms import ModelForm
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, register_converter
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from core.access import can
from core.actions import RefusedError
from core.export import CSV, as_file
from core.lists.columns import Column
from core.lists.lines import Line
from core.lists.listing import Listing
from core.models import SavedView
from core.permissions import Permission
from core.saved_views import actions
from core.saved_views.views import NameForm
from core.versions import ChangedError, ConflictError
from core.web import BOTH, Request, back, page, say, whole

Shape = Callable[[QueryDict | None], ModelForm[Any]]
Act = Callable[[Mapping[str, Any], int | None], object]

LIST = "lists/list.html"
# The parts of a list, and the header by which the address follows what each shows.
PARTS = {
    "list": "HX-Push-Url", "list-body": "HX-Replace-Url", "list-more": "HX-Replace-Url", "menu": "",
}  # fmt: skip


class Kind:
    """The kinds of file that a list can be had as."""

    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        """As it stands in an address."""
        return value

    to_url = to_python


register_converter(Kind, "kind")


def urls(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """The address of a list, and those of its files."""
    return [
        path(f"{route}/", BOTH(view), name=name),
        path(f"{route}.<kind:kind>", require_safe(view), name=f"export_{name}"),
    ]


def answer(
    listing: Listing, request: Request, template: str, context: dict[str, Any], kind: str = ""
) -> HttpResponseBase:
    """The page of a list, the part of it that is asked for, a file, or a view that is kept."""
    if kind:
        return _file(listing, request, kind)
    if request.method == "POST":
        return _save(listing, request)
    may_share = can(request.user, Permission.VIEW_SAVE, listing.of)
    context = {"listing": listing, "may_share": may_share} | context
    part = request.htmx.target if request.htmx else ""
    if part not in PARTS:
        return page(request, template, context)
    response = page(request, LIST, context, partial=part)
    if header := PARTS[part]:
        response.headers[header] = listing.urls["here"]
    return response


def _file(listing: Listing, request: Request, kind: str) -> HttpResponseBase:
    columns = listing.file_columns
    # A workbook is counted while it is made; a text is sent before its end is known.
    count = listing.wanted.order_by().count() if kind == CSV else None
    return as_file(
        request, kind, listing.declared.title,
        [head for column in columns for head, _ in column.files], listing.records(columns),
        said=listing.said, target=listing.of, count=count,
    )  # fmt: skip


def _save(listing: Listing, request: Request) -> HttpResponse:
    """Keep what is shown as a view."""
    of = listing.of
    view = SavedView(
        owner_id=request.user.pk, title=listing.declared.title, path=listing.path,
        query=str(listing.asked), kind=of.kind, scope_id=of.pk, scope_label=str(of),
    )  # fmt: skip
    if not NameForm(request.POST, instance=view).is_valid():
        raise RefusedError("Give the view a name of at most 60 letters.")
    actions.save_view(view, by=request.user)
    if "shared" in request.POST:
        actions.share_view(view, is_shared=True, by=request.user)
    say(request, f"The view {view} is kept.")
    return redirect(listing.asked.url())


def edit(
    request: Request, listing: Listing, pk: int, name: str, *, shape: Shape, act: Act
) -> HttpResponse:
    """One cell of a list: a form in it, then the row as it is after the change."""
    column = listing.declared.column(name)
    if column is None or not column.edits:
        raise Http404("That is not changed in the list.")
    form = shape(_typed(request, column.edits))
    field = form.fields[column.edits]
    field.widget.attrs |= {"class": "input input-small", "autofocus": True}
    form.fields = {column.edits: field}
    if request.method == "POST":
        return _change(request, listing, pk, column, form, act)
    if not request.htmx:
        return redirect(listing.line(pk, name).form_url or listing.path)
    line = listing.line(pk, name)
    return _row(line) if "leave" in request.GET else _form(request, listing, line, form)


def _typed(request: Request, field: str) -> QueryDict | None:
    """What was typed into the cell, or what an undo puts back."""
    if request.method != "POST":
        return None
    given = request.POST.copy()
    if "to" in request.GET:
        given[field] = request.GET["to"]
    if field not in given:
        raise RefusedError("Nothing was typed. Open the cell again.")
    return given


def _change(
    request: Request, listing: Listing, pk: int, column: Column, form: ModelForm[Any], act: Act
) -> HttpResponse:
    """Carry the change out, or say in the cell why not."""
    status = _carried_out(form, act, whole(request.POST.get("revision", "")))
    if status == HTTPStatus.CONFLICT:
        _take_note(form, listing.words(pk, column))
    if status != HTTPStatus.OK:
        if request.htmx:
            return _form(request, listing, listing.line(pk, column.name), form, status)
        raise RefusedError(" ".join(str(text) for texts in form.errors.values() for text in texts))
    line = listing.line(pk, column.name)
    (field,) = form.fields
    undo = f"{request.path}?{urlencode({'to': form.initial[field] or ''})}"
    say(request, f"{form.fields[field].label} of {line.name} changed.", undo=undo)
    return _row(line) if request.htmx else back(request, listing.path)


def _carried_out(form: ModelForm[Any], act: Act, revision: int | None) -> HTTPStatus:
    """Whether the change was carried out; if not, the form says why."""
    if not form.is_valid():
        return HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        act(form.cleaned_data, revision)
    except (RefusedError, ConflictError) as error:
        form.add_error(None, error.fact if isinstance(error, ChangedError) else str(error))
        is_stale = isinstance(error, ConflictError)
        return HTTPStatus.CONFLICT if is_stale else HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.OK


def _take_note(form: ModelForm[Any], now: str) -> None:
    """Say what stands in the cell now; who saves once more does so knowing it."""
    (field,) = form.fields
    form.data = {**dict(form.data.items()), "revision": str(form.instance.revision)}
    form.add_error(None, f"{form.fields[field].label} now: {now}. Save again to replace it.")


def _form(
    request: Request, listing: Listing, line: Line, form: ModelForm[Any],
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    """The row with the form in the cell that is being changed."""
    context = {"listing": listing, "line": line, "cell": line.touched, "form": form}
    shown = render_to_string("lists/edit.html", context, request)
    return _row(line.opened(SafeString(shown)), status)


def _row(line: Line, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(line.html, status=status)
