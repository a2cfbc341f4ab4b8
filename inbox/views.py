"""My work: what is due, and what a person decides about it."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.models import Obligation
from core.web import Request, find, page
from inbox import actions, queries


@require_GET
def work(request: Request) -> HttpResponse:
    """What this person has to do, by when."""
    found = queries.duties(request.user)
    chosen = request.GET.get("item", "")
    selected = next((duty for duty in found if str(duty.id) == chosen), found[0] if found else None)
    context = {
        "groups": queries.grouped(found, timezone.localdate()),
        "total": len(found),
        "selected": selected,
    }
    return page(request, "inbox/work.html", context, partial="preview")


@require_POST
def snooze(request: Request, pk: int) -> HttpResponse:
    """Hide a duty until a day."""
    duty = find(Obligation, request.user, pk=pk)
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        until = timezone.localdate() + timedelta(days=1)
    actions.snooze(duty, until=until, by=request.user)
    messages.success(request, f"{duty} is hidden until {until:%a %-d %b}.")
    return redirect("inbox:work")


@require_POST
def waive(request: Request, pk: int) -> HttpResponse:
    """Say that a duty need not be done."""
    duty = find(Obligation, request.user, pk=pk)
    actions.waive(duty, reason=request.POST.get("reason", ""), by=request.user)
    messages.success(request, f"{duty} is waived.")
    return redirect("inbox:work")
