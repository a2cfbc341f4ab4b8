"""The consents of a site as a page and as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import can, require
from core.export import KINDS, as_file
from core.permissions import Permission
from core.web import Request, find, page, whole
from sites.models import Place, Site
from sites.queries import site_at, site_frame
from subjects.consent_matrix import HEADS, TABS, by_site, lines, matrix_of
from trials.models import Trial

PAGE = 50


def _site(request: Request, code: str, number: str) -> Site:
    site = site_at(request.user, code, number)
    require(request.user, Permission.SUBJECT_VIEW, site)
    return site


@require_safe
def place_consents(request: Request, slug: str) -> HttpResponse:
    """The sites at a place, with how many subjects sign again by when."""
    place = find(Place, request.user, slug=slug)
    return _by_site(request, place, place=place)


@require_safe
def trial_consents(request: Request, code: str) -> HttpResponse:
    """The sites of a trial, with how many subjects sign again by when."""
    trial = find(Trial, request.user, code=code)
    return _by_site(request, trial, trial=trial)


def _by_site(request: Request, of: Place | Trial, **where: Place | Trial) -> HttpResponse:
    context = {"of": of, "sites": by_site(request.user, timezone.now(), **where)} | where
    return page(request, "subjects/consent_sites.html", context)


@require_safe
def consents(request: Request, code: str, number: str) -> HttpResponse:
    """Who signed which version when, who signs again by when, and what is wrong."""
    site, now = _site(request, code, number), timezone.now()
    matrix = matrix_of(site, request.user, now)
    shown = request.GET.get("show", "")
    rows, start = matrix.under(shown), min(whole(request.GET.get("after", "")) or 0, 10_000)
    may_record = can(request.user, Permission.CONSENT_RECORD, site)
    due = matrix.under("due")
    context = site_frame(site, request.user, "consents") | {
        "matrix": matrix,
        "rows": rows[start : start + PAGE],
        "after": start + PAGE if len(rows) > start + PAGE else None,
        "shown": shown,
        "parts_shown": [
            {"key": key, "text": text, "count": len(matrix.under(key))} for key, text in TABS
        ],
        "pressing": due[0] if due else None,
        "may_record": may_record,
        "width": 2 + len(matrix.heads) + len(matrix.parts) + may_record,
        "today": timezone.localdate(timezone=site.place.zone),
    }
    return page(request, "subjects/consents.html", context, partial="rows")


@require_safe
def export_consents(request: Request, code: str, number: str, kind: str) -> HttpResponseBase:
    """Every consent of a site as CSV or a workbook."""
    if kind not in KINDS:
        raise Http404("No such kind of file.")
    site = _site(request, code, number)
    rows = lines(site, request.user, timezone.now())
    return as_file(request, kind, "Consents", HEADS, rows, said="", target=site)
