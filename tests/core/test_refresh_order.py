"""Refreshes lock the duties they change in one order, so that none waits for another in a circle."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from django.db import connection, connections, transaction
from django.utils import timezone

from core.audit import under_event
from core.models import Obligation
from core.obligations import RULES, Within, refresh, refresh_everything
from inbox.actions import assign, together
from subjects.models import Visit
from tests.world import World, build, screen

RULE = "visit.book"


def with_duties(count: int = 4) -> tuple[World, list[Obligation]]:
    """A site with visits to book, whose duties lie in the table from the last object to the first."""
    world = build()
    for _ in range(count):
        screen(world)
    duties = list(Obligation.objects.filter(rule=RULE, met_at=None).order_by("-object_id"))
    assert len(duties) >= count
    return world, duties


def spoil(duties: list[Obligation], label: str = "other") -> None:
    for duty in duties:
        Obligation.objects.filter(pk=duty.pk).update(label=label)


def refreshing(within: Within) -> None:
    try:
        refresh(within, [RULES[RULE]])
    finally:
        connections.close_all()


def waits_for(duty: Obligation, others: list[Obligation], pool: ThreadPoolExecutor) -> Future[None]:
    """A refresh that waits for one duty, while the others after it are free."""
    with transaction.atomic():
        Obligation.objects.select_for_update().get(pk=duty.pk)
        running = pool.submit(refreshing, Within())
        with connection.cursor() as cursor:
            for _ in range(500):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.01)
            else:
                raise AssertionError("nobody waits")
        free = Obligation.objects.filter(pk__in=[other.pk for other in others])
        assert len(free.select_for_update(nowait=True)) == len(others)
    return running


def test_a_refresh_waits_for_the_first_duty_and_holds_none_after_it(committed_db: str) -> None:
    _, duties = with_duties()
    spoil(duties)
    with ThreadPoolExecutor(1) as pool:
        waits_for(duties[-1], duties[:-1], pool).result()
    assert not Obligation.objects.filter(rule=RULE, label="other").exists()


def test_duties_to_be_closed_wait_in_the_same_order(committed_db: str) -> None:
    _, duties = with_duties()
    spoil(duties[::2])
    planned = Visit.objects.filter(pk__in=[duty.object_id for duty in duties[1::2]])
    gone = timezone.localdate() - timedelta(days=60)
    with under_event("test"):
        planned.update(earliest_on=gone, target_on=gone, latest_on=gone)
    with ThreadPoolExecutor(1) as pool:
        waits_for(duties[-1], duties[:-1], pool).result()
    open_now = Obligation.objects.filter(rule=RULE, met_at=None).order_by("-object_id")
    assert [duty.object_id for duty in open_now] == [duty.object_id for duty in duties[::2]]


def test_what_stays_as_it_is_is_not_waited_for(committed_db: str) -> None:
    _, duties = with_duties()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Obligation.objects.select_for_update().get(pk=duties[0].pk)
        pool.submit(refreshing, Within()).result(timeout=20)


def test_beat_actions_and_decisions_meet_without_a_deadlock(committed_db: str) -> None:
    world, duties = with_duties(6)
    held = [Visit.objects.get(pk=duty.object_id) for duty in duties]
    barrier = Barrier(3)

    def beat() -> None:
        for turn in range(8):
            spoil(duties, f"other {turn}")
            refresh_everything()

    def at_the_site() -> None:
        for _ in range(8):
            refresh(Within(site_id=world.site.pk), RULES.values())

    def decide() -> None:
        for turn in range(8):
            to = world.coordinator if turn % 2 else None
            together(assign, duties, to=to, by=world.coordinator)

    def run(job: Callable[[], None]) -> None:
        try:
            barrier.wait()
            job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, [beat, at_the_site, decide]))
    refresh_everything()
    labels = Obligation.objects.filter(rule=RULE, met_at=None).values_list("label", flat=True)
    assert all(label.startswith("Book ") for label in labels)
    assert {one.pk for one in held} == set(
        Obligation.objects.filter(rule=RULE, met_at=None).values_list("object_id", flat=True)
    )
