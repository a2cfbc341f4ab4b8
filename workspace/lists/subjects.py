"""The list of subjects: how far each is, what comes next and what is late; numbers, never names."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.safestring import SafeString

from core.dates import show_day
from core.links import address
from core.lists import (
    Choices,
    Column,
    Conditions,
    Days,
    List,
    Reader,
    Row,
    day,
    lead,
    state,
    two_lines,
    value,
)
from core.lists.columns import NOTHING
from core.lists.filters import When
from core.obligations import RULES, seen_by
from core.templatetags import ui
from subjects.diary import SUBJECT_CHIPS, Window
from subjects.models import LeavingReason, SubjectStatus
from subjects.models.reasons import reason_shown
from subjects.models.subject import IN_SCREENING, IN_TRIAL
from subjects.queries import match_number
from workspace.lists.duties import DUTIES, add_duties, late
from workspace.lists.sites import OF_TRIAL, TRIAL

LABELS = dict(SubjectStatus.choices)
REASONS = dict(LeavingReason.choices)
ENROLLED = Q(enrolled_on__isnull=False) & ~Q(status=SubjectStatus.IN_ERROR)
WEEK = timedelta(days=7)


def url(row: Row) -> str:
    """The page of a subject."""
    return address("workspace:subject", row["trial__code"], row["number"])


def _next(row: Row) -> SafeString | str:
    if not row["next_visit__name"]:
        return NOTHING
    on = row["next_visit_on"]
    return two_lines(row["next_visit__name"], show_day(on) if on else "")


def _why(row: Row) -> str:
    return reason_shown(row["status"], row["reason_code"], row["status_reason"]) or NOTHING


def _window(row: Row) -> SafeString | str:
    if not row["next_visit__name"]:
        return ""
    booked = row["next_visit_on"] if row["next_visit__status"] == "booked" else None
    window = Window(
        row["next_visit__earliest_on"], row["next_visit__target_on"], row["next_visit__latest_on"],
        booked, "booked" if booked else "open",
    )  # fmt: skip
    return ui.window_bar(window, row["today"])


def finish(rows: list[Row], reader: Reader) -> None:
    """Add the day it is, and what is open and late of each subject."""
    add_duties(rows, reader, "subject_id")
    for row in rows:
        row["today"] = reader.today


def _late(reader: Reader) -> Q:
    return Q(pk__in=seen_by(reader.user).filter(late(reader)).values("subject_id"))


def _has(rule: str) -> When:
    """Subjects with a duty of one kind."""
    return lambda reader: Q(pk__in=seen_by(reader.user).filter(rule=rule).values("subject_id"))


def _within_a_week(reader: Reader) -> Q:
    return Q(next_visit_on__range=(reader.today, reader.today + WEEK))


WINDOW = tuple(
    f"next_visit__{name}" for name in ("name", "earliest_on", "target_on", "latest_on", "status")
)
SUBJECTS = List(
    title="Subjects", one="subject", many="subjects",
    named=lambda row: row["number"],
    sort="subject",
    columns=(
        Column(
            "subject", "Subject",
            ("number", "trial__code", "trial__protocol_number", "site__number"),
            lambda row: lead(url(row), row["number"]),
            order="number", css="text-nowrap",
            files=(
                ("Trial", value("trial__protocol_number")), ("Site", value("site__number")),
                ("Subject", value("number")),
            ),
        ),
        Column("site", "Site", ("site__number", "site__place__short_name"),
            lambda row: two_lines(row["site__number"], row["site__place__short_name"]), files=()),
        state("status", "Status", LABELS, SUBJECT_CHIPS),
        Column("next", "Next visit", (*WINDOW, "next_visit_on"), _next, order="next_visit_on",
            files=(
                ("Next visit", value("next_visit__name")),
                ("Earliest", value("next_visit__earliest_on")),
                ("Target", value("next_visit__target_on")),
                ("Latest", value("next_visit__latest_on")),
                ("Next visit on", value("next_visit_on")),
            )),
        Column("window", "Window", (*WINDOW, "next_visit_on"), _window, files=(), css="table-window"),
        day("last", "Last visit", "last_visit_on"),
        DUTIES,
        day("screened", "Screened", "screened_on", is_shown=False),
        day("enrolled", "Enrolled", "enrolled_on", is_shown=False),
        day("ended", "Ended", "ended_on", is_shown=False),
        Column("why", "Why left", ("status", "reason_code", "status_reason"), _why,
            is_shown=False, files=(
                ("Reason", lambda row: REASONS.get(row["reason_code"], "")),
                ("Reason in words", value("status_reason")),
            )),
    ),
    finish=finish,
    search=match_number,
    search_label="Number, for example 1042-0",
    is_jumped=True,
    filters=(
        Choices("status", "Status", "status", LABELS),
        Choices("site", "Site", "site__number", reads=("site__number", "site__place__short_name")),
        Choices("why", "Why left", "reason_code", REASONS, empty="No reason"),
        Conditions("is", "Subjects", {
            "in_screening": ("In screening", lambda _: Q(status__in=IN_SCREENING)),
            "active": ("In the trial", lambda _: Q(status__in=IN_TRIAL)),
            "screened": ("Screened", lambda _: ~Q(status=SubjectStatus.IN_ERROR)),
            "enrolled": ("Ever enrolled", lambda _: ENROLLED),
        }),
        Conditions("need", "Needs", {
            "visit": ("A visit within a week", _within_a_week),
            "late": ("Something late", _late),
        }),
        Conditions("duty", "Duty", {name: (rule.title, _has(name)) for name, rule in RULES.items()}),
        Days("next", "Next visit", "next_visit_on"),
        Days("last", "Last visit", "last_visit_on"),
        Days("enrolled", "Enrolled", "enrolled_on"),
    ),
    views=(
        ("In screening", "is=in_screening"),
        ("In the trial", "is=active"),
        ("Visit within a week", "need=visit&sort=next"),
        ("Late", "need=late&sort=next"),
    ),
    parts=("In screening", "In the trial"),
    empty="No subject yet. Subjects are screened at a site, or come with an imported list.",
)  # fmt: skip
ALL_SUBJECTS = SUBJECTS.but_with(TRIAL, OF_TRIAL)
