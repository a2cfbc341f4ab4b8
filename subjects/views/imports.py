"""Bringing running subjects with their visits into a site, or into the sites of a trial."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from core.imports import views
from core.imports.importer import IMPORTERS
from core.web import BOTH, Request, find
from sites.queries import site_at
from trials.models import Trial


@BOTH
def import_subjects(request: Request, code: str) -> HttpResponse:
    """Choose a list of subjects at any sites of a trial."""
    trial = find(Trial, request.user, code=code)
    back = reverse("workspace:subjects", args=[code])
    return views.start(request, trial, IMPORTERS["subjects"], back)


@BOTH
def import_at_site(request: Request, code: str, number: str) -> HttpResponse:
    """Choose a list of the subjects of one site."""
    site = site_at(request.user, code, number)
    return views.start(request, site, IMPORTERS["subjects"], site.get_absolute_url())
