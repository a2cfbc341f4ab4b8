"""Visits against their windows: each visit of the schedule with what was in, early, late and missed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Event
from subjects import windows
from subjects.actions import subjects, visits
from subjects.models import Subject, Visit
from tests.test_pages import assert_well_made
from tests.world import World, screen, visit

pytestmark = pytest.mark.django_db
DAY_1 = date(2026, 6, 1)
LATER = DAY_1 + timedelta(days=60)


def done(world: World, **days: int) -> Subject:
    """A subject whose visits were done on these study days after day 1."""
    subject = screen(world)
    by = world.coordinator
    subjects.set_anchor(subject, code="day_1", on=DAY_1, by=by, reason="first dose")
    for code, day in days.items():
        visits.complete(
            visit(subject, code), on=DAY_1 + timedelta(days=day), reason="travel", by=by
        )
    return subject


def found(world: World) -> dict[str, tuple[int, ...]]:
    rows = windows.kept(Visit.objects.filter(subject__trial=world.trial))
    return {one.name: tuple(one.line()[1:]) for one in rows}


@pytest.fixture(autouse=True)
def _later() -> Any:
    with time_machine.travel(LATER, tick=False):
        yield


def test_each_visit_counts_in_early_late_and_missed(world: World) -> None:
    done(world, W2=14, W4=31)
    done(world, W2=11, W4=32)
    late = done(world, W2=18)
    done(world, W2=10)
    visits.miss(visit(late, "W4"), reason="No show", by=world.coordinator)
    assert found(world) == {"W2": (4, 2, 1, 1, 0, 0), "W4": (2, 1, 0, 1, 0, 1)}
    rows = windows.kept(Visit.objects.all())
    assert [one.name for one in rows] == ["W2", "W4"]
    assert windows.total(rows).line() == ["All visits", 6, 3, 1, 2, 0, 1]
    assert rows[0].share == 50


def test_a_window_stays_as_it_was_when_the_visit_was_done(world: World) -> None:
    subject = done(world, W2=17)
    subjects.set_anchor(
        subject,
        code="day_1",
        on=DAY_1 - timedelta(days=5),
        by=world.coordinator,
        reason="corrected",
    )
    assert found(world) == {"W2": (1, 1, 0, 0, 0, 0)}


def test_what_had_no_window_is_counted_apart(world: World) -> None:
    subject = done(world)
    Visit.objects.filter(subject=subject, code="W2").update(
        target_on=None, earliest_on=None, latest_on=None
    )
    visits.complete(visit(subject, "W2"), on=DAY_1, reason="travel", by=world.coordinator)
    (one,) = windows.kept(Visit.objects.all())
    assert one.line() == ["W2", 1, 0, 0, 0, 1, 0]
    assert one.share is None


def test_nothing_done_is_no_row(world: World) -> None:
    done(world)
    assert found(world) == {}
    assert windows.total([]).share is None


def test_the_page_and_its_file_show_the_figures(world: World, client: Client) -> None:
    done(world, W2=14, W4=32)
    client.force_login(world.cra)
    page = client.get(reverse("subjects:visit_windows", args=["tmr-204"]))
    text = " ".join(page.content.decode().split())
    assert_well_made(page.content.decode(), "visit windows")
    assert "50.0 % of 2 visits were in their window" in text
    file = client.get(reverse("subjects:export_visit_windows", args=["tmr-204", "csv"]))
    lines = b"".join(file.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == [
        "Visit,n,In window,Early,Late,Without window,Missed", "W2,1,1,0,0,0,0", "W4,1,0,0,1,0,0",
    ]  # fmt: skip
    assert Event.objects.latest("pk").verb == "export visit windows"
    book = client.get(reverse("subjects:export_visit_windows", args=["tmr-204", "xlsx"]))
    assert book.content[:2] == b"PK"
    other = client.get(reverse("subjects:export_visit_windows", args=["tmr-204", "pdf"]))
    assert other.status_code == 404


def test_the_page_takes_as_many_queries_for_five_subjects_as_for_one(
    world: World, client: Client
) -> None:
    client.force_login(world.cra)
    page, asked = reverse("subjects:visit_windows", args=["tmr-204"]), []
    for more in (1, 4):
        for _ in range(more):
            done(world, W2=14, W4=31)
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12
