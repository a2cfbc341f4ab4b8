"""My work: what is due, and what a person decides about it."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.access import can
from core.actions import RefusedError
from core.dates import show_weekday
from core.models import Obligation
from core.permissions import Permission
from core.web import Request, find, page
from inbox import actions, queries
from inbox.previews import preview

LATER = {"tomorrow": 1, "week": 7}


@require_GET
def work(request: Request) -> HttpResponse:
    """What this person has to do, by when; what others have to do; what was put off."""
    today = timezone.localdate()
    view = request.GET.get("view", "mine")
    if view not in queries.VIEWS:
        raise Http404("No such view.")
    rows = list(queries.rows(request.user, view, request.GET.dict(), today)[: queries.LIMIT])
    found = [queries.duty(row, today) for row in rows]
    chosen = request.GET.get("item", "")
    at = next((at for at, duty in enumerate(found) if str(duty.id) == chosen), 0)
    selected = found[at] if found else None
    is_picked = selected is not None and str(selected.id) == chosen
    context = {
        "duty_groups": queries.grouped(found, today),
        "total": len(found),
        "late": sum(duty.is_late for duty in found),
        "tabs": queries.tabs(request.user, today),
        "kinds": queries.kinds(request.user, view, today),
        "trials": queries.trials(request.user),
        "view": view,
        "query": request.GET,
        "is_picked": is_picked,
        "selected": selected,
        "today": today,
    }
    if selected is not None:
        context["may_waive"] = can(request.user, Permission.WORK_WAIVE, rows[at])
        context |= preview(selected, request.user, is_picked=is_picked)
    return page(request, "inbox/work.html", context, partial="preview")


@require_POST
def snooze(request: Request, pk: int) -> HttpResponse:
    """Put a duty off until a day."""
    duty = find(Obligation, request.user, pk=pk)
    until = _day(request.POST.get("until", ""))
    actions.snooze(duty, until=until, by=request.user)
    messages.success(request, f"{duty} is put off until {show_weekday(until)}.")
    return redirect("inbox:work")


def _day(text: str) -> date:
    if text in LATER:
        return timezone.localdate() + timedelta(days=LATER[text])
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RefusedError("Choose a day to put this off until.") from error


@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    """Take a duty that was put off back into the list."""
    duty = find(Obligation, request.user, pk=pk)
    actions.resume(duty, by=request.user)
    messages.success(request, f"{duty} is back in your list.")
    return redirect("inbox:work")


@require_POST
def waive(request: Request, pk: int) -> HttpResponse:
    """Say that a duty need not be done."""
    duty = find(Obligation, request.user, pk=pk)
    actions.waive(duty, reason=request.POST.get("reason", ""), by=request.user)
    messages.success(request, f"{duty} is waived.")
    return redirect("inbox:work")
