"""Events for the tests of safety: people, a subject, and an event with what a test wants of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.dates import PartialDate
from safety.actions import assessments, events, reports, set_up
from safety.models import CTCAE_6, AdverseEvent, GradingTerm
from tests.world import World, screen, user_with

HOUR = timedelta(hours=1)


def partial(day: date) -> PartialDate:
    return PartialDate(day.year, day.month, day.day)


def term(name: str = "Anemia") -> GradingTerm:
    found: GradingTerm = GradingTerm.objects.get(version=CTCAE_6, name=name)
    return found


def values(**changes: Any) -> dict[str, Any]:
    """What is known of an event an hour after the site heard of it."""
    aware_at = timezone.now() - HOUR
    given = {
        "term": "Acute appendicitis", "severity": "severe", "aware_at": aware_at,
        "onset": partial(aware_at.date() - timedelta(days=1)), "study_drug": "300 mg, day 71",
        "reporter": "Relative",
    }  # fmt: skip
    return given | changes


def medication(**changes: Any) -> dict[str, Any]:
    """What is known of a medication that goes on."""
    given = {
        "name": "Omeprazole", "dose": "20 mg", "frequency": "Once daily", "route": "By mouth",
        "started": PartialDate(2026, 3), "ended": None, "is_ongoing": True,
        "indication": "history", "event": None, "condition": "Reflux",
    }  # fmt: skip
    return given | changes


def log(world: World, *criteria: str, **changes: Any) -> AdverseEvent:
    return events.log_event(
        screen(world), values=values(**changes), criteria=criteria, by=world.coordinator
    )


def monitor_of(world: World) -> User:
    return user_with(Role.MEDICAL_MONITOR, world.trial, world.admin)


def investigator_of(world: World) -> User:
    return user_with(Role.INVESTIGATOR, world.site, world.admin)


def susar(world: World, *criteria: str) -> AdverseEvent:
    """A reported event that is serious, suspected and unexpected."""
    monitor, investigator = monitor_of(world), investigator_of(world)
    event = log(world, *(criteria or ("hospital",)))
    set_up.add_reference(
        world.trial, version="IB edition 6.0", from_on=date(2020, 1, 1), by=monitor
    )
    assessments.assess_causality(event, is_related=True, causality="possible", by=investigator)
    reports.send_report(event, by=world.coordinator)
    return assessments.assess_for_sponsor(event, is_related=False, is_expected=False, by=monitor)


def codes(event: AdverseEvent) -> set[str]:
    """The clocks of the event that run and are not met."""
    return set(event.clocks.filter(is_running=True, met_at=None).values_list("code", flat=True))
