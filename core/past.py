"""The database as it was: views that shadow the tables and rewind what changed since, from the trail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from core.audit import audited_models

SCHEMA = "as_of"
LONGEST_MS = 20_000

# A row that no history row touched since is as it is. Of the others, those inserted since were not
# there; the rest is what is there, or was when it was deleted, under the first old values since.
VIEW = """
CREATE OR REPLACE VIEW {schema}.{table} AS
SELECT {present} FROM public.{table} t WHERE NOT EXISTS (
    SELECT FROM public.core_auditrow a
    WHERE a.tbl = '{table}' AND a.row_id = t.id AND a.at > public.core_as_of())
UNION ALL
SELECT {past} FROM (
    SELECT a.row_id,
           public.core_merge(public.core_before(a.op, a.changes) - '{masked}'::text[] ORDER BY a.id DESC) AS old
    FROM public.core_auditrow a
    WHERE a.tbl = '{table}' AND a.at > public.core_as_of()
    GROUP BY a.row_id HAVING NOT bool_or(a.op = 'I')) c
LEFT JOIN public.{table} t ON t.id = c.row_id
CROSS JOIN LATERAL jsonb_populate_record(t, c.old) p
"""


@contextlib.contextmanager
def rewound(instant: datetime) -> Iterator[None]:
    """Inside the block every audited table reads as it was at the instant; nothing can be written.

    Grants read so, too: ask who may see what before the block.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('search_path'), current_setting('statement_timeout'),"
            " set_config('search_path', %s, true), set_config('statement_timeout', %s, true),"
            " set_config('ctms.as_of', %s, true)",
            [f"{SCHEMA}, public", str(LONGEST_MS), instant.isoformat()],
        )
        path, timeout = cursor.fetchone()[:2]
        yield
        cursor.execute(
            "SELECT set_config('search_path', %s, true), set_config('statement_timeout', %s, true)",
            [path, timeout],
        )


def lay_aside(**_: Any) -> None:
    """Drop the views, so that migrations may change the tables; runs before migrate."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def lay_out(**_: Any) -> None:
    """Make a view of every audited table; runs after migrate."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for model in audited_models():
            cursor.execute(_view(model))


def _view(model: type[models.Model]) -> str:
    names = [connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields]
    rest = [name for name in names if name != '"id"']
    return VIEW.format(
        schema=SCHEMA,
        table=model._meta.db_table,
        masked="{" + ",".join(getattr(model, "masked", ())) + "}",
        present=", ".join(f"t.{name}" for name in ['"id"', *rest]),
        past=", ".join(["c.row_id AS id", *(f"p.{name}" for name in rest)]),
    )
