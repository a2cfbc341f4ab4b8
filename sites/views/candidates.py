"""The places a register names for a trial: candidates, opened as sites one by one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.permissions import Permission
from core.web import Request, find, page
from sites.queries.candidates import candidates_of
from trials.models import ProtocolFile, Trial
from trials.queries.files import record_of


@require_safe
def candidates(request: Request, code: str, pk: int) -> HttpResponse:
    """The locations of a register's record, and which are sites already."""
    trial = find(Trial, request.user, to=Permission.SITE_EDIT, code=code)
    file = get_object_or_404(trial.protocol_files, pk=pk, kind=ProtocolFile.Kind.REGISTRY)
    rows = candidates_of(trial, record_of(file).locations)
    context = {
        "trial": trial,
        "file": file,
        "rows": rows,
        "taken": sum(row.site is not None for row in rows),
    }
    return page(request, "sites/candidates.html", context)
