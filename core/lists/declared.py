"""What a list is made of, declared once: its columns, filters, order and views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import Model, Q

from core.lists.asked import Asked
from core.lists.columns import Column, Row
from core.lists.filters import Filter, Reader
from core.lists.order import Order, order_by


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A list of records; its first column names them and is always there."""

    title: str
    one: str
    many: str
    columns: tuple[Column, ...]
    sort: str
    named: Callable[[Row], str]
    filters: tuple[Filter, ...] = ()
    search: Callable[[str], Q] | None = None
    search_label: str = ""
    views: tuple[tuple[str, str], ...] = ()  # names and query strings
    parts: tuple[str, ...] = ()  # the views that part the rows, counted in the summary
    finish: Callable[[list[Row], Reader], None] | None = None  # adds to rows what takes a query
    empty: str = "Nothing here yet."
    is_jumped: bool = False  # typing a figure begins to look for it

    @property
    def names(self) -> list[str]:
        """The parts of an address that filter it."""
        return [name for each in self.filters for name in each.names]

    def but_with(self, column: Column, by: Filter) -> List:
        """The same list with one column more after the first, and one filter more before all."""
        first, *rest = self.columns
        return replace(self, columns=(first, column, *rest), filters=(by, *self.filters))

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)

    def columns_for(self, asked: Asked, *, standard: bool = True) -> list[Column]:
        """The columns that were chosen, else the usual ones and the one that orders, or all."""
        first, *rest = self.columns
        if chosen := asked.columns:
            return [first, *(column for column in rest if column.name in chosen)]
        orders = asked.sort.removeprefix("-")
        return [
            first,
            *(each for each in rest if each.is_shown or each.name == orders or not standard),
        ]

    def order_for(self, asked: Asked, model: type[Model]) -> Order:
        """The order that was asked for, where a column has it; else the usual one."""
        sortable = {column.name: column for column in self.columns if column.order}
        name = asked.sort if asked.sort.removeprefix("-") in sortable else self.sort
        column = sortable[name.removeprefix("-")]
        return order_by(column, model, is_descending=name.startswith("-"))

    def condition(self, asked: Asked, reader: Reader, without: str = "") -> Q:
        """The condition of every filter in an address, but for one, and of its words."""
        found = self.search(asked.words) if self.search and asked.words else Q()
        for each in self.filters:
            if each.name != without and (condition := each.where(asked.query, reader)):
                found &= condition
        return found


@dataclass(frozen=True, slots=True)
class Edits:
    """Where a row is changed: the form of the whole record, and one cell of it."""

    form: Callable[[Row], str]
    cell: Callable[[Row, Column], str]


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something to do with the rows that are ticked; the address takes their keys as `row`."""

    label: str
    icon: str
    url: str
