"""Two programs, one slot: one of them gets it, the other is told so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from accounts.roles import Role
from subjects.models import Booking, Visit
from tests.api.conftest import Caller, secret_of, service_with
from tests.world import build, screen, visit, weekday_from


def test_one_of_two_gets_the_slot(committed_db: str) -> None:
    world = build()
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


def test_one_of_two_reading_the_same_state_may_change_it(committed_db: str) -> None:
    world = build()
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
