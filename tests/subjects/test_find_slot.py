"""The page that gives a visit its time: stale forms, refusals, and what was typed."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites.actions import places
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.models import Booking, Visit
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def due(world: World) -> Visit:
    """Week 2 of a subject, to be booked in two weeks."""
    subject = screen(world)
    today = timezone.localdate()
    subjects.set_anchor(subject, code="day_1", on=today, reason="dose", by=world.coordinator)
    return visit(subject, "W2")


def fields(client: Client, url: str) -> dict[str, object]:
    """What the form chosen by hand would post as it stands."""
    context = client.get(url).context
    held = context["booking"]
    return {
        "booking": held.pk if held else 0,
        "revision": held.revision if held else context["visit"].revision,
        "minutes": 60,
    }


def test_a_form_opened_before_somebody_booked_is_stale(world: World, client: Client) -> None:
    held = due(world)
    day = weekday_from(held.target_on)
    client.force_login(world.coordinator)
    url = reverse("subjects:slots", args=[held.pk])
    opened = fields(client, url)
    bookings.book(held, wanted=Wanted(at(day, 9), 60, world.room), by=world.coordinator)
    answer = client.post(url, {**opened, "start": f"{day}T11:00", "room": world.room.pk})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "changed while you had it open. It is booked for" in text
    assert "09:00 in Room 1 now." in text
    assert f'value="{day}T11:00"' in text
    assert Booking.objects.get(visit=held).period.lower == at(day, 9)
    again = client.post(url, {**fields(client, url), "start": f"{day}T11:00"})
    assert again.status_code == 302
    assert Booking.objects.get(visit=held, is_live=True).period.lower == at(day, 11)


def test_a_form_opened_before_somebody_moved_is_stale(world: World, client: Client) -> None:
    held = due(world)
    day = weekday_from(held.target_on)
    made = bookings.book(held, wanted=Wanted(at(day, 9), 60, world.room), by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("subjects:slots", args=[held.pk])
    opened = fields(client, url)
    assert f'value="{day}T09:00"' in client.get(url).content.decode()
    bookings.move(made, wanted=Wanted(at(day, 14), 60, world.room), by=world.coordinator)
    answer = client.post(url, {**opened, "start": f"{day}T11:00"})
    assert answer.status_code == 409
    assert "changed while you had it open" in answer.content.decode()
    assert Booking.objects.get(visit=held).period.lower == at(day, 14)


def test_a_person_without_delegation_is_refused_and_what_was_typed_stays(
    world: World, client: Client
) -> None:
    held = due(world)
    day = weekday_from(held.target_on)
    other = places.add_person(world.place, values={"name": "Tom Ellery"}, by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("subjects:slots", args=[held.pk])
    answer = client.post(
        url, {**fields(client, url), "start": f"{day}T11:00", "person": other.pk, "minutes": 45}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Tom Ellery has no delegation for visits" in text
    assert f'value="{day}T11:00"' in text
    assert 'value="45"' in text
    assert not Booking.objects.exists()


def test_readers_do_not_book(world: World, client: Client) -> None:
    held = due(world)
    client.force_login(world.cra)
    url = reverse("subjects:slots", args=[held.pk])
    assert client.get(url).status_code == 403
    assert client.post(url, {"start": f"{held.target_on}T11:00", "minutes": 60}).status_code == 403


def test_a_reason_that_is_none_of_those_offered_is_told(world: World, client: Client) -> None:
    held = due(world)
    client.force_login(world.coordinator)
    url = reverse("subjects:slots", args=[held.pk])
    start = f"{weekday_from(held.target_on)}T11:00"
    answer = client.post(url, {**fields(client, url), "start": start, "reason": "No idea"})
    assert answer.status_code == 422
    assert "Reason: Select a valid choice" in answer.content.decode()
