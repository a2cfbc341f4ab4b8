"""Notices: what a person was told of, and that it was read."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.models import Notice
from core.web import Request, back, find, page, say, whole
from inbox import actions
from inbox.notices import TABS, told


@require_safe
def notices(request: Request) -> HttpResponse:
    """What this person was told of, the newest first."""
    view = request.GET.get("view", "unread")
    if view not in TABS:
        raise Http404("No such view.")
    rows, older = told(request.user, view, before=whole(request.GET.get("before", "")))
    context = {"view": view, "tabs": TABS.items(), "rows": rows, "older": older}
    return page(request, "inbox/notices.html", context)


@require_POST
def read(request: Request, pk: int) -> HttpResponse:
    """Say that a notice was read."""
    notice = find(Notice, request.user, pk=pk)
    actions.read(notice, by=request.user)
    say(request, f"Read: {notice}")
    return back(request, reverse("inbox:notices"))
