"""Which criteria apply to a subject, how they are answered, and what stands in the way of a decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.dates import show_day
from subjects.models import CriterionAnswer, Eligibility, Subject, SubjectSchedule, Waiver
from subjects.models.eligibility import FAILED, FULFILLED, Answer, WaiverStatus
from subjects.models.subject import IN_SCREENING
from trials.models import Criterion, ScheduleVersion

CHIPS = {Answer.NOT_MET: "crit", Answer.PRESENT: "crit", Answer.NOT_APPLICABLE: ""}
INCLUSION = Criterion.Category.INCLUSION
FIRST, LAST = ("from_on", "pk"), ("-from_on", "-pk")


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion with the answer there is, if any."""

    criterion_id: int
    category: str
    identifier: str
    text: str
    answer: str
    source: str
    answered_on: date | None
    note: str
    by_name: str
    waiver: Waiver | None

    @property
    def label(self) -> str:
        """The number in the protocol, with the letter of its kind where it is a figure only."""
        return _labelled(self.category, self.identifier)

    @property
    def is_failed(self) -> bool:
        """Whether the answer keeps the subject out, by itself."""
        return self.answer in FAILED

    @property
    def is_waived(self) -> bool:
        """Whether the sponsor approved that it does not count."""
        return self.waiver is not None and self.waiver.status == WaiverStatus.APPROVED

    @property
    def is_settled(self) -> bool:
        """Whether it is answered, from a source."""
        return self.answer != Answer.PENDING and bool(self.source)

    @property
    def chip(self) -> tuple[str, str]:
        """The answer as shape and word."""
        said = Answer(self.answer).label
        if self.answer == Answer.PENDING:
            return "info", said
        if not self.source:
            return "warn", f"{said}, no source"
        if self.is_failed and self.is_waived:
            return "warn", f"{said}, waived"
        return CHIPS.get(Answer(self.answer), "ok"), said

    @property
    def hindrance(self) -> str:
        """Why the subject cannot be found eligible yet; empty where this criterion lets it in."""
        if self.answer == Answer.PENDING:
            return f"{self.label} is pending"
        if not self.source:
            return f"{self.label} has no source"
        if self.is_failed and not self.is_waived:
            return f"{self.label} is {Answer(self.answer).label.lower()}"
        return ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The criteria of a subject, as they are answered now, and the decision on them."""

    version: ScheduleVersion
    held: Eligibility | None
    lines: list[Line]

    @property
    def is_decided(self) -> bool:
        """Whether the decision is signed, and nothing changed since."""
        return self.held is not None and self.held.is_current

    @property
    def is_stale(self) -> bool:
        """Whether something changed after the decision was signed."""
        held = self.held
        return held is not None and held.decided_at is not None and not held.is_current

    @property
    def hindrances(self) -> list[str]:
        """What stands in the way of the decision."""
        return [line.hindrance for line in self.lines if line.hindrance]

    @property
    def settled(self) -> int:
        """How many criteria are answered from a source."""
        return sum(line.is_settled for line in self.lines)

    @property
    def pending(self) -> int:
        """How many criteria are not answered."""
        return sum(line.answer == Answer.PENDING for line in self.lines)

    @property
    def unsourced(self) -> int:
        """How many answers have no source."""
        return sum(line.answer != Answer.PENDING and not line.source for line in self.lines)

    @property
    def failed(self) -> list[Line]:
        """The criteria that keep the subject out."""
        return [line for line in self.lines if line.is_failed and not line.is_waived]

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """Inclusion criteria, then exclusion criteria, each under what is asked of them."""
        heads = ((INCLUSION, "Inclusion, all must be met"), ("exclusion", EXCLUDING))
        return [
            (head, [line for line in self.lines if line.category == category])
            for category, head in heads
        ]


EXCLUDING = "Exclusion, none may be present"


def sheet_of(subject: Subject) -> Sheet | None:
    """The criteria of the version under which the subject was screened; none where it has none."""
    held = Eligibility.objects.filter(subject=subject).select_related("version").first()
    version = held.version if held else _screened_under(subject)
    lines = _lines(version, held) if version else []
    return Sheet(version, held, lines) if version and lines else None


def _lines(version: ScheduleVersion, held: Eligibility | None) -> list[Line]:
    """The criteria with what is answered to each."""
    criteria = Criterion.objects.filter(version=version).annotate(
        mine=FilteredRelation("answers", condition=Q(answers__eligibility=held.pk if held else 0))
    )
    waivers = _waivers(held)
    rows = criteria.order_by("-category", "position", "pk").values_list(
        "pk", "category", "identifier", "text",
        Coalesce("mine__answer", Value(Answer.PENDING)), Coalesce("mine__source", Value("")),
        "mine__answered_on", Coalesce("mine__note", Value("")), Coalesce("mine__by_name", Value("")),
    )  # fmt: skip
    return [
        Line(pk, category, identifier, text, answer, source, on, note, by, waivers.get(pk))
        for pk, category, identifier, text, answer, source, on, note, by in rows
    ]


def _screened_under(subject: Subject) -> ScheduleVersion | None:
    """The version that the subject follows in screening, or that it followed first."""
    rows = SubjectSchedule.objects.filter(subject=subject).select_related("version")
    order = LAST if subject.status in IN_SCREENING else FIRST
    held = rows.order_by(*order).first()
    return held.version if held else None


def _waivers(held: Eligibility | None) -> dict[int, Waiver]:
    """The last waiver of each criterion."""
    rows = Waiver.objects.filter(eligibility=held).order_by("pk") if held else ()
    return {row.criterion_id: row for row in rows}


def failed_of(subject: Subject, code: str) -> list[str] | None:
    """The criteria of a category that keep the subject out; none where the protocol has no criteria."""
    sheet = sheet_of(subject) if code in {"inclusion", "exclusion"} else None
    if sheet is None:
        return None
    return [line.label for line in sheet.failed if line.category == code]


def content_of(subject: Subject) -> dict[str, Any]:
    """What a signature on eligibility covers: every criterion with its answer, source and waiver."""
    sheet = sheet_of(subject)
    return {
        "trial": subject.trial.protocol_number,
        "subject": subject.number,
        "version": sheet.version.number if sheet else "",
        "criteria": [
            {
                "category": line.category, "identifier": line.identifier, "text": line.text,
                "answer": line.answer, "source": line.source, "on": line.answered_on,
                "note": line.note,
                "waiver": [line.waiver.status, line.waiver.reason, line.waiver.decision_reason]
                if line.waiver else None,
            }
            for line in (sheet.lines if sheet else ())
        ],
    }  # fmt: skip


def counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Subjects with how many criteria there are, are settled, let the subject in, and keep it out."""
    followed = SubjectSchedule.objects.filter(subject=OuterRef("pk")).values("version")
    mine = CriterionAnswer.objects.filter(
        eligibility__subject=OuterRef("pk"), criterion__version=F("eligibility__version")
    )
    sourced = mine.exclude(answer=Answer.PENDING).exclude(source="")
    waived = Waiver.objects.filter(
        eligibility=OuterRef("eligibility"), criterion=OuterRef("criterion"),
        status=WaiverStatus.APPROVED,
    )  # fmt: skip
    failed = mine.filter(~Exists(waived), answer__in=FAILED)
    fitting = sourced.filter(Q(answer__in=FULFILLED) | Q(Exists(waived)))
    screened_under = Case(
        When(status__in=IN_SCREENING, then=Subquery(followed.order_by(*LAST)[:1])),
        default=Subquery(followed.order_by(*FIRST)[:1]),
    )
    under = rows.annotate(under=Coalesce(F("eligibility__version"), screened_under))
    criteria = Criterion.objects.filter(version=OuterRef("under"))
    found: QuerySet[Any] = under.annotate(
        criteria=_count(criteria, "version"),
        settled=_count(sourced, "eligibility"),
        fitting=_count(fitting, "eligibility"),
        failing=_count(failed, "eligibility"),
        decided_on=F("eligibility__decided_on"),
        is_decided=F("eligibility__is_current"),
    )
    return found


