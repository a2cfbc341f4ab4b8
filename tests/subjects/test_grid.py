"""The schedule as a grid: hours of the place, columns, lanes, what is shut and who is away."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import QueryDict

from sites.models import Absence, Claim, ClaimKind, Closure, Holiday, OpeningHours, Room
from sites.queries.claims import Booked, describers
from subjects import grid
from subjects.actions import bookings, subjects
from subjects.actions.bookings import TakenError, Wanted
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


def test_a_phone_shows_two_days_also_at_the_end_of_the_week(world: World) -> None:
    def near(on: date) -> list[int]:
        return [each.on.day for each in shown(world, on=on)["columns"] if each.is_near]

    assert near(MONDAY) == [8, 9]
    assert near(MONDAY + timedelta(4)) == [11, 12]
    assert near(MONDAY + timedelta(6)) == [11, 12]


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
    for lower, upper in ((at(MONDAY, 0), at(MONDAY + timedelta(2), 0)),
                         (at(MONDAY + timedelta(3), 12), at(MONDAY + timedelta(4), 9))):  # fmt: skip
        Absence.objects.create(person=world.person, period=DateTimeTZRange(lower, upper))
    found = shown(world)
    notes = {each.on.weekday(): each.notes for each in found["columns"]}
    name = world.person.name
    assert notes == {0: ("Founders' Day",), 1: (), 2: (), 3: (), 4: ()}
    assert [(bar.words, bar.column, bar.columns) for bar in found["bars"]] == [
        (f"{name} away", 0, 2), (f"{name} away from 12:00 until 09:00", 3, 2),
    ]  # fmt: skip
    assert [bar.period for bar in found["bars"]] == [
        "Mon 8 Jun to Tue 9 Jun", "Thu 11 Jun 12:00 to Fri 12 Jun 09:00",
    ]  # fmt: skip
    assert [(bar.near_column, bar.near_columns) for bar in found["bars"]] == [(0, 2), (0, 0)]


def test_what_goes_on_beyond_the_week_ends_with_it_and_says_no_time(world: World) -> None:
    opening(world, time(8), time(18))
    first, last = at(MONDAY - timedelta(3), 13), at(MONDAY + timedelta(9), 11)
    Absence.objects.create(person=world.person, period=DateTimeTZRange(first, last))
    name = world.person.name
    before, within, after = (
        shown(world, on=MONDAY + timedelta(7 * weeks))["bars"] for weeks in (-1, 0, 1)
    )
    assert before == []  # one day of it is left in that week: a note above the day
    assert [(bar.words, bar.column, bar.columns) for bar in within] == [(f"{name} away", 0, 5)]
    assert [(bar.words, bar.columns) for bar in after] == [(f"{name} away until 11:00", 3)]
    assert shown(world, "day")["bars"] == []
    assert shown(world, "day")["notes"] == [f"{name} away"]


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
    assert shown(world, "day", by="sponsor")["by"] == "room"


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


def test_a_day_on_which_nothing_lasts_has_no_row_for_it(world: World) -> None:
    for view in ("week", "day"):
        found = shown(world, view)
        assert (found["has_notes"], found["notes"]) == (False, [])


def test_a_day_tells_above_its_columns_what_concerns_them_all(world: World) -> None:
    tuesday = MONDAY + timedelta(1)
    close(world, at(MONDAY, 0), at(tuesday, 0), "Stocktaking")
    Absence.objects.create(
        person=world.person, period=DateTimeTZRange(at(MONDAY, 0), at(tuesday, 0))
    )
    away, shut = f"{world.person.name} away", "Closed: Stocktaking"
    by_room = shown(world, "day")
    assert by_room["notes"] == [shut, away]
    assert [each.notes for each in by_room["columns"]] == [(), ()]
    by_person = shown(world, "day", by="person")
    assert by_person["notes"] == [shut]
    assert [each.notes for each in by_person["columns"]] == [(away,), ()]


def test_a_monitor_on_site_stands_above_the_day_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for resource_id in (world.room.pk, world.room.pk + 1):
        Claim.objects.create(
            place=world.place, kind=ClaimKind.ROOM, resource_id=resource_id, holder="monitoring",
            holder_id=7, period=DateTimeTZRange(at(MONDAY, 13), at(MONDAY, 16)),
        )  # fmt: skip
    assert column(shown(world), MONDAY).notes == ("Monitor on site 13:00–16:00",)
    monkeypatch.setitem(
        describers, "monitoring",
        lambda ids, user: {pk: Booked(f"Interim visit {pk}", "/", world.site.pk) for pk in ids},
    )  # fmt: skip
    assert shown(world, "day")["notes"] == ["Interim visit 7 13:00–16:00"]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 29), ["23 hours: the clocks go forward"]),
        (date(2026, 10, 25), ["25 hours: the clocks go back"]),
        (date(2026, 10, 26), []),
    ],
)
def test_a_day_on_which_the_clocks_change_says_how_long_it_is(
    world: World, day: date, said: list[str]
) -> None:
    assert shown(world, "day", on=day)["notes"] == said


def test_who_may_not_see_staff_is_not_told_who_is_away(world: World) -> None:
    Absence.objects.create(
        person=world.person, period=DateTimeTZRange(at(MONDAY, 8), at(MONDAY, 18))
    )
    now = datetime(2026, 6, 8, 10, 20, tzinfo=LONDON)
    found = grid.schedule(world.place, MONDAY, "week", world.cra, QueryDict(), now)
    assert not found["has_notes"]


def test_a_room_that_is_given_up_keeps_its_column_while_it_is_booked(world: World) -> None:
    book(world, MONDAY, 9, room=world.room)
    Room.objects.filter(pk=world.room.pk).update(is_active=False)
    counts = {each.title: each.count for each in shown(world, "day")["columns"]}
    assert counts == {"Room 1": 1, "No room": 0}
    tuesday = shown(world, "day", on=MONDAY + timedelta(1))
    assert [each.title for each in tuesday["columns"]] == ["No room"]


def test_the_tray_holds_the_visits_of_the_trial_that_is_asked_for(world: World) -> None:
    subject = screen(world, date(2026, 6, 1))
    numbers = {one.number for one in shown(world, trial="TMR-204")["to_book"]}
    assert numbers == {subject.number}
    assert shown(world, trial="another")["to_book"] == []
    assert shown(world, trial="another")["waiting"] == 0


def test_short_visits_in_a_row_do_not_cover_each_other(world: World) -> None:
    opening(world, time(9), time(10))
    book(world, MONDAY, 9, minutes=15)
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=MONDAY - timedelta(days=14), reason="dose", by=world.coordinator
    )
    for start in ((9, 15), (9, 45)):
        wanted = Wanted(at(MONDAY, *start), 15, None, None)
        code = "W2" if start == (9, 15) else "W4"
        bookings.book(visit(subject, code), wanted=wanted, by=world.coordinator, reason="agreed")
    placed = column(shown(world), MONDAY).placed
    assert [(each.row, each.rows, each.lane) for each in placed] == [
        (0, 2, 0),
        (1, 2, 1),
        (2, 2, 0),
    ]


def test_nothing_is_booked_on_a_holiday(world: World) -> None:
    Holiday.objects.create(country=world.place.country, on=MONDAY, name="Founders' Day")
    with pytest.raises(TakenError, match="Northgate is closed on Mon 8 Jun: Founders' Day"):
        book(world, MONDAY, 9)
