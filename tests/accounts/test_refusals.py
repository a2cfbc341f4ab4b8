"""What administrators are refused about roles, log-ins and tokens, said beside what was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.models import Grant, ServiceToken, User
from accounts.roles import Role
from core.actions import RefusedError
from core.audit import note
from core.models import Deployment
from core.signing import PAUSED, paused_until
from tests.api.conftest import service_with
from tests.trail import nothing_written
from tests.world import World, user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(world.admin)
    return client


def refused(client: Client, url: str, typed: dict[str, Any]) -> str:
    """What the page of a form says where it is refused."""
    answer = client.post(url, typed)
    assert answer.status_code == 422
    return " ".join(str(error) for error in answer.context["form"].non_field_errors())


def test_nobody_gives_a_role_to_themselves(world: World, client: Client) -> None:
    client.force_login(world.manager)
    before = Grant.objects.filter(user=world.manager).count()
    url = reverse("accounts:give_here", args=["trial", world.trial.pk])
    typed = {"person": world.manager.username, "role": "cta"}
    assert "Nobody gives a role to themselves." in refused(client, url, typed)
    assert Grant.objects.filter(user=world.manager).count() == before


def test_a_role_held_already_is_ended_before_it_gets_other_dates(
    world: World, admin: Client
) -> None:
    held = Grant.objects.get(user=world.cra)
    url = reverse("accounts:give_here", args=[held.kind, held.scope_id])
    typed = {"person": world.cra.username, "role": held.role}
    assert f"{world.cra} already holds: {held}." in refused(admin, url, typed)
    assert list(Grant.objects.filter(user=world.cra)) == [held]


def test_a_role_is_given_only_where_it_is_meant_to_be_held(world: World) -> None:
    with pytest.raises(RefusedError, match="can be granted on: deployment"):
        actions.give(world.site, person=world.cra, role=Role.ADMINISTRATOR, by=world.admin)
    closed = actions.disable(world.cra, reason="left", by=world.admin)
    with pytest.raises(RefusedError, match=f"The account of {closed} is closed"):
        actions.give(world.site, person=closed, role=Role.CRA, by=world.admin)
    assert not Grant.objects.filter(role=Role.ADMINISTRATOR, user=world.cra).exists()


def test_nobody_is_mailed_a_password_link_who_signs_in_nowhere(world: World, admin: Client) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    closed = actions.disable(world.cra, reason="left", by=world.admin)
    for person in (service, closed):
        mail.outbox.clear()
        answer = admin.post(reverse("accounts:send_password_link", args=[person.pk]))
        assert answer.status_code == 422
        assert "there is no password to set" in answer.content.decode()
        assert mail.outbox == []


def test_people_get_no_token_and_no_token_lasts_for_years(world: World, admin: Client) -> None:
    url = reverse("accounts:issue_token", args=[world.cra.pk])
    said = refused(admin, url, {"label": "mine", "days": 30})
    assert (
        said == "Tokens are for service accounts that are open and have an owner. People sign in."
    )
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    before = ServiceToken.objects.count()
    with pytest.raises(RefusedError, match="A token lasts 1 to 366 days"):
        actions.issue_token(service, label="EDC", days=367, by=world.admin)
    User.objects.filter(pk=service.pk).update(owner=None)
    url = reverse("accounts:issue_token", args=[service.pk])
    assert "have an owner" in refused(admin, url, {"label": "EDC", "days": 30})
    assert ServiceToken.objects.count() == before


def test_a_token_is_revoked_once_and_with_a_reason(world: World) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    token = actions.issue_token(service, label="EDC", days=30, by=world.admin)
    with pytest.raises(RefusedError, match="Give the reason for revoking the token"):
        actions.revoke_token(token, reason=" ", by=world.admin)
    revoked = actions.revoke_token(token, reason="leaked", by=world.admin).revoked_at
    assert revoked
    with pytest.raises(RefusedError, match="was revoked already"):
        actions.revoke_token(token, reason="again", by=world.admin)
    token.refresh_from_db()
    assert token.revoked_at == revoked
    assert token.expires_at - revoked > timedelta(days=29)


def test_nobody_ends_their_own_pause_of_signing(world: World, admin: Client) -> None:
    note(PAUSED, target=world.admin, by=world.admin)
    url = reverse("accounts:help_sign_in", args=[world.admin.pk, "end-signing-pause"])
    with nothing_written():
        assert refused(admin, url, {"reason": "I was it"}) == (
            "Nobody ends their own pause. Ask another administrator."
        )
    assert paused_until(world.admin)
    other = user_with(Role.ADMINISTRATOR, Deployment.objects.get(), world.admin)
    admin.force_login(other)
    assert admin.post(url, {"reason": "asked by phone"}).status_code == 302
    assert paused_until(world.admin) is None


def test_a_role_ends_once(world: World, admin: Client) -> None:
    held = Grant.objects.get(user=world.cra)
    url = reverse("accounts:end", args=[held.pk])
    assert admin.post(url, {"reason": "left"}).status_code == 302
    ended = Grant.objects.get(pk=held.pk).ended_at
    with nothing_written():
        assert f"{held} has ended already." in refused(admin, url, {"reason": "again"})
    assert Grant.objects.get(pk=held.pk).ended_at == ended
