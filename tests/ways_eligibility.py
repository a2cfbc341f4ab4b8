"""What the addresses of eligibility take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.permissions import Permission
from subjects.actions import eligibility, randomisation
from tests.subjects.criteria import answer, break_blind, criterion, investigator, with_criteria
from tests.ways import Table, Way
from tests.world import World, screen
from trials.actions import trials


def eligibility_ways(world: World) -> Table:
    """A subject with criteria, one of them failed and asked to be waived."""
    other = screen(world)
    randomised = randomisation.randomise(
        other, on=other.screened_on, number="R-1", reason="in test", by=world.coordinator
    )
    broken = break_blind(randomised, investigator(world))
    with_criteria(world, "7.0")
    subject = screen(world)
    trials.change_trial(world.trial, values={"allows_waivers": True}, by=world.admin)
    answer(world, subject, I2="not_met", E2="present")
    waiver = eligibility.request_waiver(
        subject, criterion=criterion("I2"), reason="in test", by=world.coordinator
    )
    see: dict[str, Any] = {"see": Permission.SUBJECT_VIEW}
    change: dict[str, Any] = see | {"methods": "GET POST"}

    def to(name: str, *args: object) -> str:
        return reverse(name, args=args)

    record = Permission.RANDOMISATION_RECORD
    return {
        "subjects:randomise": [Way(to("subjects:randomise", subject.pk), get=record, **change)],
        "subjects:correct_randomisation": [
            Way(to("subjects:correct_randomisation", randomised.pk), get=record, **change)
        ],
        "subjects:void_randomisation": [
            Way(to("subjects:void_randomisation", randomised.pk), get=record, **change)
        ],
        "subjects:allocation": [
            Way(
                to("subjects:allocation", randomised.pk), get=Permission.ALLOCATION_VIEW,
                post=Permission.ALLOCATION_RECORD, **change,
            )
        ],
        "subjects:unblinding": [Way(to("subjects:unblinding", randomised.pk), **see)],
        "subjects:break_blind": [
            Way(to("subjects:break_blind", randomised.pk), get=Permission.BLIND_BREAK, **change)
        ],
        "subjects:record_unblinding": [
            Way(
                to("subjects:record_unblinding", randomised.pk), get=Permission.DEVIATION_REPORT,
                **change,
            )
        ],
        "subjects:read_allocation": [
            Way(to("subjects:read_allocation", broken.pk), own=True, **see | {"methods": "POST"})
        ],
        "workspace:subject_eligibility": [
            Way(to("workspace:subject_eligibility", world.trial.code, subject.number), **see)
        ],
        "subjects:answer_criteria": [
            Way(
                to("subjects:answer_criteria", subject.pk), get=Permission.ELIGIBILITY_ANSWER,
                **change,
            )
        ],
        "subjects:decide_eligible": [
            Way(
                to("subjects:decide_eligible", subject.pk), get=Permission.ELIGIBILITY_DECIDE,
                **change,
            )
        ],
        "subjects:request_waiver": [
            Way(
                to("subjects:request_waiver", subject.pk, criterion("E2").pk),
                get=Permission.ELIGIBILITY_ANSWER, **change,
            )
        ],
        "subjects:decide_waiver": [
            Way(
                to("subjects:decide_waiver", waiver.pk, verb), get=Permission.ELIGIBILITY_WAIVE,
                **change,
            )
            for verb in ("approve", "refuse")
        ],
    }  # fmt: skip
