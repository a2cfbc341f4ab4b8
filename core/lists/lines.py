"""The lines of a list as they are shown: a page holds hundreds of cells, so they are not templates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.safestring import SafeString

from core.markup import markup, safe
from core.templatetags import ui

CHANGE = (
    '<a class="listing-change" data-change href="{}" hx-get="{}" hx-target="closest tr"{}>{}{}'
    '<span class="visually-hidden"> (change {})</span></a>'
)
TOUCHED = SafeString(" autofocus")
TICK = (
    '<div class="listing-lead"><input type="checkbox" name="row" value="{}" form="list-bulk"'
    ' aria-label="Tick {}"><div>{}</div></div>'
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One fact of one row; where it can be changed, what it is and how."""

    fact: Any
    css: str
    what: str = ""
    url: str = ""
    form_url: str = ""
    is_touched: bool = False

    @property
    def html(self) -> SafeString:
        """The fact, as a link to its form where it can be changed."""
        if not self.url:
            return SafeString(safe(self.fact))
        focus = TOUCHED if self.is_touched else ""
        return markup(
            CHANGE, self.form_url, self.url, focus, self.fact, ui.icon("pen", "small"), self.what
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row; its first cell says what it is about, with a box to tick where that serves."""

    pk: int
    name: str
    cells: list[Cell]
    has_tick: bool = False

    @property
    def html(self) -> SafeString:
        """The row of the table."""
        lead, *others = self.cells
        if self.has_tick:
            lead = replace(lead, fact=markup(TICK, self.pk, self.name, lead.html), url="")
        cells = "".join(map(_td, (lead, *others)))
        return SafeString(f"<tr data-row>{cells}</tr>")

    @property
    def touched(self) -> Cell:
        """The cell that is being changed, or was."""
        return next(cell for cell in self.cells if cell.is_touched)

    def opened(self, form: SafeString) -> Line:
        """The row with a form in place of the fact that is being changed."""
        cells = [Cell(form, each.css) if each.is_touched else each for each in self.cells]
        return replace(self, cells=cells)

    @property
    def form_url(self) -> str:
        """The form of the whole record."""
        return next((cell.form_url for cell in self.cells if cell.form_url), "")


def _td(cell: Cell) -> str:
    css = f' class="{cell.css}"' if cell.css else ""
    return f"<td{css}>{cell.html}</td>"
