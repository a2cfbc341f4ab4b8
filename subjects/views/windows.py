"""How the visits of a trial kept their windows, as a page and as a file."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.export import KINDS, as_file
from core.web import Request, find, page
from subjects import windows
from subjects.models import Visit
from trials.models import Trial


def _visits(request: Request, trial: Trial) -> QuerySet[Visit]:
    rows: QuerySet[Visit] = Visit.objects.visible_to(request.user)
    return rows.filter(subject__trial=trial)


@require_safe
def visit_windows(request: Request, code: str) -> HttpResponse:
    """Every visit of the schedule with how many were done in their window, early and late."""
    trial = find(Trial, request.user, code=code)
    rows = windows.kept(_visits(request, trial))
    context = {"trial": trial, "rows": rows, "total": windows.total(rows)}
    return page(request, "subjects/visit_windows.html", context)


@require_safe
def export_visit_windows(request: Request, code: str, kind: str) -> HttpResponseBase:
    """The same figures as CSV or a workbook."""
    if kind not in KINDS:
        raise Http404("No such kind of file.")
    trial = find(Trial, request.user, code=code)
    lines = [one.line() for one in windows.kept(_visits(request, trial))]
    return as_file(request, kind, "Visit windows", windows.HEADS, lines, said="", target=trial)
