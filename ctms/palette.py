"""What the palette offers: records, pages, and what may be begun, as the person types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from core.access import can
from core.permissions import Permission
from core.web import Request, page
from ctms.create import beginnings
from ctms.navigation import Item, groups
from sites.models import Site, SiteStatus
from subjects.models import Subject
from workspace.finding import Found, meant, search


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the palette: where it leads and what it says."""

    url: str
    icon: str
    text: str
    detail: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading."""

    title: str
    options: list[Option]


@require_GET
def palette(request: Request) -> HttpResponse:
    """The list for what is typed so far."""
    text = request.GET.get("q", "").strip()
    found = search(request.user, text)
    suggestion = meant(text) if not found and meant(text) != text else ""
    if suggestion:
        found = search(request.user, suggestion)
    sections = [
        *_records(found),
        *_actions(request.user, found),
        Section("Pages", _fitting(_pages(request), text)),
        Section("New", _fitting(map(_option, beginnings(request.user)), text)),
    ]
    context = {
        "q": text,
        "suggestion": suggestion if found else "",
        "sections": [section for section in sections if section.options],
    }
    return page(request, "shell/palette_list.html", context)


def _option(item: Item) -> Option:
    return Option(item.url, item.icon, item.text)


def _pages(request: Request) -> list[Option]:
    titled = [
        (group.title, item) for group in groups(request, request.user) for item in group.items
    ]
    return [
        *(Option(item.url, item.icon, item.text, context=title) for title, item in titled),
        Option(reverse("accounts:settings"), "settings", "Settings"),
        Option(reverse("workspace:search"), "search", "Search page"),
    ]


def _fitting(options: Iterable[Option], text: str) -> list[Option]:
    wanted = text.casefold()
    return [option for option in options if wanted in option.text.casefold()]


def _records(found: Found) -> list[Section]:
    subjects = [
        Option(row["url"], "user", row["number"],
               context=f"{row['trial_number']} · {row['status_label']}")
        for row in found.subjects
    ]  # fmt: skip
    sites = [
        Option(row["url"], "building", f"{row['number']} {row['place_name']}".strip(),
               row["city"], f"Site · {row['trial_number']}")
        for row in found.sites
    ]  # fmt: skip
    trials = [
        Option(row["url"], "rocket", row["protocol_number"], row["name"], row["status_label"])
        for row in found.trials
    ]
    return [Section("Trials", trials), Section("Sites", sites), Section("Subjects", subjects)]


def _actions(user: User, found: Found) -> list[Section]:
    """What can be done with the only record that fits."""
    if found.trials or len(found.sites) + len(found.subjects) != 1:
        return []
    if found.sites:
        site = Site.objects.get(pk=found.sites[0]["pk"])
        return [Section(f"Site {site}", _on_site(user, site))]
    subject = Subject.objects.get(pk=found.subjects[0]["pk"])
    return [Section(f"Subject {subject}", _on_subject(user, subject))]


def _on_site(user: User, site: Site) -> list[Option]:
    may_screen = site.status == SiteStatus.OPEN and can(user, Permission.SUBJECT_SCREEN, site)
    screening: list[Any] = [("subjects:screen", "plus", "Add to screening")] if may_screen else []
    return _links(user, site, screening)


def _on_subject(user: User, subject: Subject) -> list[Option]:
    offers = [
        (Permission.CONTACT_LOG, "subjects:contact", "phone", "Log contact"),
        (Permission.SUBJECT_STATUS, "subjects:identify", "pen", "Identity"),
        (Permission.SUBJECT_STATUS, "subjects:end", "door", "End participation"),
    ]
    held = [offer[1:] for offer in offers if can(user, offer[0], subject)]
    return _links(user, subject, held)


def _links(user: User, record: Site | Subject, offers: list[tuple[str, str, str]]) -> list[Option]:
    options = [Option(reverse(name, args=[record.pk]), icon, text) for name, icon, text in offers]
    if can(user, Permission.AUDIT_VIEW, record):
        trail = reverse("audit:record", args=[record._meta.label_lower, record.pk])
        options.append(Option(trail, "history", "Audit trail"))
    return options
