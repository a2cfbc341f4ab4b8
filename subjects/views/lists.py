"""Lists of subjects at the site: who is calling, and the screening log."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from core.access import can, has_anywhere
from core.export import as_file
from core.permissions import Permission
from core.web import BOTH, Request, find, page, typed, whole
from sites.models import Place, Site
from sites.queries import HEAD, site_frame
from subjects import callers, screening
from trials.models import Trial


@sensitive_post_parameters("who")
@BOTH
def find_caller(request: Request, slug: str) -> HttpResponse:
    """Find a subject by what a caller says; asked by post, so that no address carries a name."""
    place = find(Place, request.user, slug=slug)
    if not callers.may_look(place, request.user):
        raise PermissionDenied("Names are shown to people of the site only.")
    who = typed(request, "who")
    context = {
        "place": place,
        "who": who,
        "found": callers.find(place, who, request.user) if who else [],
        "today": timezone.localdate(timezone=place.zone),
        "may_log_event": has_anywhere(request.user, Permission.ADVERSE_EVENT_LOG),
    }
    response = page(request, "subjects/find_caller.html", context, partial="found")
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def place_screening(request: Request, slug: str) -> HttpResponse:
    """The screening logs of the sites at a place, with what came of their screenings."""
    place = find(Place, request.user, slug=slug)
    return _logs(request, place, place=place)


@require_safe
def trial_screening(request: Request, code: str) -> HttpResponse:
    """The screening logs of the sites of a trial, with what came of their screenings."""
    trial = find(Trial, request.user, code=code)
    return _logs(request, trial, trial=trial)


def _logs(request: Request, of: Place | Trial, **where: Place | Trial) -> HttpResponse:
    context = {"of": of, "logs": screening.by_site(request.user, **where)} | where
    return page(request, "subjects/screening_logs.html", context)


@require_safe
def screening_log(request: Request, pk: int) -> HttpResponse:
    """Everybody who was screened at a site, by number, and what came of it."""
    site = find(Site, request.user, to=Permission.SUBJECT_VIEW, along=HEAD, pk=pk)
    today = timezone.localdate(timezone=site.place.zone)
    outcome = request.GET.get("outcome", "")
    rows, after = screening.page_of(
        screening.matching(site, request.user, outcome),
        min(whole(request.GET.get("after", "")) or 0, 10_000), today,
    )  # fmt: skip
    context = site_frame(site, request.user, "screening") | {
        "figures": screening.figures(site, request.user),
        "rows": rows,
        "after": after,
        "outcome": outcome,
        "outcomes": [("", "All"), *((key, text) for key, (text, _) in screening.OUTCOMES.items())],
        "today": today,
        "may_screen": can(request.user, Permission.SUBJECT_SCREEN, site),
    }
    return page(request, "subjects/screening_log.html", context, partial="rows")


@require_safe
def export_screening_log(request: Request, pk: int) -> HttpResponseBase:
    """The screening log as CSV."""
    site = find(Site, request.user, to=Permission.SUBJECT_VIEW, along=HEAD, pk=pk)
    rows = screening.matching(site, request.user, request.GET.get("outcome", ""))
    today = timezone.localdate(timezone=site.place.zone)
    outcome = screening.OUTCOMES.get(request.GET.get("outcome", ""))
    return as_file(
        request, "csv", "Screening log", screening.HEADS, screening.lines(rows, today),
        said=f"Outcome: {outcome[0]}" if outcome else "", target=site,
    )  # fmt: skip
