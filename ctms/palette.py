"""What the palette offers: records, pages, and what may be begun, as the person types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from budgets.models import PaymentStatus, SubjectPayment
from core.access import can
from core.permissions import Permission
from core.web import Request, page, whole
from ctms.context import TRIAL
from ctms.create import beginnings
from ctms.navigation import Groups, groups
from safety.models import AdverseEvent
from sites.models import Site, SiteStatus
from subjects.models import Subject, VisitStatus
from trials.models import Trial
from workspace.finding import Found, meant, search

PEOPLE, COMMANDS = "@", ">"
KINDS: dict[str, type[Subject | Site | Trial | AdverseEvent | SubjectPayment]] = {
    "subject": Subject, "site": Site, "trial": Trial, "event": AdverseEvent,
    "payment": SubjectPayment,
}  # fmt: skip
RELATED = {
    "subject": ("trial", "next_visit"), "site": ("trial", "place"), "trial": ("sponsor",),
    "event": ("subject__trial", "subject__site__place"), "payment": ("site__trial", "site__place"),
}  # fmt: skip
SHOWN, S = 10, PaymentStatus
BOOKABLE: dict[str, str] = {VisitStatus.PLANNED: "Find slot for", VisitStatus.BOOKED: "Move"}


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the palette: where it leads, what it says, and the record it is, if any."""

    url: str
    icon: str
    text: str
    detail: str = ""
    context: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading."""

    title: str
    options: list[Option]

    def without(self, one: Option) -> Section:
        """The same without the option that stands elsewhere."""
        return Section(self.title, [option for option in self.options if option is not one])


@require_safe
def palette(request: Request) -> HttpResponse:
    """The list for what is typed so far, or what can be done with one record of it."""
    user, text, suggestion = request.user, request.GET.get("q", "").strip(), ""
    if of := request.GET.get("of", ""):
        sections = [_on(user, of)]
    elif text.startswith(PEOPLE):
        sections = [_people(user, text[1:].strip())]
    else:
        shown = groups(request, user)
        sections = _commands(user, shown, text.removeprefix(COMMANDS).strip())
        if not text.startswith(COMMANDS):
            found, suggestion = _found(user, text)
            sections = [*_records(user, shown, found, suggestion or text), *sections]
    context = {
        "q": (suggestion or text).lstrip(PEOPLE + COMMANDS),
        "typed": text,
        "suggestion": suggestion,
        "sections": [section for section in sections if section.options],
    }
    return page(request, "shell/palette_list.html", context)


def _found(user: User, text: str) -> tuple[Found, str]:
    """What fits, else what fits the number that was probably meant, with that number."""
    found = search(user, text)
    if found or meant(text) == text:
        return found, ""
    found = search(user, meant(text))
    return found, meant(text) if found else ""


def _records(user: User, shown: Groups, found: Found, text: str) -> Iterator[Section]:
    """The best match, the records by kind, those of the trial at hand first, and what to do."""
    contexts = [group.context for group in shown if group.context]
    here = next((each.key for each in contexts if each.kind == TRIAL), "")
    kinds = _by_kind(found, here)
    best = _best([option for section in kinds for option in section.options], text)
    if best is None:
        yield from kinds
        return
    yield Section("Best match", [best])
    yield from (section.without(best) for section in kinds)
    yield _on(user, best.record)


def _by_kind(found: Found, here: str) -> list[Section]:
    kinds = (
        ("Subjects", found.subjects, _subject),
        ("Sites", found.sites, _site),
        ("Trials", found.trials, _trial),
        ("Adverse events", found.events, _event),
        ("Payments", found.payments, _payment),
    )
    return [
        Section(title, [make(row) for row in sorted(rows, key=lambda row: _code(row) != here)])
        for title, rows, make in kinds
    ]


def _best(options: list[Option], text: str) -> Option | None:
    """The first record whose number was typed, else the only one that fits."""
    wanted = text.casefold()
    same = (option for option in options if option.text.split(" ")[0].casefold() == wanted)
    return next(same, options[0] if len(options) == 1 else None)


def _code(row: dict[str, Any]) -> str:
    return str(row.get("trial_code") or row.get("code"))


def _subject(row: dict[str, Any]) -> Option:
    context = f"{row['trial_number']} · {row['status_label']}"
    return Option(row["url"], "user", row["number"], "", context, f"subject-{row['pk']}")


def _site(row: dict[str, Any]) -> Option:
    text = f"{row['number']} {row['place_name']}".strip()
    state = "" if row["number"] else f" · {row['status_label']}"
    context = f"Site · {row['trial_number']}{state}"
    return Option(row["url"], "building", text, row["city"], context, f"site-{row['pk']}")


def _trial(row: dict[str, Any]) -> Option:
    return Option(
        row["url"], "rocket", row["protocol_number"], row["name"], row["status_label"],
        f"trial-{row['code']}",
    )  # fmt: skip


def _event(row: dict[str, Any]) -> Option:
    context = f"{row['kind']} · {row['trial_number']}"
    return Option(
        row["url"], "activity", row["number"], row["term"], context, f"event-{row['pk']}"
    )  # fmt: skip


def _payment(row: dict[str, Any]) -> Option:
    money = f"{row['amount']:,.2f} {row['currency']}"
    context = f"{row['status_label']} · {row['trial_number']}"
    return Option(row["url"], "wallet", row["number"], money, context, f"payment-{row['pk']}")


def _commands(user: User, shown: Groups, text: str) -> list[Section]:
    pages = [
        Option(
            item.url, item.icon, item.text,
            context=group.context.title if group.context else group.title,
        )
        for group in shown
        for item in group.items
    ]  # fmt: skip
    pages += [
        Option(reverse("accounts:settings"), "settings", "Settings"),
        Option(reverse("workspace:search"), "search", "Search page"),
    ]
    begun = [Option(item.url, item.icon, item.text) for item in beginnings(user)]
    return [Section("Pages", _fitting(pages, text)), Section("New", _fitting(begun, text))]


def _fitting(options: Iterable[Option], text: str) -> list[Option]:
    wanted = text.casefold()
    return [option for option in options if wanted in option.text.casefold()]


def _people(user: User, text: str) -> Section:
    rows = User.objects.visible_to(user).filter(is_service=False, is_active=True)
    for word in text.split():
        rows = rows.filter(
            Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
            | Q(username__istartswith=word)
        )  # fmt: skip
    found = rows.order_by("last_name", "first_name")[:SHOWN]
    return Section("People", [
        Option(person.get_absolute_url(), "user", str(person), context=person.job_title)
        for person in found
    ])  # fmt: skip


def _on(user: User, name: str) -> Section:
    """What can be done with one record."""
    kind, _, key = name.partition("-")
    if kind not in KINDS:
        raise Http404("There is no such record.")
    lookup = {"code": key} if kind == "trial" else {"pk": whole(key) or 0}
    rows = KINDS[kind]._default_manager.visible_to(user).select_related(*RELATED[kind])
    record = rows.filter(**lookup).first()
    if record is None:
        raise Http404("There is no such record.")
    offers = [*OFFERS[kind](user, record)]
    if can(user, Permission.AUDIT_VIEW, record):
        trail = reverse("audit:record", args=[record._meta.label_lower, record.pk])
        offers.append(Option(trail, "history", "Audit trail"))
    return Section(f"Actions on {kind} {record}", offers)


def _on_trial(user: User, trial: Trial) -> Iterator[Option]:
    yield Option(reverse("workspace:sites", args=[trial.code]), "building", "Sites")
    yield Option(reverse("workspace:subjects", args=[trial.code]), "users", "Subjects")
    yield Option(reverse("trials:schedule", args=[trial.code]), "columns", "Schedule of activities")
    if can(user, Permission.SITE_EDIT, trial):
        yield Option(reverse("sites:add_site", args=[trial.code]), "plus", "Add site")


def _on_site(user: User, site: Site) -> Iterator[Option]:
    if site.status == SiteStatus.OPEN and can(user, Permission.SUBJECT_SCREEN, site):
        yield Option(reverse("subjects:screen", args=[site.pk]), "plus", "Add to screening")
    if can(user, Permission.SUBJECT_VIEW, site):
        yield Option(
            reverse("subjects:screening_log", args=[site.pk]), "clipboard", "Screening log"
        )
    if site.number and can(user, Permission.DEVIATION_REPORT, site):
        url = reverse("quality:report_at_site", args=[site.trial.code, site.code])
        yield Option(url, "flag", "Report deviation")
    if can(user, Permission.SITE_STATUS, site):
        url = reverse("sites:status", args=[site.trial.code, site.code])
        yield Option(url, "flag", "Change status")


def _on_subject(user: User, subject: Subject) -> Iterator[Option]:
    coming = subject.next_visit
    if coming and coming.status in BOOKABLE and can(user, Permission.VISIT_BOOK, subject):
        yield Option(coming.book_url, "calendar", f"{BOOKABLE[coming.status]} {coming.name}")
    offers = (
        (Permission.CONTACT_LOG, "subjects:contact", "phone", "Log contact"),
        (Permission.ADVERSE_EVENT_LOG, "safety:log_event", "activity", "Log AE"),
        (Permission.DEVIATION_REPORT, "quality:report_of_subject", "flag", "Report deviation"),
        (Permission.CLAIM_REQUEST, "budgets:claim", "wallet", "Claim costs"),
        (Permission.SUBJECT_STATUS, "subjects:identify", "pen", "Identity"),
        (Permission.SUBJECT_STATUS, "subjects:end", "door", "End participation"),
    )
    for permission, name, icon, text in offers:
        if can(user, permission, subject):
            yield Option(reverse(name, args=[subject.pk]), icon, text)


def _on_event(user: User, event: AdverseEvent) -> Iterator[Option]:
    step = ("safety:mark_serious", "alert", "Mark as serious")
    if event.is_serious:
        step = ("safety:send_report", "plane", "Send SAE report")
    offers = (
        (Permission.ADVERSE_EVENT_LOG, *step),
        (Permission.ADVERSE_EVENT_LOG, "safety:change_event", "pen", "Change event"),
        (Permission.CAUSALITY_ASSESS, "safety:assess_causality", "lock", "Assess causality"),
        (Permission.SAFETY_ASSESS, "safety:assess_for_sponsor", "pen", "Assess for the sponsor"),
    )
    for permission, name, icon, text in offers:
        if can(user, permission, event):
            yield Option(reverse(name, args=[event.pk]), icon, text)


def _on_payment(user: User, payment: SubjectPayment) -> Iterator[Option]:
    offers = (
        (S.REQUESTED, Permission.CLAIM_APPROVE, "approve_all", "check-circle", "Approve"),
        (S.APPROVED, Permission.CLAIM_PAY, "pay_all", "wallet", "Record payment"),
        (S.PAID, Permission.CLAIM_PAY, "reconcile_all", "link", "Reconcile"),
    )
    for status, permission, name, icon, text in offers:
        if payment.status == status and can(user, permission, payment):
            url = reverse(f"budgets:{name}", args=[payment.site.trial.code])
            yield Option(f"{url}?row={payment.pk}", icon, text)


OFFERS: dict[str, Any] = {
    "subject": _on_subject, "site": _on_site, "trial": _on_trial, "event": _on_event,
    "payment": _on_payment,
}  # fmt: skip
