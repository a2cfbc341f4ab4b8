"""Stays put right, kept by the database, counted in nights and shown on pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from core.audit import under_event
from core.versions import ConflictError
from sites.models import Bed
from subjects.actions import leaves, stays, subjects
from subjects.actions.transfers import transfer
from subjects.models import Leave, Stay
from subjects.presence import Presence, nights_of, presence_of
from tests.subjects.stayed import (
    DAY,
    HOUR,
    admitted,
    book,
    clock,
    do,
    held_by,
    refused,
    to_stay,
)
from tests.world import LONDON, World, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]
TODAY = date(2026, 6, 11)
TOMORROW, AFTER = TODAY + DAY, TODAY + 2 * DAY


def away(world: World, stay: Stay, left: str = "09:00") -> Leave:
    """The subject goes for a walk."""
    return leaves.go_on_leave(
        stay, at=clock(TODAY, left), expected_at=clock(TODAY, "11:00"), why="Walk",
        by=world.coordinator,
    )  # fmt: skip


def test_what_was_recorded_wrong_is_put_right_with_a_reason(world: World, beds: list[Bed]) -> None:
    by = world.coordinator
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    leave = away(world, stay)
    right = clock(TODAY, "07:45")
    refused(lambda: stays.correct_stay(stay, admitted_at=right, reason=" ", by=by), "reason")
    stays.correct_stay(stay, admitted_at=right, reason="typed wrong", by=by)
    late = clock(TODAY, "09:30")
    refused(
        lambda: stays.correct_stay(stay, admitted_at=late, reason="x", by=by),
        "A leave would lie outside",
    )
    assert held_by(beds[0]) == [(right, clock(AFTER, "08:00"))]
    leaves.void_leave(leave, reason="never left", by=by)
    refused(lambda: leaves.void_leave(leave, reason="x", by=by), "voided", error=ConflictError)
    stay.refresh_from_db()
    assert stay.status == "admitted"
    refused(lambda: leaves.void_leave(leave, reason="x", by=by), "voided", error=ConflictError)
    refused(
        lambda: leaves.take_back_stay(stay, reason="x", by=by),
        "There was a leave since",
    )
    stays.discharge(stay, at=clock(TODAY, "11:00"), ending="early", reason="ill", by=by)
    assert held_by(beds[0]) == [(right, clock(TODAY, "11:00"))]
    leaves.take_back_stay(Stay.objects.get(pk=stay.pk), reason="another subject", by=by)
    stay.refresh_from_db()
    assert (stay.status, stay.discharged_at, stay.ending) == ("admitted", None, "")
    assert held_by(beds[0]) == [(right, clock(AFTER, "08:00"))]


def test_a_stay_of_somebody_else_is_taken_back_and_its_bed_released(
    world: World, beds: list[Bed]
) -> None:
    by = world.coordinator
    second = admitted(world, beds[1], clock(TODAY, "08:00"))
    leaves.take_back_stay(second, reason="not here", by=by)
    second.refresh_from_db()
    assert (second.status, second.admitted_at) == ("reserved", None)
    stays.release_bed(second, reason="no night", by=by)
    assert held_by(beds[1]) == []


def test_who_does_not_come_back_from_leave_is_discharged_from_there(
    world: World, beds: list[Bed]
) -> None:
    by = world.coordinator
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    away(world, stay)
    refused(lambda: away(world, stay, "09:30"), "on leave already", error=ConflictError)
    ends = {"ending": "against_advice", "reason": "did not return"}
    refused(
        lambda: stays.discharge(stay, at=clock(TODAY, "08:30"), by=by, **ends), "left Thu 11 Jun"
    )
    stays.discharge(stay, at=clock(TODAY, "11:00"), by=by, **ends)
    assert Leave.objects.get().returned_at == clock(TODAY, "11:00")
    leaves.take_back_stay(Stay.objects.get(pk=stay.pk), reason="came back", by=by)
    assert Stay.objects.get(pk=stay.pk).status == "on_leave"
    assert Leave.objects.get().returned_at is None


def test_a_leave_that_is_over_is_recorded_at_once_around_what_was_done_since(
    world: World, beds: list[Bed]
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "07:00"))
    do(world, stay.visit, "PK", clock(TODAY, "08:40"))
    do(world, stay.visit, "Study drug", clock(TODAY, "10:30"))
    refused(lambda: away(world, stay), "Study drug", "during the leave from Thu 11 Jun 09:00")
    leaves.go_on_leave(
        stay, at=clock(TODAY, "09:00"), expected_at=clock(TODAY, "10:00"), why="Walk",
        returned_at=clock(TODAY, "10:10"), by=world.coordinator,
    )  # fmt: skip
    assert Stay.objects.get(pk=stay.pk).status == "admitted"
    assert Leave.objects.get().returned_at == clock(TODAY, "10:10")


def test_the_database_keeps_leaves_inside_the_stay_and_apart(world: World, beds: list[Bed]) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))

    def leave(start: str, end: str | None) -> None:
        until = clock(TODAY, end) if end else None
        with under_event("test"), transaction.atomic():
            Leave.objects.create(
                visit=stay.visit, stay=stay, why="x", expected_at=clock(TODAY, "23:00"),
                left_at=clock(TODAY, start), returned_at=until,
            )  # fmt: skip

    with pytest.raises(IntegrityError, match="A leave lies inside its stay"):
        leave("07:00", "09:00")
    leave("09:00", "10:00")
    with pytest.raises(IntegrityError, match="leave_no_overlap"):
        leave("09:30", None)
    wrong = pytest.raises(IntegrityError, match="A leave lies inside its stay")
    with wrong, transaction.atomic(), under_event("corrected"):
        Stay.objects.filter(pk=stay.pk).update(admitted_at=clock(TODAY, "09:30"))
    for values, name in (
        ({"status": "discharged"}, "stay_status_has_its_times"),
        ({"planned_until": stay.planned_from}, "stay_planned_lasts"),
        ({"status": "asleep"}, "stay_status_"),
        ({"ending": "planned"}, "stay_ending_once_over"),
    ):
        wrong = pytest.raises(IntegrityError, match=name)
        with wrong, transaction.atomic(), under_event("wrong"):
            Stay.objects.filter(pk=stay.pk).update(**values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT subjects_next_sample(%s)", [stay.visit_id])
        assert cursor.fetchone() == (None,)


@pytest.mark.parametrize(
    ("zone", "start", "end", "leaves_of", "nights"),
    [
        (LONDON, (10, 25, 9), (10, 26, 9), [], 1),  # 25 hours, one night
        (LONDON, (3, 28, 22), (3, 29, 6), [], 1),  # clocks go forward
        (LONDON, (6, 11, 8), (6, 11, 20), [], 0),
        (LONDON, (6, 11, 8), (6, 12, 0), [], 0),  # left at midnight
        (LONDON, (6, 11, 0), (6, 12, 9), [], 1),
        (LONDON, (6, 11, 8), (6, 14, 8), [((6, 12, 20), (6, 13, 6))], 2),
        (LONDON, (6, 11, 8), (6, 14, 8), [((6, 12, 9), (6, 12, 20))], 3),
        (ZoneInfo("Africa/Cairo"), (4, 23, 20), (4, 24, 9), [], 1),  # no midnight that night
    ],
)
def test_nights_are_the_midnights_slept_in_the_house(
    zone: ZoneInfo, start: tuple[int, int, int], end: tuple[int, int, int],
    leaves_of: list[tuple[tuple[int, int, int], tuple[int, int, int]]], nights: int,
) -> None:  # fmt: skip
    def when(at: tuple[int, int, int]) -> datetime:
        return datetime(2026, *at, tzinfo=zone)

    spans = tuple((when(left), when(back)) for left, back in leaves_of)
    held = Presence(when(start), when(end), spans)
    assert held.nights(zone, when(end) + 100 * DAY) == nights


def test_nights_of_whoever_is_still_there_are_counted_to_now(
    world: World, beds: list[Bed], clocks: Any
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    book(world, to_stay(world), clock(TOMORROW, "08:00"), beds[1])
    clocks.move_to(clock(TOMORROW, "03:00"))
    found = nights_of(Stay.objects.all(), timezone.now())
    assert sorted(found.values()) == [0, 1]
    held = presence_of(stay)
    assert held is not None
    assert held.why_not(timezone.now() + HOUR, LONDON) == ""


def test_nobody_in_house_is_transferred(world: World, beds: list[Bed]) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    to = make_site(world.trial, world.place, "1043", world.admin, world.manager)
    refused(
        lambda: transfer(
            stay.visit.subject, to=to, on=TODAY, reason="moves", by=world.manager
        ),
        "Record the discharge, then transfer it", error=ConflictError,
    )  # fmt: skip


def test_the_subject_leaves_the_trial_and_stays_in_bed_until_discharged(
    world: World, beds: list[Bed], client: Client
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    subjects.end(
        stay.visit.subject, status="screen_failed", on=TODAY, reason_code="withdrawal",
        by=world.coordinator,
    )  # fmt: skip
    assert held_by(beds[0]) == [(clock(TODAY, "08:00"), clock(AFTER, "08:00"))]
    assert Stay.objects.get(pk=stay.pk).status == "admitted"
    stays.discharge(
        stay, at=clock(TODAY, "11:30"), ending="early", reason="left", by=world.coordinator
    )
    assert Stay.objects.get(pk=stay.pk).status == "discharged"
    assert timedelta() < timezone.now() - clock(TODAY, "11:30")
