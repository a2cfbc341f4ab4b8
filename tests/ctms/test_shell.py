"""The frame of every page: what the palette, New and the switch offer to whom."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import Event
from ctms.templatetags.shell import marked
from tests.world import World, make_place, make_site, screen, visit, weekday_from

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def text_of(client: Client, address: str, **data: str) -> str:
    answer = client.get(address, data, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_palette_finds_records_pages_and_what_may_be_begun(
    world: World, client: Client
) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    found = text_of(client, reverse("palette"), q="1042")
    assert subject.get_absolute_url() in found
    assert world.site.get_absolute_url() in found
    assert reverse("subjects:screen", args=[world.site.pk]) in found
    assert reverse("inbox:work") in text_of(client, reverse("palette"), q="work")
    assert reverse("inbox:work") in text_of(client, reverse("palette"))
    assert "<html" not in found


def test_the_palette_offers_actions_on_the_only_match(world: World, client: Client) -> None:
    subject = screen(world)
    contact = reverse("subjects:contact", args=[subject.pk])
    client.force_login(world.coordinator)
    assert contact in text_of(client, reverse("palette"), q=subject.number)
    client.force_login(world.cra)
    assert contact not in text_of(client, reverse("palette"), q=subject.number)


def test_a_letter_typed_for_a_digit_is_understood(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    found = text_of(client, reverse("palette"), q="1O42")
    assert "Did you mean 1042?" in found
    assert world.site.get_absolute_url() in found
    assert "No match for zzz" in text_of(client, reverse("palette"), q="zzz")


def test_the_palette_shows_a_stranger_nothing(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    found = text_of(client, reverse("palette"), q=subject.number)
    assert subject.get_absolute_url() not in found
    assert reverse("workspace:trials") not in text_of(client, reverse("palette"))


@pytest.mark.parametrize("count", [1, 5])
def test_the_palette_asks_few_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int
) -> None:
    for _ in range(count):
        screen(world)
    client.force_login(world.coordinator)
    text_of(client, reverse("palette"), q="1042")
    with django_assert_max_num_queries(12):
        text_of(client, reverse("palette"), q="1042")


def test_the_found_part_is_marked_and_the_rest_escaped() -> None:
    assert marked("<b>1042", "1042") == "&lt;b&gt;<mark>1042</mark>"
    assert marked("Northgate", "") == "Northgate"


def test_new_offers_what_the_role_adds(world: World, client: Client) -> None:
    screening = reverse("subjects:screen", args=[world.site.pk])
    client.force_login(world.coordinator)
    assert screening in client.get(reverse("new")).content.decode()
    client.force_login(world.cra)
    assert screening not in client.get(reverse("new")).content.decode()
    assert reverse("trials:import") not in client.get(reverse("new")).content.decode()
    client.force_login(world.admin)
    offered = text_of(client, reverse("new"))
    assert reverse("trials:add") in offered
    assert reverse("accounts:invite") in offered
    assert reverse("sites:add_place") in offered


def test_the_switch_keeps_the_page(world: World, client: Client) -> None:
    other = make_site(world.trial, make_place("southend", world.admin), "1043", world.admin,
                      world.manager)  # fmt: skip
    client.force_login(world.manager)
    here = reverse("sites:schedules", args=["tmr-204", "1042"])
    there = reverse("sites:schedules", args=["tmr-204", other.number])
    assert there in text_of(client, reverse("switch"), **{"from": here})
    assert there not in text_of(client, reverse("switch"), **{"from": here, "q": "nothing"})
    client.force_login(world.cra)
    assert there not in text_of(client, reverse("switch"), **{"from": here})


def test_the_switch_leads_to_the_record_where_the_page_is_of_something_inside(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    room = reverse("sites:change_room", args=["northgate", world.room.pk])
    assert reverse("sites:place", args=["northgate"]) in text_of(
        client, reverse("switch"), **{"from": room}
    )
    trial = text_of(
        client, reverse("switch"), **{"from": reverse("workspace:sites", args=["tmr-204"])}
    )
    assert reverse("workspace:sites", args=["tmr-204"]) in trial


@pytest.mark.parametrize("origin", ["/my-work/", "/no/such/page/", ""])
def test_pages_without_siblings_have_no_switch(world: World, client: Client, origin: str) -> None:
    client.force_login(world.coordinator)
    assert client.get(reverse("switch"), {"from": origin}).status_code == 404


def test_keys_lead_only_where_the_person_may_go(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    page = client.get(reverse("inbox:work")).content.decode()
    assert 'data-key="g t"' in page
    assert 'data-key="g e"' not in page
    client.force_login(world.admin)
    assert 'data-key="g e"' in client.get(reverse("inbox:work")).content.decode()


def test_the_look_is_kept_from_any_page(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    answer = client.post(
        reverse("accounts:look"),
        {"theme": "dark"},
        headers={"Referer": "http://testserver/trials/?q=1"},
    )
    assert answer.headers["Location"] == "/trials/?q=1"
    world.coordinator.refresh_from_db()
    assert (world.coordinator.theme, world.coordinator.density) == ("dark", "comfortable")
    assert 'data-theme="dark"' in client.get(reverse("inbox:work")).content.decode()
    assert Event.objects.filter(verb="change settings", actor_id=world.coordinator.pk).exists()
    kept = client.post(reverse("accounts:look"), {"density": "compact"}, headers=HTMX)
    assert kept.status_code == 204
    assert client.post(reverse("accounts:look"), {"theme": "pink"}).status_code == 422
    world.coordinator.refresh_from_db()
    assert (world.coordinator.theme, world.coordinator.density) == ("dark", "compact")


def test_a_booking_can_be_taken_back_from_its_toast(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    held = visit(screen(world), "W2")
    day = weekday_from(held.target_on)
    form = {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk, "person": ""}
    page = client.post(reverse("subjects:slots", args=[held.pk]), form, follow=True)
    undo = reverse("subjects:unbook", args=[held.pk])
    assert f'action="{undo}"' in page.content.decode()
    client.post(undo, {"next": "/today/"})
    held.refresh_from_db()
    assert held.status == "planned"


def test_the_trail_comes_as_a_drawer(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    subject = screen(world)
    address = reverse("audit:record", args=["subjects.subject", subject.pk])
    assert f'href="{address}"' in client.get(subject.get_absolute_url()).content.decode()
    drawer = client.get(address, headers={**HTMX, "HX-Target": "drawer"}).content.decode()
    assert 'id="drawer-title"' in drawer
    assert "<html" not in drawer
