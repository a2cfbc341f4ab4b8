"""The seal: a chain of hashes over field history whose transactions have all ended."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from core.models import Seal

HASH = """
    SELECT count(*), encode(sha256(convert_to(%s || coalesce(string_agg(
        concat_ws('|', id, at, txid, op, tbl, row_id, event_id, changes::text), E'\\n'
        ORDER BY txid, id), ''), 'UTF8')), 'hex')
    FROM core_auditrow WHERE txid >= %s AND txid < %s
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the trail is as it was sealed, and the first seal that says otherwise."""

    is_intact: bool
    seals: int
    rows: int
    broken: Seal | None = None


def seal() -> Seal | None:
    """Seal what is older than every running transaction; nothing where there is nothing new."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seal'))")
        cursor.execute(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " (SELECT system_identifier FROM pg_control_system())"
        )
        horizon, system = cursor.fetchone()
        last = Seal.objects.order_by("-pk").first()
        first = last.next_txid if last is not None and last.system == system else 0
        if horizon <= first:
            return None
        rows, digest = _digest(last.digest if last else "", first, horizon)
        if not rows:
            return None
        return Seal.objects.create(
            system=system, first_txid=first, next_txid=horizon, rows=rows, digest=digest
        )


def verify() -> Verdict:
    """Compute every seal again and compare."""
    digest, rows, count = "", 0, 0
    for held in Seal.objects.order_by("pk").iterator():
        found, again = _digest(digest, held.first_txid, held.next_txid)
        if found != held.rows or again != held.digest:
            return Verdict(is_intact=False, seals=count, rows=rows, broken=held)
        digest, rows, count = held.digest, rows + found, count + 1
    return Verdict(is_intact=True, seals=count, rows=rows)


def _digest(before: str, first: int, upto: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(HASH, [before, first, upto])
        rows, digest = cursor.fetchone()
        return rows, digest
