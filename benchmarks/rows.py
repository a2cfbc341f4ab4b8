"""Rows on their way into a table by COPY."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import Any

from django.db import connection, models
from django.utils import timezone

BATCH = 50_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


class Copy:
    """Collects rows of a model and copies them; columns that are not given take their default."""

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        given = set(columns)
        rest = [
            column
            for column in model._meta.concrete_fields
            if column.column not in given and not column.primary_key and not _is_left_out(column)
        ]
        names = ", ".join(f'"{name}"' for name in (*columns, *(held.column for held in rest)))
        self.model = model
        self.sql = f'COPY "{model._meta.db_table}" ({names}) FROM STDIN'
        self.tail = "".join("\t" + text(_default(held)) for held in rest) + "\n"
        self.lines: list[str] = []
        self.count = 0

    def add(self, *values: Any) -> None:
        """One row, in the order of the columns."""
        self.lines.append("\t".join(map(text, values)) + self.tail)
        self.count += 1
        if len(self.lines) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what was collected."""
        with connection.cursor() as cursor:
            cursor.copy_expert(self.sql, io.StringIO("".join(self.lines)))
        self.lines.clear()

    def finish(self) -> None:
        """Send the rest, and let the numbers of the table go on after it."""
        self.flush()
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f' (SELECT greatest(max(id), 1) FROM "{table}"))'
            )


def _is_left_out(column: models.Field[Any, Any]) -> bool:
    return column.null and not column.has_default()


def _default(column: models.Field[Any, Any]) -> Any:
    if isinstance(column, models.DateTimeField) and column.auto_now_add:
        return timezone.now()
    if isinstance(column, models.JSONField):
        return json.dumps(column.get_default())
    return column.get_db_prep_save(column.get_default(), connection)


def text(value: Any) -> str:
    """A value in the text form of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).translate(ESCAPES)
