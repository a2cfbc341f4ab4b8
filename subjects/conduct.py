"""The procedures of a visit in the order of the protocol, what became of each, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.dates import show_clock
from subjects.models import Measurement, OtherAnswer, Outcome, ProcedureRecord, Visit
from subjects.models.procedure import LACKING
from trials.models import VisitProcedure
from trials.panels import Measure, Panel, panel_of
from trials.words import say_sample

Need = VisitProcedure.Need
A_WHILE = 2  # hours, from which minutes are not counted
ANSWERED = frozenset({Outcome.DONE, Outcome.PARTLY, Outcome.NOT_DONE, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Allowed:
    """When a timed sample is due, and how much earlier and later it may be drawn."""

    earliest: datetime
    target: datetime
    latest: datetime

    def holds(self, at: datetime) -> bool:
        """Whether a minute lies within it."""
        return self.earliest <= at.replace(second=0, microsecond=0) <= self.latest


@dataclass(frozen=True, slots=True)
class Value:
    """One value to type: the first measurement, or a repeat of it."""

    measure: Measure
    attempt: int
    held: Measurement | None
    last: Decimal | None  # at an earlier visit
    typed: str = ""  # and refused
    typed_reason: str = ""  # to keep a value outside its range, and refused

    @property
    def field(self) -> str:
        """The name of its field."""
        return self.measure.code if self.attempt == 1 else f"{self.measure.code}-{self.attempt}"

    @property
    def shown(self) -> str:
        """The value as it is typed."""
        if self.typed:
            return self.typed
        return "" if self.held is None else f"{self.held.value:.{self.measure.places}f}"

    @property
    def hint(self) -> str:
        """The usual range, and the value at an earlier visit."""
        last = "" if self.last is None else f"last {self.last:.{self.measure.places}f}"
        return ", ".join(part for part in (self.measure.usual, last) if part)

    @property
    def is_unusual(self) -> bool:
        """Whether it lies outside its range."""
        return self.held is not None and not self.held.is_usual


@dataclass(frozen=True, slots=True)
class Step:
    """A procedure of a visit, or one timed sample of it, and what became of it."""

    slug: str
    name: str
    definition_id: int | None
    minute: int | None
    need: str
    condition: str
    is_critical: bool
    is_time_zero: bool
    record: ProcedureRecord | None
    panel: Panel | None
    values: tuple[Value, ...]
    others: tuple[OtherAnswer, ...]
    sides: tuple[int, int] = (0, 0)  # minutes it may be early and late
    number: int = 0
    waits_for: int = 0  # the number of the step before which it cannot be done
    allowed: Allowed | None = None

    @property
    def outcome(self) -> str:
        """What became of it."""
        return self.record.outcome if self.record else Outcome.OPEN

    @property
    def is_answered(self) -> bool:
        """Whether it is said what became of it."""
        return self.outcome in ANSWERED

    @property
    def is_before(self) -> bool:
        """Whether it is a sample that is drawn before what samples count from."""
        return self.minute is not None and self.minute < 0

    @property
    def is_lacking(self) -> bool:
        """Whether the protocol asks for it and it was not done, or not all of it."""
        return self.outcome in LACKING and self.need != Need.CONDITIONAL

    @property
    def is_mistimed(self) -> bool:
        """Whether it was done outside the minutes that are allowed."""
        done_at = self.record.done_at if self.record else None
        return done_at is not None and self.allowed is not None and not self.allowed.holds(done_at)

    @property
    def off(self) -> str:
        """How far outside its minutes it was done, in words; empty where it was in time."""
        done_at = self.record.done_at if self.record else None
        if done_at is None or self.allowed is None or not self.is_mistimed:
            return ""
        is_late = done_at > self.allowed.latest
        by = done_at - self.allowed.latest if is_late else self.allowed.earliest - done_at
        return f"{round(by.total_seconds() / 60)} min too {'late' if is_late else 'early'}"

    def record_at(self, visit: Visit) -> ProcedureRecord:
        """Its record at the visit, a new one where there is none."""
        return self.record or ProcedureRecord(
            visit=visit, definition_id=self.definition_id, minute=self.minute, name=self.name[:300]
        )

    @property
    def unsettled(self) -> list[Value]:
        """Values outside their range that were neither repeated nor kept with a reason."""
        last = {value.measure.code: value for value in self.values if value.held}
        return [
            value for value in last.values()
            if value.is_unusual and value.held is not None and not value.held.kept_because
        ]  # fmt: skip

    @property
    def untyped(self) -> list[Value]:
        """Values that were not measured yet."""
        return [value for value in self.values if value.attempt == 1 and value.held is None]


@dataclass(frozen=True, slots=True)
class Conduct:
    """The steps of a visit, as they stand."""

    steps: tuple[Step, ...]

    @property
    def first_done(self) -> tuple[datetime, Step] | None:
        """When the first procedure was done, and which; none before that."""
        done = [
            (step.record.done_at, step) for step in self.steps
            if step.record is not None and step.record.done_at is not None
        ]  # fmt: skip
        return min(done, key=lambda pair: pair[0], default=None)

    def step(self, slug: str) -> Step | None:
        """The step of this address, while the visit has it."""
        return next((step for step in self.steps if step.slug == slug), None)

    def with_records(self, records: Mapping[str, ProcedureRecord]) -> Conduct:
        """The same with other answers to some steps."""
        steps = (replace(one, record=records.get(one.slug, one.record)) for one in self.steps)
        return replace(self, steps=tuple(steps))

    @property
    def open(self) -> list[Step]:
        """Steps of which nobody has said what became of them."""
        return [step for step in self.steps if not step.is_answered]

    @property
    def missing(self) -> list[Step]:
        """Open steps that the protocol asks for in any case, and answers that are not settled."""
        return [
            step for step in self.steps
            if (not step.is_answered and step.need != Need.CONDITIONAL) or step.others
        ]  # fmt: skip

    @property
    def gaps(self) -> list[Step]:
        """Steps that deviate from the protocol: not done, only partly, or outside their time."""
        return [step for step in self.steps if step.is_lacking or step.is_mistimed]

    @property
    def now(self) -> Step | None:
        """The first open step that can be done."""
        return next((step for step in self.open if not step.waits_for), None)

    def count(self, *outcomes: str) -> int:
        """How many steps came out like this."""
        return sum(step.outcome in outcomes for step in self.steps)

    @property
    def done(self) -> int:
        """How many were done."""
        return self.count(Outcome.DONE, Outcome.PARTLY)

    @property
    def not_done(self) -> int:
        """How many were not done."""
        return self.count(Outcome.NOT_DONE)

    @property
    def counted(self) -> str:
        """The counts in words."""
        left = len(self.open)
        parts = [f"{self.done} done"]
        parts += [f"{self.not_done} not done"] if self.not_done else []
        parts += [f"{left} open"] if left else []
        return ", ".join(parts)


def conduct_of(visit: Visit, *, with_last: bool = False) -> Conduct:
    """What is done at a visit, in four queries however long the protocol is; in five with last values."""
    records = list(
        ProcedureRecord.objects.filter(visit=visit)
        .select_related("performer", "equipment")
        .prefetch_related("measurements")
        .order_by("pk")
    )
    others = defaultdict(list)
    for other in OtherAnswer.objects.filter(visit=visit, is_taken=None).order_by("pk"):
        others[other.record_id].append(other)
    last = _last_values(visit) if with_last else {}
    held = {(record.definition_id, record.minute): record for record in records}
    steps = [step for cell in _asked_at(visit) for step in _steps(cell, held, others, last)]
    planned = {step.record.pk for step in steps if step.record}
    steps += [_of_record(record, others, last) for record in records if record.pk not in planned]
    return _in_order(steps)


def _asked_at(visit: Visit) -> Iterable[VisitProcedure]:
    """What the protocol asks for at a visit that it plans."""
    if visit.definition_id is None:
        return ()
    cells = VisitProcedure.objects.filter(visit=visit.definition_id).select_related("procedure")
    return cells.order_by("procedure__position", "pk")


def _last_values(visit: Visit) -> dict[str, Decimal]:
    """Of each measure the latest value of the subject at another visit."""
    rows = Measurement.objects.filter(visit__subject=visit.subject_id)
    rows = rows.exclude(visit=visit).order_by("measure", "-taken_at", "-attempt")
    return dict(rows.distinct("measure").values_list("measure", "value"))


Others = Mapping[int, list[OtherAnswer]]
Held = Mapping[tuple[int | None, int | None], ProcedureRecord]


def _steps(
    cell: VisitProcedure, held: Held, others: Others, last: Mapping[str, Decimal]
) -> Iterable[Step]:
    """A cell of the schedule as steps: one, or one for each of its samples."""
    procedure = cell.procedure
    for minute, early, late in cell.offsets or [(None, 0, 0)]:
        record = held.get((procedure.pk, minute))
        sample = "" if minute is None else f", {say_sample(minute, early, late)}"
        yield _step(
            Step(
                slug=f"{procedure.pk}" if minute is None else f"{procedure.pk}m{minute}",
                name=f"{procedure.name}{sample}", definition_id=procedure.pk, minute=minute,
                need=cell.need, condition=cell.condition, is_critical=procedure.is_critical,
                is_time_zero=cell.is_time_zero, record=record, panel=panel_of(procedure.name),
                values=(), others=(), sides=(early, late),
            ),
            others, last,
        )  # fmt: skip


def _of_record(record: ProcedureRecord, others: Others, last: Mapping[str, Decimal]) -> Step:
    """What was done beyond the protocol, or under a version the visit had before."""
    return _step(
        Step(
            slug=f"r{record.pk}", name=record.name, definition_id=record.definition_id,
            minute=record.minute, need="", condition="", is_critical=False, is_time_zero=False,
            record=record, panel=panel_of(record.name), values=(), others=(),
        ),
        others, last,
    )  # fmt: skip


def _step(step: Step, others: Others, last: Mapping[str, Decimal]) -> Step:
    """The step with its values and with the other answers to it."""
    found = others.get(step.record.pk, []) if step.record else []
    return replace(step, values=tuple(_values(step, last)), others=tuple(found))


def _values(step: Step, last: Mapping[str, Decimal]) -> Iterable[Value]:
    """The values a step asks for; after one outside its range there is room for a repeat."""
    taken: dict[str, list[Measurement]] = defaultdict(list)
    if step.record:
        for one in sorted(step.record.measurements.all(), key=lambda held: held.attempt):
            taken[one.measure].append(one)
    measures = step.panel.measures if step.panel else ()
    for measure in measures:
        first = next(iter(taken[measure.code]), None)
        yield Value(measure, 1, first, last.get(measure.code))
    for measure in measures:
        yield from _repeats(measure, taken[measure.code])


def _repeats(measure: Measure, held: Sequence[Measurement]) -> Iterable[Value]:
    """The values after the first, with room for one more where the last is not settled."""
    yield from (Value(measure, one.attempt, one, None) for one in held[1:])
    if held and not held[-1].is_usual and not held[-1].kept_because:
        yield Value(measure, held[-1].attempt + 1, None, None)


def _in_order(steps: list[Step]) -> Conduct:
    """Steps as they come: samples around what they count from, numbered, with what each waits for."""
    ordered = _around_zero(steps)
    numbered = [replace(step, number=number) for number, step in enumerate(ordered, 1)]
    zero = _zero_of(numbered)
    if zero is None:
        return Conduct(tuple(numbered))
    first = next((one for one in numbered if one.is_before and not one.is_answered), None)
    waiting = replace(zero, waits_for=first.number if first else 0)
    return Conduct(
        tuple(waiting if step is zero else _placed(step, zero) for step in numbered)
    )  # fmt: skip


def _zero_of(steps: Iterable[Step]) -> Step | None:
    """The step from which samples count."""
    return next((step for step in steps if step.is_time_zero), None)


def _around_zero(steps: list[Step]) -> list[Step]:
    """The samples in their order, before and after what they count from."""
    zero = _zero_of(steps)
    if zero is None:
        return steps
    samples = sorted(
        (step for step in steps if step.minute is not None), key=lambda step: step.minute or 0
    )
    before = [step for step in samples if step.is_before]
    rest = [step for step in steps if step.minute is None]
    place = rest.index(zero)
    return [*rest[:place], *before, zero, *samples[len(before) :], *rest[place + 1 :]]


def _placed(step: Step, zero: Step) -> Step:
    """A sample with its clock, and with the step it has to wait for; any other step as it is."""
    if step.minute is None:
        return step
    waits = not step.is_before and not zero.is_answered
    zero_at = zero.record.done_at if zero.record else None
    return replace(step, waits_for=zero.number if waits else 0, allowed=_allowed(step, zero_at))


def _allowed(step: Step, zero_at: datetime | None) -> Allowed | None:
    if zero_at is None or step.minute is None:
        return None
    early, late = (timedelta(minutes=side) for side in step.sides)
    target = zero_at.replace(second=0, microsecond=0) + timedelta(minutes=step.minute)
    return Allowed(target - early, target, target + late)


def clock_words(allowed: Allowed, now: datetime, zone: ZoneInfo) -> str:
    """How long it is to the target of a sample, in words."""
    minutes = round((allowed.target - now).total_seconds() / 60)
    hours = abs(minutes) // 60
    length = f"{abs(minutes)} min" if hours < A_WHILE else f"{hours} h"
    at = show_clock(allowed.target.astimezone(zone))
    if now > allowed.latest:
        return f"{length} past {at}"
    return (
        f"now, target {at}"
        if minutes == 0
        else (f"{length} to {at}" if minutes > 0 else f"{length} after {at}")
    )
