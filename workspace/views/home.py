"""The page a role starts with, and the search over everything."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.roles import BUNDLES
from core.web import Request, page
from workspace import finding


@require_safe
def home(request: Request) -> HttpResponse:
    """Send everybody to the page their role starts with."""
    roles = request.user.roles()
    homes = [BUNDLES[role].home for role in BUNDLES if role in roles]
    return redirect(homes[0] if homes else "inbox:work")


@require_safe
def search(request: Request) -> HttpResponse:
    """Trials, sites and subjects by the start of their number or name."""
    text = request.GET.get("q", "").strip()
    context = {"q": text, "found": finding.search(request.user, text)}
    return page(request, "workspace/search.html", context, partial="results")
