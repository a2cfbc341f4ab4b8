"""Lists as files: every row the filter shows, safe to open in a spreadsheet, and on the trail."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import chain
from typing import Any, TypeVar

from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from xlsxwriter import Workbook

from core.actions import RefusedError
from core.audit import note
from core.models import Event
from core.web import Request

MOST = 20_000  # rows of a workbook, which is made in memory
CSV = "csv"
KINDS = {
    CSV: "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDEST, SAMPLE = 60, 100  # letters of a column of a workbook, and the rows that say how wide it is
LONGEST = 32_767  # letters a cell of a workbook holds
UNFILTERED = "no filter"
# What spreadsheets take for the beginning of a formula, also in full width, and what hides one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
Lines = Sequence[Sequence[Any]]
AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


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


def as_file(
    request: Request, kind: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *,
    said: str, target: models.Model, count: int | None = None,
) -> HttpResponseBase:  # fmt: skip
    """A file of the rows, of any length as CSV; its first line says what was filtered."""
    if kind == CSV:
        counted = said if count is None else _counted(count, said)
        return as_stream(
            request, name, heads, lambda _: rows, said=said, noted=counted, target=target
        )
    few = list(_up_to_most(rows))
    content = _xlsx(heading(request, name, said), heads, few)
    return send(request, name, kind, content, rows=len(few), said=said, target=target)


def as_stream(
    request: Request, name: str, heads: Sequence[str],
    rows: Callable[[Event], Iterable[Sequence[Any]]], *, said: str, target: models.Model,
    noted: str = "",
) -> StreamingHttpResponse:  # fmt: skip
    """A CSV file of any length, sent while it is written; its rows know the event of its export.

    The export is on the trail before the first line is sent.
    """
    reason = noted or said or UNFILTERED
    begun = note(f"export {name.lower()}", target=target, by=request.user, reason=reason)
    lines = chain([[safe(heading(request, name, said))], heads], _safe(rows(begun)))
    writer = csv.writer(_Sent())
    content = chain([BYTE_ORDER_MARK], (writer.writerow(line) for line in lines))
    response = StreamingHttpResponse(content, content_type=KINDS[CSV])
    return _attached(response, name, CSV)


class _Sent:
    """A file that gives every line back to be sent."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def heading(request: Request, name: str, said: str = "") -> str:
    """The first line of a file: what it is, what was filtered, when and for whom."""
    return f"{name}; {said or UNFILTERED}; {timezone.now():%Y-%m-%d %H:%M} UTC; {request.user}"


def send(
    request: Request, name: str, kind: str, content: bytes, *, rows: int, said: str = "",
    target: models.Model,
) -> HttpResponse:  # fmt: skip
    """A file to keep, said on the trail with how much it holds."""
    reason = _counted(rows, said)
    note(f"export {name.lower()}", target=target, by=request.user, reason=reason)
    return _attached(HttpResponse(content, content_type=KINDS[kind]), name, kind)


def _counted(rows: int, said: str) -> str:
    shown = "1 row" if rows == 1 else f"{rows} rows"
    return f"{shown}, {said or UNFILTERED}"


def _attached(response: AnyResponse, name: str, kind: str) -> AnyResponse:
    filename = f"{name.lower().replace(' ', '-')}-{timezone.now():%Y-%m-%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _up_to_most(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for count, row in enumerate(rows):
        if count == MOST:
            raise RefusedError(
                f"More than {MOST:,} rows are too many for a workbook. Choose CSV, which holds"
                " them all, or filter the list first."
            )
        yield row


def _safe(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    return ([safe(value) for value in row] for row in rows)


def _xlsx(first: str, heads: Sequence[str], rows: Lines) -> bytes:
    """A workbook: days are days and figures are figures; a text stays one, however it begins."""
    written = BytesIO()
    with Workbook(written, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        strong, day = book.add_format({"bold": True}), book.add_format({"num_format": "d mmm yyyy"})
        sheet.write_string(0, 0, first)
        for column, head in enumerate(heads):
            sheet.write_string(1, column, head, strong)
            widest = max(
                len(safe(value)) for value in (head, *(row[column] for row in rows[:SAMPLE]))
            )
            sheet.set_column(column, column, min(widest, WIDEST) + 2)
        for line, row in enumerate(rows, start=2):
            for column, value in enumerate(row):
                _put(sheet, line, column, value, day)
        sheet.freeze_panes(2, 1)
    return written.getvalue()


def _put(sheet: Any, line: int, column: int, value: Any, day: Any) -> None:
    match value:
        case bool() | datetime():
            sheet.write_string(line, column, safe(value))
        case int() | float():
            sheet.write_number(line, column, value)
        case date():
            sheet.write_datetime(line, column, value, day)
        case None | "":
            pass
        case _:
            sheet.write_string(line, column, str(value)[:LONGEST])
