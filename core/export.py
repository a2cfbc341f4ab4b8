"""Lists as CSV: every row the filter shows, safe to open in a spreadsheet, and on the trail."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from itertools import islice
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import note
from core.models import Deployment
from core.web import Request

MOST = 20_000
# What spreadsheets take for the beginning of a formula, also in full width, and what hides one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def safe(value: Any) -> str:
    """A value as the text of a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, (int, float, date)):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _written(rows: Iterable[Sequence[Any]]) -> str:
    file = StringIO(newline="")
    csv.writer(file).writerows([safe(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + file.getvalue()


def as_csv(
    request: Request, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]],
    target: models.Model | None = None,
) -> HttpResponse:  # fmt: skip
    """A file of the rows; its first line says what was filtered, when and for whom."""
    given = [f"{key}: {text}" for key, text in sorted(request.GET.items()) if text]
    filters = ", ".join(given) or "no filter"
    now = timezone.now()
    said = f"{name}; {filters}; {now:%Y-%m-%d %H:%M} UTC; {request.user}"
    found = list(islice(rows, MOST + 1))
    if len(found) > MOST:
        raise RefusedError(f"More than {MOST:,} rows. Filter the list, then export it.")
    shown = "1 row" if len(found) == 1 else f"{len(found)} rows"
    note(
        f"export {name.lower()}", target=target or Deployment.objects.get(pk=1), by=request.user,
        reason=f"{shown}, {filters}",
    )  # fmt: skip
    written = _written([[said], heads, *found])
    response = HttpResponse(written, content_type="text/csv; charset=utf-8")
    filename = f"{name.lower().replace(' ', '-')}-{now:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
