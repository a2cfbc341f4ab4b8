"""Closures and absences come before bookings: the visits stay, as duties to move, until they are."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.models import Deployment, Event, Obligation
from core.obligations import refresh_everything
from sites.actions import places
from sites.models import Absence, Claim, ClaimKind, Holiday, Person
from subjects.actions import bookings, subjects
from subjects.actions.bookings import TakenError, Wanted
from subjects.models import Booking, Visit
from tests.api.conftest import Caller, secret_of, service_with
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HALVES = ((time(8), time(10, 30)), (time(10, 45), time(18)))


def booked(world: World, hour: int = 9) -> tuple[Visit, Booking, date]:
    """Week 2 of a new subject, booked inside its window with the room and the person."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), by=world.coordinator, reason="first dose"
    )
    held = visit(subject, "W2")
    day = weekday_from(held.target_on)
    wanted = Wanted(at(day, hour), 60, world.room, world.person)
    return held, bookings.book(held, wanted=wanted, by=world.coordinator), day


def duties() -> list[tuple[int, str]]:
    rows = Obligation.objects.filter(rule="visit.clash", met_at=None).order_by("object_id")
    return [(row.object_id, row.detail.rpartition(", ")[2]) for row in rows]


def another(world: World, name: str = "Sam Otieno") -> Person:
    person = places.add_person(world.place, values={"name": name}, by=world.coordinator)
    places.delegate(
        world.site, person=person, tasks=["visits"], from_on=date(2020, 1, 1), by=world.coordinator
    )
    return person


def test_an_absence_is_recorded_and_the_visits_in_it_become_duties(
    world: World, client: Client
) -> None:
    held, booking, day = booked(world)
    client.force_login(world.coordinator)
    url = reverse("sites:add_absence", args=[world.person.pk])
    given = {"from_on": day.isoformat(), "to_on": day.isoformat(), "note": "Ill"}
    asked = client.post(url, given)
    assert asked.status_code == 422
    assert held.subject.number in asked.content.decode()
    assert not Absence.objects.exists()
    assert client.post(url, {**given, "sure": "on"}).status_code == 302
    assert duties() == [(held.pk, "the person is away then")]
    week = f"{reverse('subjects:schedule', args=[world.place.slug])}?day={day}"
    assert "The person is away then" in client.get(week).content.decode()
    assert "In conflict" in client.get(f"{week}&view=agenda").content.decode()
    text = client.get(reverse("subjects:visit", args=[held.pk])).content.decode()
    assert "The person is away then. Move the visit" in text
    assert client.get(reverse("inbox:work")).status_code == 200
    move = reverse("subjects:slots", args=[held.pk])
    slot = {
        "start": f"{day}T09:00", "minutes": "60", "room": world.room.pk,
        "person": another(world).pk, "revision": Booking.objects.get(pk=booking.pk).revision,
    }  # fmt: skip
    assert client.post(move, slot).status_code == 302
    assert duties() == []


def test_nobody_is_booked_with_who_is_away(world: World) -> None:
    _, booking, day = booked(world)
    places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    second = visit(screen(world), "W2")
    wanted = Wanted(at(day, 10), 60, None, world.person)
    with pytest.raises(TakenError, match="Priya Nair is away 08:00 to 12:00"):
        bookings.move(booking, wanted=wanted, by=world.coordinator)
    with pytest.raises(TakenError, match="Priya Nair is away 08:00 to 12:00"):
        bookings.book(second, wanted=wanted, reason="x", by=world.coordinator)
    aside = Claim.objects.get(holder="booking", kind=ClaimKind.PERSON)
    assert not aside.is_live
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=aside.pk).update(is_live=True)
    room = Wanted(at(day, 9), 60, world.room, None)
    with pytest.raises(TakenError, match="Room 1 is booked"):
        bookings.book(second, wanted=room, reason="x", by=world.coordinator)


def test_who_is_back_has_the_visits_again(world: World) -> None:
    _, _, day = booked(world)
    away = places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    places.change_absence(away, start=at(day, 13), end=at(day, 15), by=world.coordinator)
    assert duties() == []
    assert Claim.objects.get(holder="booking", kind=ClaimKind.PERSON).is_live
    places.change_absence(away, start=at(day, 9, 30), end=at(day, 15), by=world.coordinator)
    assert len(duties()) == 1
    places.end_absence(away, by=world.coordinator)
    assert duties() == []
    assert Claim.objects.get(holder="booking", kind=ClaimKind.PERSON).is_live


