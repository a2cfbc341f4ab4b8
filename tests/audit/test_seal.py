"""The seal over the trail, on real commits."""

from django.db import connection

from audit import seal
from core.models import AuditRow
from sites.actions import sites
from tests.sealing import next_seal
from tests.world import build


def test_the_seal_holds_and_tells_when_the_trail_was_changed(committed_db: str) -> None:
    build()
    made = next_seal()
    assert made.rows == AuditRow.objects.filter(txid__lt=made.next_txid).count()
    assert seal.verify().is_intact
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditrow DISABLE TRIGGER append_only")
        cursor.execute("UPDATE core_auditrow SET changes = '{}' WHERE id = 3")
    verdict = seal.verify()
    assert not verdict.is_intact
    assert verdict.broken == made


def test_a_second_seal_continues_the_chain(committed_db: str) -> None:
    world = build()
    first = next_seal()
    sites.change_site(world.site, values={"planned_subjects": 3}, by=world.manager)
    second = next_seal()
    assert second.first_txid == first.next_txid
    assert seal.verify().seals == 2
