"""What is done at a visit, procedure by procedure: answered, measured, corrected, settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import local_day, show_day
from core.permissions import Permission
from core.versions import ChangedError, ConflictError, lock
from sites.models import Equipment, Person
from subjects.actions.gates import refuse_signed_later
from subjects.actions.plan import hold_visit
from subjects.actions.stays import InHouseError
from subjects.beds import stay_of
from subjects.conduct import Conduct, Step, Value, conduct_of
from subjects.models import Measurement, OtherAnswer, Outcome, ProcedureRecord, Visit, VisitStatus
from subjects.models.procedure import LACKING, PERFORMED
from subjects.presence import presence_of, say


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a procedure; values by the name of their field, none where nothing is measured."""

    outcome: str = Outcome.DONE
    done_at: datetime | None = None
    performer: Person | None = None
    equipment: Equipment | None = None
    why_not: str = ""
    note: str = ""
    is_pending: bool = False
    values: Mapping[str, Decimal] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


COLUMNS = [
    one.name for one in fields(Answer) if one.name not in {"values", "kept"}
]  # fmt: skip


@action(Permission.VISIT_CONDUCT, "answer procedure")
def answer(
    visit: Visit, *, slug: str, said: Answer, by: User, revision: int | None = None,
    reason: str = "",
) -> ProcedureRecord | OtherAnswer:  # fmt: skip
    """Keep what became of a procedure; where somebody else said otherwise meanwhile, keep both."""
    visit = hold_visit(visit)
    conduct = conduct_of(visit)
    step = _step_of(conduct, slug, visit)
    _refuse(visit, conduct, step, said, reason)
    said = _settled(step, said)
    if step.record is not None and revision is not None and step.record.revision != revision:
        return _kept_beside(step.record, said, by)
    record = _write(visit, step, said)
    _measure(record, step, said)
    return record


@action(Permission.VISIT_CONDUCT, "add unplanned procedure")
def add_unplanned(visit: Visit, *, name: str, by: User) -> ProcedureRecord:
    """Add a procedure that the protocol does not ask for at this visit."""
    visit = hold_visit(visit)
    _refuse_before_the_start(visit)
    made: ProcedureRecord = ProcedureRecord.objects.create(visit=visit, name=name.strip())
    return made


@action(Permission.VISIT_CONDUCT, "settle two answers")
def settle(other: OtherAnswer, *, is_taken: bool, by: User, reason: str = "") -> OtherAnswer:
    """Of two answers given apart from each other, keep the first or take the second."""
    visit = hold_visit(other.visit)
    held = lock(other)
    if held.is_taken is not None:
        raise ConflictError(f"Somebody decided already between the answers to {held.record.name}.")
    if is_taken:
        _take(visit, held, reason)
    held.is_taken = is_taken
    held.save(update_fields=["is_taken"])
    return held


@action(Permission.VISIT_CONDUCT, "record awaited result")
def receive(record: ProcedureRecord, *, by: User, note: str = "") -> ProcedureRecord:
    """The result of a sample or an examination has come."""
    hold_visit(record.visit)
    held = lock(record)
    if not held.is_pending:
        raise ConflictError(f"The result of {held.name} is here already.")
    held.is_pending = False
    held.note = "; ".join(part for part in (held.note, note.strip()) if part)[:300]
    held.save(update_fields=["is_pending", "note"])
    return held


def _step_of(conduct: Conduct, slug: str, visit: Visit) -> Step:
    step = conduct.step(slug)
    if step is None:
        raise ConflictError(
            f"{visit} has no such procedure any more: its schedule changed. Open the visit again."
        )
    return step


def _refuse(visit: Visit, conduct: Conduct, step: Step, said: Answer, reason: str) -> None:
    """Everything that speaks against an answer, the first of it said with the way out."""
    _refuse_before_the_start(visit)
    if visit.status == VisitStatus.COMPLETED and step.is_answered and not reason.strip():
        raise RefusedError(f"{visit.name} is completed. Give the reason for the correction.")
    if said.outcome in LACKING and not said.why_not:
        raise RefusedError(f"Say why {step.name} was not done as planned.")
    if said.outcome in PERFORMED:
        if step.waits_for:
            first = conduct.steps[step.waits_for - 1]
            raise RefusedError(f"{step.name} comes after {first.name}. Answer that one first.")
        _refuse_performer(visit, step, said)
        _refuse_time(visit, step, said)
    _refuse_values(step, said)


def _refuse_before_the_start(visit: Visit) -> None:
    if visit.status not in {VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED}:
        raise RefusedError(
            f"{visit} is {visit.get_status_display().lower()}. Start the visit, then document it."
        )


def _refuse_performer(visit: Visit, step: Step, said: Answer) -> None:
    place = visit.site.place
    if said.performer is None:
        raise RefusedError(f"Say who did {step.name}.")
    if said.performer.place_id != place.pk:
        raise RefusedError(f"{said.performer} does not work at {place}.")
    if said.equipment is None:
        return
    if said.equipment.place_id != place.pk:
        raise RefusedError(f"{said.equipment} is not at {place}.")
    until = said.equipment.calibration_due_on
    if until and said.done_at and local_day(said.done_at, place.zone) > until:
        raise RefusedError(
            f"The calibration of {said.equipment} ended on {show_day(until)}."
            " Use another device, or record its calibration first."
        )


def _refuse_time(visit: Visit, step: Step, said: Answer) -> None:
    if said.done_at is None:
        raise RefusedError(f"Say when {step.name} was done.")
    if said.done_at > timezone.now():
        raise RefusedError(
            f"{step.name} is said to be done at a time that has not come yet. Check the time."
        )
    refuse_signed_later(visit, said.done_at, step.name)
    if step.minute is not None or step.is_time_zero:
        _refuse_outside_stay(visit, step, said.done_at)