def test_a_time_given_away_meanwhile_is_not_taken_back(world: World) -> None:
    held, _, day = booked(world)
    away = places.add_absence(
        world.person, start=at(day, 9, 30), end=at(day, 12), by=world.coordinator
    )
    other = visit(screen(world), "W2")
    wanted = Wanted(at(day, 9), 30, None, world.person)
    bookings.book(other, wanted=wanted, reason="x", by=world.coordinator)
    places.end_absence(away, by=world.coordinator)
    assert duties() == [(held.pk, "the person is away then")]


def test_a_closed_room_and_a_closed_place_put_visits_in_conflict(world: World) -> None:
    held, _, day = booked(world)
    closed = places.close_room(
        world.room, start=at(day, 8), end=at(day, 18), reason="Paint", by=world.coordinator
    )
    assert duties() == [(held.pk, "the room is closed then")]
    places.open_room(closed, by=world.coordinator)
    assert duties() == []
    shut = places.close(
        world.place, start=at(day, 8), end=at(day, 18), reason="Flood", by=world.coordinator
    )
    assert duties() == [(held.pk, "the place is closed then")]
    places.reopen(shut, by=world.coordinator)
    assert duties() == []


def test_a_holiday_named_later_puts_visits_in_conflict_until_it_is_taken_back(
    world: World, client: Client
) -> None:
    held, _, day = booked(world)
    client.force_login(world.admin)
    given = {"country": "GB", "on": day.isoformat(), "name": "Jubilee", "sure": "on"}
    assert client.post(reverse("sites:add_holiday"), given).status_code == 302
    assert duties() == [(held.pk, "that day is a public holiday")]
    week = f"{reverse('subjects:schedule', args=[world.place.slug])}?day={day}"
    client.force_login(world.coordinator)
    assert "That day is a public holiday" in client.get(week).content.decode()
    holiday = Holiday.objects.get()
    remove = reverse("sites:remove_holiday", args=[holiday.pk])
    assert client.post(remove, {"once": "1"}).status_code == 403
    client.force_login(world.admin)
    change = reverse("sites:change_holiday", args=[holiday.pk])
    later = (day + timedelta(days=1)).isoformat()
    assert client.post(change, {**given, "on": later}).status_code == 302
    assert duties() == []
    assert client.post(change, given).status_code == 302
    assert len(duties()) == 1
    assert remove in client.get(reverse("sites:holidays")).content.decode()
    assert "Remove Jubilee" in client.get(remove).content.decode()
    assert client.post(remove).status_code == 302
    assert duties() == []
    assert not Holiday.objects.exists()


def test_a_holiday_lists_the_visits_of_its_day_first(world: World, client: Client) -> None:
    _, _, day = booked(world)
    client.force_login(world.admin)
    add = reverse("sites:add_holiday")
    first = client.post(add, {"country": "GB", "on": day.isoformat(), "name": "Jubilee"})
    text = " ".join(first.content.decode().split())
    assert (first.status_code, "1 booked visit in that time" in text) == (422, True)
    assert "09:00\N{EN DASH}10:00 at Northgate" in text
    french = {"country": "FR", "on": day.isoformat(), "name": "Bastille Day"}
    assert client.post(add, french).status_code == 302
    assert client.post(add, {**french, "country": "GB", "sure": "on"}).status_code == 302
    held = Holiday.objects.get(country="GB")
    change = reverse("sites:change_holiday", args=[held.pk])
    renamed = {"country": "GB", "on": day.isoformat(), "name": "Fête"}
    assert client.post(change, renamed).status_code == 302, "the visits of the day are known"


def test_hours_that_leave_a_visit_outside_make_it_a_duty(world: World) -> None:
    held, booking, day = booked(world)
    assert duties() == []
    late = [(weekday, time(9, 30), time(18)) for weekday in range(5)]
    places.set_hours(world.place, hours=late, by=world.coordinator)
    assert duties() == [(held.pk, "the place is not open then")]
    wanted = Wanted(at(day, 10), 60, world.room, world.person)
    bookings.move(booking, wanted=wanted, by=world.coordinator)
    assert duties() == []
    halves = [(weekday, *half) for weekday in range(5) for half in HALVES]
    places.set_hours(world.place, hours=halves, by=world.coordinator)
    assert duties() == [(held.pk, "the place is not open then")], "it spans the break"
    places.set_hours(world.place, hours=[], by=world.coordinator)
    assert duties() == [], "a place without hours is always open"


def test_a_holiday_of_another_country_leaves_visits_alone(world: World) -> None:
    _, _, day = booked(world)
    places.set_holidays(
        Deployment.objects.get(), country="FR", days={day: "Bastille Day"}, by=world.admin
    )
    assert duties() == []


