"""Pages that show several apps at once: lists, trial, site, subject and search."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.roles import BUNDLES
from core.access import can
from core.dates import study_day
from core.export import as_csv
from core.models import StatusChange
from core.permissions import Permission
from core.web import Request, find, page
from sites.models import Place, SiteSchedule, SiteStatus
from sites.queries import cras_of, site_at, site_frame, steps_of, team_of
from subjects import callers, diary, steps
from subjects.models import Contact, Preference, Subject, SubjectIdentity, SubjectStatus
from trials.models import Sponsor, Trial
from workspace import finding, queries
from workspace.story import story_of


@require_GET
def home(request: Request) -> HttpResponse:
    """Send everybody to the page their role starts with."""
    roles = request.user.roles()
    homes = [BUNDLES[role].home for role in BUNDLES if role in roles]
    return redirect(homes[0] if homes else "inbox:work")


@require_GET
def trials(request: Request) -> HttpResponse:
    """Every trial the person may see."""
    context = {
        "trials": queries.trials_for(request.user),
        "may_add": Sponsor.objects.visible_to(request.user, Permission.TRIAL_EDIT).exists(),
    }
    return page(request, "workspace/trials.html", context)


@require_GET
def trial(request: Request, code: str) -> HttpResponse:
    """The trial's key facts, its sites and its subjects."""
    record = find(Trial, request.user, code=code)
    context = {
        "trial": record,
        "sites": queries.sites_for(request.user, {}, record),
        "subjects": queries.subjects_for(request.user, {"sort": "next"}, record),
        "today": timezone.localdate(),
        "schedules": record.schedules.order_by("-pk"),
    }
    return page(request, "workspace/trial.html", context)


@require_GET
def sites(request: Request, code: str = "") -> HttpResponse:
    """The sites of one trial or of all, by stage of life."""
    record = find(Trial, request.user, code=code) if code else None
    query = request.GET.dict()
    views = queries.site_views(queries.matching_sites(request.user, query, record))
    may_add = record is not None and can(request.user, Permission.SITE_EDIT, record)
    context = {
        "trial": record,
        "listing": queries.sites_for(request.user, query, record),
        "cras": cras_of(record) if record is not None and may_add else [],
        "views": views,
        "statuses": SiteStatus.choices,
        "status_label": dict(SiteStatus.choices).get(query.get("status", "")),
        "query": request.GET,
        "sort": query.get("sort", "number"),
        "may_add": may_add,
    }
    return page(request, "workspace/sites.html", context)


@require_GET
def export_sites(request: Request, code: str = "") -> HttpResponse:
    """The sites that the list shows, all of them, as CSV."""
    record = find(Trial, request.user, code=code) if code else None
    rows = queries.all_sites(request.user, request.GET.dict(), record)
    return as_csv(request, "Sites", queries.SITE_HEADS, rows, record)


@require_GET
def site(request: Request, code: str, number: str) -> HttpResponse:
    """One site: key figures, facts, subjects, team, schedule and history."""
    record = site_at(request.user, code, number)
    today = timezone.localdate(timezone=record.place.zone)
    context = site_frame(record, request.user) | {
        "subjects": queries.subjects_for(
            request.user, {"sort": "next"}, record.trial, site_id=record.pk
        ),
        "figures": queries.figures_of(record, today),
        "today": today,
        "may_screen": can(request.user, Permission.SUBJECT_SCREEN, record),
        "may_import": can(request.user, Permission.SUBJECT_IMPORT, record),
        "schedules": SiteSchedule.objects.filter(site=record).select_related("version"),
        "steps": steps_of(record)[:6],
        "team": team_of(record, today),
    }
    return page(request, "workspace/site.html", context)


@require_GET
def subjects(request: Request, code: str = "") -> HttpResponse:
    """The subjects of one trial or of all."""
    record = find(Trial, request.user, code=code) if code else None
    context = {
        "trial": record,
        "place": None,
        "csv": reverse("workspace:export_subjects", args=[code])
        if code
        else reverse("workspace:export_all_subjects"),
        "listing": queries.subjects_for(request.user, request.GET.dict(), record),
        "statuses": SubjectStatus.choices,
        "query": request.GET,
        "today": timezone.localdate(),
        "may_import": record is not None and can(request.user, Permission.SUBJECT_IMPORT, record),
    }
    return page(request, "workspace/subjects.html", context, partial="rows")


@require_GET
def place_subjects(request: Request, slug: str) -> HttpResponse:
    """The subjects of a place across its trials."""
    place = find(Place, request.user, slug=slug)
    context = {
        "trial": None,
        "place": place,
        "csv": reverse("workspace:export_place_subjects", args=[slug]),
        "may_look": callers.may_look(place, request.user),
        "listing": queries.subjects_for(request.user, request.GET.dict(), place_id=place.pk),
        "statuses": SubjectStatus.choices,
        "query": request.GET,
        "today": timezone.localdate(),
    }
    return page(request, "workspace/subjects.html", context, partial="rows")


@require_GET
def export_subjects(request: Request, code: str = "", slug: str = "") -> HttpResponse:
    """The subjects that the list shows, all of them, as CSV."""
    trial = find(Trial, request.user, code=code) if code else None
    place = find(Place, request.user, slug=slug) if slug else None
    rows = queries.all_subjects(
        request.user, request.GET.dict(), trial, place.pk if place else None
    )
    return as_csv(request, "Subjects", queries.SUBJECT_HEADS, rows, trial or place)


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


@require_GET
def search(request: Request) -> HttpResponse:
    """Trials, sites and subjects by the start of their number or name."""
    text = request.GET.get("q", "").strip()
    context = {"q": text, "found": finding.search(request.user, text)}
    return page(request, "workspace/search.html", context, partial="results")
