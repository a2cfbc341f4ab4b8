"""Two programs, one slot: one of them gets it, the other is told so."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections, transaction

from accounts.roles import Role
from core.versions import ConflictError
from subjects.actions import bookings
from subjects.actions.plan import hold_visit
from subjects.models import Booking, Visit
from tests import kept_world
from tests.api.conftest import Caller, secret_of, service_with
from tests.world import at, screen, visit, weekday_from


def test_one_of_two_gets_the_slot(committed_db: str) -> None:
    world = kept_world.committed()
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    secret = secret_of(service, world.admin)
    held = [visit(screen(world), "W2") for _ in range(2)]
    day = weekday_from(held[0].target_on)
    body = {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk, "reason": "only then"}
    barrier = Barrier(2)

    def book(wanted: Visit) -> tuple[int, str]:
        try:
            caller = Caller(secret)
            barrier.wait()
            answer = caller.post(f"visits/{wanted.pk}/book/", body)
            return answer.status_code, answer.json().get("code", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(book, held))
    assert told[0][0] == 200
    assert told[1] in {(409, "taken"), (409, "conflict")}
    assert Booking.objects.filter(is_live=True).count() == 1


def test_moving_and_unbooking_do_not_wait_for_each_other(committed_db: str) -> None:
    world = kept_world.committed()
    held = visit(screen(world), "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    later = bookings.Wanted(at(weekday_from(held.target_on), 14), 60, world.room, None)
    booking = bookings.book(held, wanted=wanted, reason="x", by=world.coordinator)

    def move() -> str:
        try:
            bookings.move(booking, wanted=later, reason="x", by=world.coordinator)
        except ConflictError as error:
            return str(error)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            hold_visit(held)
            moving = pool.submit(move)
            _until_somebody_waits()
            bookings.unbook(booking, reason="x", by=world.coordinator)
        assert "lost that time meanwhile" in moving.result()


def _until_somebody_waits() -> None:
    """Until another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_one_of_two_reading_the_same_state_may_change_it(committed_db: str) -> None:
    world = kept_world.committed()
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    secret = secret_of(service, world.admin)
    held = visit(screen(world), "W2")
    tag = Caller(secret).get(f"visits/{held.pk}/").headers["ETag"]
    barrier = Barrier(2)

    def act(verb: str) -> int:
        try:
            caller = Caller(secret)
            barrier.wait()
            path = f"visits/{held.pk}/{verb}/"
            return int(caller.post(path, {"reason": "x"}, **{"If-Match": tag}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, ["miss", "cancel"])) == [200, 412]
