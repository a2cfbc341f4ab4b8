"""Lists as CSV: every row the filter shows, safe to open in a spreadsheet, and on the trail."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
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


def as_csv(
    request: Request, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]],
    target: models.Model | None = None,
) -> HttpResponse:  # fmt: skip
    """A file of the rows; its first line says what was filtered, when and for whom."""
    filters = ", ".join(f"{key}: {text}" for key, text in sorted(request.GET.items()) if text)
    now = timezone.now()
    written = StringIO(BYTE_ORDER_MARK)
    written.seek(0, 2)
    writer = csv.writer(written)
    said = f"{name}; {filters or 'no filter'}; {now:%Y-%m-%d %H:%M} UTC; {request.user}"
    writer.writerow([safe(said)])
    writer.writerow(heads)
    count = 0
    for row in rows:
        count += 1
        if count > MOST:
            raise RefusedError(f"More than {MOST:,} rows. Filter the list, then export it.")
        writer.writerow([safe(value) for value in row])
    shown = "1 row" if count == 1 else f"{count} rows"
    note(
        f"export {name.lower()}", target=target or Deployment.objects.get(pk=1), by=request.user,
        reason=f"{shown}, {filters or 'no filter'}",
    )  # fmt: skip
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    filename = f"{name.lower().replace(' ', '-')}-{now:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