def _refuse_outside_stay(visit: Visit, step: Step, at: datetime) -> None:
    """What is done by the clock of a stay is done in the house."""
    stay = stay_of(visit)
    if stay is None:
        return
    presence, zone = presence_of(stay), visit.site.place.zone
    if presence is None:
        raise InHouseError(
            stay, f"{visit.subject} was not admitted yet. Record the admission, then {step.name}."
        )
    if why := presence.why_not(at, zone):
        raise RefusedError(
            f"{step.name} at {say(at, zone)} would be {why}. Correct one of the times."
        )


def _refuse_values(step: Step, said: Answer) -> None:
    known = {value.field: value for value in step.values}
    if strange := sorted(set(said.values) - set(known)):
        raise RefusedError(f"{step.name} does not measure {', '.join(strange)}.")
    for name, typed in said.values.items():
        measure = known[name].measure
        if not measure.is_possible(typed):
            raise RefusedError(
                f"{measure.name} {typed} {measure.unit} cannot be:"
                f" type a value from {measure.least} to {measure.most}."
            )


def _settled(step: Step, said: Answer) -> Answer:
    """What is measured is done once every value is there, and those outside their range are settled."""
    if step.panel is None or said.outcome != Outcome.DONE:
        return said
    if not said.values and not step.record:
        raise RefusedError(f"Type the values of {step.name}.")
    codes = {measure.code for measure in step.panel.measures}
    return said if _is_whole(codes, step, said) else replace(said, outcome=Outcome.OPEN)


def _is_whole(codes: set[str], step: Step, said: Answer) -> bool:
    """Whether every measure has a value, and every last one is settled."""
    there = {value.field for value in step.values if value.held} | set(said.values)
    return codes <= there and not any(_is_unsettled(code, step, said) for code in codes)


def _is_unsettled(code: str, step: Step, said: Answer) -> bool:
    """Whether the last value of a measure lies outside its range, and nobody said why it is kept."""
    last: tuple[Value, Decimal] | None = None
    for value in step.values:
        if value.measure.code != code:
            continue
        typed = said.values.get(value.field, value.held.value if value.held else None)
        if typed is not None:
            last = value, typed
    if last is None:
        return False
    value, typed = last
    return not value.measure.is_usual(typed) and not _kept_because(value, said).strip()


def _write(visit: Visit, step: Step, said: Answer) -> ProcedureRecord:
    record = step.record_at(visit)
    for name in COLUMNS:
        setattr(record, name, getattr(said, name))
    if said.outcome not in LACKING:
        record.why_not = ""
    if said.outcome in {Outcome.NOT_DONE, Outcome.NOT_APPLICABLE}:
        record.done_at = record.performer = record.equipment = None
        record.is_pending = False
    record.save()
    return record


def _measure(record: ProcedureRecord, step: Step, said: Answer) -> None:
    """Keep the values, those that were there already only where they are typed otherwise."""
    new, changed = [], []
    for value in step.values:
        typed = said.values.get(value.field)
        kept = _kept_because(value, said)
        if value.held is not None:
            now: Decimal = value.held.value if typed is None else typed
            if (value.held.value, value.held.kept_because) != (now, kept):
                value.held.value, value.held.kept_because = now, kept[:200]
                changed.append(value.held)
        elif typed is not None:
            new.append(_measured(record, value, typed, kept, said))
    Measurement.objects.bulk_create(new)
    Measurement.objects.bulk_update(changed, ["value", "kept_because"])


def _kept_because(value: Value, said: Answer) -> str:
    """Why a value outside its range is kept, as said now or before."""
    return said.kept.get(value.field, value.held.kept_because if value.held else "")


def _measured(
    record: ProcedureRecord, value: Value, typed: Decimal, kept: str, said: Answer
) -> Measurement:
    """A value as it was taken, with the range that held then."""
    measure = value.measure
    return Measurement(
        visit_id=record.visit_id, record=record, measure=measure.code, attempt=value.attempt,
        value=typed, unit=measure.unit, low=measure.low, high=measure.high,
        taken_at=said.done_at or timezone.now(), kept_because=kept[:200],
    )  # fmt: skip


def _kept_beside(record: ProcedureRecord, said: Answer, by: User) -> OtherAnswer:
    """Keep an answer beside the one that came first; the same answer is no second one."""
    same = (record.outcome, record.performer_id, record.why_not) == (
        said.outcome, said.performer.pk if said.performer else None, said.why_not,
    )  # fmt: skip
    if same and record.done_at == said.done_at and not said.values:
        raise ChangedError(record)
    made: OtherAnswer = OtherAnswer.objects.create(
        visit_id=record.visit_id, record=record, outcome=said.outcome, done_at=said.done_at, performer=said.performer,
        why_not=said.why_not, note=said.note, by_name=by.get_full_name(), at=timezone.now(),
        values={name: str(typed) for name, typed in said.values.items()},
    )  # fmt: skip
    return made


def _take(visit: Visit, other: OtherAnswer, reason: str) -> None:
    """Put the second answer in the place of the first; the trail keeps both."""
    step = next(
        step for step in conduct_of(visit).steps
        if step.record is not None and step.record.pk == other.record_id
    )  # fmt: skip
    said = Answer(
        outcome=other.outcome, done_at=other.done_at, performer=other.performer,
        why_not=other.why_not, note=other.note,
        values={name: Decimal(typed) for name, typed in other.values.items()},
    )  # fmt: skip
    if visit.status == VisitStatus.COMPLETED and not reason.strip():
        raise RefusedError(f"{visit.name} is completed. Give the reason for the correction.")
    record = _write(visit, step, said)
    _measure(record, step, said)
