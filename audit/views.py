"""The audit trail of any record, for those who may read trails where it lies."""

from __future__ import annotations

from django.apps import apps
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from audit.queries import trail_of
from core.access import ScopedModel, require
from core.permissions import Permission
from core.web import Request, find, page


@require_GET
def record(request: Request, label: str, pk: int) -> HttpResponse:
    """What was done to one record, newest first."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404("No such kind of record.") from error
    if not issubclass(model, ScopedModel):
        raise Http404("No such kind of record.")
    found = find(model, request.user, pk=pk)
    require(request.user, Permission.AUDIT_VIEW, found)
    before = request.GET.get("before", "")
    trail = trail_of(found, request.user, int(before) if before.isdigit() else None)
    back = getattr(found, "get_absolute_url", lambda: "/")()
    context = {"record": found, "trail": trail, "back": back}
    return page(request, "audit/record.html", context, partial=("entries", "drawer"))
