"""What was done at the visits of the day so far, procedure by procedure."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from sites.models import Person
from subjects.actions import procedures
from subjects.actions.procedures import Answer
from subjects.conduct import Conduct, Need, Step, conduct_of
from subjects.models import Outcome, Visit

A_STEP = timedelta(minutes=3)
USUAL = {
    "SYSBP": (118, 136, 0), "DIABP": (68, 86, 0), "PULSE": (58, 84, 0), "TEMP": (362, 371, 1),
    "RESP": (12, 18, 0), "WEIGHT": (580, 940, 1), "HEIGHT": (1580, 1890, 1),
    "EGHRMN": (56, 84, 0), "PRAG": (132, 184, 0), "QRSAG": (78, 108, 0), "QTAG": (360, 420, 0),
    "QTCFAG": (385, 435, 0),
}  # fmt: skip
NOTES = {
    "Adverse events": "None new", "Concomitant medication": "No change",
    "IGA": "IGA 2", "Haematology": "2 tubes, courier 16:00", "Clinical chemistry": "1 tube",
}  # fmt: skip
LAB = ("Haematology", "Clinical chemistry")


def conduct_visit(
    visit: Visit, start: datetime, person: Person, by: User, *, is_over: bool
) -> None:
    """Answer the procedures of a visit from its start on: all of them, or those that fit until now."""
    chance = random.Random(visit.pk)  # noqa: S311 - figures of a demonstration
    clock, now = start, timezone.now()
    while (step := _next(held := conduct_of(visit))) is not None:
        clock = max(clock + A_STEP, _earliest(step, held))
        if not is_over and clock > now:
            return
        procedures.answer(
            visit, slug=step.slug, said=_said(step, min(clock, now), person, chance), by=by
        )


def _next(conduct: Conduct) -> Step | None:
    """The first open step that the protocol asks for in any case."""
    return next(
        (
            step for step in conduct.steps
            if not step.is_answered and not step.waits_for and step.need != Need.CONDITIONAL
        ),
        None,
    )  # fmt: skip


def _earliest(step: Step, conduct: Conduct) -> datetime:
    """When a sample is due, and a dose after the samples before it; anything else can be done at once."""
    if step.allowed is not None:
        return step.allowed.target
    before = [
        one.record.done_at - timedelta(minutes=one.minute or 0) for one in conduct.steps
        if step.is_time_zero and one.record and one.record.done_at and (one.minute or 0) < 0
    ]  # fmt: skip
    return max(before, default=datetime.min.replace(tzinfo=UTC))


def _said(step: Step, at: datetime, person: Person, chance: random.Random) -> Answer:
    values = {
        value.measure.code: _value(value.measure.code, chance)
        for value in step.values if value.attempt == 1
    }  # fmt: skip
    return Answer(
        outcome=Outcome.DONE, done_at=at.replace(second=0, microsecond=0), performer=person,
        note=NOTES.get(step.name, ""), is_pending=step.name in LAB, values=values,
    )  # fmt: skip


def _value(code: str, chance: random.Random) -> Decimal:
    low, high, places = USUAL[code]
    return Decimal(chance.randint(low, high)).scaleb(-places)
