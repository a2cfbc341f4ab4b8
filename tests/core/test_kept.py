"""What is kept of a person's pages: for a moment, until they change something, never across a grant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core import kept
from tests.world import World

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    """The same person at the next request."""
    return User.objects.get(pk=user.pk)


def asked(user: User, answer: int) -> int:
    return kept.kept(again(user), "answer", lambda: answer)


def test_an_answer_is_kept_for_the_person_who_asked(world: World) -> None:
    assert asked(world.cra, 1) == 1
    assert asked(world.cra, 2) == 1
    assert asked(world.manager, 3) == 3


def test_it_is_asked_anew_after_a_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(world.cra, 1) == 1
    late = (timezone.now() + timedelta(seconds=kept.SECONDS + 1)).timestamp()
    monkeypatch.setattr(kept, "time", lambda: late)
    assert asked(world.cra, 2) == 2


def test_keeping_one_thing_more_does_not_keep_the_others_for_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(world.cra, 1) == 1
    start = timezone.now()
    middle = (start + timedelta(seconds=kept.SECONDS - 5)).timestamp()
    monkeypatch.setattr(kept, "time", lambda: middle)
    assert kept.kept(again(world.cra), "other", lambda: 7) == 7
    assert asked(world.cra, 2) == 1
    end = (start + timedelta(seconds=kept.SECONDS + 1)).timestamp()
    monkeypatch.setattr(kept, "time", lambda: end)
    assert asked(world.cra, 2) == 2


def test_who_changes_something_sees_it_at_once_and_reading_changes_nothing(
    world: World, client: Client
) -> None:
    client.force_login(world.cra)
    assert asked(world.cra, 1) == 1
    client.get("/my-work/")
    assert asked(world.cra, 2) == 1
    client.post(reverse("accounts:look"), {"theme": "dark"})
    assert asked(world.cra, 3) == 3


def test_a_grant_changes_what_is_seen_at_once(world: World) -> None:
    assert asked(world.cra, 1) == 1
    accounts.give(world.trial, person=world.cra, role=Role.CTA, by=world.admin)
    assert asked(world.cra, 2) == 2
