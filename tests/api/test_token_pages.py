"""Issuing and revoking tokens in the browser."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ServiceToken
from accounts.roles import Role
from core.idempotency import FIELD
from tests.api.conftest import Caller, service_with
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_works_and_is_revoked(world: World, client: Client) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    client.force_login(world.admin)
    path = reverse("accounts:issue_token", args=[service.pk])
    form = client.get(path)
    assert form.status_code == 200
    assert FIELD not in form.content.decode(), "the answer shows a secret and is kept nowhere"
    assert client.post(path, {"label": "", "days": 400}).status_code == 422
    form = {"label": "EDC <b>", "days": 30}
    shown = client.post(path, form)
    secret = re.search(r"ctms_[\w-]+", shown.content.decode())
    assert secret
    assert shown.headers["Cache-Control"] == "no-store"
    caller = Caller(secret[0])
    assert caller.get("trials/tmr-204/").status_code == 200
    person = client.get(service.get_absolute_url()).content.decode()
    assert "EDC &lt;b&gt;" in person
    assert secret[0] not in person
    revoke = reverse("accounts:revoke_token", args=[ServiceToken.objects.get().pk])
    assert revoke in person
    assert client.get(revoke).status_code == 200
    assert client.post(revoke, {"reason": ""}).status_code == 422
    assert client.post(revoke, {"reason": "leaked"}).status_code == 302
    assert client.post(revoke, {"reason": "again"}).status_code == 422
    assert caller.get("trials/tmr-204/").status_code == 401
    assert "revoked" in client.get(service.get_absolute_url()).content.decode()


def test_tokens_are_for_administrators_and_for_services(world: World, client: Client) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    path = reverse("accounts:issue_token", args=[service.pk])
    assert client.get(path).status_code == 302
    for person in (world.coordinator, world.cra, world.manager):
        client.force_login(person)
        assert client.get(path).status_code in {403, 404}
        assert client.post(path, {"label": "x", "days": 1}).status_code in {403, 404}
    client.force_login(world.admin)
    refused = client.post(
        reverse("accounts:issue_token", args=[world.cra.pk]), {"label": "x", "days": 1}
    )
    assert refused.status_code == 422
    assert "Tokens are for service accounts" in refused.content.decode()
    assert not ServiceToken.objects.exists()
