"""Feeds, mails and the database itself hide allocations and names; the walk proves it of every page."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from subjects.actions import feeds
from subjects.models import Allocation
from tests.markers import ALLOCATED, NAMED, marked, told
from tests.test_walk import tried
from tests.ways import Who
from tests.world import World, user_with

pytestmark = pytest.mark.django_db


def test_the_walk_would_notice(world: World) -> None:
    subject = marked(world)
    path = reverse("subjects:allocation", args=[subject.randomisations.get().pk])
    pharmacist = Client()
    pharmacist.force_login(user_with("unblinded_pharmacist", world.site, world.admin))
    _, said = tried(pharmacist, path, "GET")
    assert list(told(Who("coordinator", "site"), path, said)) == ["allocation"]
    site = Client()
    site.force_login(world.coordinator)
    _, said = tried(site, subject.get_absolute_url(), "GET")
    assert list(told(Who("cra", "site"), path, said)) == ["name"]
    assert list(told(Who("coordinator", "elsewhere"), path, said)) == ["name"]
    assert list(told(Who("coordinator", "place"), path, said)) == []
    assert list(told(Who("cra", "site"), f"?q={NAMED}", said)) == []


def test_feeds_and_mail_say_neither(world: World, client: Client) -> None:
    marked(world)
    secret = feeds.new_secret()
    feeds.make_feed(world.place, secret=secret, by=world.coordinator)
    _, said = tried(client, reverse("subjects:feed", args=[secret]), "GET")
    letters = " ".join(f"{one.subject} {one.body}" for one in mail.outbox)
    for text in (said, letters):
        assert ALLOCATED not in text
        assert NAMED not in text


def test_the_allocation_lies_encrypted_and_hidden_in_the_trail(world: World) -> None:
    marked(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT treatment, note FROM subjects_allocation")
        assert ALLOCATED not in "".join(word for row in cursor.fetchall() for word in row)
        cursor.execute(
            "SELECT count(*) FROM core_auditrow WHERE changes::text LIKE %s", [f"%{ALLOCATED}%"]
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM core_event WHERE reason LIKE %s", [f"%{ALLOCATED}%"])
        assert cursor.fetchone() == (0,)
    assert {each.treatment for each in Allocation.objects.all()} == {ALLOCATED}
