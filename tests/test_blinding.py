"""No page, file, search, feed, notice or trail shows an allocation to the blinded or a name outside the site."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import BUNDLES
from core.permissions import Permission
from ctms.api import RESOURCES
from subjects.actions import feeds, randomisation, subjects
from subjects.models import Allocation, Subject
from tests.test_walk import SHARES, client_of, table
from tests.ways import Table, Who, persons
from tests.world import World, screen, user_with

pytestmark = pytest.mark.django_db

ALLOCATED, NAMED = "Marker-Arm-7731", "Quillfeather-Marker"


def marked(world: World) -> Subject:
    """A subject with a name and an allocation that stand nowhere else."""
    subject = screen(world)
    subjects.identify(
        subject, values={"name": f"Anne {NAMED}", "phone": "0113 496 7731", "born": "1970-01-02"},
        by=world.coordinator,
    )  # fmt: skip
    held = randomisation.randomise(
        subject, on=timezone.localdate(), number="R-0042", kit="K-1001", reason="IRT mail",
        by=world.coordinator,
    )  # fmt: skip
    pharmacist = user_with("unblinded_pharmacist", world.site, world.admin)
    randomisation.allocate(held, treatment=ALLOCATED, by=pharmacist)
    randomisation.allocate(held, treatment=ALLOCATED, note=f"Checked, {ALLOCATED}", by=pharmacist)
    return subject


def paths(world: World, subject: Subject, ways: Table) -> Iterator[str]:
    """Every address that is read, the pages of the subject, searches for both markers, and the API."""
    for each in ways.values():
        yield from (way.path for way in each if "GET" in way.methods)
    trial, number, held = world.trial.code, subject.number, subject.randomisations.get()
    for name in ("subject", "subject_visits", "subject_contacts", "subject_consents",
                 "subject_deviations", "subject_activity"):  # fmt: skip
        yield reverse(f"workspace:{name}", args=[trial, number])
    for label, pk in (
        ("subjects.subject", subject.pk), ("subjects.randomisation", held.pk),
        *(("subjects.allocation", each.pk) for each in held.allocations.all()),
        ("subjects.subjectidentity", subject.identity.pk),
    ):  # fmt: skip
        yield reverse("audit:record", args=[label, pk])
        yield f"/api/v1/trails/{label}/{pk}/"
    for word in (ALLOCATED, NAMED, "R-0042"):
        yield f"{reverse('workspace:search')}?q={word}"
        yield f"{reverse('workspace:all_subjects')}?q={word}"
        yield f"{reverse('palette')}?q={word}"
    yield reverse("subjects:allocation", args=[held.pk])
    yield reverse("subjects:correct_randomisation", args=[held.pk])
    yield reverse("subjects:identify", args=[subject.pk])
    yield f"{reverse('audit:search')}?since=2020-01-01"
    yield f"{reverse('audit:export')}?since=2020-01-01"
    yield reverse("switch")
    yield reverse("new")
    yield from (f"/api/v1/{word}/" for word in RESOURCES)


def text_of(response: HttpResponseBase) -> str:
    """What an answer says, also where it is streamed or packed."""
    raw = (
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
        if response.streaming
        else response.content  # type: ignore[attr-defined]
    )
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = b"".join(packed.read(name) for name in packed.namelist())
    return str(raw.decode("utf-8", "replace"))


def read(client: Client, path: str) -> str:
    """What stands at an address."""
    with transaction.atomic():
        answer: HttpResponse = client.get(path)  # type: ignore[assignment]
        said = text_of(answer)
        transaction.set_rollback(True)
    return said


def may_see(who: Who) -> tuple[bool, bool]:
    """Whether a person may see allocations, and names, of the site of the world."""
    held = BUNDLES[who.role].permissions if who.role in BUNDLES else frozenset()
    is_here = who.on != "elsewhere"
    return (
        is_here and Permission.ALLOCATION_VIEW in held,
        is_here and Permission.IDENTITY_VIEW in held,
    )


@pytest.mark.parametrize("share", range(SHARES))
def test_nobody_blinded_sees_an_allocation_and_nobody_outside_a_name(
    share: int, world: World
) -> None:
    subject = marked(world)
    ways = table(world)
    addresses = list(dict.fromkeys(paths(world, subject, ways)))
    leaks = []
    for who in list(persons())[share::SHARES]:
        client = client_of(who, world)
        sees_arm, sees_name = may_see(who)
        for path in addresses:
            said = read(client, path)
            # What a person typed into a search is said back to them.
            asked = ALLOCATED in path, NAMED in path
            if ALLOCATED in said and not sees_arm and not asked[0]:
                leaks.append((str(who), path, "allocation"))
            if NAMED in said and not sees_name and not asked[1]:
                leaks.append((str(who), path, "name"))
    assert leaks == []


def test_the_walk_would_notice(world: World) -> None:
    subject = marked(world)
    pharmacist = Client()
    pharmacist.force_login(user_with("unblinded_pharmacist", world.site, world.admin))
    assert ALLOCATED in read(
        pharmacist, reverse("subjects:allocation", args=[subject.randomisations.get().pk])
    )
    site = Client()
    site.force_login(world.coordinator)
    assert NAMED in read(site, subject.get_absolute_url())


def test_feeds_and_mail_say_neither(world: World, client: Client) -> None:
    marked(world)
    secret = feeds.new_secret()
    feeds.make_feed(world.place, secret=secret, by=world.coordinator)
    said = read(client, reverse("subjects:feed", args=[secret]))
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
