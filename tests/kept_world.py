"""The small world made once in a process and copied back in a moment, for each test that wants it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from io import BytesIO

import time_machine
from django.db import connection

from tests.world import World, build

TABLES = """
SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.oid
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What building the world left behind: its objects, and the rows of each table it touched."""

    world: World
    rows: dict[str, tuple[str, bytes]]
    replaced: frozenset[str]


_kept: _Kept | None = None


def world() -> World:
    """The world in the present transaction; built anew where a test lives at another time."""
    global _kept  # noqa: PLW0603 -- one world for a process
    if time_machine.escape_hatch.is_travelling():
        return build()
    if _kept is None:
        before = _contents()
        made = build()
        after = _contents()
        rows = {table: held for table, held in after.items() if before.get(table) != held}
        replaced = frozenset(table for table in rows if before[table][1])
        _kept = _Kept(copy.deepcopy(made), rows, replaced)
        return made
    _restore(_kept)
    return copy.deepcopy(_kept.world)


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


def _restore(kept: _Kept) -> None:
    """Copy the rows back as they were, without the triggers and checks they have passed once."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, (columns, rows) in kept.rows.items():
            if table in kept.replaced:
                cursor.execute(f"DELETE FROM {table}")
            cursor.cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", BytesIO(rows))
        cursor.execute("SET LOCAL session_replication_role = origin")
