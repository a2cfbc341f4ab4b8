"""The pages of a subject: what is next first, what to prepare, and nothing that is not to be seen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from subjects.actions import bookings, subjects, visits
from subjects.models import Subject
from tests.world import World, at, screen, visit
from workspace import queries
from workspace import subject as about
from workspace.story import story_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 11)  # a Thursday


@pytest.fixture(autouse=True)
def _on_a_thursday() -> Any:
    with time_machine.travel(at(TODAY, 9), tick=False):
        yield


@pytest.fixture
def subject(world: World) -> Subject:
    """A subject two weeks after day 1, with week 2 booked today."""
    made = screen(world, TODAY - timedelta(days=30))
    subjects.set_anchor(
        made, code="day_1", on=TODAY - timedelta(days=14), reason="dose", by=world.coordinator
    )
    wanted = bookings.Wanted(at(TODAY, 11, 30), 60, world.room, world.person)
    bookings.book(visit(made, "W2"), wanted=wanted, reason="as asked", by=world.coordinator)
    return made


def rows(world: World, subject: Subject, user: User | None = None) -> dict[str, queries.VisitRow]:
    person = User.objects.get(pk=(user or world.coordinator).pk)
    return {row.code: row for row in queries.visits_of(subject, TODAY, person)}


def tab(client: Client, subject: Subject, name: str = "subject") -> str:
    answer = client.get(reverse(f"workspace:{name}", args=["tmr-204", subject.number]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_visit_says_when_it_is_and_what_comes_next(world: World, subject: Subject) -> None:
    found = rows(world, subject)
    assert (found["W2"].days, found["W2"].when) == ("8–14 Jun", "today, 11:30")
    assert found["W2"].chip == ("", "Unconfirmed")
    assert found["W4"].chip == ("warn", "Book by 28 Jun")
    assert found["SCR"].chip == ("crit", "Window closed")
    steps = {code: row.step.text if row.step else "" for code, row in found.items()}
    assert steps == {"SCR": "Find slot", "D1": "Find slot", "W2": "Move", "W4": "Find slot"}


def test_a_visit_under_way_offers_its_next_step(world: World, subject: Subject) -> None:
    held = visit(subject, "W2")
    visits.check_in(held, by=world.coordinator)
    step = rows(world, subject)["W2"].step
    assert step
    assert (step.text, step.is_post, step.is_next) == ("Start", True, True)
    visits.start(visit(subject, "W2"), by=world.coordinator)
    step = rows(world, subject)["W2"].step
    assert step
    assert (step.text, step.is_post, step.is_next) == ("Complete", False, True)


def test_who_only_reads_is_offered_nothing(world: World, subject: Subject) -> None:
    assert {row.step for row in rows(world, subject, world.cra).values()} == {None}


def test_what_is_next_stands_after_the_last_two_that_are_over(
    world: World, subject: Subject
) -> None:
    for code in ("SCR", "D1", "W2"):
        visits.miss(visit(subject, code), reason="did not come", by=world.coordinator)
    found = queries.next_first(list(rows(world, subject).values()))
    assert [row.code for row in found] == ["D1", "W2", "W4"]
    assert [row.is_over for row in found] == [True, True, False]


def test_what_to_prepare_comes_from_the_preferences(world: World, subject: Subject) -> None:
    assert about.before_visit(None) == []
    kept = subjects.prefer(
        subject, values={"fasting": "Since 22:00", "transport": "Taxi at 11:00"},
        by=world.coordinator,
    )  # fmt: skip
    assert [(fact.label, fact.text) for fact in about.before_visit(kept)] == [
        ("Fasting", "Since 22:00"), ("Transport", "Taxi at 11:00"),
    ]  # fmt: skip


def test_the_timeline_says_the_day_the_next_visit_and_what_to_prepare(
    world: World, subject: Subject, client: Client
) -> None:
    subjects.prefer(subject, values={"fasting": "Since 22:00"}, by=world.coordinator)
    client.force_login(world.coordinator)
    text = tab(client, subject)
    assert "Next: W2, today, 11:30" in text
    assert "Before today’s visit" in text
    assert "Since 22:00" in text
    assert "Show as table" in text


def test_every_tab_has_its_count_and_one_is_current(
    world: World, subject: Subject, client: Client
) -> None:
    subjects.log_contact(
        subject, at=at(TODAY, 8), channel="phone", result="reached", summary="will come",
        by=world.coordinator,
    )  # fmt: skip
    visits.miss(visit(subject, "SCR"), reason="did not come", by=world.coordinator)
    user = User.objects.get(pk=world.coordinator.pk)
    held = queries.visits_of(subject, TODAY, user)
    tabs = about.frame(subject, user, TODAY, held, "Activity")["tabs"]
    assert [(each.text, each.count) for each in tabs] == [
        ("Timeline", None), ("Visits", 4), ("Consents", 0),
        ("Deviations", 1), ("Medications", 0), ("Payments", 0), ("Activity", None),
    ]  # fmt: skip
    assert [each.text for each in tabs if each.is_current] == ["Activity"]
    client.force_login(world.coordinator)
    assert "will come" in tab(client, subject, "subject_activity")
    assert "did not come" in tab(client, subject, "subject_deviations")
    assert "Every change, with old and new values" in tab(client, subject, "subject_activity")


def test_contacts_are_for_people_of_the_site(
    world: World, subject: Subject, client: Client
) -> None:
    client.force_login(world.cra)
    text = tab(client, subject, "subject_activity")
    assert "Contact log" not in text
    assert "Status history" in text
    client.force_login(world.coordinator)
    assert "Nobody has been in contact" in tab(client, subject, "subject_activity")


def test_after_the_end_the_story_is_grey_and_nothing_is_offered(
    world: World, subject: Subject, client: Client
) -> None:
    subjects.end(subject, status="withdrawn", on=TODAY, reason="moved away", by=world.coordinator)
    subject.refresh_from_db()
    held = list(rows(world, subject).values())
    story = story_of(subject, held, TODAY, TODAY - timedelta(days=14), "")
    assert story
    assert all("ch-after" in lane.picture for lane in story.lanes)
    assert rows(world, subject)["W4"].step is None
    client.force_login(world.coordinator)
    text = tab(client, subject)
    assert "Left 11 Jun 2026: moved away" in text
    assert "Schedule W" not in text


def test_the_table_beside_the_timeline_says_the_same(world: World, subject: Subject) -> None:
    held = list(rows(world, subject).values())
    story = story_of(subject, held, TODAY, TODAY - timedelta(days=14), "")
    assert story
    assert "ch-after" not in story.lanes[0].picture
    assert [(each.lane, each.day) for each in story.moments if each.on == TODAY] == [
        ("Visits", "D15")
    ]


@pytest.mark.parametrize("name", ["subject", "subject_visits", "subject_activity"])
def test_a_page_of_a_subject_asks_few_queries(
    world: World, subject: Subject, client: Client, django_assert_max_num_queries: Any, name: str
) -> None:
    client.force_login(world.coordinator)
    tab(client, subject, name)
    with django_assert_max_num_queries(20):
        tab(client, subject, name)
