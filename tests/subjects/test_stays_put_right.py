"""Stays that do not go as planned: who overstays, comes early, or left from a leave that was wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.versions import ConflictError
from sites.models import Bed
from subjects.actions import leaves, stays
from subjects.beds import stay_of
from subjects.models import Leave, Stay, Visit
from subjects.presence import presence_of
from tests.subjects.stayed import DAY, admitted, book, clock, refused, to_stay
from tests.world import LONDON, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]
TODAY = date(2026, 6, 11)
TOMORROW, AFTER = TODAY + DAY, TODAY + 2 * DAY


def gone_from_leave(world: World, bed: Bed) -> tuple[Stay, Leave]:
    """A subject that did not come back from its leave at nine and was discharged at eleven."""
    by = world.coordinator
    stay = admitted(world, bed, clock(TODAY, "08:00"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "09:00"), expected_at=clock(TODAY, "10:00"), why="Walk", by=by
    )
    stays.discharge(
        stay, at=clock(TODAY, "11:00"), ending="against_advice", reason="Stayed away", by=by
    )
    return Stay.objects.get(pk=stay.pk), Leave.objects.get(pk=leave.pk)


def test_nobody_is_admitted_to_a_bed_that_somebody_has_not_left(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    by = world.coordinator
    first = admitted(world, beds[0], clock(TODAY, "08:00"))
    clocks.move_to(clock(AFTER, "09:00"))
    third = admitted(world, beds[1], clock(AFTER, "08:30"))
    refused(
        lambda: stays.change_bed(third, bed=beds[0], at=clock(AFTER, "09:00"), by=by),
        "still in Bed 1", error=ConflictError,
    )  # fmt: skip
    other = book(world, to_stay(world), clock(AFTER, "09:00"), beds[0])
    refused(
        lambda: stays.admit(other, at=clock(AFTER, "09:00"), by=by),
        f"{first.visit.subject.number} INP is still in Bed 1", "Record the discharge",
        "No other bed is free then",
        error=ConflictError,
    )  # fmt: skip
    stays.discharge(first, at=clock(AFTER, "08:50"), by=by)
    assert stays.admit(other, at=clock(AFTER, "09:00"), by=by).status == "admitted"
    early = Stay.objects.get(pk=first.pk)
    refused(
        lambda: leaves.take_back_stay(early, reason="not gone", by=by),
        "still in Bed 1", error=ConflictError,
    )  # fmt: skip


def test_a_subject_in_house_is_not_admitted_for_another_visit(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    first = admitted(world, beds[0], clock(TODAY, "08:00"))
    again = Visit.objects.get(subject=first.visit.subject, code="W4")
    clocks.move_to(clock(AFTER, "09:00"))
    book(world, again, clock(TODAY + 14 * DAY, "09:00"), beds[1])
    clocks.move_to(clock(TODAY + 14 * DAY, "10:00"))
    refused(
        lambda: stays.admit(again, at=clock(TODAY + 14 * DAY, "09:00"), by=world.coordinator),
        "Record the discharge", error=ConflictError,
    )  # fmt: skip


def test_who_comes_the_day_before_may_leave_before_the_booked_time(
    world: World, beds: list[Bed]
) -> None:
    by = world.coordinator
    held = book(world, to_stay(world), clock(TOMORROW, "08:00"), beds[0])
    stay = stays.admit(held, at=clock(TODAY, "11:00"), until=clock(TODAY, "20:00"), by=by)
    assert stay.planned_until == clock(TODAY, "20:00")
    stays.plan_discharge(stay, until=clock(TODAY, "18:00"), by=by)
    leaves.take_back_stay(Stay.objects.get(pk=stay.pk), reason="another subject", by=by)
    again = stay_of(held)
    assert again
    assert again.planned_from < again.planned_until
    assert stays.admit(held, at=clock(TODAY, "11:00"), by=by).status == "admitted"


def test_a_discharge_from_a_leave_is_taken_back_whatever_became_of_the_leave(
    world: World, beds: list[Bed]
) -> None:
    by = world.coordinator
    stay, leave = gone_from_leave(world, beds[0])
    leaves.take_back_stay(stay, reason="back after all", by=by)
    leave.refresh_from_db()
    stay.refresh_from_db()
    assert (stay.status, leave.returned_at) == ("on_leave", None)
    stays.discharge(stay, at=clock(TODAY, "11:00"), ending="early", reason="x", by=by)
    leave.refresh_from_db()
    leaves.correct_leave(
        leave, left_at=clock(TODAY, "09:00"), returned_at=clock(TODAY, "09:30"), reason="x", by=by
    )
    leaves.take_back_stay(Stay.objects.get(pk=stay.pk), reason="never left", by=by)
    stay.refresh_from_db()
    leave.refresh_from_db()
    assert (stay.status, leave.returned_at) == ("admitted", clock(TODAY, "09:30"))


def test_a_discharge_from_a_leave_that_never_was_is_taken_back(
    world: World, beds: list[Bed]
) -> None:
    stay, leave = gone_from_leave(world, beds[0])
    leaves.void_leave(leave, reason="never left", by=world.coordinator)
    leaves.take_back_stay(stay, reason="never left", by=world.coordinator)
    stay.refresh_from_db()
    assert stay.status == "admitted"
    assert [step.to_status for step in (Stay.flow.last(stay),) if step] == ["admitted"]


def test_a_later_discharge_of_who_was_away_adds_no_night(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    stay, leave = gone_from_leave(world, beds[0])
    clocks.move_to(clock(TOMORROW, "12:00"))
    stays.correct_stay(
        stay, admitted_at=clock(TODAY, "08:00"), discharged_at=clock(TOMORROW, "09:00"),
        reason="day typed wrong", by=world.coordinator,
    )  # fmt: skip
    leave.refresh_from_db()
    stay.refresh_from_db()
    held = presence_of(stay)
    assert held is not None
    assert held.nights(LONDON, clock(TOMORROW, "12:00")) == 0
    assert leave.returned_at == stay.discharged_at


def test_a_leave_is_corrected_to_after_it_was_to_end(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    stay = admitted(world, beds[0], clock(TODAY, "05:00"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "06:00"), expected_at=clock(TODAY, "07:00"), why="Walk",
        returned_at=clock(TODAY, "06:30"), by=by,
    )  # fmt: skip
    leaves.correct_leave(
        leave, left_at=clock(TODAY, "08:00"), returned_at=clock(TODAY, "08:30"),
        expected_at=clock(TODAY, "09:00"), reason="typed wrong", by=by,
    )  # fmt: skip
    leave.refresh_from_db()
    assert (leave.left_at, leave.expected_at) == (clock(TODAY, "08:00"), clock(TODAY, "09:00"))


def test_a_visit_is_completed_once_its_stay_is_over_and_its_pages_lead_there(
    world: World, beds: list[Bed], client: Client
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    held = stay.visit
    complete = reverse("subjects:complete", args=[held.pk])
    pages = (held.conduct_url, reverse("subjects:visit", args=[held.pk]))
    client.force_login(world.coordinator)
    for url in pages:
        shown = client.get(url).content.decode()
        assert complete not in shown
        assert stay.get_absolute_url() in shown
    assert "In house until it is recorded" in client.get(held.conduct_url).content.decode()
    stays.discharge(
        stay, at=clock(TODAY, "11:00"), ending="early", reason="ill", by=world.coordinator
    )
    for url in pages:
        shown = client.get(url).content.decode()
        assert complete in shown
        assert "until it is recorded" not in shown


def test_a_leave_that_lasts_is_expected_to_end_later_on_its_page(
    world: World, beds: list[Bed], client: Client
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    leave = leaves.go_on_leave(
        stay, at=clock(TODAY, "09:00"), expected_at=clock(TODAY, "10:00"), why="Walk",
        by=world.coordinator,
    )  # fmt: skip
    client.force_login(world.coordinator)
    url = reverse("subjects:correct_leave", args=[leave.pk])
    said = {"left_at_on": "11 Jun 2026", "left_at_clock": "09:00", "reason": "called: later"}
    early = said | {"expected_at_on": "11 Jun 2026", "expected_at_clock": "08:30"}
    refusal = client.post(url, early)
    assert refusal.status_code == 422
    assert "expected return is not after" in refusal.content.decode()
    assert client.post(url, early | {"expected_at_clock": "15:00"}).status_code == 302
    leave.refresh_from_db()
    assert leave.expected_at == clock(TODAY, "15:00")
    assert client.post(url, said).status_code == 302
    leave.refresh_from_db()
    assert leave.expected_at == clock(TODAY, "15:00")


def test_a_bed_that_is_gone_meanwhile_is_said_so(
    world: World, beds: list[Bed], client: Client
) -> None:
    held = book(world, to_stay(world), clock(TODAY, "10:00"), beds[0])
    admitted(world, beds[1], clock(TODAY, "08:00"))
    client.force_login(world.coordinator)
    answer = client.post(
        reverse("subjects:reserve_bed", args=[held.pk]),
        {"bed": beds[1].pk, "until_on": "13 Jun 2026", "until_clock": "10:00"},
    )
    assert answer.status_code == 422
    assert "not free any more" in answer.content.decode()
