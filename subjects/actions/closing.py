"""The end of a visit: every procedure is answered, and what deviates from the protocol is drafted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.actions import RefusedError
from core.dates import local_day, show_clock, show_day
from core.models import StatusChange
from subjects.conduct import Conduct, Step, conduct_of
from subjects.models import DeviationDraft, Outcome, ProcedureRecord, Visit, VisitStatus, WhyNot

NAMED = 3  # procedures that a refusal calls by name
Kind, State = DeviationDraft.Kind, DeviationDraft.State


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a procedure of a visit was not done, and whether that is a deviation to report."""

    why_not: str = ""
    note: str = ""
    deviates: bool = True


class IncompleteError(RefusedError):
    """A visit cannot be completed while it is not said what became of its procedures."""

    code = "incomplete"
    step = "Go to the procedures"

    def __init__(self, visit: Visit, text: str) -> None:
        self.url = visit.conduct_url
        super().__init__(text)


def close(visit: Visit, on: date, gaps: Mapping[str, Gap], reason: str) -> None:
    """Answer what is open, refuse what cannot be, and draft what deviates."""
    if visit.status != VisitStatus.IN_PROGRESS:
        return
    _refuse_before_it_began(visit, on, reason)
    conduct = conduct_of(visit)
    if not conduct.steps:
        return
    _refuse_undecided(visit, conduct)
    _refuse_days(visit, conduct, on)
    _refuse_open(visit, conduct, gaps)
    answered = _answer_open(visit, conduct.open, gaps)
    _draft(visit, conduct.with_records(answered), gaps)


def _refuse_before_it_began(visit: Visit, on: date, reason: str) -> None:
    begun = (
        StatusChange.objects.filter(
            flow="subjects.visit", object_id=visit.pk, to_status=VisitStatus.IN_PROGRESS
        )
        .order_by("-pk")
        .values_list("on", flat=True)
        .first()
    )
    if begun is not None and on < begun and not reason.strip():
        raise RefusedError(
            f"{visit.name} was started on {show_day(begun)} and cannot be completed on"
            f" {show_day(on)}, before it. Correct the day; or, where it took place then and was"
            " entered later, give that as the reason."
        )


def _refuse_undecided(visit: Visit, conduct: Conduct) -> None:
    twice = [step.name for step in conduct.steps if step.others]
    if twice:
        raise IncompleteError(
            visit, f"There are two answers to {_few(twice)}. Say which of them holds."
        )


def _refuse_days(visit: Visit, conduct: Conduct, on: date) -> None:
    """The first procedure was done on the day of the visit."""
    if (first := conduct.first_done) is None:
        return
    at, step = first
    zone = visit.site.place.zone
    if (day := local_day(at, zone)) != on:
        raise IncompleteError(
            visit,
            f"{step.name} was done on {show_day(day)} at {show_clock(at.astimezone(zone))}, and"
            f" the visit would be on {show_day(on)}. Correct one of the two days.",
        )


def _refuse_open(visit: Visit, conduct: Conduct, gaps: Mapping[str, Gap]) -> None:
    known = set(WhyNot.values)
    unsaid = [
        step.name for step in conduct.missing
        if gaps.get(step.slug, Gap()).why_not not in known
    ]  # fmt: skip
    if unsaid:
        raise IncompleteError(
            visit, f"Not answered yet: {_few(unsaid)}. Answer, or say why it was not done."
        )


def _few(names: list[str]) -> str:
    shown, more = ", ".join(names[:NAMED]), len(names) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _answer_open(
    visit: Visit, steps: Sequence[Step], gaps: Mapping[str, Gap]
) -> dict[str, ProcedureRecord]:
    """What is left open was not done for the reason given, or does not apply."""
    answered = {step.slug: _unanswered(visit, step, gaps) for step in steps}
    ProcedureRecord.objects.bulk_create(one for one in answered.values() if one.pk is None)
    ProcedureRecord.objects.bulk_update(
        [step.record for step in steps if step.record],
        ["outcome", "why_not", "note", "done_at", "performer", "equipment"],
    )
    return answered


def _unanswered(visit: Visit, step: Step, gaps: Mapping[str, Gap]) -> ProcedureRecord:
    gap = gaps.get(step.slug, Gap())
    record = step.record_at(visit)
    record.outcome = Outcome.NOT_DONE if gap.why_not else Outcome.NOT_APPLICABLE
    record.why_not, record.note = gap.why_not, gap.note[:300] or record.note
    record.done_at = record.performer = record.equipment = None
    return record


def _draft(visit: Visit, conduct: Conduct, gaps: Mapping[str, Gap]) -> None:
    """A deviation for each procedure that was not done, or not in its time, unless said otherwise."""
    DeviationDraft.objects.bulk_create(
        DeviationDraft(
            visit=visit, procedure=step.record, state=State.OCCURRED, kind=kind_of(step),
            reason=_reason(step)[:200], description=described(step, visit)[:300],
        )
        for step in conduct.gaps
        if gaps.get(step.slug, Gap()).deviates
    )  # fmt: skip


def kind_of(step: Step) -> str:
    """How a step deviates."""
    return Kind.MISSED_PROCEDURE if step.is_lacking else Kind.MISTIMED_SAMPLE


def described(step: Step, visit: Visit) -> str:
    """How a step deviates, in words."""
    if step.is_lacking:
        partly = " completely" if step.outcome == Outcome.PARTLY else ""
        return f"{step.name} was not done{partly} at {visit.name}."
    return f"{step.name} was taken {step.off} at {visit.name}."


def _reason(step: Step) -> str:
    record = step.record
    if record is None:
        return ""
    said = record.get_why_not_display() if record.why_not else "Outside the minutes allowed"
    return f"{said}: {record.note}" if record.note else str(said)
