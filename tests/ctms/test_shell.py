"""The frame of every page: what New and the switch offer to whom, and how it looks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import actions as accounts
from accounts.roles import Role
from core.models import Event
from tests.world import World, make_place, make_site, screen, visit, weekday_from

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def text_of(client: Client, address: str, **data: str) -> str:
    answer = client.get(address, data, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


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


def siblings(client: Client, origin: str, of: str, q: str = "") -> str:
    return text_of(client, reverse("switch"), **{"from": origin, "of": of, "q": q})


def test_the_switch_keeps_the_page(world: World, client: Client) -> None:
    other = make_site(world.trial, make_place("southend", world.admin), "1043", world.admin,
                      world.manager)  # fmt: skip
    client.force_login(world.manager)
    here = reverse("sites:schedules", args=["tmr-204", "1042"])
    there = reverse("sites:schedules", args=["tmr-204", other.number])
    assert there in siblings(client, here, "site")
    assert there not in siblings(client, here, "site", "nothing")
    client.force_login(world.cra)
    assert there not in siblings(client, here, "site")


def test_the_switch_leads_to_the_record_where_the_page_is_of_something_inside(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    room = reverse("sites:change_room", args=["northgate", world.room.pk])
    assert reverse("sites:place", args=["northgate"]) in siblings(client, room, "place")
    sites = reverse("workspace:sites", args=["tmr-204"])
    assert sites in siblings(client, sites, "trial")
    assert sites in siblings(client, sites, "trial", "tama")
    site = reverse("sites:status", args=["tmr-204", "1042"])
    assert reverse("workspace:trial", args=["tmr-204"]) in siblings(client, site, "trial")


def test_today_is_switched_to_another_place_and_stays_there(world: World, client: Client) -> None:
    second = make_place("southend", world.admin)
    accounts.give(second, person=world.coordinator, role=Role.COORDINATOR, by=world.admin)
    client.force_login(world.coordinator)
    assert "Northgate" in client.get("/today/").content.decode()
    there = "/today/?place=southend"
    assert there in siblings(client, "/today/", "place")
    assert "Today · Southend" in client.get(there).content.decode()
    assert "Today · Southend" in client.get("/today/").content.decode()


@pytest.mark.parametrize(
    ("origin", "of"),
    [
        ("/my-work/", "trial"), ("/no/such/page/", "trial"), ("", "place"),
        ("/trials/tmr-204/", "site"), ("/trials/tmr-204/", "place"), ("/trials/tmr-204/", ""),
    ],
)  # fmt: skip
def test_pages_without_siblings_have_no_switch(
    world: World, client: Client, origin: str, of: str
) -> None:
    client.force_login(world.coordinator)
    assert client.get(reverse("switch"), {"from": origin, "of": of}).status_code == 404


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
