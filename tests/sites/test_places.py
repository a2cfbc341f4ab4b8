"""Places, their records, hours and delegations in the browser."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.models import Event
from core.versions import ConflictError
from sites.actions import places
from sites.models import (
    Delegation,
    Equipment,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    Task,
)
from subjects.actions import bookings
from subjects.models import Visit
from tests.world import World, at, make_place, screen, user_with, visit, weekday_from

pytestmark = pytest.mark.django_db

SLUG = ["northgate"]


def booked(world: World) -> Visit:
    """A visit booked on a weekday ahead, 9 to 10, in room 1 with Priya."""
    held = visit(screen(world), "W2")
    day = weekday_from(held.target_on)
    wanted = bookings.Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    return held


def day_of(held: Visit) -> date:
    return held.bookings.get().on


@pytest.fixture
def coordinator(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


def test_the_coordinator_adds_and_changes_rooms(world: World, coordinator: Client) -> None:
    made = coordinator.post(
        reverse("sites:add_room", args=SLUG), {"name": "Chair <2>"}, follow=True
    )
    assert "Chair &lt;2&gt;" in made.content.decode()
    room = Room.objects.get(name="Chair <2>")
    url = reverse("sites:change_room", args=[*SLUG, room.pk])
    assert f'name="revision" value="{room.revision}"' in coordinator.get(url).content.decode()
    kept = coordinator.post(url, {"name": "Chair 2", "is_active": "on", "revision": room.revision})
    assert kept.status_code == 302
    stale = coordinator.post(url, {"name": "Chair 3", "revision": room.revision})
    assert stale.status_code == 409
    assert "changed while you had it open" in stale.content.decode()
    assert Room.objects.get(pk=room.pk).name == "Chair 2"
    assert Event.objects.filter(verb="change room", target_id=room.pk).count() == 1


def test_a_second_room_of_the_same_name_is_refused(world: World, coordinator: Client) -> None:
    twice = coordinator.post(reverse("sites:add_room", args=SLUG), {"name": "Room 1"})
    assert twice.status_code == 409
    assert "has a Room 1 already" in twice.content.decode()
    other = places.add_room(world.place, name="Room 2", by=world.coordinator)
    with pytest.raises(ConflictError, match="has a Room 1 already"):
        places.change_room(other, values={"name": "Room 1"}, by=world.coordinator)


def test_a_room_with_visits_says_which_before_it_goes(world: World, coordinator: Client) -> None:
    held = booked(world)
    url = reverse("sites:change_room", args=[*SLUG, world.room.pk])
    refused = coordinator.post(url, {"name": "Room 1"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "the visits become duties to move" in text
    assert reverse("subjects:slots", args=[held.pk]) in text
    assert Room.objects.get(pk=world.room.pk).is_active
    assert coordinator.post(url, {"name": "Room 1", "sure": "on"}).status_code == 302
    assert not Room.objects.get(pk=world.room.pk).is_active


def test_equipment_is_declared_not_programmed(world: World, coordinator: Client) -> None:
    other = Place.objects.create(name="Other", short_name="Other", slug="other", country="GB")
    far = Room.objects.create(place=other, name="Far away")
    add = reverse("sites:add_equipment", args=SLUG)
    assert "Far away" not in coordinator.get(add).content.decode()
    given = {"name": "MAC 2000", "kind": "ECG", "calibration_due_on": "2026-13-01"}
    assert coordinator.post(add, given).status_code == 422
    assert (
        coordinator.post(add, {**given, "calibration_due_on": "", "room": far.pk}).status_code
        == 422
    )
    given |= {"calibration_due_on": "2020-02-29", "room": world.room.pk}
    assert coordinator.post(add, given).status_code == 302
    device = Equipment.objects.get()
    assert (device.place, device.room) == (world.place, world.room)
    change = reverse("sites:change_equipment", args=[*SLUG, device.pk])
    assert coordinator.post(change, {**given, "name": "MAC 5"}).status_code == 302
    assert Equipment.objects.get().is_active is False
    assert Event.objects.filter(verb="change equipment", target_label="MAC 5").exists()
    text = coordinator.get(reverse("sites:equipment", args=SLUG)).content.decode()
    assert "29 Feb 2020" in text


def test_holidays_are_added_by_the_administrator_only(world: World, client: Client) -> None:
    add = reverse("sites:add_holiday")
    client.force_login(world.coordinator)
    assert client.get(add).status_code == 403
    client.force_login(world.admin)
    day = timezone.localdate() + timedelta(days=30)
    given = {"country": "GB", "on": day.isoformat(), "name": "Founders' Day"}
    assert client.post(add, given).status_code == 302
    assert client.post(add, given).status_code in {409, 422}
    holiday = Holiday.objects.get()
    change = reverse("sites:change_holiday", args=[holiday.pk])
    assert client.post(change, {**given, "name": "Founders' Day"}).status_code == 302
    client.force_login(world.coordinator)
    assert "Founders&#x27; Day" in client.get(world.place.get_absolute_url()).content.decode()


def test_hours_are_set_and_visits_outside_them_are_listed_first(
    world: World, coordinator: Client
) -> None:
    held = booked(world)
    url = reverse("sites:hours", args=SLUG)
    late = {
        f"{end}_{day}_first": clock
        for day in range(7)
        for end, clock in (("opens", "10:00"), ("closes", "18:00"))
    }
    first = coordinator.post(url, late)
    assert first.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in first.content.decode()
    assert OpeningHours.objects.filter(opens=time(8)).count() == 5
    assert coordinator.post(url, {**late, "sure": "on"}).status_code == 302
    assert OpeningHours.objects.filter(opens=time(10)).count() == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"opens_0_first": "09:00"}, "Give both times"),
        ({"opens_0_first": "09:00", "closes_0_first": "08:00"}, "Monday closes before it opens"),
        (
            {
                "opens_0_first": "09:00", "closes_0_first": "13:00",
                "opens_0_second": "12:00", "closes_0_second": "17:00",
            },
            "Monday opens again before it closes",
        ),
        ({"opens_0_first": "25:00", "closes_0_first": "26:00"}, "valid time"),
    ],
)  # fmt: skip
def test_wrong_hours_say_what_is_wrong(
    world: World, coordinator: Client, given: dict[str, str], words: str
) -> None:
    refused = coordinator.post(reverse("sites:hours", args=SLUG), given)
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert OpeningHours.objects.count() == 5


def test_who_leaves_keeps_no_delegation(world: World, coordinator: Client) -> None:
    url = reverse("sites:change_person", args=[*SLUG, world.person.pk])
    held = booked(world)
    refused = coordinator.post(url, {"name": "Priya"})
    assert refused.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in refused.content.decode()
    assert coordinator.post(url, {"name": "Priya", "sure": "on"}).status_code == 302
    today = timezone.localdate(timezone=world.place.zone)
    assert Delegation.objects.get().during.upper == today + timedelta(days=1)
    with pytest.raises(RefusedError, match="has left"):
        places.delegate(
            world.site, person=Person.objects.get(), tasks=[Task.ECG], from_on=today,
            by=world.coordinator,
        )  # fmt: skip


def test_tasks_are_delegated_and_ended_by_day(world: World, coordinator: Client) -> None:
    url = reverse("sites:delegate", args=SLUG)
    given = {
        "site": world.site.pk, "person": world.person.pk, "tasks": ["ecg", "blood"],
        "from_on": "2026-03-01", "to_on": "2026-02-01",
    }  # fmt: skip
    refused = coordinator.post(url, given)
    assert "The last day is before the first" in refused.content.decode()
    assert coordinator.post(url, {**given, "to_on": "2027-02-28"}).status_code == 302
    assert coordinator.post(url, {**given, "to_on": ""}).status_code == 409
    ecg = Delegation.objects.get(task="ecg")
    assert ecg.during.upper == date(2027, 3, 1)
    end = reverse("sites:end_delegation", args=[ecg.pk])
    assert "begins on 1 Mar 2026" in coordinator.post(end, {"on": "2026-02-28"}).content.decode()
    assert (
        "ends on 28 Feb 2027 already"
        in coordinator.post(end, {"on": "2028-01-01"}).content.decode()
    )
    assert coordinator.post(end, {"on": "2026-06-30"}).status_code == 302
    assert Delegation.objects.get(task="ecg").during.upper == date(2026, 7, 1)


def test_a_task_is_delegated_to_staff_of_the_place_and_once_at_a_time(
    world: World, coordinator: Client
) -> None:
    given = {
        "site": world.site.pk, "person": world.person.pk, "tasks": ["ecg"],
        "from_on": "2026-03-01", "to_on": "",
    }  # fmt: skip
    url = reverse("sites:delegate", args=SLUG)
    assert coordinator.post(url, given).status_code == 302
    again = coordinator.post(url, {**given, "tasks": ["blood", "ecg"]})
    assert again.status_code == 409
    assert "holds one of these tasks at" in again.content.decode()
    assert not Delegation.objects.filter(task="blood").exists()
    elsewhere = make_place("eastgate", world.admin)
    there = user_with(Role.COORDINATOR, elsewhere, world.admin)
    stranger = places.add_person(elsewhere, values={"name": "Sam Reed"}, by=there)
    assert coordinator.post(url, {**given, "person": stranger.pk}).status_code == 422
    with pytest.raises(RefusedError, match="does not work at"):
        places.delegate(
            world.site, person=stranger, tasks=[Task.ECG], from_on=date(2026, 3, 1),
            by=world.coordinator,
        )  # fmt: skip


def test_ending_the_delegation_for_visits_lists_them(world: World, coordinator: Client) -> None:
    held = booked(world)
    visits = Delegation.objects.get(task=Task.VISITS)
    url = reverse("sites:end_delegation", args=[visits.pk])
    given = {"on": timezone.localdate().isoformat()}
    asked = coordinator.post(url, given)
    assert asked.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in asked.content.decode()
    assert coordinator.post(url, {**given, "sure": "on"}).status_code == 302


def test_a_place_is_added_and_changed_by_the_administrator(world: World, client: Client) -> None:
    client.force_login(world.admin)
    given = {
        "name": "Saint Östen", "short_name": "St Östen", "country": "SE",
        "time_zone": "Europe/Stockholm",
    }  # fmt: skip
    add = reverse("sites:add_place")
    assert client.post(add, {**given, "country": "S1"}).status_code == 422
    assert client.post(add, {**given, "time_zone": "Mars/Base"}).status_code == 422
    for slug in ("st-osten", "st-osten-2"):
        assert client.post(add, given).status_code == 302
        assert Place.objects.get(slug=slug).country == "SE"
    change = reverse("sites:change_place", args=["st-osten"])
    assert client.post(change, {**given, "city": "Umeå"}).status_code == 302
    assert client.post(change, {**given, "city": "Kiruna", "revision": 1}).status_code == 409
    assert Place.objects.get(slug="st-osten").city == "Umeå"


def test_a_device_that_leaves_a_room_lists_its_visits_first(
    world: World, coordinator: Client
) -> None:
    held = booked(world)
    device = places.add_equipment(
        world.place, name="MAC", kind="ECG", room=world.room, by=world.coordinator
    )
    loose = places.add_equipment(world.place, name="Scale", kind="Scale", by=world.coordinator)
    given = {"kind": "ECG", "is_active": "on"}
    stays = {**given, "name": "MAC 2", "room": world.room.pk}
    moves = reverse("sites:change_equipment", args=[*SLUG, device.pk])
    assert coordinator.post(moves, stays).status_code == 302
    asked = coordinator.post(moves, {**given, "name": "MAC 2", "room": ""})
    assert asked.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in asked.content.decode()
    assert Equipment.objects.get(pk=device.pk).room == world.room
    assert coordinator.post(moves, {**given, "name": "MAC 2", "sure": "on"}).status_code == 302
    assert Equipment.objects.get(pk=device.pk).room is None
    retire = reverse("sites:change_equipment", args=[*SLUG, loose.pk])
    assert coordinator.post(retire, {"name": "Scale", "kind": "Scale"}).status_code == 302


def test_the_page_of_a_place_says_what_is_delegated_to_whom_until_when(
    world: World, coordinator: Client
) -> None:
    today = timezone.localdate(timezone=world.place.zone)
    places.add_person(world.place, values={"name": "Ann Able"}, by=world.coordinator)
    for task, days in ((Task.ECG, 30), (Task.BLOOD, -1)):
        places.delegate(
            world.site, person=world.person, tasks=[task], from_on=today - timedelta(days=9),
            to_on=today + timedelta(days=days), by=world.coordinator,
        )  # fmt: skip
    staff = coordinator.get(world.place.get_absolute_url()).context["staff"]
    assert [(one.name, one.tasks, one.sites, one.until, one.is_soon) for one in staff] == [
        ("Ann Able", 0, 0, None, False),
        ("Priya Nair", 2, 1, today + timedelta(days=30), True),
    ]


def test_another_time_zone_lists_the_visits_in_its_way(world: World, coordinator: Client) -> None:
    held = booked(world)
    given = {"name": "Northgate", "short_name": "Northgate", "country": "GB"}
    url = reverse("sites:change_place", args=SLUG)
    refused = coordinator.post(url, {**given, "time_zone": "Europe/Paris"})
    assert refused.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in refused.content.decode()
    assert coordinator.post(url, {**given, "time_zone": "Europe/London"}).status_code == 302


def test_the_time_zone_stays_while_visits_are_booked(world: World) -> None:
    booked(world)
    with pytest.raises(RefusedError, match="booked in Europe/London"):
        places.change_place(world.place, values={"time_zone": "Europe/Paris"}, by=world.coordinator)
    places.change_place(world.place, values={"city": "Leeds"}, by=world.coordinator)


FORMS = [
    ("sites:change_place", SLUG), ("sites:hours", SLUG), ("sites:close", SLUG),
    ("sites:delegate", SLUG), ("sites:add_room", SLUG), ("sites:add_equipment", SLUG),
    ("sites:add_person", SLUG),
]  # fmt: skip


def test_the_monitor_reads_the_address_and_nothing_of_the_diary(
    world: World, client: Client
) -> None:
    client.force_login(world.cra)
    text = client.get(world.place.get_absolute_url()).content.decode()
    assert "Northgate" in text
    assert "Opening hours" not in text
    assert client.get(reverse("sites:delegations", args=SLUG)).status_code == 200
    for name in ("sites:rooms", "sites:equipment", "sites:staff"):
        assert client.get(reverse(name, args=SLUG)).status_code == 403
    for name, args in FORMS:
        assert client.get(reverse(name, args=args)).status_code == 403, name
        assert client.post(reverse(name, args=args), {}).status_code == 403, name
    with pytest.raises(PermissionDenied):
        places.set_hours(world.place, hours=[], by=world.cra)


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(
    "name", ["sites:places", "sites:rooms", "sites:equipment", "sites:staff", "sites:delegations"]
)
def test_lists_run_a_fixed_number_of_queries(
    world: World, coordinator: Client, django_assert_max_num_queries, count: int, name: str
) -> None:
    for step in range(count):
        room = places.add_room(world.place, name=f"R{step}", by=world.coordinator)
        places.add_equipment(
            world.place, name=f"E{step}", kind="ECG", room=room, by=world.coordinator
        )
        person = places.add_person(world.place, values={"name": f"P{step}"}, by=world.coordinator)
        places.delegate(
            world.site, person=person, tasks=[Task.ECG, Task.BLOOD], from_on=date(2026, 1, 1),
            by=world.coordinator,
        )  # fmt: skip
    url = reverse(name, args=[] if name == "sites:places" else SLUG)
    coordinator.get(url)
    with django_assert_max_num_queries(9):
        assert coordinator.get(url).status_code == 200
