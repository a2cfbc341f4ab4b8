"""The audit trail of any record, for those who may read trails where it lies."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from audit.forms import InstantForm
from audit.queries import record_for, state_at, trail_of
from core.web import Request, page


@require_GET
def record(request: Request, label: str, pk: int) -> HttpResponse:
    """What was done to one record, newest first."""
    found = record_for(request.user, label, pk)
    before = request.GET.get("before", "")
    trail = trail_of(found, request.user, int(before) if before.isdigit() else None)
    back = getattr(found, "get_absolute_url", lambda: "/")()
    form = InstantForm(request.GET if "at" in request.GET else None)
    context = {"record": found, "trail": trail, "back": back, "form": form}
    if form.is_valid():
        context |= {
            "at": form.cleaned_data["at"],
            "facts": state_at(found, form.cleaned_data["at"], request.user),
        }
    status = 422 if form.errors else 200
    return page(request, "audit/record.html", context, partial=("entries", "drawer"), status=status)
