"""The schedule of activities as a file: laid out so that it can be pasted into another draft."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any

from core.export import safe
from trials.models import VisitProcedure
from trials.queries.matrix import Cell, Grid

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MARKS = {VisitProcedure.Need.REQUIRED: "x", VisitProcedure.Need.CONDITIONAL: "(x)"}
NAME, VISIT = 34, 9  # widths of columns


def heads(grid: Grid) -> list[str]:
    """The first row: the short heads of the visits."""
    return ["Procedure", *(column.code for column in grid.columns)]


def rows(grid: Grid) -> list[list[str]]:
    """The facts of the visits, then each group with its procedures."""
    facts = {
        "Visit": "name", "Epoch": "epoch", "Day": "day", "Window": "window",
        "Counts from": "counts_from", "Where": "modality",
    }  # fmt: skip
    found = [[said, *(getattr(one, fact) for one in grid.columns)] for said, fact in facts.items()]
    for group, lines in grid.groups:
        found += [[group]] if group else []
        found += [[line.name, *map(_mark, line.cells)] for line in lines]
    return found


def _mark(cell: Cell) -> str:
    if cell.mark is None:
        return ""
    return (
        f"{cell.mark.samples}×" if cell.mark.samples else MARKS[VisitProcedure.Need(cell.mark.need)]
    )


def details(grid: Grid) -> list[list[str]]:
    """What no mark can say: the samples of timed cells, and conditions."""
    cells = chain.from_iterable(((line, cell) for cell in line.cells) for line in grid.lines)
    return [
        [line.name, cell.column.code, cell.mark.text, cell.mark.condition]
        for line, cell in cells
        if cell.mark and (cell.mark.samples or cell.mark.condition)
    ]


def write(grid: Grid, heading: str) -> bytes:
    """The workbook: the matrix, and on a second sheet what no mark can say."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - heavy, and seldom needed

    content = BytesIO()
    with Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        _write_matrix(book, grid, heading)
        sheet = book.add_worksheet("Details")
        _write_rows(book, sheet, 0, [["Procedure", "Visit", "How", "Condition"], *details(grid)])
        sheet.set_column(0, 0, NAME)
        sheet.set_column(2, 3, 2 * NAME)
        sheet.freeze_panes(1, 0)
    return content.getvalue()


def _write_matrix(book: Workbook, grid: Grid, heading: str) -> None:
    sheet = book.add_worksheet("Schedule of activities")
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, safe(heading))
    _write_rows(book, sheet, 2, [heads(grid), *rows(grid)])
    sheet.set_column(0, 0, NAME)
    sheet.set_column(1, max(len(grid.columns), 1), VISIT)
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)


def _write_rows(book: Workbook, sheet: Any, first: int, found: Sequence[Sequence[str]]) -> None:
    """Rows under a bold one; a row with only a name is a heading among them."""
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"align": "center"})
    for number, row in enumerate(found):
        is_head = number == 0 or len(row) == 1
        for column, text in enumerate(row):
            style = bold if is_head else plain if column else None
            sheet.write_string(first + number, column, safe(text), style)
