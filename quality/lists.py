"""The list of issues and deviations: what happened to whom, how grave, how far it is dealt with; no names."""

from __future__ import annotations

from django.db.models import Count, Min, Q
from django.utils.safestring import SafeString

from core.dates import show_day, show_due
from core.links import address
from core.lists import (
    Choices,
    Column,
    Conditions,
    Days,
    List,
    Reader,
    Row,
    lead,
    state,
    two_lines,
    value,
    yes_no,
)
from core.lists.columns import NOTHING
from core.markup import markup
from core.templatetags import ui
from quality.models import (
    Capa,
    CapaAction,
    CapaStatus,
    Category,
    Classification,
    IssueKind,
    IssueStatus,
    RootCause,
)
from quality.models.capa import UNDER_WAY
from quality.models.issue import OPEN

KINDS, CATEGORIES, CLASSES, STATUSES, CAUSES, CAPA_STATUSES = (
    {str(value): str(label) for value, label in each.choices}
    for each in (IssueKind, Category, Classification, IssueStatus, RootCause, CapaStatus)
)
CHIPS = {"reported": "warn", "assessed": "info", "closed": "ok", "voided": ""}
GRAVE = {"critical": "crit", "major": "warn", "minor": ""}


def url(row: Row) -> str:
    """The page of an issue."""
    return address("quality:issue", row["site__trial__code"], row["number"])


def _named(row: Row) -> SafeString:
    is_voided = row["status"] == IssueStatus.VOIDED
    number = markup("<s>{}</s>", row["number"]) if is_voided else row["number"]
    return lead(url(row), number, _title(row))


def _title(row: Row) -> str:
    """The category of a deviation, the type of anything else."""
    is_deviation = row["kind"] == IssueKind.DEVIATION
    return CATEGORIES[row["category"]] if is_deviation else KINDS[row["kind"]]


def _class(row: Row) -> SafeString | str:
    if row["classification"]:
        return ui.chip(GRAVE[row["classification"]], CLASSES[row["classification"]])
    return two_lines(CLASSES[row["proposed"]], "proposed")


def _class_words(row: Row) -> str:
    return CLASSES[row["classification"] or row["proposed"]]


def _breach(row: Row) -> SafeString | str:
    if row["breach_aware_at"] is None:
        return NOTHING
    if row["breach_dismissed"]:
        return ui.chip("", "No breach")
    return ui.chip("ok", "Notified") if row["breach_notified_at"] else ui.chip("crit", "Suspected")


def _breach_words(row: Row) -> str:
    if row["breach_aware_at"] is None:
        return ""
    if row["breach_dismissed"]:
        return "Dismissed"
    return "Notified" if row["breach_notified_at"] else "Suspected"


ISSUES = List(
    title="Deviations and issues", one="issue", many="deviations and issues",
    named=lambda row: row["number"],
    sort="-happened",
    columns=(
        Column("issue", "Number", ("number", "kind", "category", "status", "site__trial__code"),
            _named,
            files=(("Number", value("number")), ("Type", lambda row: KINDS[row["kind"]]),
                ("Category", lambda row: CATEGORIES.get(row["category"], "")))),
        Column("subject", "Subject", ("subject__number", "visit__name"),
            lambda row: two_lines(row["subject__number"] or NOTHING, row["visit__name"] or ""),
            files=(("Subject", value("subject__number")), ("Visit", value("visit__name"))), css="text-nowrap"),
        Column("site", "Site", ("site__number", "site__place__short_name"),
            lambda row: two_lines(row["site__number"], row["site__place__short_name"]),
            files=(("Site", value("site__number")),)),
        Column("class", "Class", ("classification", "proposed"), _class,
            files=(("Class", _class_words),)),
        Column("important", "Important", ("is_important",),
            lambda row: ui.chip("crit", "Important") if row["is_important"] else NOTHING,
            files=(("Important", lambda row: "Yes" if row["is_important"] else "No"),)),
        Column("happened", "Happened", ("happened_on",),
            lambda row: show_day(row["happened_on"]), order="happened_on",
            files=(("Happened", lambda row: show_day(row["happened_on"])),), css="text-nowrap"),
        state("status", "Status", STATUSES, CHIPS),
        Column("breach", "Serious breach",
            ("breach_aware_at", "breach_notified_at", "breach_dismissed"), _breach,
            files=(("Serious breach", _breach_words),)),
        Column("cause", "Root cause", ("root_cause",),
            lambda row: CAUSES.get(row["root_cause"], NOTHING),
            files=(("Root cause", lambda row: CAUSES.get(row["root_cause"], "")),)),
        yes_no("monitor", "Medical monitor told", "is_monitor_told", is_shown=False),
    ),
    search=lambda words: Q(number__icontains=words) | Q(what__icontains=words),
    search_label="Number or words",
    filters=(
        Choices("type", "Type", "kind", KINDS),
        Choices("status", "Status", "status", STATUSES),
        Choices("class", "Class", "classification", CLASSES, empty="Not confirmed"),
        Choices("category", "Category", "category", CATEGORIES),
        Choices("cause", "Root cause", "root_cause", CAUSES, empty="Not given"),
        Conditions("is", "Condition", {
            "open": ("Open", lambda _: Q(status__in=OPEN)),
            "important": ("Important", lambda _: Q(is_important=True)),
            "breach": ("Suspected serious breach", lambda _: Q(
                breach_aware_at__isnull=False, breach_notified_at=None, breach_dismissed="")),
            "ethics": ("Ethics to be told", lambda _: Q(
                ethics_due_on__isnull=False, ethics_reported_on=None)),
        }),
        Choices("site", "Site", "site__number", reads=("site__number", "site__place__short_name")),
        Days("happened", "Happened", "happened_on"),
    ),
    views=(("Open", "is=open"), ("Deviations", "type=deviation"), ("Important", "is=important"), ("Serious breach", "is=breach")),
    empty="No deviation or issue yet. They are reported from visits and from pages of subjects and sites.",
)  # fmt: skip

