"""My work: what is mine, what waits on others, what was put off, and what can be done at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.models import Event, Obligation
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.models import Visit
from tests.world import World, at, screen, user_with, visit, weekday_from

pytestmark = pytest.mark.django_db
WORK = "/my-work/"


def week_2_to_book(world: World) -> Visit:
    """A visit whose window is open."""
    subject = screen(world, timezone.localdate() - timedelta(days=14))
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - timedelta(days=13), reason="dose",
        by=world.coordinator,
    )  # fmt: skip
    return visit(subject, "W2")


def duty_of(held: Visit, rule: str = "visit.book") -> Obligation:
    return Obligation.objects.get(rule=rule, object_id=held.pk, met_at=None)


def text_of(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def test_a_duty_shows_what_is_needed_to_decide_and_books_from_the_list(
    world: World, client: Client
) -> None:
    held = week_2_to_book(world)
    client.force_login(world.coordinator)
    url = f"{WORK}?item={duty_of(held).pk}"
    page = client.get(url)
    offer = page.context["offers"][0]
    assert "Book W2" in page.content.decode()
    assert f"Book {offer.label}" in text_of(client, url)
    data = {"start": offer.value, "minutes": 60, "room": offer.room_id, "person": offer.person_id}
    answer = client.post(reverse("subjects:slots", args=[held.pk]), data | {"next": WORK})
    assert answer.headers["Location"] == WORK
    assert Visit.objects.get(pk=held.pk).status == "booked"
    assert not Obligation.objects.filter(rule="visit.book", object_id=held.pk, met_at=None).exists()


def test_the_side_navigation_stays_on_my_work(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    assert 'href="/today/"' in text_of(client, WORK)


def test_a_booked_visit_is_confirmed_from_the_list(world: World, client: Client) -> None:
    held = week_2_to_book(world)
    day = weekday_from(timezone.localdate() + timedelta(days=1))
    slot = Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=slot, reason="the subject asked for it", by=world.coordinator)
    if day > timezone.localdate() + timedelta(days=2):
        pytest.skip("The next working day is too far away to be confirmed today.")
    client.force_login(world.coordinator)
    page = text_of(client, f"{WORK}?item={duty_of(held, 'visit.confirm').pk}")
    assert "Subject confirmed" in page


def test_putting_off_hides_a_duty_until_it_is_taken_back(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    client.post(reverse("inbox:snooze", args=[held.pk]), {"until": "week"})
    held.refresh_from_db()
    assert held.snoozed_until == timezone.localdate() + timedelta(days=7)
    assert f"item={held.pk}" not in text_of(client, WORK)
    assert f"item={held.pk}" in text_of(client, f"{WORK}?view=hidden")
    client.post(reverse("inbox:resume", args=[held.pk]))
    assert f"item={held.pk}" in text_of(client, WORK)
    verbs = Event.objects.filter(target_id=held.pk, target_type="core.obligation")
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == ["snooze", "resume"]


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01"])
def test_a_day_that_is_none_is_refused(world: World, client: Client, until: str) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    answer = client.post(reverse("inbox:snooze", args=[held.pk]), {"until": until})
    assert answer.status_code == 422
    held.refresh_from_db()
    assert held.snoozed_until is None


def test_who_watches_sees_what_waits_on_others_and_cannot_book(
    world: World, client: Client
) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.cra)
    assert f"item={held.pk}" not in text_of(client, WORK)
    page = text_of(client, f"{WORK}?view=waiting&item={held.pk}")
    assert "Study coordinator" in page
    assert "Other slots" not in page


def test_filters_narrow_the_list_and_say_when_nothing_is_left(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    assert f"item={held.pk}" in text_of(client, f"{WORK}?trial=tmr-204&kind=visit.book")
    assert "Nothing here with these filters" in text_of(client, f"{WORK}?trial=other")
    assert client.get(f"{WORK}?view=nonsense").status_code == 404


def test_waiving_takes_a_reason_and_the_right_to(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    url = reverse("inbox:waive", args=[held.pk])
    client.force_login(user_with(Role.SITE_SUPPORT, world.place, world.admin))
    assert client.post(url, {"reason": "no need"}).status_code == 403
    client.force_login(world.manager)
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "The visit was dropped."}).status_code == 302
    held.refresh_from_db()
    assert held.waived_by_id == world.manager.pk


def test_the_list_costs_the_same_for_one_duty_and_for_five(world: World, client: Client) -> None:
    client.force_login(world.cra)
    counts = []
    for _ in range(2):
        week_2_to_book(world)
        for _ in range(len(counts) * 4):
            week_2_to_book(world)
        client.get(f"{WORK}?view=waiting")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{WORK}?view=waiting")
        counts.append(len(queries))
    assert counts[0] == counts[1]
