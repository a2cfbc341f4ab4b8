"""Closures of places and rooms, and absences of staff, in the browser."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.dates import show_day
from sites.actions import places
from sites.models import (
    Absence,
    Claim,
    Closure,
    RoomClosure,
)
from subjects.actions import bookings
from tests.sites.test_places import SLUG, booked, coordinator, day_of
from tests.world import World, at

pytestmark = pytest.mark.django_db
__all__ = ["coordinator"]


def test_closing_lists_the_visits_and_asks(world: World, coordinator: Client) -> None:
    held = booked(world)
    day = day_of(held).isoformat()
    url = reverse("sites:close", args=SLUG)
    given = {"from_on": day, "to_on": day, "reason": "Flood"}
    asked = coordinator.post(url, given)
    assert asked.status_code == 422
    assert "1 booked visit in that time" in asked.content.decode()
    assert not Closure.objects.exists()
    assert coordinator.post(url, {**given, "sure": "on"}).status_code == 302
    closure = Closure.objects.get()
    assert closure.period.upper - closure.period.lower == timedelta(days=1)
    twice = coordinator.post(url, {**given, "sure": "on"})
    assert twice.status_code == 409
    assert "closed in part of that time already" in twice.content.decode()
    change = reverse("sites:change_closure", args=[closure.pk])
    assert f'value="{show_day(day_of(held))}"' in coordinator.get(change).content.decode()
    moved = coordinator.post(change, {**given, "from_at": "17:00", "reason": "Drains"})
    assert moved.status_code == 302
    assert Closure.objects.get().reason == "Drains"
    coordinator.post(reverse("sites:reopen", args=[closure.pk]))
    assert not Closure.objects.exists()


def test_the_end_comes_after_the_start(world: World, coordinator: Client) -> None:
    given = {"from_on": "2030-05-02", "to_on": "2030-05-01", "reason": "Paint"}
    refused = coordinator.post(reverse("sites:close", args=SLUG), given)
    assert refused.status_code == 422
    assert "The end is not after the start" in refused.content.decode()
    with pytest.raises(RefusedError, match="not after the start"):
        places.close(
            world.place, start=at(date(2030, 5, 2), 9), end=at(date(2030, 5, 2), 9),
            reason="Paint", by=world.coordinator,
        )  # fmt: skip


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_no_day_is_beyond_the_calendar_people_use(
    world: World, coordinator: Client, day: str
) -> None:
    for name in ("sites:close", "sites:delegate"):
        refused = coordinator.post(reverse(name, args=SLUG), {"from_on": day, "to_on": day})
        assert refused.status_code == 422
        assert refused.content.decode().count("Choose a day from 1900 to 2199.") == 2


def test_a_closure_on_the_day_the_clocks_change(world: World, coordinator: Client) -> None:
    """29 March 2026 has 23 hours in London, 01:30 is missing; 25 October has it twice."""
    url = reverse("sites:close", args=SLUG)
    given = {"from_on": "2026-03-29", "to_on": "2026-03-29", "reason": "Clocks"}
    missing = coordinator.post(url, {**given, "from_at": "01:30"})
    assert "does not exist on 29 Mar 2026" in missing.content.decode()
    twice = coordinator.post(
        url, {**given, "from_on": "2026-10-25", "to_on": "2026-10-25", "to_at": "01:30"}
    )
    assert "happens twice on 25 Oct 2026" in twice.content.decode()
    assert coordinator.post(url, given).status_code == 302
    period = Closure.objects.get().period
    assert period.upper - period.lower == timedelta(hours=23)


def test_a_closed_room_takes_no_visit_and_opens_again(world: World, coordinator: Client) -> None:
    held = booked(world)
    day = day_of(held)
    url = reverse("sites:close_room", args=[world.room.pk])
    given = {"from_on": day.isoformat(), "to_on": day.isoformat(), "reason": "Paint"}
    refused = coordinator.post(url, given)
    assert refused.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in refused.content.decode()
    assert not RoomClosure.objects.exists()
    bookings.unbook(held.bookings.get(), by=world.coordinator)
    assert coordinator.post(url, given).status_code == 302
    wanted = bookings.Wanted(at(day, 9), 60, world.room, None)
    with pytest.raises(bookings.TakenError, match="Room 1 is closed"):
        bookings.book(held, wanted=wanted, by=world.coordinator)
    twice = coordinator.post(url, given)
    assert twice.status_code == 409
    assert "Room 1 is closed in part of that time already" in twice.content.decode()
    text = coordinator.get(world.place.get_absolute_url()).content.decode()
    assert "Room 1:" in text
    coordinator.post(reverse("sites:open_room", args=[RoomClosure.objects.get().pk]))
    bookings.book(held, wanted=wanted, by=world.coordinator)


def test_an_absence_is_noted_moved_and_ended(world: World, coordinator: Client) -> None:
    held = booked(world)
    day = day_of(held)
    url = reverse("sites:add_absence", args=[world.person.pk])
    given = {"from_on": day.isoformat(), "to_on": day.isoformat(), "to_at": "12:00"}
    refused = coordinator.post(url, given)
    assert refused.status_code == 422
    assert "the visits become duties to move" in refused.content.decode()
    assert reverse("subjects:slots", args=[held.pk]) in refused.content.decode()
    afternoon = {**given, "from_at": "13:00", "to_at": "", "note": "Course"}
    assert coordinator.post(url, afternoon).status_code == 302
    absence = Absence.objects.get()
    assert coordinator.post(url, afternoon).status_code == 409
    change = reverse("sites:change_absence", args=[absence.pk])
    assert "13:00" in coordinator.get(change).content.decode()
    assert coordinator.post(change, given).status_code == 422
    assert coordinator.post(change, {**afternoon, "from_at": "14:00"}).status_code == 302
    claim = Claim.objects.get(holder="absence")
    assert claim.period == Absence.objects.get().period
    assert claim.period.lower == at(day, 14)
    coordinator.post(reverse("sites:end_absence", args=[absence.pk]))
    assert not Claim.objects.filter(holder="absence").exists()


def test_who_is_back_early_was_away_until_now(world: World) -> None:
    now = timezone.now()
    absence = places.add_absence(
        world.person, start=now - timedelta(days=2), end=now + timedelta(days=2),
        by=world.coordinator,
    )  # fmt: skip
    places.end_absence(absence, by=world.coordinator)
    kept = Absence.objects.get()
    assert kept.period.lower == now - timedelta(days=2)
    assert now <= kept.period.upper <= timezone.now()
    assert Claim.objects.get(holder="absence").period == kept.period
    with pytest.raises(RefusedError, match="back already"):
        places.end_absence(kept, by=world.coordinator)
