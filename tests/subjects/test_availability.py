"""What is free: rooms with their equipment, people while they are delegated, days that are open."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.audit import under_event
from core.models import Deployment
from sites.actions import places, sites
from sites.models import Delegation, Equipment, Task
from subjects import calendar
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.availability import around, best, needs
from subjects.models import Visit
from tests.world import LONDON, World, at, screen, visit, weekday_from
from trials.models import ProcedureDefinition, ScheduleVersion, VisitDefinition, VisitProcedure

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def week_2(world: World) -> Visit:
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), by=world.coordinator, reason="first dose"
    )
    return visit(subject, "W2")


def offers(held: Visit):
    return best([held], around(held, timezone.now()))[held.pk]


def test_a_person_is_offered_only_on_the_days_of_the_delegation(world: World) -> None:
    held = week_2(world)
    last = held.target_on
    Delegation.objects.filter(person=world.person).update(during=(date(2020, 1, 1), last + DAY))
    found = offers(held)
    assert found
    assert all(offer.start.date() <= last for offer in found)
    assert {offer.person_id for offer in found} == {world.person.pk}


def test_nothing_is_offered_where_nobody_is_delegated(world: World, client) -> None:
    held = week_2(world)
    Delegation.objects.all().delete()
    assert offers(held) == []
    client.force_login(world.coordinator)
    page = client.get(f"/visits/{held.pk}/slots/")
    assert "is delegated for visits of TMR-204" in " ".join(page.content.decode().split())


def test_a_second_delegation_later_is_used_from_its_day(world: World) -> None:
    held = week_2(world)
    other = places.add_person(world.place, values={"name": "Omar Reyes"}, by=world.coordinator)
    Delegation.objects.filter(person=world.person).update(during=(date(2020, 1, 1), held.target_on))
    places.delegate(
        world.site, person=other, tasks=[Task.VISITS], from_on=held.target_on, by=world.coordinator
    )
    for offer in offers(held):
        before = offer.start.date() < held.target_on
        assert offer.person == ("Priya Nair" if before else "Omar Reyes")


def version_with_ecg(world: World) -> None:
    """Put a schedule into effect whose only visit needs an ECG."""
    with under_event("test"):
        version = ScheduleVersion.objects.create(trial=world.trial, number="2.0")
        only = VisitDefinition.objects.create(
            version=version, code="W2", name="W2", position=0, days=0, early_days=3, late_days=3,
            is_anchor=True,
        )  # fmt: skip
        procedure = ProcedureDefinition.objects.create(
            version=version, name="12-lead ECG", position=0, equipment="ECG"
        )
        VisitProcedure.objects.create(visit=only, procedure=procedure)
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    sites.put_into_effect(world.site, version=version, from_on=date(2021, 1, 1), by=world.manager)


@pytest.mark.parametrize(
    ("in_room", "due_in", "rooms"),
    [
        ("Room 2", 400, {"Room 2"}),
        ("Room 2", None, {"Room 2"}),
        ("Room 2", 1, set()),
        (None, None, {"Room 1", "Room 2"}),
    ],
)
def test_a_room_is_offered_when_the_equipment_is_there_and_calibrated(
    world: World, in_room: str | None, due_in: int | None, rooms: set[str]
) -> None:
    version_with_ecg(world)
    held = week_2(world)
    second = places.add_room(world.place, name="Room 2", by=world.coordinator)
    due_on = None if due_in is None else timezone.localdate() + due_in * DAY
    Equipment.objects.create(
        place=world.place, kind="ecg", name="MAC 5", room=second if in_room else None,
        calibration_due_on=due_on,
    )  # fmt: skip
    found = around(held, timezone.now())
    wanted = needs([held], found)[held.pk]
    assert wanted.rooms is not None
    assert {found.rooms[pk] for pk in wanted.rooms} == rooms
    assert found.rooms_for("phone", frozenset({"ecg"})) is None


def test_the_strip_of_days_knows_closures_and_what_is_taken(world: World) -> None:
    now = timezone.localtime(timezone=LONDON)
    monday = weekday_from(now.date() + 7 * DAY)
    monday += (7 - monday.weekday()) % 7 * DAY
    held = week_2(world)
    before = free(world, now)
    assert before[monday] == 10
    places.close(
        world.place, start=at(monday, 8), end=at(monday, 12), reason="Audit",
        by=world.coordinator,
    )  # fmt: skip
    slot = Wanted(at(monday, 14), 60, world.room, world.person)
    bookings.book(held, wanted=slot, by=world.coordinator, reason="the subject asked for it")
    assert free(world, now)[monday] == 5
    assert all(later - day >= DAY for day, later in pairwise(before))


@pytest.mark.parametrize(
    ("today", "shown"),
    [
        (date(2030, 6, 13), date(2030, 6, 13)),  # a Thursday
        (date(2030, 6, 15), date(2030, 6, 17)),  # a Saturday
        (date(2030, 6, 21), date(2030, 6, 24)),  # a holiday before a weekend
    ],
)
def test_on_a_closed_day_today_shows_the_next_open_one(
    world: World, client: Client, today: date, shown: date
) -> None:
    places.set_holidays(
        Deployment.objects.get(), country="GB", days={date(2030, 6, 21): "A holiday"},
        by=world.admin,
    )  # fmt: skip
    with time_machine.travel(at(today, 10), tick=False):
        client.force_login(world.coordinator)
        text = client.get(reverse("subjects:today")).content.decode()
    assert f"{shown:%A} {shown.day} June" in text
    assert ("the next open day" in text) == (today != shown)


def test_a_place_that_keeps_no_hours_shows_today_on_every_day(world: World, client: Client) -> None:
    places.set_hours(world.place, hours=[], by=world.coordinator)
    with time_machine.travel(at(date(2030, 6, 15), 10), tick=False):
        client.force_login(world.coordinator)
        text = client.get(reverse("subjects:today")).content.decode()
    assert "Saturday 15 June" in text
    assert "the next open day" not in text


def free(world: World, now: datetime) -> dict[date, int]:
    strip = calendar.load(calendar.outlook(world.place, now), now.date(), days=21)
    return {day.on: day.free for day in strip}


def test_first_slots_cost_the_same_for_one_visit_and_for_five(
    world: World, django_assert_num_queries
) -> None:
    held = [week_2(world) for _ in range(5)]
    found = around(held[0], timezone.now())
    rows = list(Visit.objects.select_related("definition").filter(pk__in=[v.pk for v in held]))
    with django_assert_num_queries(3):
        best(rows[:1], found, limit=1)
    with django_assert_num_queries(3):
        assert all(best(rows, found, limit=1).values())
