"""The command that issues tokens."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Grant, ServiceToken, User
from tests.api.conftest import Caller
from tests.world import World

pytestmark = pytest.mark.django_db


def issue(world: World, *arguments: str) -> str:
    out = io.StringIO()
    call_command("service_token", "edc", "--by", world.admin.username, *arguments, stdout=out)
    return out.getvalue().strip()


def test_a_token_for_a_trial_works_at_once(world: World) -> None:
    secret = issue(world, "--owner", world.manager.username, "--on", "trial:tmr-204", "--days", "7")
    assert Caller(secret).get("trials/tmr-204/").status_code == 200
    assert User.objects.get(username="edc").owner == world.manager
    second = issue(world)
    assert second != secret
    assert Caller(second).get("trials/tmr-204/").status_code == 200
    assert ServiceToken.objects.count() == 2
    assert Grant.objects.filter(user__username="edc").count() == 1


@pytest.mark.parametrize(
    "on", ["sponsor:Halden", "site:tmr-204/1042", "place:northgate", "deployment"]
)
def test_roles_are_given_on_any_scope(world: World, on: str) -> None:
    issue(world, "--owner", world.manager.username, "--on", on)
    assert Grant.objects.get(user__username="edc").kind == on.partition(":")[0]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "--owner"), (["--owner", "nobody"], "no account nobody"),
        (["--owner", "admin", "--on", "trial:x"], "no trial:x"),
        (["--owner", "admin", "--on", "moon:x"], "Kinds: deployment"),
        (["--owner", "admin", "--days", "1000"], "1 to 366"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(world: World, arguments: list[str], text: str) -> None:
    with pytest.raises(CommandError, match=text):
        issue(world, *arguments)
