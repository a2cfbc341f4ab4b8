"""Times on the days on which the clocks change: asked for, kept and shown without doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from sites.actions import places
from subjects import calendar, diary
from subjects.actions import bookings
from subjects.actions.bookings import TakenError, Wanted
from subjects.forms import BookForm
from subjects.models import Booking, Visit
from tests.subjects.test_booking import week_2
from tests.subjects.test_feeds import address, events
from tests.world import World

pytestmark = pytest.mark.django_db
BACK = date(2027, 10, 31)
FIRST = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def held(world: World) -> Visit:
    """A visit at a place that is open by night."""
    places.set_hours(world.place, hours=[], by=world.coordinator)
    return week_2(world)[1]


def book(world: World, held: Visit, start: datetime) -> Booking:
    slot = Wanted(start, 60, world.room, world.person)
    return bookings.book(held, wanted=slot, reason="sleep study", by=world.coordinator)


def test_a_time_that_comes_twice_is_the_first_and_is_told_with_its_zone(
    world: World, held: Visit, client: Client
) -> None:
    client.force_login(world.coordinator)
    answer = client.post(
        reverse("subjects:slots", args=[held.pk]),
        {
            "start": "2027-10-31T01:30", "minutes": 60, "room": world.room.pk,
            "person": world.person.pk, "reason": "Travel or weather",
        },
        follow=True,
    )  # fmt: skip
    assert Booking.objects.get(visit=held).period.lower == FIRST
    assert f"{held} booked for Sun 31 Oct, 01:30 BST." in answer.content.decode()


@pytest.mark.parametrize(("start", "shown"), [(FIRST, "01:30 BST"), (FIRST + HOUR, "01:30 GMT")])
def test_both_times_can_be_booked_and_are_told_apart(
    world: World, held: Visit, start: datetime, shown: str
) -> None:
    booking = book(world, held, start)
    assert (booking.period.lower, booking.on) == (start, BACK)
    (block,) = diary.blocks(world.place, BACK, BACK, world.coordinator)
    assert block.times.startswith(shown)
    assert block.minutes == 60
    assert f"Sun 31 Oct, {shown} in Room 1" in calendar.time_of(booking)


def test_the_hour_that_comes_twice_is_two_hours(world: World, held: Visit) -> None:
    book(world, held, FIRST)
    _, second = week_2(world)
    assert book(world, second, FIRST + HOUR).is_live
    _, third = week_2(world)
    with pytest.raises(TakenError, match="Room 1 is booked 01:30 BST to 01:30 GMT"):
        book(world, third, FIRST)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2027-03-28T01:30", "01:30 does not exist on 28 Mar 2027 in Europe/London"),
        ("0001-01-01T00:00", "Choose a day from 2000 to 2099."),
        ("9999-12-31T23:59", "Choose a day from 2000 to 2099."),
        ("tomorrow", "Write the start as 2026-06-12T10:15."),
    ],
)
def test_a_time_that_is_none_is_refused_with_a_way_out(
    world: World, held: Visit, start: str, said: str
) -> None:
    form = BookForm({"start": start, "minutes": 60}, place=world.place)
    assert not form.is_valid()
    assert form.errors["start"][0].startswith(said)


def test_a_feed_tells_both_times_apart(world: World, held: Visit, client: Client) -> None:
    _, second = week_2(world)
    with time_machine.travel(datetime(2027, 10, 20, 12, tzinfo=UTC), tick=False):
        book(world, held, FIRST)
        book(world, second, FIRST + HOUR)
        found = events(client, address(world))
    assert [event["DTSTART"].dt for event in found] == [FIRST, FIRST + HOUR]
    assert [event["DTEND"].dt for event in found] == [FIRST + HOUR, FIRST + 2 * HOUR]
