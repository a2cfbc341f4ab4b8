"""The schedule as a grid: hours of the place, columns, lanes, what is shut and who is away."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import QueryDict

from sites.models import Absence, Closure, Holiday, OpeningHours, Room
from subjects import grid
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from tests.world import World, at, screen, visit

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 6, 8)
LONDON = ZoneInfo("Europe/London")


def shown(world: World, view: str = "week", on: date = MONDAY, **query: str) -> dict[str, Any]:
    """What the schedule of the place shows to the coordinator at ten on Monday."""
    asked = QueryDict(mutable=True)
    asked.update(query)
    now = datetime(2026, 6, 8, 10, 20, tzinfo=LONDON)
    return grid.schedule(world.place, on, view, world.coordinator, asked, now)


def column(found: dict[str, Any], key: object) -> grid.Column:
    return next(each for each in found["columns"] if each.key == str(key))


def book(world: World, on: date, hour: int, *, minutes: int = 60, room: Room | None = None) -> None:
    """A subject of its own with a visit at that time."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=on - timedelta(days=14), reason="dose", by=world.coordinator
    )
    wanted = Wanted(at(on, hour), minutes, room, None)
    bookings.book(visit(subject, "W2"), wanted=wanted, by=world.coordinator, reason="as agreed")


def close(world: World, first: datetime, last: datetime, reason: str) -> None:
    Closure.objects.create(place=world.place, period=DateTimeTZRange(first, last), reason=reason)


def opening(world: World, opens: time, closes: time) -> None:
    OpeningHours.objects.filter(place=world.place).delete()
    for weekday in range(5):
        OpeningHours.objects.create(place=world.place, weekday=weekday, opens=opens, closes=closes)


def test_the_grid_shows_the_hours_of_the_place(world: World) -> None:
    opening(world, time(7, 30), time(19, 15))
    hours = shown(world)["hours"]
    assert (hours.first, hours.last, hours.rows) == (7, 20, 52)
    assert hours.labels[:2] == [(7, 0), (8, 4)]
    monday = column(shown(world), MONDAY)
    assert [(shut.row, shut.rows) for shut in monday.shut] == [(0, 2), (49, 3)]


def test_without_hours_of_its_own_a_place_shows_a_working_week(world: World) -> None:
    OpeningHours.objects.filter(place=world.place).delete()
    found = shown(world)
    assert (found["hours"].first, found["hours"].last) == (8, 18)
    assert [each.on for each in found["columns"]] == [MONDAY + timedelta(n) for n in range(5)]


def test_a_closed_day_says_why_and_a_closed_hour_is_hatched(world: World) -> None:
    opening(world, time(8), time(18))
    tuesday, wednesday = MONDAY + timedelta(1), MONDAY + timedelta(2)
    close(world, at(tuesday, 0), at(wednesday, 0), "Stocktaking")
    close(world, at(wednesday, 12), at(wednesday, 13), "Fire drill")
    found = shown(world)
    assert column(found, tuesday).notes == ("Closed: Stocktaking",)
    assert column(found, wednesday).notes == ()
    assert column(found, wednesday).shut == [grid.Shut(16, 4, "Fire drill")]
    assert found["has_notes"]
    assert not shown(world, on=MONDAY + timedelta(7))["has_notes"]


def test_holidays_and_who_is_away_stand_above_the_day(world: World) -> None:
    opening(world, time(8), time(18))
    Holiday.objects.create(country=world.place.country, on=MONDAY, name="Founders' Day")
    book(world, MONDAY, 9)
    for lower, upper in ((at(MONDAY, 0), at(MONDAY + timedelta(2), 0)),
                         (at(MONDAY + timedelta(3), 12), at(MONDAY + timedelta(4), 9))):  # fmt: skip
        Absence.objects.create(person=world.person, period=DateTimeTZRange(lower, upper))
    found = shown(world)
    notes = {each.on.weekday(): each.notes for each in found["columns"]}
    name = world.person.name
    assert notes == {
        0: ("Founders' Day", f"{name} away"), 1: (f"{name} away",), 2: (),
        3: (f"{name} away from 12:00",), 4: (f"{name} away until 09:00",),
    }  # fmt: skip


def test_a_day_has_a_column_for_each_room_or_person_and_one_for_neither(world: World) -> None:
    opening(world, time(8), time(18))
    book(world, MONDAY, 9, room=world.room)
    by_room = shown(world, "day")
    assert [(each.title, each.count) for each in by_room["columns"]] == [
        (world.room.name, 1), ("No room", 0),
    ]  # fmt: skip
    by_person = shown(world, "day", by="person")
    assert column(by_person, "").count == 1
    assert column(by_person, world.person.pk).count == 0


def test_more_than_four_side_by_side_are_counted(world: World) -> None:
    opening(world, time(8), time(18))
    for _ in range(6):
        book(world, MONDAY, 9)
    monday = column(shown(world), MONDAY)
    assert [(each.lane, each.lanes) for each in monday.placed] == [(n, 4) for n in range(4)]
    assert monday.more == [grid.More(4, 2)]
    assert monday.count == 6


def test_filters_keep_each_other(world: World) -> None:
    book(world, MONDAY, 9, room=world.room)
    book(world, MONDAY, 11)
    found = shown(world, trial=world.trial.protocol_number, room=str(world.room.pk))
    assert found["booked"] == 1
    person, room = found["picks"]
    assert (room.chosen, room.clear) == (
        world.room.name, f"?trial={world.trial.protocol_number}",
    )  # fmt: skip
    assert (
        f"&person={world.person.pk}"
        in {name: href for href, name in person.options}[world.person.name]
    )
    assert shown(world, room="none of ours")["booked"] == 0


def test_the_line_of_now_runs_inside_the_hours_of_today_only(world: World) -> None:
    opening(world, time(8), time(18))
    assert shown(world)["now_row"] == 9
    assert shown(world, on=MONDAY + timedelta(7))["now_row"] is None
    opening(world, time(12), time(18))
    assert shown(world)["now_row"] is None


def test_free_slots_are_those_that_are_left(world: World) -> None:
    opening(world, time(8), time(18))
    before = shown(world, "day", on=MONDAY + timedelta(1))["free"]
    book(world, MONDAY + timedelta(1), 9, room=world.room)
    assert shown(world, "day", on=MONDAY + timedelta(1))["free"] == before - 1
    assert shown(world, "day", on=MONDAY - timedelta(1))["free"] == 0
