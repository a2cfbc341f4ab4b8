"""The first account of an installation: once, with a password worth the name."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import Event
from tests.world import World

pytestmark = pytest.mark.django_db
ADA = ("ada", "Ada Kowalczyk", "ada@example.org")


def test_the_first_administrator_logs_in_and_may_invite(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "seven green bicycles")
    call_command("administrator", *ADA)
    ada = User.objects.get(username="ada")
    assert (ada.get_full_name(), ada.email) == ("Ada Kowalczyk", "ada@example.org")
    assert ada.check_password("seven green bicycles")
    client.force_login(ada)
    assert client.get(reverse("accounts:invite")).status_code == 200
    assert Event.objects.get(target_id=ada.pk, verb="install account").actor_id == ada.pk


@pytest.mark.parametrize(
    ("password", "email", "said"),
    [
        ("short", "ada@example.org", "too short"),
        ("seven green bicycles", "ada at example", "valid email"),
    ],
)
def test_a_poor_password_or_address_makes_no_account(
    monkeypatch: pytest.MonkeyPatch, password: str, email: str, said: str
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", password)
    with pytest.raises(CommandError, match=said):
        call_command("administrator", "ada", "Ada Kowalczyk", email)
    assert not User.objects.filter(username="ada").exists()


def test_where_there_is_an_administrator_none_is_added(world: World) -> None:
    with pytest.raises(CommandError, match="can invite others"):
        call_command("administrator", *ADA)
    assert not User.objects.filter(username="ada").exists()
