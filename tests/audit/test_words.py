"""The trail in words: names instead of numbers, days instead of codes, the parts with the whole."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.queries import events_of, page_of
from audit.reading import Entry
from sites.actions import sites
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.models import Booking, Visit
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def booked(world: World) -> Visit:
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), by=world.coordinator, reason="first dose"
    )
    held = visit(subject, "W2")
    day = weekday_from(held.target_on)
    slot = Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=slot, by=world.coordinator)
    return held


def said(entry: Entry) -> dict[str, str]:
    return {change.field: change.new for change in entry.changes}


def test_a_visit_tells_of_its_bookings_by_name_and_day(world: World) -> None:
    held = booked(world)
    booking = Booking.objects.get(visit=held)
    bookings.move(
        booking, wanted=Wanted(at(booking.on, 14), 60, world.room, world.person),
        by=world.coordinator,
    )  # fmt: skip
    move, book = page_of(events_of(held), world.coordinator).entries[:2]
    assert (move.verb, book.verb) == ("move", "book")
    assert said(book)["room"] == "Room 1"
    assert said(book)["person"] == "Priya Nair"
    assert said(book)["is live"] == "yes"
    day = f"{booking.on:%-d %b %Y}"
    hour = at(booking.on, 14).astimezone(timezone.get_fixed_timezone(0))
    assert said(move)["period"].startswith(f"{day} {hour:%H:%M} UTC to {day}")
    assert {change.record for change in [*move.changes, *book.changes]} <= {"Booking", "Visit"}


def test_what_is_not_for_the_eyes_of_the_reader_stays_a_number(world: World) -> None:
    held = booked(world)
    stranger = User.objects.create(username="stranger", email="s@example.org")
    entries = page_of(events_of(held), stranger).entries
    told = {change.new for entry in entries for change in entry.changes}
    assert "Room 1" not in told
    assert "hidden for your role" in told


def test_the_trail_costs_the_same_for_one_move_and_for_five(world: World) -> None:
    held = booked(world)
    counts = []
    page_of(events_of(held), world.coordinator)
    for moves in (1, 5):
        for hour in range(moves):
            booking = Booking.objects.get(visit=held)
            slot = Wanted(at(booking.on, 10 + hour), 60, world.room, world.person)
            bookings.move(booking, wanted=slot, by=world.coordinator)
        with CaptureQueriesContext(connection) as queries:
            page_of(events_of(held), User.objects.get(pk=world.coordinator.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_people_stand_in_the_trail_by_name(world: World) -> None:
    values = {"cra": world.cra}
    sites.change_site(world.site, values=values, by=world.manager)
    entry, *_ = page_of(events_of(world.site), world.manager).entries
    assert said(entry)["cra"] == str(world.cra)
