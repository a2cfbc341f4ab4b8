"""Stays overnight: beds, admission, leave, samples past midnight, discharge."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from core import obligations
from core.audit import under_event
from core.models import Obligation
from core.versions import ConflictError
from sites.models import Bed, Claim, ClaimKind
from subjects.actions import bookings, leaves, stays, subjects, visits
from subjects.actions.beds import BedNeededError, BedTakenError
from subjects.beds import free_beds
from subjects.models import Booking, Occupancy, Stay, Visit
from subjects.presence import nights_of, presence_of
from tests.subjects.stayed import (
    DAY,
    admitted,
    book,
    clock,
    do,
    held_by,
    refused,
    to_stay,
)
from tests.world import LONDON, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]
TODAY = date(2026, 6, 11)
TOMORROW, AFTER = TODAY + DAY, TODAY + 2 * DAY


def due() -> set[str]:
    obligations.refresh_everything()
    rows = Obligation.objects.filter(met_at=None, rule__startswith="stay.")
    return set(rows.values_list("rule", flat=True))


def test_a_visit_with_nights_is_booked_with_a_bed_for_all_of_them(
    world: World, beds: list[Bed]
) -> None:
    first, second = beds
    start = clock(TOMORROW, "08:00")
    held = to_stay(world)
    refused(
        lambda: book(world, held, start, None), "INP needs a bed. Free then: Bed 1, Bed 2.",
        error=BedNeededError,
    )  # fmt: skip
    assert not Booking.objects.exists()
    book(world, held, start, first)
    assert held_by(first) == [(start, start + 2 * DAY)]
    other = to_stay(world)
    refused(
        lambda: book(world, other, start + DAY, first),
        f"Bed 1 is held by {held.subject.number} INP, Fri 12 Jun 08:00 to Sun 14 Jun 08:00."
        " Free then: Bed 2.",
        error=BedTakenError,
    )  # fmt: skip
    assert not Booking.objects.filter(visit=other).exists()
    book(world, other, start + 2 * DAY, first)
    third = to_stay(world)
    book(world, third, start + 3 * DAY, second)
    period = DateTimeTZRange(start + 2 * DAY, start + 4 * DAY)
    assert not free_beds(world.place, period).exists()
    refused(
        lambda: book(world, to_stay(world), start + 3 * DAY, first),
        "No other bed is free then", error=BedTakenError,
    )  # fmt: skip


def test_moving_cancelling_and_missing_a_visit_moves_and_frees_its_bed(
    world: World, beds: list[Bed]
) -> None:
    first, second = beds
    start = clock(TOMORROW, "08:00")
    held = book(world, to_stay(world), start, first)
    (booking,) = held.bookings.all()
    bookings.move(booking, wanted=bookings.Wanted(start + DAY, 60), by=world.coordinator)
    assert held_by(first) == [(start + DAY, start + 3 * DAY)]
    booking.refresh_from_db()
    bookings.move(booking, wanted=bookings.Wanted(start, 60, bed=second), by=world.coordinator)
    assert (held_by(first), held_by(second)) == ([], [(start, start + 2 * DAY)])
    booking.refresh_from_db()
    bookings.unbook(booking, by=world.coordinator)
    assert held_by(second) == []
    assert [stay.status for stay in Stay.objects.all()] == ["released"]
    book(world, held, start, first)
    visits.cancel(held, reason="ill", by=world.coordinator)
    assert held_by(first) == []
    visits.reopen(held, reason="well", by=world.coordinator)
    book(world, held, start, first)
    subjects.end(
        held.subject, status="screen_failed", on=TODAY, reason_code="window", by=world.coordinator
    )
    assert held_by(first) == []
    assert not Claim.objects.filter(holder="stay").exists()


def test_a_bed_is_asked_for_only_where_there_is_one_and_is_of_the_place(
    world: World, beds: list[Bed]
) -> None:
    start = clock(TOMORROW, "08:00")
    held = to_stay(world)
    clinic = Visit.objects.get(subject=held.subject, code="W8")
    wanted = bookings.Wanted(clock(TODAY + 42 * DAY, "09:00"), 60, bed=beds[0])
    refused(
        lambda: bookings.book(clinic, wanted=wanted, by=world.coordinator),
        "nobody stay overnight at W8",
    )
    Bed.objects.filter(pk=beds[1].pk).update(is_active=False)
    refused(lambda: book(world, held, start, beds[1]), "Bed 2 is out of use")
    Bed.objects.update(is_active=False)
    book(world, held, start, None)
    assert not Stay.objects.exists()


def test_a_subject_is_in_one_bed_at_a_time(world: World, beds: list[Bed]) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    first = stay.occupancies.get()
    wrong = pytest.raises(IntegrityError, match="occupancy_one_bed_at_a_time")
    with wrong, transaction.atomic(), under_event("test"):
        Occupancy.objects.create(visit=stay.visit, stay=stay, bed=beds[1], period=first.period)
    with pytest.raises(IntegrityError, match="claim_no_overlap"), transaction.atomic():
        Claim.objects.create(
            place=world.place, kind=ClaimKind.IN_BED, resource_id=stay.subject_id,
            period=first.period, holder="stay", holder_id=999,
        )  # fmt: skip


def test_admission_waits_for_booking_consent_and_its_time(world: World, beds: list[Bed]) -> None:
    held = to_stay(world)
    at = clock(TODAY, "10:00")
    refused(lambda: stays.admit(held, at=at, by=world.coordinator), "Book it first")
    book(world, held, clock(TODAY, "09:00"), beds[0])
    soon = clock(TODAY, "12:30")
    refused(lambda: stays.admit(held, at=soon, by=world.coordinator), "has not come yet")
    refused(lambda: visits.complete(held, on=TODAY, by=world.coordinator), "release the bed",
            error=ConflictError)  # fmt: skip
    stay = stays.admit(held, at=at, by=world.coordinator)
    held.refresh_from_db()
    assert (stay.status, held.status) == ("admitted", "arrived")
    assert held_by(beds[0]) == [(at, clock(AFTER, "09:00"))]
    again = lambda: stays.admit(held, at=at, by=world.coordinator)  # noqa: E731
    refused(again, "in house already", error=ConflictError)
    for act in (visits.miss, visits.cancel):
        refused(
            lambda act=act: act(held, reason="gone", by=world.coordinator),
            "Record the discharge", error=ConflictError,
        )  # fmt: skip


def test_who_comes_without_a_reservation_gets_a_bed_at_the_door(
    world: World, beds: list[Bed]
) -> None:
    Bed.objects.update(is_active=False)
    held = book(world, to_stay(world), clock(TODAY, "09:00"), None)
    Bed.objects.update(is_active=True)
    at = clock(TODAY, "11:00")
    refused(lambda: stays.admit(held, at=at, by=world.coordinator), "Choose a bed", "Bed 1, Bed 2")
    stay = stays.admit(held, at=at, bed=beds[1], by=world.coordinator)
    assert held_by(beds[1]) == [(at, clock(AFTER, "11:00"))]
    assert stay.planned_until == clock(AFTER, "11:00")


def test_a_stay_lives_through_samples_leave_and_midnight(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    held = stay.visit
    do(world, held, "PK serum samples", clock(TODAY, "08:40"))
    do(world, held, "Study drug", clock(TODAY, "09:00"))
    do(world, held, "PK serum samples", clock(TODAY, "10:00"))
    assert due() == {"stay.sample"}
    waits = Obligation.objects.get(rule="stay.sample", met_at=None)
    assert waits.due_at == clock(TODAY, "13:00")  # the meal
    clocks.move_to(clock(TODAY, "19:00"))
    do(world, held, "Meal", clock(TODAY, "13:05"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "14:00"), expected_at=clock(TODAY, "18:00"), why="Dentist",
        by=world.coordinator,
    )  # fmt: skip
    assert due() == {"stay.leave", "stay.sample"}
    refused(
        lambda: do(world, held, "PK serum samples", clock(TODAY, "15:00")),
        "would be during the leave from Thu 11 Jun 14:00",
    )
    refused(
        lambda: leaves.correct_leave(
            leave, left_at=clock(TODAY, "13:00"), reason="typo", by=world.coordinator
        ),
        "Meal", "was done Thu 11 Jun 13:05, during the leave",
    )  # fmt: skip
    refused(
        lambda: leaves.come_back(stay, at=clock(TODAY, "13:30"), by=world.coordinator),
        "not after",
    )
    leaves.come_back(stay, at=clock(TODAY, "18:30"), by=world.coordinator)
    assert presence_of(stay).nights(LONDON, timezone.now()) == 0  # type: ignore[union-attr]


def test_a_stay_ends_after_the_last_sample_and_before_the_visit(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    held = stay.visit
    for name, at in (
        ("PK", "08:40"), ("Study drug", "09:00"), ("PK", "10:00"), ("Meal", "11:45"),
    ):  # fmt: skip
        do(world, held, name, clock(TODAY, at))
    clocks.move_to(clock(TOMORROW, "09:30"))
    do(world, held, "PK serum samples", clock(TOMORROW, "01:02"))
    do(world, held, "Meal", clock(TOMORROW, "08:00"))
    refused(
        lambda: stays.discharge(stay, at=clock(TOMORROW, "00:30"), by=world.coordinator),
        "planned for Sat 13 Jun 08:00",
    )
    refused(
        lambda: stays.discharge(
            stay, at=clock(TOMORROW, "00:30"), ending="early", reason="fit", by=world.coordinator
        ),
        "was done Fri 12 Jun 01:02, after the discharge, Fri 12 Jun 00:30",
    )  # fmt: skip
    do(world, held, "PK serum samples", clock(TOMORROW, "09:01"))
    refused(
        lambda: visits.complete(held, on=TODAY, by=world.coordinator),
        "Record the discharge, then complete the visit", error=ConflictError,
    )  # fmt: skip
    clocks.move_to(clock(AFTER, "09:00"))
    assert due() == {"stay.discharge"}
    stays.discharge(stay, at=clock(AFTER, "08:00"), by=world.coordinator)
    assert due() == set()
    stay.refresh_from_db()
    assert nights_of(Stay.objects.all(), timezone.now()) == {stay.pk: 2}
    done = visits.complete(held, on=TODAY, by=world.coordinator)
    assert (done.status, stay.ending) == ("completed", "planned")
    assert held_by(beds[0]) == [(clock(TODAY, "08:00"), clock(AFTER, "08:00"))]
    refused(
        lambda: leaves.take_back_stay(stay, reason="typo", by=world.coordinator),
        "INP is completed. Correct the time",
    )


def test_samples_wait_for_the_admission(world: World, beds: list[Bed]) -> None:
    held = book(world, to_stay(world), clock(TODAY, "08:00"), beds[0])
    visits.check_in(held, by=world.coordinator)
    visits.start(held, by=world.coordinator)
    refused(
        lambda: do(world, held, "PK serum samples", clock(TODAY, "08:40")), "was not admitted yet",
        error=ConflictError,
    )  # fmt: skip
    do(world, held, "Alcohol", clock(TODAY, "08:20"))
    stays.admit(held, at=clock(TODAY, "08:50"), by=world.coordinator)
    refused(
        lambda: do(world, held, "PK serum samples", clock(TODAY, "08:40")),
        "before the admission, Thu 11 Jun 08:50",
    )


def test_nobody_is_admitted_before_the_day_of_the_visit(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    held = book(world, to_stay(world), clock(AFTER, "08:00"), beds[0])
    early = clock(TODAY, "11:00")
    refused(
        lambda: stays.admit(held, at=early, by=world.coordinator),
        "is booked for Sat 13 Jun", "move the visit first",
    )  # fmt: skip
    clocks.move_to(clock(AFTER, "09:00"))
    assert stays.admit(held, at=clock(AFTER, "07:30"), by=world.coordinator).status == "admitted"


def test_who_was_admitted_is_not_taken_for_one_who_did_not_come(
    world: World, beds: list[Bed]
) -> None:
    held = book(world, to_stay(world), clock(TODAY, "08:00"), beds[0])
    stay = stays.admit(held, at=clock(TODAY, "08:00"), by=world.coordinator)
    refused(
        lambda: visits.take_back_check_in(held, by=world.coordinator),
        "Take back the admission, then take back the check-in", error=ConflictError,
    )  # fmt: skip
    leaves.take_back_stay(stay, reason="another subject", by=world.coordinator)
    assert visits.take_back_check_in(held, by=world.coordinator).status == "booked"


def test_the_bed_is_freed_by_an_early_discharge_and_asked_for_again_by_a_late_one(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    first, second = beds
    stay = admitted(world, first, clock(TODAY, "08:00"))
    other = book(world, to_stay(world), clock(AFTER, "10:00"), first)
    clocks.move_to(clock(AFTER, "12:00"))
    refused(
        lambda: stays.plan_discharge(stay, until=clock(AFTER, "18:00"), by=world.coordinator),
        f"Bed 1 is held by {other.subject.number} INP", "Free then: Bed 2.", error=BedTakenError,
    )  # fmt: skip
    refused(
        lambda: stays.discharge(stay, at=clock(AFTER, "11:00"), by=world.coordinator),
        "Free then: Bed 2.", error=BedTakenError,
    )  # fmt: skip
    assert Stay.objects.get(pk=stay.pk).status == "admitted"
    stays.change_bed(stay, bed=second, at=clock(AFTER, "07:00"), by=world.coordinator)
    stays.plan_discharge(stay, until=clock(AFTER, "18:00"), by=world.coordinator)
    assert held_by(second) == [(clock(AFTER, "07:00"), clock(AFTER, "18:00"))]
    stays.discharge(
        stay, at=clock(AFTER, "11:00"), ending="against_advice", reason="Wants to go home",
        by=world.coordinator,
    )  # fmt: skip
    stay.refresh_from_db()
    assert (stay.status, stay.ending_reason) == ("discharged", "Wants to go home")
    assert held_by(second) == [(clock(AFTER, "07:00"), clock(AFTER, "11:00"))]
    assert [row.bed.name for row in stay.occupancies.order_by("period")] == ["Bed 1", "Bed 2"]
