"""What the addresses of a visit that is being done take."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from core.permissions import Permission
from subjects.actions import procedures, subjects, visits
from subjects.actions.procedures import Answer
from subjects.models import OtherAnswer, ProcedureRecord
from tests.ways import Way
from tests.world import World, screen, visit


def conduct_ways(world: World) -> dict[str, list[Way]]:
    """The procedures of a visit, an awaited result, and two answers to settle."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - timedelta(days=14), by=world.coordinator
    )
    held = visit(subject, "W2")
    visits.check_in(held, by=world.coordinator)
    visits.start(held, by=world.coordinator)
    record = procedures.add_unplanned(held, name="Repeat sample", by=world.coordinator)
    other = _answered_twice(world, record)
    see, do = Permission.SUBJECT_VIEW, Permission.VISIT_CONDUCT

    def to(name: str, *args: object) -> str:
        return reverse(f"subjects:{name}", args=args)

    return {
        "subjects:conduct": [Way(to("conduct", held.pk), see=see)],
        "subjects:worksheet": [Way(to("worksheet", held.pk), see=see)],
        "subjects:answer": [
            Way(to("answer", held.pk, f"r{record.pk}"), see=see, post=do, methods="POST")
        ],
        "subjects:add_procedure": [
            Way(to("add_procedure", held.pk), see=see, get=do, methods="GET POST")
        ],
        "subjects:receive": [Way(to("receive", record.pk), see=see, get=do, methods="GET POST")],
        "subjects:settle": [Way(to("settle", other.pk), see=see, post=do, methods="POST")],
    }


def _answered_twice(world: World, record: ProcedureRecord) -> OtherAnswer:
    """A procedure that is done, its result awaited, and that somebody else says was not done."""
    said = [
        Answer(done_at=timezone.now(), performer=world.person, is_pending=True),
        Answer(outcome="not_done", why_not="forgotten"),
    ]
    first, second = (
        procedures.answer(
            record.visit, slug=f"r{record.pk}", said=one, revision=revision, by=world.coordinator
        )
        for one, revision in zip(said, (None, 1), strict=True)
    )
    assert isinstance(first, ProcedureRecord)
    assert isinstance(second, OtherAnswer)
    return second
