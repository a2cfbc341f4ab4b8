"""What is refused about stays and leaves, each in words that say what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.actions import RefusedError
from core.versions import ConflictError
from sites.models import Bed
from subjects.actions import leaves, stays
from subjects.beds import stay_of
from subjects.models import Leave, Stay
from tests.subjects.stayed import DAY, admitted, book, clock, do, refused, to_stay
from tests.world import World, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]
TODAY = date(2026, 6, 11)
TOMORROW, AFTER = TODAY + DAY, TODAY + 2 * DAY
Act = Callable[[], object]


def test_of_a_bed_that_is_only_reserved(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    held = to_stay(world)
    refused(lambda: stays.reserve_bed(held, bed=beds[0], by=by), "is not booked as a stay")
    held = book(world, held, clock(TODAY, "08:00"), beds[0])
    refused(
        lambda: stays.reserve_bed(held, bed=beds[0], until=clock(TODAY, "07:00"), by=by),
        "discharge would be before the admission",
    )
    stay = stay_of(held)
    assert stay
    refused(lambda: stays.release_bed(stay, reason=" ", by=by), "Give the reason")
    refused(
        lambda: stays.discharge(stay, at=clock(TODAY, "11:00"), by=by),
        "is not in house",
        error=ConflictError,
    )
    refused(
        lambda: leaves.take_back_stay(stay, reason="typo", by=by),
        "nothing to take back",
        error=ConflictError,
    )
    refused(
        lambda: stays.correct_stay(stay, admitted_at=clock(TODAY, "09:00"), reason="typo", by=by),
        "Reload to see", error=ConflictError,
    )  # fmt: skip


def test_of_an_admission_without_a_reservation(world: World, beds: list[Bed]) -> None:
    by, at = world.coordinator, clock(TODAY, "09:00")
    subject = to_stay(world).subject
    clinic = book(world, visit(subject, "W2"), clock(TODAY, "09:00"), None)
    refused(
        lambda: stays.admit(clinic, at=at, bed=beds[0], by=by), "has nobody stay overnight at W2"
    )


def test_of_a_stay_in_house(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    at = clock(TODAY, "11:00")
    wrong: list[tuple[Act, str, type[Exception]]] = [
        (lambda: stays.reserve_bed(stay.visit, bed=beds[1], by=by), "Move it to another bed", ConflictError),
        (lambda: stays.release_bed(stay, reason="x", by=by), "no bed is reserved", ConflictError),
        (lambda: stays.change_bed(stay, bed=beds[0], at=at, by=by), "is in Bed 1 already", ConflictError),
        (lambda: stays.plan_discharge(stay, until=clock(TODAY, "07:00"), by=by), "Check both times", RefusedError),
        (lambda: stays.discharge(stay, at=at, ending="medical", by=by), "Give the reason", RefusedError),
        (lambda: stays.discharge(stay, at=at, by=by), "Say why it is earlier", RefusedError),
        (lambda: leaves.come_back(stay, at=at, by=by), "is not on leave", ConflictError),
    ]  # fmt: skip
    for act, words, error in wrong:
        refused(act, words, error=error)
    assert Stay.objects.get().status == "admitted"


def test_of_a_stay_that_is_over(world: World, beds: list[Bed], clocks: Any) -> None:
    by = world.coordinator
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    clocks.move_to(clock(AFTER, "09:00"))
    stays.discharge(stay, at=clock(AFTER, "08:30"), by=by)
    refused(
        lambda: stays.plan_discharge(stay, until=clock(AFTER, "12:00"), by=by),
        "is discharged already", error=ConflictError,
    )  # fmt: skip
    refused(
        lambda: stays.change_bed(stay, bed=beds[1], at=clock(AFTER, "08:40"), by=by),
        "is not in house: discharged", error=ConflictError,
    )  # fmt: skip


def on_leave(world: World, bed: Bed) -> tuple[Stay, Leave]:
    """A subject in house since eight that left at nine and is expected at ten."""
    stay = admitted(world, bed, clock(TODAY, "08:00"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "09:00"), expected_at=clock(TODAY, "10:00"), why="Walk",
        by=world.coordinator,
    )  # fmt: skip
    return stay, leave


def test_of_a_leave(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    stay, leave = on_leave(world, beds[0])
    again = lambda **more: leaves.go_on_leave(  # noqa: E731
        stay, **{"at": clock(TODAY, "10:00"), "expected_at": clock(TODAY, "11:00"), "why": "Walk", "by": by} | more
    )  # fmt: skip
    refused(again, "is on leave already", error=ConflictError)
    refused(
        lambda: leaves.correct_leave(leave, left_at=clock(TODAY, "09:10"), reason=" ", by=by),
        "Give the reason",
    )
    refused(
        lambda: leaves.correct_leave(
            leave, left_at=clock(TODAY, "09:10"), returned_at=clock(TODAY, "10:00"), reason="x", by=by
        ),
        "changed meanwhile", error=ConflictError,
    )  # fmt: skip
    refused(lambda: leaves.void_leave(leave, reason="", by=by), "Give the reason")
    leaves.come_back(stay, at=clock(TODAY, "10:00"), by=by)
    refused(lambda: again(why=" "), "Say why the subject leaves")
    refused(
        lambda: again(
            at=clock(TODAY, "07:00"),
            returned_at=clock(TODAY, "07:30"),
            expected_at=clock(TODAY, "07:20"),
        ),
        "before the admission",
    )
    refused(
        lambda: again(at=clock(TODAY, "09:30"), returned_at=clock(TODAY, "09:40"), expected_at=clock(TODAY, "09:40")),
        "There is a leave from", error=ConflictError,
    )  # fmt: skip


def test_of_taking_an_admission_back(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    moved = admitted(world, beds[0], clock(TODAY, "08:00"))
    stays.change_bed(moved, bed=beds[1], at=clock(TODAY, "09:00"), by=by)
    refused(lambda: leaves.take_back_stay(moved, reason="typo", by=by), "changed beds since")
    treated = admitted(world, beds[0], clock(TODAY, "09:30"))
    do(world, treated.visit, "PK", clock(TODAY, "10:40"))
    refused(
        lambda: leaves.take_back_stay(treated, reason="typo", by=by), "Samples were taken since"
    )
