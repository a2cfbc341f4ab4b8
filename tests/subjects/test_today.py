"""Today: the day of a place, what waits for a date, what needs a person and what runs out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core import obligations
from core.kept import forget
from sites.actions import places, sites
from sites.models import Task
from subjects import unbooked
from subjects.actions import bookings, subjects, visits
from subjects.models import Subject, Visit
from subjects.today import Chosen, Day, day_of
from tests.world import LONDON, World, at, make_version, screen, user_with, visit

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 11)  # a Thursday
ALL = Chosen(is_mine=False, trial="", room="")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _on_a_thursday() -> Any:
    with time_machine.travel(at(TODAY, 7), tick=False):
        yield


def booked(world: World, hour: int, *, by: User | None = None, day_1: date | None = None) -> Visit:
    """Week 2 of a new subject, booked today."""
    subject = screen(world, TODAY - timedelta(days=30))
    anchor = day_1 or TODAY - timedelta(days=14)
    subjects.set_anchor(subject, code="day_1", on=anchor, reason="dose", by=world.coordinator)
    held = visit(subject, "W2")
    wanted = bookings.Wanted(at(TODAY, hour), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, reason="as asked", by=by or world.coordinator)
    return held


def seen(
    world: World, now: datetime | None = None, chosen: Chosen = ALL, user: User | None = None,
    on: date = TODAY,
) -> Day:  # fmt: skip
    person = User.objects.get(pk=(user or world.coordinator).pk)
    return day_of(world.place, on, person, chosen, (now or at(TODAY, 10, 42)).astimezone(LONDON))


def call(world: World, subject: Subject, result: str, days_ago: int = 1) -> None:
    instant = at(TODAY - timedelta(days=days_ago), 15)
    subjects.log_contact(subject, at=instant, channel="phone", result=result, by=world.coordinator)


def test_the_line_of_now_stands_between_what_began_and_what_comes(world: World) -> None:
    first, second = booked(world, 9), booked(world, 14)
    day = seen(world)
    assert [row.block.number for row in day.before] == [first.subject.number]
    assert [row.block.number for row in day.after] == [second.subject.number]
    assert (day.clock, day.total, day.done) == ("10:42", 2, 0)


def test_what_is_done_is_over_and_what_was_not_done_is_not(world: World) -> None:
    first, second = booked(world, 8), booked(world, 9)
    with time_machine.travel(at(TODAY, 9), tick=False):
        visits.check_in(first, by=world.coordinator)
        visits.complete(first, on=TODAY, by=world.coordinator)
    rows = {row.block.visit_id: row for row in seen(world).before}
    assert (rows[first.pk].is_over, rows[first.pk].chip) == (True, ("ok", "Completed"))
    assert (rows[second.pk].is_over, rows[second.pk].chip) == (False, ("warn", "Not arrived"))
    assert seen(world).first_to_arrive == second.pk


@pytest.mark.parametrize("hour", [7, 19])
def test_there_is_no_line_while_the_place_is_closed(world: World, hour: int) -> None:
    booked(world, 9)
    day = seen(world, at(TODAY, hour))
    assert (day.clock, len(day.before), len(day.after)) == ("", 0, 1)


def test_another_day_has_no_line_either(world: World) -> None:
    booked(world, 9)
    tomorrow = seen(world, on=TODAY + timedelta(days=1))
    assert (tomorrow.is_today, tomorrow.clock, tomorrow.shown) == (False, "", 0)


def test_who_is_booked_for_a_later_day_is_not_checked_in_today(world: World) -> None:
    booked(world, 9)
    assert seen(world).before[0].block.step == ("subjects:check_in", "Check in")
    with time_machine.travel(at(TODAY - timedelta(days=1), 10), tick=False):
        (row,) = seen(world, at(TODAY - timedelta(days=1), 10)).after
    assert row.block.step is None


def test_an_unconfirmed_visit_says_what_came_of_the_last_call(world: World) -> None:
    held = booked(world, 14)
    assert seen(world).after[0].note == "Not called yet"
    call(world, held.subject, "no_answer", days_ago=3)
    call(world, held.subject, "voicemail")
    row = seen(world).after[0]
    assert (row.chip, row.note) == (("", "Unconfirmed"), "Left voicemail 10 Jun")
    bookings.confirm(visits.booking_of(held), by=world.coordinator)
    row = seen(world).after[0]
    assert (row.chip, row.note) == (("", "Confirmed"), "")


def test_a_call_of_last_month_says_nothing_any_more(world: World) -> None:
    held = booked(world, 14)
    call(world, held.subject, "voicemail", days_ago=20)
    assert seen(world).after[0].note == "Not called yet"


def test_what_to_prepare_stands_in_the_note(world: World) -> None:
    held = booked(world, 14)
    needs = {"fasting": "Fasting", "interpreter": "interpreter booked (pl)"}
    subjects.prefer(held.subject, values=needs, by=world.coordinator)
    assert seen(world).after[0].note == "Not called yet · Fasting · interpreter booked (pl)"


@pytest.mark.parametrize(
    ("day_1", "hour", "chip"),
    [
        (TODAY - timedelta(days=17), 14, ("warn", "Last day of window")),
        (TODAY - timedelta(days=18), 14, ("crit", "Out of window")),
        (TODAY - timedelta(days=14), 10, ("warn", "Not arrived")),
    ],
)
def test_what_is_wrong_stands_before_what_is_booked(
    world: World, day_1: date, hour: int, chip: tuple[str, str]
) -> None:
    booked(world, hour, day_1=day_1)
    day = seen(world)
    (row,) = (*day.before, *day.after)
    assert row.chip == chip
    assert row.note == "Not confirmed: not called yet"


def test_mine_is_what_i_am_booked_for(world: World) -> None:
    booked(world, 9)
    mine = Chosen(is_mine=True, trial="", room="")
    other = user_with(Role.COORDINATOR, world.place, world.admin)
    assert (seen(world, chosen=mine).shown, seen(world, chosen=mine).total) == (1, 1)
    assert (seen(world, chosen=mine, user=other).shown, seen(world, user=other).shown) == (0, 1)


@pytest.mark.parametrize(
    ("trial", "room", "count"),
    [("TMR-204", "", 1), ("BSL-305", "", 0), ("", "Room 1", 1), ("", "Room 2", 0)],
)
def test_a_trial_or_a_room_is_chosen(world: World, trial: str, room: str, count: int) -> None:
    booked(world, 9)
    day = seen(world, chosen=Chosen(is_mine=False, trial=trial, room=room))
    assert (day.shown, day.total, day.trials, day.rooms) == (count, 1, ("TMR-204",), ("Room 1",))


def test_what_waits_is_counted_whole_and_its_first_are_shown(world: World) -> None:
    for _ in range(4):
        subject = screen(world, TODAY)
        subjects.set_anchor(subject, code="day_1", on=TODAY, reason="dose", by=world.coordinator)
    day = seen(world)
    # Day 1 and week 2 of each; the window of screening has closed, week 4 opens later.
    assert (day.waiting, len(day.to_book)) == (8, 5)
    assert [item.item.days_left for item in day.to_book[:4]] == [0, 0, 0, 0]


def test_a_closed_window_is_not_offered_for_booking(world: World) -> None:
    screen(world, TODAY - timedelta(days=20))
    rows, total = unbooked.waiting(world.place, TODAY, world.coordinator)
    assert [(row.visit, row.days_left >= 0) for row in rows] == [("W2", True)]
    assert total == 1


def test_a_visit_to_book_says_the_last_call_and_the_preference(world: World) -> None:
    subject = screen(world, TODAY)
    call(world, subject, "no_answer")
    subjects.prefer(subject, values={"part_of_day": "morning"}, by=world.coordinator)
    assert {item.item.note for item in seen(world).to_book} == {
        "No answer 10 Jun · Prefers mornings"
    }


def test_what_needs_me_is_grouped_by_when_it_is_due(world: World) -> None:
    screen(world, TODAY - timedelta(days=20))  # screening is past its window
    booked(world, 9)  # to confirm today
    day = seen(world)
    found = {stretch.name: [duty.due for duty in stretch.duties] for stretch in day.needs}
    assert list(found) == ["Overdue", "Today", "Later"]
    assert found["Today"] == ["today"]
    assert {duty.level for duty in day.needs[0].duties} == {"late"}
    assert day.needs[0].is_late
    assert day.open == sum(stretch.count for stretch in day.needs)
    assert seen(world, user=world.cra).needs == ()


@pytest.mark.parametrize(
    ("days", "heading"),
    [(-1, "Overdue"), (0, "Today"), (1, "This week"), (7, "This week"), (8, "Later")],
)
def test_a_duty_stands_under_the_stretch_of_its_day(days: int, heading: str) -> None:
    assert obligations.stretch_of(TODAY + timedelta(days=days), TODAY) == heading


def test_what_runs_out_is_said_before_it_does(world: World) -> None:
    places.add_equipment(
        world.place, name="Centrifuge", kind="Centrifuge",
        calibration_due_on=TODAY + timedelta(days=13), by=world.coordinator,
    )  # fmt: skip
    nurse = places.add_person(world.place, values={"name": "Tom Ellery"}, by=world.coordinator)
    places.delegate(
        world.site, person=nurse, tasks=[Task.VISITS, Task.BLOOD], from_on=TODAY,
        to_on=TODAY + timedelta(days=5), by=world.coordinator,
    )  # fmt: skip
    found = [(each.name, each.due) for each in seen(world).expiring]
    assert found == [
        ("Delegation of Tom Ellery, TMR-204", "in 5 days"),
        ("Calibration, Centrifuge", "in 13 days"),
    ]
    places.delegate(
        world.site, person=nurse, tasks=[Task.VISITS, Task.BLOOD],
        from_on=TODAY + timedelta(days=6), by=world.coordinator,
    )  # fmt: skip
    forget(world.coordinator)
    assert [each.name for each in seen(world).expiring] == ["Calibration, Centrifuge"]


def test_a_call_starts_without_an_arrival(world: World, client: Client) -> None:
    version = make_version(world.trial, "1.1", world.manager, calls={"W2"})
    sites.put_into_effect(world.site, version=version, from_on=date(2026, 1, 1), by=world.manager)
    held = booked(world, 14)
    assert seen(world).after[0].block.step == ("subjects:start", "Start call")
    client.force_login(world.coordinator)
    client.post(reverse("subjects:start", args=[held.pk]), {"next": "/today/"})
    held.refresh_from_db()
    assert held.status == "in_progress"


def test_who_is_not_called_has_to_arrive_first(world: World, client: Client) -> None:
    held = booked(world, 14)
    client.force_login(world.coordinator)
    answer = client.post(reverse("subjects:start", args=[held.pk]))
    assert answer.status_code == 409
    held.refresh_from_db()
    assert held.status == "booked"


def test_the_page_asks_again_and_hears_only_what_is_new(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    booked(world, 9)
    first = client.get("/today/", headers=HTMX)
    assert "<html" not in first.content.decode()
    known = HTMX | {"If-None-Match": first.headers["ETag"]}
    same = client.get("/today/", headers=known)
    assert (same.status_code, same.content) == (304, b"")
    booked(world, 14)
    new = client.get("/today/", headers=known)
    assert new.status_code == 200
    assert new.headers["ETag"] != first.headers["ETag"]
    whole = client.get("/today/", headers={"If-None-Match": new.headers["ETag"]})
    assert whole.status_code == 200


def test_whose_day_it_is_is_kept(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    answer = client.post(
        reverse("accounts:look"), {"whose_day": "mine"},
        headers={"Referer": "http://testserver/today/?trial=TMR-204"},
    )  # fmt: skip
    assert answer.headers["Location"] == "/today/?trial=TMR-204"
    assert User.objects.get(pk=world.coordinator.pk).whose_day == "mine"
    assert client.post(reverse("accounts:look"), {"whose_day": "hers"}).status_code == 422


@pytest.mark.parametrize("count", [1, 5])
def test_today_asks_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for hour in range(8, 8 + count):
        booked(world, hour)
        screen(world, TODAY)
    client.force_login(world.coordinator)
    client.get("/today/")
    with django_assert_max_num_queries(25):
        assert client.get("/today/").status_code == 200


def test_the_visits_that_wait_are_found_by_subject_or_visit(world: World, client: Client) -> None:
    subject, other = screen(world, TODAY), screen(world, TODAY)
    client.force_login(world.coordinator)
    url = reverse("subjects:waiting", args=["northgate"])
    menu = client.get(url, headers=HTMX | {"HX-Target": "menu"}).content.decode()
    assert visit(subject, "SCR").book_url in menu
    assert "<html" not in menu
    found = client.get(url, {"q": other.number}).content.decode()
    assert visit(other, "SCR").book_url in found
    assert visit(subject, "SCR").book_url not in found
    assert "No visit matches zzz" in client.get(url, {"q": "zzz"}).content.decode()