def _count(rows: QuerySet[Any], by: str) -> Any:
    grouped = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(grouped), 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the eligibility of a subject is, in figures."""

    criteria: int
    settled: int
    is_decided: bool

    @property
    def is_asked(self) -> bool:
        """Whether the protocol has criteria."""
        return bool(self.criteria)

    @property
    def may_be_enrolled(self) -> bool:
        """Whether the decision is signed, where one is needed."""
        return self.is_decided or not self.criteria


def standing_of(subject: Subject) -> Standing:
    """How far the eligibility of a subject is: one query."""
    row = counted(Subject.objects.filter(pk=subject.pk)).values(*COUNTS).get()
    return Standing(row["criteria"], row["settled"], bool(row["is_decided"]))


COUNTS = ("pk", "status", "criteria", "settled", "failing", "decided_on", "is_decided")


def states_of(subject_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """How far the eligibility of each subject is, as shape and word; empty where there are no criteria."""
    rows = counted(Subject.objects.filter(pk__in=list(subject_ids))).values(*COUNTS)
    return {row["pk"]: _state(row) for row in rows}


def _state(row: dict[str, Any]) -> tuple[str, str]:
    is_before = not row["settled"] and row["status"] not in IN_SCREENING
    if not row["criteria"] or is_before:  # screened before the answers were kept here
        return "", ""
    if row["is_decided"]:
        return "plum", f"Signed {show_day(row['decided_on'])}"
    if row["failing"]:
        return "crit", f"{row['failing']} failed"
    if row["decided_on"]:
        return "warn", "To be signed again"
    if row["settled"] == row["criteria"]:
        return "info", "To be signed"
    return "", f"{row['settled']} of {row['criteria']} settled"


def failures_at(subjects: QuerySet[Any]) -> list[tuple[str, str, int]]:
    """The criteria on which screenings failed, most often first: number, text and how often."""
    rows = Criterion.objects.filter(
        answers__answer__in=FAILED, answers__eligibility__subject__in=subjects
    )
    counts = rows.values_list("category", "identifier", "text").annotate(count=Count("answers"))
    return [
        (_labelled(category, identifier), text, count)
        for category, identifier, text, count in counts.order_by("-count", "category", "identifier")
    ]


def _labelled(category: str, identifier: str) -> str:
    """The number of a criterion, with the letter of its kind where it is a figure only."""
    letter = "I" if category == INCLUSION else "E"
    return f"{letter}{identifier}" if identifier.isdigit() else identifier
