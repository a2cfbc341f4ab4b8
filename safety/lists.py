"""The list of adverse events: what happened to whom, how severe and serious, what is due; no names."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.safestring import SafeString

from core.dates import PartialDate, local_day, show_day
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
from safety.models import ActionTaken, Outcome, ReportClock, SafetyReport, Severity
from safety.models.report import SITE_CLOCKS
from safety.words import OUTCOME_CHIPS, left_in_words

SEVERITIES, ACTIONS, OUTCOMES = (
    {str(value): str(label) for value, label in each.choices}
    for each in (Severity, ActionTaken, Outcome)
)
OPEN_CLOCK = {"is_running": True, "met_at": None, "code__in": SITE_CLOCKS}
SOON = timedelta(hours=8)


def url(row: Row) -> str:
    """The page of an event."""
    return address("safety:event", row["subject__trial__code"], row["number"])


def _grade(row: Row) -> str:
    return f"Grade {row['grade']}" if row["grade"] else SEVERITIES[row["severity"]]


def _graded(row: Row) -> SafeString | str:
    return two_lines(_grade(row), row["grading_term__name"])


def _named(row: Row) -> SafeString:
    """The main link of an event; struck through where it was entered in error."""
    number = markup("<s>{}</s>", row["number"]) if row["voided_at"] else row["number"]
    return lead(url(row), number, row["term"])


def _serious(row: Row) -> SafeString | str:
    if row["voided_at"]:
        return ui.chip("", "Voided", "x")
    return ui.chip("crit", "Serious") if row["is_serious"] else NOTHING


def _dated(name: str, row: Row) -> str:
    first, last = row[f"{name}_from"], row[f"{name}_to"]
    return str(PartialDate.spanning(first, last)) if first else NOTHING


def _onset(row: Row) -> str:
    return _dated("onset", row)


def _clock(row: Row) -> SafeString | str:
    ends_at = row["ends_at"]
    if ends_at is None:
        return NOTHING
    left = ends_at - timezone.now()
    kind = "crit" if left < timedelta() else "warn" if left < SOON else "info"
    return ui.chip(kind, left_in_words(left))


def _ends_at(row: Row) -> str:
    return row["ends_at"].isoformat() if row["ends_at"] else ""


def _reported(row: Row) -> str:
    return show_day(row["sent_at"]) if row["sent_at"] else NOTHING


def finish(rows: list[Row], reader: Reader) -> None:
    """Add the running clock of the site and the day of the last report, where the reader is."""
    keys = [row["pk"] for row in rows]
    clocks = ReportClock.objects.filter(event__in=keys, **OPEN_CLOCK)
    ends = dict(clocks.order_by("-ends_at").values_list("event_id", "ends_at"))
    reports = SafetyReport.objects.filter(event__in=keys).order_by().values_list("event_id")
    sent = {pk: local_day(at, reader.user.zone) for pk, at in reports.annotate(last=Max("sent_at"))}
    for row in rows:
        row["ends_at"], row["sent_at"] = ends.get(row["pk"]), sent.get(row["pk"])


def _to_report(_: Reader) -> Q:
    return Q(pk__in=ReportClock.objects.filter(**OPEN_CLOCK).values("event_id"))


EVENTS = List(
    title="Adverse events", one="adverse event", many="adverse events",
    named=lambda row: row["number"],
    sort="event",
    columns=(
        Column(
            "event", "Event", ("number", "term", "voided_at", "subject__trial__code", "subject__number"),
            _named, order="number",
            files=(
                ("Subject", value("subject__number")), ("Event", value("number")),
                ("Term", value("term")),
                ("Voided", lambda row: "Yes" if row["voided_at"] else "No"),
            ),
        ),
        Column("site", "Site", ("subject__site__number", "subject__site__place__short_name"),
            lambda row: two_lines(
                row["subject__site__number"], row["subject__site__place__short_name"]
            ), files=(("Site", value("subject__site__number")),)),
        Column("grade", "Grade", ("grade", "severity", "grading_term__name"), _graded,
            files=(("Grade", _grade), ("Grading term", value("grading_term__name")))),
        Column("serious", "Serious", ("is_serious",), _serious,
            files=(("Serious", lambda row: "Yes" if row["is_serious"] else "No"),)),
        Column("onset", "Onset", ("onset_from", "onset_to"), _onset, order="onset_from",
            files=(("Onset", _onset),), css="text-nowrap"),
        state("outcome", "Outcome", OUTCOMES, OUTCOME_CHIPS),
        Column("action", "Study drug", ("action_taken",),
            lambda row: ACTIONS[row["action_taken"]],
            files=(("Action with study drug", lambda row: ACTIONS[row["action_taken"]]),)),
        Column("clock", "24 h clock", (), _clock, files=(("Report due at", _ends_at),)),
        Column("reported", "Last report", (), _reported, css="number text-nowrap",
            files=(("Last report", _reported),)),
        Column("case", "Safety database", ("case_number",),
            lambda row: row["case_number"] or NOTHING,
            files=(("Case in the safety database", value("case_number")),)),
        yes_no("special", "Special interest", "is_special_interest", is_shown=False),
    ),
    finish=finish,
    search=lambda words: Q(number__istartswith=words) | Q(term__icontains=words),
    search_label="Number or term",
    filters=(
        Conditions("is", "Events", {
            "serious": ("Serious", lambda _: Q(is_serious=True, voided_at=None)),
            "special": ("Of special interest", lambda _: Q(is_special_interest=True, voided_at=None)),
            "ongoing": ("Ongoing", lambda _: Q(ended_from=None, voided_at=None)),
            "voided": ("Voided", lambda _: Q(voided_at__isnull=False)),
        }),
        Conditions("need", "Needs", {
            "report": ("A report within 24 h", _to_report),
            "causality": (
                "The investigator’s causality", lambda _: Q(is_serious=True, is_related=None, voided_at=None)
            ),
            "reconcile": (
                "Reconciliation", lambda _: Q(is_serious=True, reconciled_on=None, voided_at=None)
            ),
        }),
        Choices("outcome", "Outcome", "outcome", OUTCOMES),
        Choices("site", "Site", "subject__site__number",
            reads=("subject__site__number", "subject__site__place__short_name")),
        Days("onset", "Onset", "onset_from"),
    ),
    views=(("Serious", "is=serious"), ("Report due", "need=report"), ("Ongoing", "is=ongoing")),
    empty="No adverse event yet. Events are logged on the page of a subject.",
)  # fmt: skip
