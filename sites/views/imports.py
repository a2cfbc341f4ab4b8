"""Bringing a list of sites into a trial."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from core.imports import views
from core.imports.importer import IMPORTERS
from core.web import BOTH, Request, find
from trials.models import Trial


@BOTH
def import_sites(request: Request, code: str) -> HttpResponse:
    """Choose a list of sites."""
    trial = find(Trial, request.user, code=code)
    back = reverse("workspace:sites", args=[code])
    return views.start(request, trial, IMPORTERS["sites"], back)
