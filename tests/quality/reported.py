"""Deviations for tests."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from quality.actions import issues
from quality.models import Issue
from subjects.actions import subjects, visits
from subjects.models import DeviationDraft, Subject
from tests.world import World, screen, visit

DAY = timedelta(days=1)


def values(**more: object) -> dict[str, object]:
    """What is reported, unless said otherwise."""
    today = timezone.localdate()
    return {
        "kind": "deviation", "category": "missed_assessment", "proposed": "minor", "happened_on": today - DAY,
        "aware_on": today, "what": "DLQI was not done.", "effect": "One value is missing.", **more,
    }  # fmt: skip


def reported(world: World, subject: Subject | None = None, **more: object) -> Issue:
    """A deviation of a subject, or of the site."""
    return issues.report(world.site, subject=subject, values=values(**more), by=world.coordinator)


def explained(world: World, held: Issue) -> Issue:
    """With its root cause."""
    why = {
        "root_cause": "training", "why": "New tablet", "correction": "Trained",
    }  # fmt: skip
    return issues.explain(held, values=why, by=world.coordinator)


def assessed(world: World, held: Issue, **more: object) -> Issue:
    """With the class that was proposed, confirmed."""
    given: dict[str, object] = {"classification": held.proposed, "is_important": False, **more}
    return issues.assess(held, by=world.manager, **given)  # type: ignore[arg-type]


def missed(world: World) -> DeviationDraft:
    """The draft of a visit that a subject missed."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - 14 * DAY, by=world.coordinator
    )
    visits.miss(visit(subject, "W2"), reason="did not come", by=world.coordinator)
    found: DeviationDraft = DeviationDraft.objects.get(visit__subject=subject)
    return found
