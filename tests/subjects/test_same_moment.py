"""Two people or workers, one record, one moment: real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.bootstrap import system_account
from core.actions import RefusedError
from core.audit import under_event
from core.versions import ConflictError
from sites.actions import places, sites
from sites.actions.claims import queue
from sites.models import Claim, ClaimKind
from subjects.actions import bookings, subjects, visits
from subjects.actions.follow import follow_all
from subjects.actions.plan import hold_visit, release
from subjects.actions.reminders import remind_all
from subjects.courses import behind
from subjects.models import Booking, Reminder, Subject, SubjectSchedule, Visit
from tests import kept_world
from tests.subjects.stayed import book, to_stay, with_nights
from tests.subjects.test_booking import in_window, wanted, week_2
from tests.subjects.test_follow import amended, dosed, plan_of, today_at
from tests.world import World, at, visit

DAY = timedelta(days=1)


def attempt(work: Callable[[], object], start: threading.Barrier | None = None) -> str:
    """What came of it on a connection of its own, in words."""
    try:
        if start is not None:
            start.wait()
        work()
    except (RefusedError, ConflictError, Error) as error:
        return str(error)
    else:
        return "done"
    finally:
        connection.close()


def at_once(*works: Callable[[], object]) -> list[str]:
    """What came of each, begun at the same moment."""
    start = threading.Barrier(len(works))
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(attempt, works, [start] * len(works)))


def test_two_people_booking_the_same_slot(committed_db: str) -> None:
    world = kept_world.committed()
    pair = [week_2(world)[1] for _ in range(2)]
    slot = wanted(world, in_window(pair[0]))
    outcomes = at_once(
        *(lambda held=held: bookings.book(held, wanted=slot, by=world.coordinator) for held in pair)
    )
    assert sorted(outcomes) == ["Room 1 is booked 09:00 to 10:00. Choose another time.", "done"]
    assert Booking.objects.count() == 1


def test_two_people_moving_the_same_visit(committed_db: str) -> None:
    world = kept_world.committed()
    _, held = week_2(world)
    day = in_window(held)
    booking = bookings.book(held, wanted=wanted(world, day), by=world.coordinator)

    def move_to(hour: int) -> None:
        slot = wanted(world, day, hour)
        bookings.move(booking, wanted=slot, revision=booking.revision, by=world.coordinator)

    outcomes = at_once(lambda: move_to(11), lambda: move_to(13))
    who = world.coordinator.get_full_name()
    refusal = (
        f"Booking of {held} changed while you had it open: {who} saved it just now."
        " Reload to see the change, then try again."
    )
    assert sorted(outcomes) == [refusal, "done"]
    hours = {0: 11, 1: 13}
    (moved,) = Booking.objects.all()
    assert moved.period.lower.astimezone(world.place.zone).hour == hours[outcomes.index("done")]


def test_a_visit_booked_while_the_form_was_on_its_way(committed_db: str) -> None:
    world = kept_world.committed()
    held = week_2(world)[1]
    day = in_window(held)
    told: list[HttpResponse] = []

    def send() -> None:
        client = Client()
        client.force_login(world.coordinator)
        form = {"start": f"{day}T14:00", "minutes": 60}
        told.append(client.post(reverse("subjects:slots", args=[held.pk]), form))

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            hold_visit(held)
            sender = pool.submit(attempt, send)
            while not _who_waits(cursor) and not sender.done():
                cursor.execute("SELECT pg_sleep(0.05)")
            bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
        assert sender.result() == "done"
    (answer,) = told
    assert answer.status_code == 409
    assert f"{held} was booked meanwhile. Reload to see when." in answer.content.decode()
    assert "Free slots" in answer.content.decode()
    assert Booking.objects.get().period.lower == at(day, 9)


def test_an_anchor_moved_while_a_visit_is_booked(committed_db: str) -> None:
    world = kept_world.committed()
    subject, held = week_2(world)
    slot = wanted(world, in_window(held))
    today = today_at(world)
    outcomes = at_once(
        lambda: bookings.book(held, wanted=slot, by=world.coordinator),
        lambda: subjects.set_anchor(
            subject, code="day_1", on=today - DAY, reason="typed wrong", by=world.coordinator
        ),
        lambda: visits.complete(
            visit(subject, "D1"), on=today, reason="late", by=world.coordinator
        ),
    )
    assert outcomes == ["done", "done", "done"]
    after = Visit.objects.get(pk=held.pk)
    anchor = subject.anchors.get(code="day_1").on
    assert (after.status, after.target_on) == ("booked", anchor + 14 * DAY)


def test_a_visit_booked_and_given_up_at_once(committed_db: str) -> None:
    world = kept_world.committed()
    subject, held = week_2(world)
    slot = wanted(world, in_window(held))
    outcomes = at_once(
        lambda: bookings.book(held, wanted=slot, by=world.coordinator),
        lambda: subjects.end(
            subject, status="withdrawn", on=today_at(world), reason="moved", by=world.coordinator
        ),
    )
    assert outcomes[1] == "done"
    assert Visit.objects.get(pk=held.pk).status == "cancelled"
    assert not Booking.objects.filter(is_live=True).exists()


def test_two_workers_bring_everybody_under_a_schedule_once(committed_db: str) -> None:
    world = kept_world.committed()
    group = [dosed(world) for _ in range(4)]
    version = amended(world, [("D1", 0, 0), ("W8", 56, 3)])
    tomorrow = today_at(world) + DAY
    sites.put_into_effect(world.site, version=version, from_on=tomorrow, by=world.manager)
    by = system_account()
    with time_machine.travel(timezone.now() + DAY):
        outcomes = at_once(*[lambda: follow_all(by=by, batch=2)] * 2)
    assert outcomes == ["done", "done"]
    for subject in group:
        codes = Visit.objects.filter(subject=subject).values_list("code", flat=True)
        assert sorted(codes) == ["D1", "SCR", "W2", "W4", "W8"]
        assert SubjectSchedule.objects.filter(subject=subject, version=version).count() == 1


def test_a_worker_that_is_killed_is_followed_by_one_that_carries_on(committed_db: str) -> None:
    world = kept_world.committed()
    first, last = dosed(world), dosed(world)
    version = amended(world, [("D1", 0, 0), ("W2", 17, 1)])
    tomorrow, new_target = today_at(world) + DAY, today_at(world) + 17 * DAY
    sites.put_into_effect(world.site, version=version, from_on=tomorrow, by=world.manager)
    by = system_account()
    with time_machine.travel(timezone.now() + DAY):
        assert "connection" in _killed_at(last, lambda: follow_all(by=by, batch=1))
        assert [late.pk for late in behind(timezone.now())] == [last.pk]
        assert plan_of(first)["W2"] == ("planned", new_target)
        follow_all(by=by)
    assert plan_of(last)["W2"] == ("planned", new_target)


def _killed_at(subject: Subject, work: Callable[[], object]) -> str:
    """What comes of work whose connection ends while it waits for a subject."""
    with ThreadPoolExecutor(1) as pool:
        with under_event("held by somebody else"), connection.cursor() as cursor:
            Subject.objects.select_for_update().get(pk=subject.pk)
            worker = pool.submit(attempt, work)
            while not (waiting := _who_waits(cursor)) and not worker.done():
                cursor.execute("SELECT pg_sleep(0.05)")
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [waiting])
        return worker.result()


def _who_waits(cursor: CursorWrapper) -> list[int]:
    cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
    return [pid for (pid,) in cursor.fetchall()]


def test_an_absence_and_a_booking_wait_for_each_other_in_turn(committed_db: str) -> None:
    world = kept_world.committed()
    held = week_2(world)[1]
    day = in_window(held)
    slot = wanted(world, day)
    outcomes = at_once(
        lambda: places.add_absence(
            world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator
        ),
        lambda: bookings.book(held, wanted=slot, by=world.coordinator),
    )
    assert outcomes[0] == "done"
    assert outcomes[1] in {"done", "Priya Nair is away 08:00 to 12:00. Choose another time."}
    live = Claim.objects.filter(kind=ClaimKind.PERSON, is_live=True)
    assert [claim.holder for claim in live] == ["absence"]


def test_who_claims_a_room_waits_before_it_changes_a_claim(committed_db: str) -> None:
    world = kept_world.committed()
    held = week_2(world)[1]
    slot = wanted(world, in_window(held))
    booking = bookings.book(held, wanted=slot, by=world.coordinator)
    later = replace(slot, start=slot.start + timedelta(hours=3))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            queue([(ClaimKind.ROOM, world.room.pk)])
            moving = pool.submit(
                attempt, lambda: bookings.move(booking, wanted=later, by=world.coordinator)
            )
            waiting: list[int] = []
            while not waiting and not moving.done():
                cursor.execute(
                    "SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
                )
                waiting = [pid for (pid,) in cursor.fetchall()]
            Claim.objects.select_for_update(nowait=True).get(
                kind=ClaimKind.ROOM, holder_id=booking.pk
            )
        assert waiting
        assert moving.result() == "done"


def test_a_booking_and_an_end_of_an_absence_wait_for_each_other_in_turn(committed_db: str) -> None:
    world, first, _, day = _two_with_one_person()
    away = places.add_absence(world.person, start=at(day, 8), end=at(day, 18), by=world.coordinator)
    other = week_2(world)[1]
    slot = replace(wanted(world, day), room=None)
    outcomes = at_once(
        lambda: places.end_absence(away, by=world.coordinator),
        lambda: bookings.book(other, wanted=slot, by=world.coordinator, reason="asked for"),
    )
    assert outcomes[0] == "done"
    assert "deadlock" not in outcomes[1]
    held = Claim.objects.filter(kind=ClaimKind.PERSON, is_live=True, period__overlap=slot.period)
    assert held.count() == 1, first


@pytest.mark.parametrize("way", ["taken", "given up", "given back"])
def test_several_claims_are_locked_in_one_order(committed_db: str, way: str) -> None:
    world, first, second, day = _two_with_one_person()
    away = None
    if way == "given back":
        away = places.add_absence(
            world.person, start=at(day, 8), end=at(day, 18), by=world.coordinator
        )
    claims = Claim.objects.filter(kind=ClaimKind.PERSON, holder="booking").order_by("pk")
    low, high = claims.values_list("pk", flat=True)
    works: dict[str, Callable[[], object]] = {
        "taken": lambda: places.add_absence(
            world.person, start=at(day, 8), end=at(day, 18), by=world.coordinator
        ),
        "given up": lambda: _release([second.pk, first.pk]),
        "given back": lambda: places.end_absence(away, by=world.coordinator),
    }
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            Claim.objects.select_for_update().get(pk=low)
            worker = pool.submit(attempt, works[way])
            while not (waiting := _who_waits(cursor)) and not worker.done():
                cursor.execute("SELECT pg_sleep(0.05)")
            Claim.objects.select_for_update(nowait=True).get(pk=high)
        assert waiting
        assert worker.result() == "done"


def _release(visits_of: list[int]) -> None:
    with under_event("both are given up"):
        release(visits_of, by=system_account())


def _two_with_one_person() -> tuple[World, Visit, Visit, date]:
    """Two visits with the same person on one day; the first, moved, has the newer claims."""
    world = kept_world.committed()
    first, second = (week_2(world)[1] for _ in range(2))
    day = in_window(first)
    for held, hour in ((first, 9), (second, 11)):
        slot = replace(wanted(world, day, hour), room=None)
        bookings.book(held, wanted=slot, by=world.coordinator)
    later = replace(wanted(world, day, 13), room=None)
    bookings.move(first.bookings.get(), wanted=later, by=world.coordinator)
    return world, first, second, day


def test_two_people_booking_the_same_bed(committed_db: str) -> None:
    world = kept_world.committed()
    bed, other = with_nights(world)
    pair = [to_stay(world) for _ in range(2)]
    start = at(today_at(world) + DAY, 9)
    outcomes = at_once(*(lambda held=held: book(world, held, start, bed) for held in pair))
    assert sorted(outcome == "done" for outcome in outcomes) == [False, True]
    (lost,) = (outcome for outcome in outcomes if outcome != "done")
    assert lost.startswith("Bed 1 is held by ")
    assert lost.endswith(" Free then: Bed 2.")
    (booking,) = Booking.objects.all()
    assert Claim.objects.filter(kind=ClaimKind.BED).count() == 1
    left = next(held for held in pair if held.pk != booking.visit_id)
    outcomes = at_once(
        lambda: book(world, left, start, other),
        lambda: bookings.move(
            booking, wanted=bookings.Wanted(start, 60, bed=other), by=world.coordinator
        ),
    )
    assert sorted(outcome == "done" for outcome in outcomes) == [False, True]
    assert Claim.objects.filter(kind=ClaimKind.BED, resource_id=other.pk).count() == 1


def test_two_workers_remind_a_subject_once(committed_db: str) -> None:
    world = kept_world.committed()
    subject, held = week_2(world)
    day = in_window(held)
    bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    subjects.prefer(subject, values={"reminder": "email"}, by=world.coordinator)
    who = {"name": "Ann Example", "email": "ann@example.org"}
    subjects.identify(subject, values=who, by=world.coordinator)
    by = system_account()
    sent: list[int] = []
    with time_machine.travel(at(day - DAY, 12), tick=False):
        outcomes = at_once(*(lambda: sent.append(remind_all(by=by)) for _ in range(2)))
    assert outcomes == ["done", "done"]
    assert sorted(sent) == [0, 1]
    assert len(mail.outbox) == 1
    assert Reminder.objects.get().status == "sent"
