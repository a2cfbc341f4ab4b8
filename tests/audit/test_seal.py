"""The seal over the trail, on real commits."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import actions as accounts
from audit import seal, tasks
from core.models import AuditRow, Event, Signature, StatusChange
from sites.actions import sites
from tests.core.test_signing import PASSWORD, sign
from tests.sealing import next_seal
from tests.world import World, build

TRAIL = (AuditRow, Event, StatusChange, Signature)
FORGERIES = {
    "the field history": ("core_auditrow", "SET changes = '{}'"),
    "who did it": ("core_event", "SET actor_name = 'Somebody Else'"),
    "why it was done": ("core_event", "SET reason = ' '"),
    "the day of a step": ("core_statuschange", 'SET "on" = "on" - 1'),
    "the meaning of a signature": ("core_signature", "SET meaning = 'approval'"),
    "when it was written": ("core_event", "SET txid = txid - 1"),
}


def signed(world: World) -> None:
    """One of everything that is sealed."""
    accounts.set_password(world.manager, password=PASSWORD, by=world.admin)
    sign(world.version, world.manager)


def forge(sql: str, table: str) -> None:
    """What somebody does who owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql)
        assert cursor.rowcount == 1


@pytest.mark.parametrize("what", FORGERIES)
def test_the_seal_tells_when_the_trail_was_changed(committed_db: str, what: str) -> None:
    signed(build())
    made = next_seal()
    assert made.rows == sum(
        model.objects.filter(txid__lt=made.next_txid).count() for model in TRAIL
    )
    assert seal.verify().is_intact
    table, change = FORGERIES[what]
    forge(f"UPDATE {table} {change} WHERE id = (SELECT min(id) FROM {table})", table)
    verdict = seal.verify()
    assert not verdict.is_intact
    assert verdict.broken == made


def test_the_seal_tells_when_an_event_was_taken_out(committed_db: str) -> None:
    build()
    made = next_seal()
    forge("DELETE FROM core_event WHERE id = (SELECT min(id) FROM core_event)", "core_event")
    assert seal.verify().broken == made


def test_a_second_seal_continues_the_chain(committed_db: str) -> None:
    world = build()
    first = next_seal()
    sites.change_site(world.site, values={"planned_subjects": 3}, by=world.manager)
    second = next_seal()
    assert second.first_txid == first.next_txid
    assert seal.verify().seals == 2


def test_the_check_of_the_chain_is_an_event_and_pages_say_what_it_found(
    committed_db: str, client: Client
) -> None:
    """6.2: 5 tampering is found, and told to whoever reads the trail."""
    world = build()
    client.force_login(world.admin)
    assert "Not sealed yet, not checked" in text_of(client)
    made = next_seal()
    assert f"Sealed up to {made.at:%-d %b %Y %H:%M} UTC, not checked yet." in text_of(client)
    tasks.check()
    event = Event.objects.get(verb="check seal of trail")
    assert event.reason == f"{made.rows:,} rows in 1 seal as they were sealed"
    assert f"checked {event.at:%-d %b %Y %H:%M} UTC, no gaps" in text_of(client)
    forge("DELETE FROM core_event WHERE id = (SELECT min(id) FROM core_event)", "core_event")
    tasks.check()
    assert Event.objects.filter(verb="find trail changed").count() == 1
    assert "found a seal that does not fit. Tell your administrator." in text_of(client)
    found = client.get(reverse("audit:search"), {"verb": "security"}).context["trail"].entries
    assert [entry.verb for entry in found] == ["find trail changed"]


def text_of(client: Client) -> str:
    return " ".join(client.get(reverse("audit:search")).content.decode().split())
