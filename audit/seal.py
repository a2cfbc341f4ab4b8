"""The seal: a chain of hashes over the rows of the trail whose transactions have all ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts.bootstrap import system_account
from core.audit import note
from core.models import Deployment, Event, Seal

# What a check of the chain is called on the trail.
INTACT, BROKEN = "check seal of trail", "find trail changed"

# What is sealed of each table of the trail. The order counts: a new column goes to the end of a new seal.
SEALED = {
    "core_auditrow": "at, op, tbl, row_id, event_id, changes",
    "core_event": "at, verb, target_type, target_id, target_label, actor_id, actor_name, actor_role,"
    " acting_for_id, acting_for_name, reason, source, request_id, address, parent_id,"
    " trial_id, site_id, place_id, subject_id",
    "core_statuschange": 'flow, object_id, from_status, to_status, "on", at, reason, actor_name,'
    " event_id",
    "core_signature": "target_type, target_id, target_label, meaning, statement, signer_id,"
    " signer_name, signer_role, at, zone, content_hash, event_id",
}
HASH = f"""
    SELECT count(*), encode(sha256(convert_to(%(before)s || coalesce(string_agg(
        concat_ws('|', txid, tbl, id, content), E'\\n' ORDER BY txid, tbl, id), ''), 'UTF8')), 'hex')
    FROM ({
    " UNION ALL ".join(
        f"SELECT txid, '{table}' AS tbl, id, ROW({columns})::text AS content"
        f" FROM {table} WHERE txid >= %(first)s AND txid < %(upto)s"
        for table, columns in SEALED.items()
    )
}) AS trail
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
        cursor.execute(HASH, {"before": before, "first": first, "upto": upto})
        rows, digest = cursor.fetchone()
        return rows, digest


@dataclass(frozen=True, slots=True)
class State:
    """How far the trail is sealed, and what the last check of the whole chain found."""

    sealed_at: datetime | None
    checked_at: datetime | None
    is_intact: bool


def state() -> State:
    """What every page of the trail says of the seal."""
    last = Seal.objects.order_by("-pk").values_list("at", flat=True).first()
    checks = Event.objects.filter(verb__in=(INTACT, BROKEN)).order_by("-pk")
    checked = checks.values_list("at", "verb").first() or (None, INTACT)
    return State(last, checked[0], checked[1] == INTACT)


def check() -> Verdict:
    """Compute the whole chain again, and write on the trail what came of it."""
    verdict = verify()
    seals = "1 seal" if verdict.seals == 1 else f"{verdict.seals:,} seals"
    found = f"{verdict.rows:,} rows in {seals} as they were sealed"
    if verdict.broken is not None:
        found = (
            f"The seal of {verdict.broken.at:%Y-%m-%d %H:%M} UTC does not fit. {found} before it"
        )
    note(
        INTACT if verdict.is_intact else BROKEN, target=Deployment.objects.get(pk=1),
        by=system_account(), reason=found,
    )  # fmt: skip
    return verdict
