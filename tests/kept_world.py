"""The small world made once in a process and copied back in a moment, for each test that wants it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests.world import World, build

TABLES = """
SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.oid
"""


SEQUENCES = """
SELECT format('%I', sequencename), last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What building the world left behind: its objects, the rows of each table it touched, the last numbers."""

    world: World
    rows: dict[str, tuple[str, bytes]]
    replaced: frozenset[str]
    numbers: list[tuple[str, int]]


_kept: dict[tuple[bool, datetime | None], _Kept] = {}


def world() -> World:
    """The world in the present transaction; built anew where the test's own clock goes on."""
    return _world(is_committed=False)


def committed() -> World:
    """The world, committed in the fresh database of a test."""
    return _world(is_committed=True)


def _world(*, is_committed: bool) -> World:
    moment = None
    if time_machine.escape_hatch.is_travelling():
        moment = timezone.now()
        if moment != timezone.now():
            return build()
    kept = _kept.get((is_committed, moment))
    if kept is None:
        before = _contents()
        made = build()
        after = _contents()
        rows = {table: held for table, held in after.items() if before.get(table) != held}
        replaced = frozenset(table for table in rows if before[table][1])
        _kept[is_committed, moment] = _Kept(copy.deepcopy(made), rows, replaced, _numbers())
        return made
    with transaction.atomic():
        _restore(kept)
        if is_committed:
            _count_on(kept)
    return copy.deepcopy(kept.world)


def _contents() -> dict[str, tuple[str, bytes]]:
    """Every table with its columns and its rows, as PostgreSQL copies them."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table, columns in cursor.fetchall():
            held = BytesIO()
            cursor.cursor.copy_expert(f"COPY {table} ({columns}) TO STDOUT", held)
            found[table] = (columns, held.getvalue())
    return found


def _numbers() -> list[tuple[str, int]]:
    """Every sequence that has counted, with its last number."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        return cursor.fetchall()


def _restore(kept: _Kept) -> None:
    """Copy the rows back as they were, without the triggers and checks they have passed once."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, (columns, rows) in kept.rows.items():
            if table in kept.replaced:
                cursor.execute(f"DELETE FROM {table}")
            cursor.cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", BytesIO(rows))
        cursor.execute("SET LOCAL session_replication_role = origin")


def _count_on(kept: _Kept) -> None:
    """Let the sequences of a fresh database go on where the rows end."""
    with connection.cursor() as cursor:
        for name, last in kept.numbers:
            cursor.execute("SELECT setval(%s, %s)", [name, last])
