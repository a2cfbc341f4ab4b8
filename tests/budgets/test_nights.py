"""Nights in a bed: earned with their visit, the same by the database as on the page of the stay."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.actions import payments
from budgets.models import SubjectPayment
from budgets.queries import earned, unearned
from core.audit import under_event
from core.models import Obligation
from core.versions import ConflictError
from sites.models import Bed, Place
from subjects.actions import leaves, stays
from subjects.models import Stay, Visit
from subjects.presence import Nights, nights_of
from tests.budgets.paid import finance_of, paid, set_up
from tests.subjects.stayed import DAY, admitted, clock, with_nights
from tests.world import World

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 11)


@pytest.fixture(autouse=True)
def clocks() -> Any:
    with time_machine.travel(clock(TODAY, "12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def beds(world: World) -> list[Bed]:
    return with_nights(world, TODAY)


def completed(world: World, stay: Stay) -> None:
    """The visit of a stay is over, whatever was not answered in it."""
    with under_event("in test"):
        Visit.flow.move(
            stay.visit, "completed", by=world.coordinator, on=TODAY, performed_on=TODAY,
            frozen_at=timezone.now(),
        )  # fmt: skip


def test_nights_are_earned_with_their_visit(
    world: World, beds: list[Bed], clocks: Any, client: Client
) -> None:
    held = set_up(world, visit_amount=Decimal(0))
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    clocks.move_to(clock(TODAY, "20:00"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "20:00"), expected_at=clock(TODAY + DAY, "09:00"), why="Family",
        by=world.coordinator,
    )  # fmt: skip
    clocks.move_to(clock(TODAY + DAY, "09:00"))
    leaves.come_back(stay, at=clock(TODAY + DAY, "09:00"), by=world.coordinator)
    clocks.move_to(clock(TODAY + 2 * DAY, "09:00"))
    stays.discharge(stay, at=clock(TODAY + 2 * DAY, "08:00"), by=world.coordinator)
    assert not earned().exists()
    completed(world, stay)
    assert [(row.nights, row.amount) for row in earned()] == [(1, 80)]
    leaves.void_leave(leave, reason="Stayed after all", by=world.coordinator)
    assert [(row.nights, row.amount) for row in earned()] == [(2, 160)]
    with under_event("rate"):
        type(held).objects.filter(pk=held.pk).update(visit_amount=60)
    client.force_login(world.manager)
    stipends = reverse("budgets:stipends", args=["tmr-204"])
    assert "220.00 GBP" in client.get(stipends).content.decode()
    payments.approve_stipends(world.site, visits=[stay.visit], by=world.manager)
    made = SubjectPayment.objects.get()
    assert (made.nights, made.amount) == (2, 220)
    assert "with 2" in client.get(made.get_absolute_url()).content.decode()
    with pytest.raises(IntegrityError, match="stays as it was requested"), transaction.atomic():
        SubjectPayment.objects.filter(pk=made.pk).update(nights=9)


def test_nights_that_change_after_the_approval_are_a_duty_and_earned_anew(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    set_up(world)
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    clocks.move_to(clock(TODAY + 2 * DAY, "09:00"))
    stays.discharge(stay, at=clock(TODAY + 2 * DAY, "08:00"), by=world.coordinator)
    completed(world, stay)
    payments.approve_stipends(world.site, visits=[stay.visit], by=world.manager)
    made = SubjectPayment.objects.get()
    duties = Obligation.objects.filter(rule="payment.unearned", met_at=None)
    assert (made.nights, made.amount, duties.exists()) == (2, 220, False)
    stays.correct_stay(
        stay, admitted_at=clock(TODAY, "08:00"), discharged_at=clock(TODAY + DAY, "08:00"),
        reason="Left a day earlier", by=world.coordinator,
    )  # fmt: skip
    assert [one.pk for one in unearned()] == [made.pk]
    assert duties.get().label == f"Visit or nights changed: void {made.number}"
    with pytest.raises(ConflictError, match="a visit or nights that changed"):
        paid(world, made, finance_of(world))
    payments.void(made, reason="One night less", by=world.manager)
    assert not duties.exists()
    assert [(row.nights, row.amount) for row in earned()] == [(1, 140)]


@pytest.mark.parametrize(
    ("zone", "start", "end", "away"),
    [
        ("Europe/London", (10, 25, 9), (10, 26, 9), None),  # 25 hours
        ("Europe/London", (3, 28, 22), (3, 29, 6), None),
        ("Europe/London", (6, 11, 8), (6, 11, 20), None),
        ("Europe/London", (6, 11, 8), (6, 12, 0), None),  # left at midnight
        ("Europe/London", (6, 11, 0), (6, 12, 9), None),
        ("Europe/London", (6, 11, 8), (6, 14, 8), ((6, 12, 20), (6, 13, 6))),
        ("Europe/London", (6, 11, 8), (6, 14, 8), ((6, 12, 9), (6, 12, 20))),
        ("Europe/London", (6, 11, 8), (6, 14, 8), ((6, 12, 0), (6, 13, 0))),
        ("Africa/Cairo", (4, 23, 20), (4, 24, 9), None),  # no midnight that night
        ("Pacific/Auckland", (6, 11, 8), (6, 14, 8), None),
    ],
)
def test_the_database_counts_as_the_pages_do(
    world: World, beds: list[Bed], zone: str, start: Any, end: Any, away: Any
) -> None:
    Place.objects.filter(pk=world.place.pk).update(time_zone=zone)
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    stay.place.refresh_from_db()
    at = {
        name: datetime(2026, *said, tzinfo=stay.place.zone)
        for name, said in zip(
            ("in", "out", "left", "back"), (start, end, *(away or ())), strict=False
        )
    }  # fmt: skip
    with under_event("in test"):
        Stay.objects.filter(pk=stay.pk).update(
            admitted_at=at["in"], discharged_at=at["out"], ending="planned", status="discharged"
        )
        if away:
            stay.leaves.create(
                visit=stay.visit, left_at=at["left"], returned_at=at["back"],
                expected_at=at["back"], why="Walk",
            )  # fmt: skip
    rows = Stay.objects.filter(pk=stay.pk).annotate(slept=Nights("visit_id"))
    assert {row.pk: row.slept for row in rows} == nights_of(rows, timezone.now())
