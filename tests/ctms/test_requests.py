"""What every answer carries, and the addresses for whoever watches the server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from ctms import health, middleware
from tests.world import World


def test_livez_answers_without_sign_in_and_without_the_database(client: Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}


@pytest.mark.django_db
def test_readyz_answers_without_sign_in(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.json() == {"status": "ready", "failing": []}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_readyz_names_what_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["database"]


@pytest.mark.django_db
def test_readyz_names_a_clock_that_is_not_that_of_the_trail(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now
    monkeypatch.setattr(health.timezone, "now", lambda: now() + timedelta(seconds=6))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["clock"]


def test_every_answer_has_a_policy_that_allows_nothing_inline(client: Client) -> None:
    headers = client.get("/livez").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_no_cache_between_keeps_a_page(client: Client) -> None:
    assert client.get("/account/login/").headers["Cache-Control"].endswith("private")
    assert client.get("/nowhere").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", ["/trials/x/sites/%00/", "/search/?q=a%00", "/%00"])
def test_an_address_with_a_nul_is_refused(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_policy_may_be_widened_by_name() -> None:
    widened = middleware.policy(img_src="'self' data:")
    assert "img-src 'self' data:" in widened
    assert "script-src 'self'" in widened


def test_the_request_id_of_the_proxy_is_kept(client: Client) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": "proxy-4711"})
    assert answer.headers["X-Request-ID"] == "proxy-4711"


@pytest.mark.parametrize("given", ["", "short", "with blank and more", "x" * 65])
def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": given})
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize(("is_behind", "address"), [(True, "192.0.2.7"), (False, "127.0.0.1")])
def test_the_address_is_believed_from_our_proxy_only(
    rf: RequestFactory, settings, *, is_behind: bool, address: str
) -> None:
    settings.CTMS_BEHIND_PROXY = is_behind
    request = rf.get("/", headers={"X-Forwarded-For": "10.9.8.7, 192.0.2.7"})
    assert middleware.address_of(request) == address


@pytest.mark.django_db
def test_pages_answer_head_as_get_without_a_body(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    for name, args in (("subjects:today", []), ("sites:delegate", ["northgate"])):
        answer = client.head(reverse(name, args=args))
        assert (answer.status_code, answer.content) == (200, b"")
    refused = client.head(reverse("subjects:unbook", args=[1]))
    assert refused.status_code == 405
