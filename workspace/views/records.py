"""The pages of a trial, a site and a subject."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.access import can
from core.dates import study_day
from core.models import StatusChange
from core.permissions import Permission
from core.web import Request, find, page
from sites.models import SiteSchedule
from sites.queries import site_at, site_frame, steps_of, team_of
from subjects import diary, steps
from subjects.models import Contact, Preference, Subject, SubjectIdentity, SubjectStatus
from trials.models import Trial
from workspace import overview, queries
from workspace.story import story_of


@require_GET
def trial(request: Request, code: str) -> HttpResponse:
    """One trial: figures, the sites that need most, the visits that come next."""
    record, user = find(Trial, request.user, code=code), request.user
    path, today = reverse("workspace:subjects", args=[code]), timezone.localdate()
    subjects = overview.subjects_of(user, path, overview.NEXT, trial=record)
    sites = overview.sites_of(user, record)
    enrolled, *figures = overview.subject_figures(subjects, record.planned_subjects)
    context = {
        "trial": record,
        "figures": [enrolled, overview.site_figure(sites, record.planned_sites), *figures],
        "sites": sites,
        "worst": overview.worst_first(user, sites, record, today),
        "subjects": subjects,
        "schedules": record.schedules.order_by("-pk"),
    }
    return page(request, "workspace/trial.html", context)


@require_GET
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


@require_GET
def subject(request: Request, code: str, number: str) -> HttpResponse:
    """The subject's story and what is next."""
    record = find(Subject, request.user, trial__code=code, number=number)
    user = request.user
    day_1 = queries.day_1_of(record)
    today = timezone.localdate(timezone=record.site.place.zone)
    visits = queries.visits_of(record)
    context = {
        "subject": record,
        "trial": record.trial,
        "site": record.site,
        "today": today,
        "study_day": study_day(day_1, today) if day_1 else None,
        "visits": visits,
        "to_book": queries.to_book_first(visits),
        "story": story_of(record, visits, today, day_1, request.GET.get("zoom", "")),
        "identity": SubjectIdentity.objects.visible_to(user).filter(subject=record).first(),
        "preference": Preference.objects.visible_to(user).filter(subject=record).first(),
        "contacts": Contact.objects.visible_to(user).filter(subject=record).order_by("-at")[:10],
        "history": StatusChange.objects.filter(
            flow="subjects.subject", object_id=record.pk
        ).order_by("-pk"),
        "status_labels": dict(SubjectStatus.choices),
        "chip": diary.SUBJECT_CHIPS.get(record.status, ""),
        "may_book": can(user, Permission.VISIT_BOOK, record),
        "may_change": can(user, Permission.SUBJECT_STATUS, record),
        "may_enrol": SubjectStatus.ENROLLED in Subject.flow.after(record.status),
        "steps": steps.of_subject(record, user),
    }
    return page(request, "workspace/subject.html", context)
