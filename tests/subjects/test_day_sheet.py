"""The day on paper: a sheet per trial, in the time of the place, without names."""

import pytest
from django.test import Client
from django.urls import reverse

from subjects.actions import bookings, subjects
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("span", ["day", "week"])
def test_the_sheet_has_numbers_and_times_and_no_names(
    world: World, client: Client, span: str
) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Zoë Hart", "phone": ""}, by=world.coordinator)
    held = visit(subject, "W2")
    day = weekday_from(held.target_on)
    wanted = bookings.Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("subjects:day_sheet", args=["northgate"])
    text = client.get(f"{url}?day={day}&span={span}").content.decode()
    assert text.count('class="sheet"') == 1
    for words in (subject.number, "09:00", "Room 1", "Priya Nair", "TMR-204"):
        assert words in text
    assert "Hart" not in text
    assert ('scope="col">Day<' in text) == (span == "week")
    empty = client.get(f"{url}?day=2020-01-01").content.decode()
    assert "No visits are booked" in empty
