"""A trial with nights for tests: two beds, a visit of two nights, a dose with samples past midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from core.actions import RefusedError
from core.audit import record, under_event
from sites.actions import places, sites
from sites.models import Bed, Claim, ClaimKind
from sites.pages import BedPages
from subjects.actions import bookings, procedures, stays, subjects, visits
from subjects.actions.procedures import Answer
from subjects.conduct import conduct_of
from subjects.models import Stay, Visit
from tests.world import LONDON, World, screen, visit
from trials.models import ProcedureDefinition, ScheduleVersion, VisitDefinition, VisitProcedure

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAMPLES = [[-30, 30, 0], [60, 10, 10], [960, 15, 15], [1440, 30, 30]]
MEALS = [[240, 30, 30], [1380, 30, 30]]


def with_nights(world: World, from_on: date | None = None) -> list[Bed]:
    """A version in effect whose third visit has two nights, and two beds at the place."""
    with under_event("test") as current:
        version = ScheduleVersion.objects.create(trial=world.trial, number="9.0")
        days = [
            ("SCR", -14, 0, 13), ("D1", 0, 0, 0), ("W2", 14, 3, 3), ("INP", 14, 30, 30),
            ("W4", 28, 3, 3), ("W8", 56, 3, 3),
        ]  # fmt: skip
        held = {
            code: VisitDefinition.objects.create(
                version=version, code=code, name=code, position=position, days=at,
                early_days=early, late_days=late, is_anchor=code == "D1",
                nights={"INP": 2, "W4": 1}.get(code, 0),
                modality="inpatient" if code == "INP" else "clinic",
            )
            for position, (code, at, early, late) in enumerate(days)
        }  # fmt: skip
        asked: list[tuple[str, str, list[list[int]], bool]] = [
            ("Alcohol breath test", "conditional", [], False),
            ("PK serum samples", "timed", SAMPLES, False),
            ("Meal", "timed", MEALS, False),
            ("Study drug 300 mg SC", "required", [], True),
        ]
        for position, (name, need, offsets, is_zero) in enumerate(asked):
            procedure = ProcedureDefinition.objects.create(
                version=version, name=name, position=position
            )
            VisitProcedure.objects.create(
                visit=held["INP"], procedure=procedure, need=need, offsets=offsets,
                is_time_zero=is_zero,
            )  # fmt: skip
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
        record("write schedule", current, target=version, by=world.manager)
    sites.put_into_effect(
        world.site, version=version, from_on=from_on or timezone.localdate(), by=world.manager
    )
    places.set_hours(world.place, hours=[], by=world.coordinator)
    return [
        BedPages.adding(world.place, values={"name": name, "unit": "Unit A"}, by=world.coordinator)
        for name in ("Bed 1", "Bed 2")
    ]


def to_stay(world: World) -> Visit:
    """The visit with nights of a new subject, to be booked."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - 14 * DAY, by=world.coordinator
    )
    return visit(subject, "INP")


def clock(day: date, text: str) -> datetime:
    """A time of day in London."""
    return datetime.combine(day, time.fromisoformat(text), LONDON)


def book(world: World, held: Visit, start: datetime, bed: Bed | None) -> Visit:
    """Book a visit, with its bed."""
    wanted = bookings.Wanted(start, 60, bed=bed)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    held.refresh_from_db()
    return held


def admitted(world: World, bed: Bed, start: datetime) -> Stay:
    """A new subject that came for its stay as booked, and whose visit was started."""
    held = book(world, to_stay(world), start, bed)
    stay = stays.admit(held, at=start, by=world.coordinator)
    visits.start(held, by=world.coordinator)
    return Stay.objects.get(pk=stay.pk)


def do(world: World, held: Visit, name: str, at: datetime) -> None:
    """Do the step whose name begins so."""
    step = next(
        one for one in conduct_of(held).steps if one.name.startswith(name) and not one.is_answered
    )
    said = Answer(done_at=at, performer=world.person)
    procedures.answer(held, slug=step.slug, said=said, by=world.coordinator)


def refused(act: Callable[[], object], *words: str, error: type[Exception] = RefusedError) -> None:
    """The act is refused in words, and leaves nothing behind."""
    with pytest.raises(error) as said, transaction.atomic():
        act()
    for word in words:
        assert word in str(said.value)


def held_by(bed: Bed) -> list[tuple[datetime, datetime]]:
    """From when to when a bed is held."""
    rows = Claim.objects.filter(kind=ClaimKind.BED, resource_id=bed.pk).order_by("period")
    return [(period.lower, period.upper) for period in rows.values_list("period", flat=True)]