def test_what_goes_out_of_use_leaves_duties_and_takes_no_visit(world: World) -> None:
    held, booking, day = booked(world)
    places.change_room(world.room, values={"is_active": False}, by=world.coordinator)
    assert duties() == [(held.pk, "the room is out of use")]
    with pytest.raises(RefusedError, match="Room 1 is out of use"):
        bookings.move(
            booking, wanted=Wanted(at(day, 14), 60, world.room, None), by=world.coordinator
        )
    places.change_room(world.room, values={"is_active": True}, by=world.coordinator)
    places.change_person(world.person, values={"is_active": False}, by=world.coordinator)
    assert duties() == [(held.pk, "the person has left")]
    bookings.unbook(booking, by=world.coordinator)
    assert duties() == []
    assert not Claim.objects.filter(holder="booking").exists()


def test_visits_that_were_are_nobodys_duty(world: World) -> None:
    held, _, day = booked(world)
    places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    refresh_everything(at(day + timedelta(days=1), 12))
    assert (held.pk, "the person is away then") not in duties()


def test_an_absence_comes_in_over_the_api(world: World) -> None:
    held, _, day = booked(world)
    service = service_with(Role.COORDINATOR, world.place, world.coordinator, world.admin)
    caller = Caller(secret_of(service, world.admin))
    start, end = at(day, 8).isoformat(), at(day, 12).isoformat()
    made = caller.post("absences/", {"person": world.person.pk, "start": start, "end": end})
    assert made.status_code == 201
    assert made.json()["place"] == "northgate"
    due = caller.get("obligations/?rule=visit.clash").json()["results"]
    assert [row["object"] for row in due] == [held.pk]
    twice = caller.post("absences/", {"person": world.person.pk, "start": start, "end": end})
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
    later = {"start": at(day, 13).isoformat(), "end": at(day, 15).isoformat()}
    url = f"absences/{made.json()['id']}/change-absence/"
    assert caller.post(url, later).status_code == 200
    assert duties() == []
    back = {"start": later["end"], "end": later["start"]}
    assert caller.post(url, back).status_code == 422


def test_an_absence_is_taken_back_over_the_api(world: World) -> None:
    _, _, day = booked(world)
    service = service_with(Role.COORDINATOR, world.place, world.coordinator, world.admin)
    caller = Caller(secret_of(service, world.admin))
    away = places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    assert len(duties()) == 1
    url = f"absences/{away.pk}/end-absence/"
    assert caller.post(url, {}).status_code == 204
    assert duties() == []
    assert not Absence.objects.exists()
    assert Event.objects.filter(verb="end absence").exists()
    assert caller.post(url, {}).status_code == 404
    now = timezone.now()
    begun = places.add_absence(world.person, start=now - DAY, end=now + DAY, by=world.coordinator)
    back = caller.post(f"absences/{begun.pk}/end-absence/", {})
    assert back.status_code == 200
    assert back.json()["ends_at"] < (now + DAY).isoformat()
    over = caller.post(f"absences/{begun.pk}/end-absence/", {})
    assert (over.status_code, over.json()["code"]) == (422, "refused")


def test_a_closure_comes_in_and_is_taken_back_over_the_api(world: World) -> None:
    held, _, day = booked(world)
    service = service_with(Role.COORDINATOR, world.place, world.coordinator, world.admin)
    caller = Caller(secret_of(service, world.admin))
    given = {
        "place": "northgate", "start": at(day, 8).isoformat(), "end": at(day, 18).isoformat(),
        "reason": "Flood",
    }  # fmt: skip
    assert caller.post("closures/", {**given, "place": "nowhere"}).status_code == 422
    made = caller.post("closures/", given)
    assert (made.status_code, made.json()["reason"]) == (201, "Flood")
    assert duties() == [(held.pk, "the place is closed then")]
    assert caller.post("closures/", given).status_code == 409
    url = f"closures/{made.json()['id']}/"
    later = {**given, "start": at(day, 15).isoformat()}
    del later["place"]
    assert caller.post(f"{url}change-closure/", later).status_code == 200
    assert duties() == []
    assert caller.post(f"{url}reopen/", {}).status_code == 204
    assert caller.get("closures/?place=northgate").json()["results"] == []
    monitor = service_with(Role.CRA, world.site, world.coordinator, world.admin)
    watcher = Caller(secret_of(monitor, world.admin))
    assert watcher.post("closures/", given).status_code == 403
