"""The lines of a list as they are shown: a page holds hundreds of cells, so they are not templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import ModelForm
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from core.templatetags import ui

CHANGE = (
    '<a class="listing-change" data-change href="{}" hx-get="{}" hx-target="closest tr"{}>{}{}'
    '<span class="visually-hidden"> (change {})</span></a>'
)
TOUCHED = SafeString(" autofocus")


@dataclass(frozen=True, slots=True)
class Cell:
    """One fact of one row; where it can be changed, what it is and how."""

    fact: Any
    css: str
    what: str = ""
    url: str = ""
    form_url: str = ""
    is_touched: bool = False
    form: ModelForm[Any] | None = None

    @property
    def html(self) -> SafeString:
        """The fact, as a link to its form where it can be changed."""
        if not self.url:
            return conditional_escape(self.fact)
        focus = TOUCHED if self.is_touched else ""
        return format_html(
            CHANGE, self.form_url, self.url, focus, self.fact, ui.icon("pen", "small"), self.what
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row."""

    pk: int
    name: str
    lead: Cell
    cells: list[Cell]

    @property
    def html(self) -> SafeString:
        """The cells after the first, none of which is being changed."""
        return SafeString("".join(_td(each) for each in self.cells))

    @property
    def is_open(self) -> bool:
        """Whether a cell of it is being changed."""
        return any(cell.form is not None for cell in self.cells)

    @property
    def form_url(self) -> str:
        """The form of the whole record."""
        return next((cell.form_url for cell in self.cells if cell.form_url), "")


def _td(cell: Cell) -> str:
    return f'<td class="{cell.css}">{cell.html}</td>' if cell.css else f"<td>{cell.html}</td>"
