"""The pages of a trial and of a site."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import can
from core.permissions import Permission
from core.web import Request, find, page
from sites.models import SiteSchedule
from sites.queries import site_at, site_frame, steps_of, team_of
from trials.models import Trial
from trials.queries.status import TRIAL_CHIPS
from workspace import overview


@require_safe
def trial(request: Request, code: str) -> HttpResponse:
    """One trial: figures, the sites that need most, the visits that come next."""
    record, user = find(Trial, request.user, code=code), request.user
    path, today = reverse("workspace:subjects", args=[code]), timezone.localdate()
    subjects = overview.subjects_of(user, path, overview.NEXT, trial=record)
    sites = overview.sites_of(user, record)
    enrolled, *figures = overview.subject_figures(subjects, record.planned_subjects)
    context = {
        "trial": record,
        "chip": TRIAL_CHIPS.get(record.status, ""),
        "figures": [enrolled, overview.site_figure(sites, record.planned_sites), *figures],
        "sites": sites,
        "worst": overview.worst_first(user, sites, record, today),
        "subjects": subjects,
        "schedules": record.schedules.order_by("-pk"),
    }
    return page(request, "workspace/trial.html", context)


@require_safe
def site(request: Request, code: str, number: str) -> HttpResponse:
    """One site: figures, what is open, subjects, facts, team, schedule and history."""
    record, user = site_at(request.user, code, number), request.user
    today = timezone.localdate(timezone=record.place.zone)
    path = reverse("workspace:site_subjects", args=[code, number])
    subjects = overview.subjects_of(user, path, overview.NEXT, site=record)
    context = site_frame(record, user) | {
        "figures": overview.subject_figures(subjects, record.planned_subjects),
        "subjects": subjects,
        "open_items": overview.open_items(user, record, today, path),
        "may_screen": can(user, Permission.SUBJECT_SCREEN, record),
        "may_import": can(user, Permission.SUBJECT_IMPORT, record),
        "schedules": SiteSchedule.objects.filter(site=record).select_related("version"),
        "steps": steps_of(record)[:6],
        "team": team_of(record, today),
    }
    return page(request, "workspace/site.html", context)
