"""Sessions end by themselves, and what was typed survives it (Part 11: 6.2, 40)."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import Draft, Event
from tests.world import World, screen

pytestmark = pytest.mark.django_db

START = datetime.fromisoformat("2026-06-10T09:00:00+00:00")
SESSION = "/account/session/"


def after(minutes: float) -> time_machine.travel:
    return time_machine.travel(START + timedelta(minutes=minutes), tick=False)


@pytest.fixture
def client(world: World) -> Client:
    world.coordinator.set_password("a sentence to keep")
    world.coordinator.save()
    with after(0):
        return signed_in(world)


def signed_in(world: World) -> Client:
    client = Client()
    client.force_login(world.coordinator)
    assert client.get("/my-work/").status_code == 200
    return client


def log_in(world: World, client: Client, **more: str):
    data = {"login": world.coordinator.username, "password": "a sentence to keep", **more}
    return client.post(reverse("account_login"), data)


def test_requests_of_the_person_keep_the_session_open(client: Client) -> None:
    for minutes in (14, 28, 42):
        with after(minutes):
            assert client.get("/my-work/").status_code == 200
    with after(58):
        assert client.get("/my-work/").status_code == 302


def test_polling_does_not(world: World, client: Client) -> None:
    for minutes in (7, 14):
        with after(minutes):
            assert client.get("/my-work/", headers={"X-Polling": "1"}).status_code == 200
            assert client.get(SESSION).json() == {"seconds": (15 - minutes) * 60}
    with after(15):
        asked = client.get("/my-work/", headers={"X-Polling": "1", "HX-Request": "true"})
        assert asked.status_code == 401
        assert "HX-Redirect" not in asked.headers
    ended = Event.objects.get(verb="end session")
    assert (ended.target_id, ended.reason) == (world.coordinator.pk, "no request in time")


def test_asking_how_long_does_not_renew_and_staying_does(client: Client) -> None:
    with after(10):
        assert client.get(SESSION).json() == {"seconds": 300}
        assert client.post(SESSION).json() == {"seconds": 900}
    with after(24):
        text = " ".join(client.get("/my-work/").content.decode().split())
        assert 'name="session-seconds" content="900"' in text
    with after(40):
        assert client.get(SESSION).json() == {"seconds": 0}
    assert Client().get(SESSION).json() == {"seconds": 0}


def test_the_longest_session_ends_however_busy(client: Client) -> None:
    for minutes in range(10, 12 * 60, 10):
        with after(minutes):
            assert client.get("/my-work/").status_code == 200, minutes
    with after(12 * 60):
        assert client.get("/my-work/").status_code == 302


def test_a_form_sent_too_late_comes_back_filled_after_the_log_in(
    world: World, client: Client
) -> None:
    with after(0):
        subject = screen(world)
    url = reverse("subjects:identify", args=[subject.pk])
    form = {"name": "Zoë <b>Hart</b>", "phone": "0113 496 0000", "born": ""}
    with after(0):
        assert client.get(url).status_code == 200
    with after(20):
        late = client.post(url, form)
        assert late.headers["Location"] == f"{reverse('account_login')}?next={url}"
        assert not hasattr(subject, "identity") or not subject.identity.name
        kept = Draft.objects.get()
        assert b"Hart" not in bytes(kept.fields)
        ended = " ".join(client.get(late.headers["Location"]).content.decode().split())
        assert "Log in to go on; what you sent last is kept" in ended
        assert log_in(world, client, next=url).headers["Location"] == url
        text = client.get(url).content.decode()
        assert "before" not in client.session
        assert 'value="Zoë &lt;b&gt;Hart&lt;/b&gt;"' in text
        assert "Not saved yet: what you typed at 10:20 is back in the form." in text
        assert client.post(url, form).status_code == 302
        assert not Draft.objects.exists()
        assert "Not saved yet" not in client.get(url).content.decode()


def test_what_one_person_typed_is_not_shown_to_the_next_at_the_same_desk(
    world: World, client: Client
) -> None:
    url = reverse("subjects:screen", args=[world.site.pk])
    with after(20):
        client.post(url, {"name": "Zoë Hart"})
        world.cra.set_password("a sentence to keep")
        world.cra.save()
        data = {"login": world.cra.username, "password": "a sentence to keep"}
        assert client.post(reverse("account_login"), data).status_code == 302
        assert "Zoë Hart" not in client.get("/my-work/").content.decode()
    assert Draft.objects.get().user_id == world.coordinator.pk


def test_a_fragment_asks_for_the_log_in_by_401(world: World, client: Client) -> None:
    url = reverse("subjects:screen", args=[world.site.pk])
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}"}
    with after(20):
        late = client.post(url, {"name": "Zoë Hart"}, headers=headers)
        assert late.status_code == 401
        assert late.headers["HX-Redirect"] == f"{reverse('account_login')}?next={url}"
        assert Draft.objects.get().path == url
    stranger = Client().get("/my-work/", headers={"HX-Request": "true"})
    assert stranger.status_code == 401


def test_a_form_of_an_older_session_is_kept_but_never_that_of_another_website(
    world: World,
) -> None:
    """A second log-in in the same browser makes the tokens of older pages worthless."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.coordinator)
    url = reverse("subjects:screen", args=[world.site.pk])
    foreign = client.post(url, {"name": "X"}, headers={"Origin": "http://elsewhere.example"})
    assert foreign.status_code == 403
    assert not Draft.objects.exists()
    own = client.post(url, {"name": "Zoë Hart"}, headers={"Origin": "http://testserver"})
    assert own.headers["Location"] == url
    text = client.get(url).content.decode()
    assert "Zoë Hart" in text
    assert "You logged in again" in text


def test_a_session_begins_and_ends_with_its_person(world: World) -> None:
    """6.2: 35: a closed account is out at the next request."""
    client = signed_in(world)
    type(world.coordinator).objects.filter(pk=world.coordinator.pk).update(is_active=False)
    assert client.get("/my-work/").status_code == 302
