"""The trail of any record and of everything, for those who may read trails there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import seal
from audit.forms import InstantForm, RecordForm, SearchForm, TrailForm
from audit.queries import (
    Trail,
    events_for,
    events_of,
    everything,
    page_of,
    record_for,
    state_at,
)
from audit.reading import Change, Entry
from core.access import ScopedModel, require_anywhere
from core.actions import RefusedError
from core.export import as_stream
from core.models import Deployment, Event
from core.permissions import Permission
from core.web import Request, page, whole

HEADS = (
    "At (UTC)", "Person", "Role", "For", "What was done", "Record", "Where", "Changed record", "Field",
    "Before", "After", "Reason", "Signature", "Source", "Request",
)  # fmt: skip
NOTHING = (Change("", "", "", ""),)


@require_safe
def search(request: Request) -> HttpResponse:
    """What was done where the person reads trails, newest first, by trial, site, person and more."""
    form = _search_form(request)
    trail = _page(request, _found(request, form))
    context = {"form": form, "trail": trail, "chain": seal.state()}
    status = 422 if form.errors else 200
    return page(request, "audit/search.html", context, partial="entries", status=status)


@require_safe
def export(request: Request) -> StreamingHttpResponse:
    """Everything that the search has found, one row for each field that changed."""
    form = _search_form(request)
    return _file(request, form, "Audit trail", _found(request, form))


@require_safe
def record(request: Request, label: str, pk: int) -> HttpResponse:
    """What was done to one record, newest first."""
    found = record_for(request.user, label, pk)
    form = RecordForm(request.GET, user=request.user, model=type(found))
    trail = _page(request, _story(found, form), found)
    instant = InstantForm(request.GET if "at" in request.GET else None)
    context = {
        "record": found, "trail": trail, "form": form, "instant": instant, "chain": seal.state(),
        "back": getattr(found, "get_absolute_url", lambda: "/")(),
        "csv": reverse("audit:export_record", args=[label, pk]),
    }  # fmt: skip
    if instant.is_valid():
        at = instant.cleaned_data["at"]
        context |= {"at": at, "facts": state_at(found, at, request.user)}
    status = 422 if form.errors or instant.errors else 200
    return page(request, "audit/record.html", context, partial=("entries", "drawer"), status=status)


@require_safe
def export_record(request: Request, label: str, pk: int) -> StreamingHttpResponse:
    """The story of one record, one row for each field that changed."""
    found = record_for(request.user, label, pk)
    form = RecordForm(request.GET, user=request.user, model=type(found))
    return _file(request, form, "Audit trail", _story(found, form), found)


def _search_form(request: Request) -> SearchForm:
    require_anywhere(request.user, Permission.AUDIT_VIEW)
    return SearchForm(request.GET, user=request.user)


def _found(request: Request, form: SearchForm) -> QuerySet[Event]:
    return events_for(request.user, form.asked()) if form.is_valid() else Event.objects.none()


def _story(record: ScopedModel, form: RecordForm) -> QuerySet[Event]:
    return events_of(record, form.asked()) if form.is_valid() else Event.objects.none()


def _page(request: Request, events: QuerySet[Event], record: ScopedModel | None = None) -> Trail:
    return page_of(events, request.user, whole(request.GET.get("before", "")), record)


def _file(
    request: Request, form: TrailForm, name: str, events: QuerySet[Event],
    target: ScopedModel | None = None,
) -> StreamingHttpResponse:  # fmt: skip
    """A file of the trail up to its own export; its first line says what it was filtered by."""
    if form.errors:
        raise RefusedError(" ".join(str(text) for texts in form.errors.values() for text in texts))
    given = ", ".join(f"{key}: {text}" for key, text in sorted(request.GET.items()) if text)
    return as_stream(
        request, name, HEADS,
        lambda begun: _rows(everything(events, request.user, before=begun.pk)),
        said=given, target=target or Deployment.objects.get(pk=1),
    )  # fmt: skip


def _rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    """Each change with the event that made it; an event without a change stands alone."""
    for entry in entries:
        for change in entry.changes or NOTHING:
            yield (
                entry.at, entry.who, entry.role, entry.acting_for, entry.verb, entry.target,
                entry.where, change.record, change.field, change.old, change.new, entry.reason,
                "; ".join(entry.signed), entry.source, entry.request_id,
            )  # fmt: skip
