"""Refusals: a page for the browser, a note for htmx, and the words of the rule in both."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import caches
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from redis.exceptions import RedisError

from core.actions import RefusedError
from core.web import say
from ctms.middleware import FragmentMiddleware, RefusalMiddleware
from tests.world import World, screen, visit

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_a_missing_record_is_a_page_or_a_note(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    address = reverse("workspace:trial", args=["unknown"])
    whole, note = client.get(address), client.get(address, headers=HTMX)
    assert whole.status_code == note.status_code == 404
    for answer in (whole, note):
        assert "No trial here that you may see." in answer.content.decode()
    assert "<html" in whole.content.decode()
    assert "<html" not in note.content.decode()
    assert note.headers["HX-Retarget"] == "#problem"


def test_an_address_that_means_nothing_tells_no_addresses(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "tried" not in answer.content.decode()


def test_a_role_that_may_not_is_told_what_it_lacks(world: World, client: Client) -> None:
    client.force_login(world.cra)
    answer = client.get(reverse("subjects:enrol", args=[screen(world).pk]))
    assert answer.status_code == 403
    assert "Your role does not allow" in answer.content.decode()


def test_whoever_comes_second_keeps_what_was_typed(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    address = reverse("subjects:confirm", args=[visit(screen(world), "W2").pk])
    answer = client.post(address, headers=HTMX)
    assert answer.status_code == 409
    assert "See how it is now" in answer.content.decode()


def test_a_button_that_is_refused_leads_back_to_its_page(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    address = reverse("subjects:confirm", args=[visit(screen(world), "W2").pk])
    here, elsewhere = "http://testserver/today/", "https://elsewhere.example/"
    assert f'href="{here}"' in client.post(address, headers={"Referer": here}).text
    assert elsewhere not in client.post(address, headers={"Referer": elsewhere}).text


def test_a_rule_that_says_no_is_quoted(world: World, rf) -> None:
    request = rf.post("/", headers=HTMX)
    request.user, request.session = world.coordinator, {}
    refusal = RefusedError("Room 2 is closed <until Friday>.")
    answer = RefusalMiddleware(lambda _: HttpResponse()).process_exception(request, refusal)
    assert answer is not None
    assert answer.status_code == 422
    assert "Room 2 is closed &lt;until Friday&gt;." in answer.content.decode()
    assert "What you typed is still here." in " ".join(answer.content.decode().split())


def test_a_redirect_is_followed_by_the_page_so_that_its_message_is_seen(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    subject = screen(world)
    data = {"channel": "phone", "result": "reached", "summary": "will come"}
    answer = client.post(reverse("subjects:contact", args=[subject.pk]), data, headers=HTMX)
    assert answer.headers["HX-Redirect"] == subject.get_absolute_url()
    assert f"Contact with {subject} logged." in client.get("/my-work/").content.decode()


def test_messages_travel_with_a_fragment_and_with_its_way_back(world: World, rf) -> None:
    request = rf.get("/", headers=HTMX)
    request._messages = CookieStorage(request)

    def view(asked) -> HttpResponse:
        say(asked, "Zoë moved", undo="/visits/1/unbook/")
        return HttpResponse("row")

    answer = FragmentMiddleware(view)(request)
    said = json.loads(answer.headers["HX-Trigger"])["toast"]["said"]
    assert said == [{"text": "Zoë moved", "undo": "/visits/1/unbook/"}]
    assert request._messages.used  # they are not said again on the next page


@pytest.mark.parametrize(
    ("limit", "least", "fields", "said"),
    [
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 20, dict.fromkeys("abcdefghijklmnopqrstuvw", "x"), "more than 20 fields"),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 1024, {"name": "x" * 2_000}, "more than 1.0\u00a0KB of text"),
    ],
)  # fmt: skip
def test_a_form_larger_than_what_is_read_is_told(
    world: World, settings, limit: str, least: int, fields: dict[str, str], said: str
) -> None:
    client = Client(enforce_csrf_checks=True)  # which reads the form before any view does
    client.force_login(world.coordinator)
    setattr(settings, limit, least)
    address = reverse("views:views")
    for headers in ({}, HTMX):
        answer = client.post(
            address, urlencode(fields), "application/x-www-form-urlencoded", headers=headers
        )
        assert answer.status_code == 413
        assert said in answer.content.decode()
    assert answer.headers["HX-Retarget"] == "#problem"


def test_a_form_without_the_cookie_of_its_page_is_told_the_way_out(world: World) -> None:
    stranger = Client(enforce_csrf_checks=True)
    address = reverse("views:views")
    whole, note = stranger.post(address, {}), stranger.post(address, {}, headers=HTMX)
    assert whole.status_code == note.status_code == 403
    for answer in (whole, note):
        assert "Go back, what you typed is still there" in answer.content.decode()
    assert "<nav" not in note.content.decode()


def test_of_other_broken_requests_nothing_is_told(client: Client) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_the_address_of_a_button_opened_like_a_page_is_told(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    held = visit(screen(world), "SCR")
    path = reverse("subjects:check_in", args=[held.pk])
    opened = client.get(path)
    assert (opened.status_code, opened.headers["Allow"]) == (405, "POST")
    assert "takes only what a page sends" in opened.content.decode()
    assert "<html" in opened.content.decode()
    assert "<html" not in client.get(path, headers=HTMX).content.decode()


@pytest.mark.parametrize("gone", [RedisError("refused"), OperationalError("terminated")], ids=repr)
def test_a_server_that_is_gone_is_worth_waiting_for(
    world: World, monkeypatch: pytest.MonkeyPatch, gone: Exception
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.coordinator)

    def fail(*_: object, **__: object) -> None:
        raise gone

    monkeypatch.setattr(caches["default"], "get", fail)
    page = client.get("/today/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "Try again in half a minute" in page.content.decode()
    called = client.get("/api/v1/trials/").json()
    assert (called["status"], called["code"]) == (503, "unavailable")


def test_an_error_of_ours_is_not_worth_waiting_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.coordinator)
    monkeypatch.setattr("subjects.views.today.page", None)
    answer = client.get("/today/")
    assert (answer.status_code, "Retry-After" in answer.headers) == (500, False)
    assert "Something went wrong on our side" in answer.content.decode()