CAPA_CHIPS = {"open": "warn", "check": "info", "effective": "info", "closed": "ok", "voided": ""}


def _capa_named(row: Row) -> SafeString:
    url = address("quality:capa", row["site__trial__code"], row["number"])
    is_voided = row["status"] == CapaStatus.VOIDED
    number = markup("<s>{}</s>", row["number"]) if is_voided else row["number"]
    return lead(url, number, row["title"])


def _done_of(row: Row) -> str:
    return f"{row['done']} of {row['steps']}" if row["steps"] else NOTHING


def _next_due(row: Row) -> SafeString | str:
    due = row["next_due"]
    if due is None or row["status"] not in UNDER_WAY:
        return NOTHING
    css = "text-crit" if due < row["today"] else "text-secondary"
    words = show_due(due, row["today"])
    return markup('<span class="{}" title="{}">{}</span>', css, show_day(due), words)


def _count(rows: list[Row], reader: Reader) -> None:
    """How many issues and actions each CAPA has, and when the next action is due."""
    to_do = Q(actions__done_on=None, actions__dropped="")
    counts = Capa.objects.filter(pk__in=[row["pk"] for row in rows]).annotate(
        linked=Count("issues", distinct=True),
        steps=Count("actions", distinct=True, filter=Q(actions__dropped="")),
        done=Count("actions", distinct=True, filter=Q(actions__done_on__isnull=False)),
        next_due=Min("actions__due_on", filter=to_do),
    )  # fmt: skip
    names = ("linked", "steps", "done", "next_due")
    found = {
        pk: dict(zip(names, values, strict=True))
        for pk, *values in counts.values_list("pk", *names)
    }
    for row in rows:
        row.update(found[row["pk"]], today=reader.today)


CAPAS = List(
    title="CAPA", one="CAPA", many="CAPA",
    named=lambda row: row["number"],
    sort="check",
    finish=_count,
    columns=(
        Column("capa", "CAPA", ("number", "title", "status", "site__trial__code"), _capa_named,
            files=(("CAPA", value("number")), ("Against", value("title")))),
        Column("site", "Site", ("site__number", "site__place__short_name"),
            lambda row: two_lines(row["site__number"], row["site__place__short_name"]),
            files=(("Site", value("site__number")),)),
        Column("cause", "Root cause", ("root_cause",), lambda row: CAUSES[row["root_cause"]],
            files=(("Root cause", lambda row: CAUSES[row["root_cause"]]),)),
        Column("issues", "Issues", (), lambda row: str(row["linked"] or NOTHING),
            files=(("Issues", value("linked")),), css="text-end"),
        Column("actions", "Actions done", (), _done_of,
            files=(("Actions", value("steps")), ("Actions done", value("done"))),
            css="text-nowrap"),
        Column("next", "Next action due", ("status",), _next_due,
            files=(("Next action due",
                lambda row: show_day(row["next_due"]) if row["next_due"] else ""),),
            css="text-nowrap"),
        Column("check", "Check by", ("check_on",), lambda row: show_day(row["check_on"]),
            order="check_on", files=(("Check by", lambda row: show_day(row["check_on"])),),
            css="text-nowrap"),
        state("status", "Status", CAPA_STATUSES, CAPA_CHIPS),
    ),
    search=lambda words: Q(number__icontains=words) | Q(title__icontains=words),
    search_label="Number or words",
    filters=(
        Choices("status", "Status", "status", CAPA_STATUSES),
        Choices("cause", "Root cause", "root_cause", CAUSES),
        Conditions("is", "Condition", {
            "open": ("Under way", lambda _: Q(status__in=UNDER_WAY)),
            "late": ("Action overdue", lambda reader: Q(
                pk__in=CapaAction.objects.filter(
                    done_on=None, dropped="", due_on__lt=reader.today).values("capa"))),
            "bare": ("Without open action", lambda _: Q(status=CapaStatus.OPEN) & ~Q(
                pk__in=CapaAction.objects.filter(done_on=None, dropped="").values("capa"))),
        }),
        Choices("site", "Site", "site__number", reads=("site__number", "site__place__short_name")),
        Days("check", "Check by", "check_on"),
    ),
    views=(("Under way", "is=open"), ("Action overdue", "is=late"), ("To sign", "status=effective")),
    empty="No CAPA yet. One is opened from the page of an issue.",
)  # fmt: skip
