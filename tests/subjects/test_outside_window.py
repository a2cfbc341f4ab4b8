"""A visit booked outside its window: investigator and CRA are told, and say that they know."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core.obligations import open_for
from core.versions import ConflictError
from sites.models import Site
from subjects.actions import bookings, visits
from subjects.models import Acknowledgement, Booking, DeviationDraft, Visit
from tests.subjects.test_booking import in_window, wanted, week_2
from tests.world import World, user_with, visit, weekday_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def investigator(world: World) -> User:
    """The principal investigator."""
    return user_with(Role.INVESTIGATOR, world.site, world.admin)


def late_day(held: Visit, days: int = 2) -> date:
    assert held.latest_on
    return weekday_from(held.latest_on + timedelta(days=days))


def book_late(world: World, *, tell: bool = True) -> tuple[Visit, Booking]:
    _, held = week_2(world)
    slot = wanted(world, late_day(held))
    booking = bookings.book(
        held, wanted=slot, reason="Subject unwell", tell=tell, by=world.coordinator
    )
    return held, booking


def told(user: User, held: Visit) -> list[tuple[str, date | None]]:
    """What waits in the person's list about the visit."""
    rows = open_for(user).filter(object_id=held.pk, rule__startswith="visit.outside_window")
    return list(rows.values_list("label", "due_on"))


def test_both_are_told_and_each_says_to_know(world: World, investigator: User) -> None:
    held, booking = book_late(world)
    waiting = [("Acknowledge W2", booking.on)]
    assert told(investigator, held) == told(world.cra, held) == waiting
    assert told(world.coordinator, held) == []
    visits.acknowledge(held, note="Agreed on the phone", by=world.cra)
    assert (told(investigator, held), told(world.cra, held)) == (waiting, [])
    visits.acknowledge(held, by=investigator)
    visits.acknowledge(held, by=investigator)
    assert told(investigator, held) == []
    known = Acknowledgement.objects.filter(visit=held).order_by("pk")
    assert [(one.role, one.note) for one in known] == [
        ("cra", "Agreed on the phone"),
        ("investigator", ""),
    ]
    assert known[0].description == DeviationDraft.objects.get(visit=held).description


def test_another_day_outside_is_told_anew(world: World, investigator: User) -> None:
    held, booking = book_late(world)
    visits.acknowledge(held, by=investigator)
    later = wanted(world, late_day(held, days=9))
    bookings.move(booking, wanted=later, reason="Travel or weather", by=world.coordinator)
    assert told(investigator, held) == [("Acknowledge W2", late_day(held, days=9))]
    assert DeviationDraft.objects.get(visit=held).reason == "Travel or weather"


def test_back_in_the_window_there_is_nothing_to_know(world: World, investigator: User) -> None:
    held, booking = book_late(world)
    bookings.move(booking, wanted=wanted(world, in_window(held)), by=world.coordinator)
    assert told(investigator, held) == told(world.cra, held) == []
    with pytest.raises(ConflictError, match="no longer booked outside its window"):
        visits.acknowledge(held, by=investigator)


def test_nobody_is_told_where_the_box_was_not_ticked(world: World, investigator: User) -> None:
    held, _ = book_late(world, tell=False)
    assert told(investigator, held) == told(world.cra, held) == []
    assert DeviationDraft.objects.get(visit=held).state == "planned"


def test_who_is_not_told_cannot_acknowledge(world: World) -> None:
    held, _ = book_late(world)
    with pytest.raises(PermissionDenied):
        visits.acknowledge(held, by=world.coordinator)


@pytest.mark.parametrize(
    ("name", "has_cra", "said"),
    [
        ("Dr Hannah Osei", True, "Tell Dr Hannah Osei (PI) and Cra Number 3 (CRA)"),
        ("", False, "Tell the investigator (PI)"),
    ],
)
def test_the_panel_names_who_is_told(
    world: World, client: Client, name: str, said: str, *, has_cra: bool
) -> None:
    cra = world.cra if has_cra else None
    if cra:
        User.objects.filter(pk=cra.pk).update(last_name="Number 3")
    Site.objects.filter(pk=world.site.pk).update(investigator_name=name, cra=cra)
    _, held = week_2(world)
    client.force_login(world.coordinator)
    start = f"{late_day(held):%Y-%m-%d}T09:00"
    asked = {"start": start, "minutes": 60, "room": world.room.pk, "person": world.person.pk}
    url = reverse("subjects:slots", args=[held.pk])
    panel = client.post(url, asked)
    assert panel.status_code == 422
    assert f"{said}<" in panel.content.decode()
    answer = client.post(url, asked | {"reason": "Subject unwell", "tell": "yes"})
    assert answer.status_code == 302
    assert DeviationDraft.objects.get(visit=held).is_announced


def test_the_cra_acknowledges_on_the_page_of_the_visit(world: World, client: Client) -> None:
    held, _ = book_late(world)
    client.force_login(world.cra)
    address = reverse("subjects:acknowledge", args=[held.pk])
    page = client.get(reverse("subjects:visit", args=[held.pk])).content.decode()
    assert page.count(address) == 1
    work = client.get(reverse("inbox:work")).content.decode()
    assert work.count(address) == 1
    assert client.get(address).status_code == 200
    assert client.post(address, {"note": "Seen on Monday"}).status_code == 302
    page = client.get(reverse("subjects:visit", args=[held.pk])).content.decode()
    assert "Seen on Monday" in page
    assert address not in page


def test_done_in_the_window_after_all_the_planned_deviation_is_withdrawn(world: World) -> None:
    subject, held = week_2(world)
    today = in_window(held)
    bookings.book(
        held, wanted=wanted(world, late_day(held)), reason="Subject away", by=world.coordinator
    )
    Visit.objects.filter(pk=held.pk).update(earliest_on=today - timedelta(days=60))
    done_on = visit(subject, "D1").target_on
    assert done_on
    visits.complete(held, on=done_on, by=world.coordinator)
    assert DeviationDraft.objects.get(visit=held).state == "withdrawn"
