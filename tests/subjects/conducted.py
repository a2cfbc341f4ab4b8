"""A visit with procedures for tests: vital signs, a dose with timed samples, something conditional."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from core.audit import under_event
from sites.actions import sites
from subjects.actions import procedures, subjects, visits
from subjects.actions.procedures import Answer
from subjects.conduct import Conduct, conduct_of
from subjects.models import Outcome, ProcedureRecord, Subject, Visit
from tests.world import World, screen, visit
from trials.models import ProcedureDefinition, ScheduleVersion, VisitDefinition, VisitProcedure

SAMPLES = [[-30, 30, 0], [60, 10, 10]]


def with_procedures(world: World) -> ScheduleVersion:
    """A version in effect from today whose week 2 asks for six procedures and two timed samples."""
    with under_event("test"):
        version = ScheduleVersion.objects.create(trial=world.trial, number="2.0")
        days = [("SCR", -14, 0, 13), ("D1", 0, 0, 0), ("W2", 14, 3, 3), ("W4", 28, 3, 3)]
        held = {
            code: VisitDefinition.objects.create(
                version=version, code=code, name=code, position=position, days=at,
                early_days=early, late_days=late, is_anchor=code == "D1",
            )
            for position, (code, at, early, late) in enumerate(days)
        }  # fmt: skip
        asked = [
            ("Adverse events", "required", [], False),
            ("Vital signs", "required", [], False),
            ("Urine pregnancy test", "conditional", [], False),
            ("PK serum samples", "timed", SAMPLES, False),
            ("Study drug 300 mg SC", "required", [], True),
            ("Weight", "required", [], False),
        ]
        for position, (name, need, offsets, is_zero) in enumerate(asked):
            procedure = ProcedureDefinition.objects.create(
                version=version, name=name, position=position
            )
            VisitProcedure.objects.create(
                visit=held["W2"], procedure=procedure, need=need, offsets=offsets,
                is_time_zero=is_zero,
            )  # fmt: skip
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    sites.put_into_effect(
        world.site, version=version, from_on=timezone.localdate(), by=world.manager
    )
    return version


def begun(world: World) -> Visit:
    """Week 2 of a subject, today, started."""
    with_procedures(world)
    subject: Subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - timedelta(days=14), by=world.coordinator
    )
    held = visit(subject, "W2")
    visits.check_in(held, by=world.coordinator)
    return visits.start(held, by=world.coordinator)


def slug(conduct: Conduct, name: str) -> str:
    """The address of the step whose name begins so."""
    return next(step.slug for step in conduct.steps if step.name.startswith(name))


def said(world: World, **more: object) -> Answer:
    """Done now by Priya Nair."""
    given: dict[str, object] = {
        "done_at": timezone.now().replace(second=0, microsecond=0), "performer": world.person,
        **more,
    }  # fmt: skip
    return Answer(**given)  # type: ignore[arg-type]


def answer(world: World, held: Visit, name: str, **more: object) -> ProcedureRecord:
    """Answer a procedure by the beginning of its name: done now, unless said otherwise."""
    made = procedures.answer(
        held, slug=slug(conduct_of(held), name), said=said(world, **more), by=world.coordinator
    )
    assert isinstance(made, ProcedureRecord)
    return made


def not_done(world: World, held: Visit, name: str, why: str = "forgotten") -> ProcedureRecord:
    """Say that a procedure was not done."""
    return answer(world, held, name, outcome=Outcome.NOT_DONE, why_not=why)
