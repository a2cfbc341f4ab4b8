"""The rows of a list that an address asks for: a page of them, one, or all for a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Model, QuerySet
from django.http import QueryDict
from django.utils import timezone

from core.lists.asked import AFTER, CHOSEN, ROWS, Asked
from core.lists.columns import NOTHING, Column, Row
from core.lists.declared import Edits, List
from core.lists.filters import Reader
from core.lists.lines import Cell, Line
from core.web import whole

if TYPE_CHECKING:
    from accounts.models import User

PAGE, MOST, CHUNK = 50, 500, 1000


class Rows:
    """The records of a list in the order, the columns and the filters of one address."""

    has_ticks = False

    def __init__(
        self, user: User, declared: List, rows: QuerySet[Any], given: QueryDict, path: str,
        edits: Edits | None = None,
    ) -> None:  # fmt: skip
        self.declared, self.everything, self.path, self.edits = declared, rows, path, edits
        self.user, self.given = user, given
        self.reader = Reader(user, timezone.localdate(timezone=user.zone))
        self.asked = self.read(given)
        self.columns = declared.columns_for(self.asked)
        self.order = declared.order_for(self.asked, rows.model)
        self.found = rows.filter(self.declared.condition(self.asked, self.reader))

    def read(self, query: QueryDict) -> Asked:
        """What a query string asks of this list."""
        return Asked(query, self.declared.names, self.path)

    @cached_property
    def page(self) -> list[Row]:
        """The rows of the page."""
        return self._finished(self._ahead[: self.size])

    @cached_property
    def _ahead(self) -> list[Row]:
        """The rows of the page, and one more where there are more."""
        rows = self.found
        if (after := whole(self.given.get(AFTER, ""))) is not None:
            rows = rows.filter(self.order.after(self.everything, after))
        # The page is found by its keys alone; only its rows are joined with what they show.
        keys = rows.order_by(*self.order.by).values("pk")[: self.size + 1]
        return list(
            self._values(self._all.filter(pk__in=keys), self.columns).order_by(*self.order.by)
        )

    @property
    def size(self) -> int:
        """How many rows are shown at once."""
        return min(whole(self.given.get(ROWS, "")) or PAGE, MOST)

    def asking(self, query: str) -> QuerySet[Any]:
        """The records that a query string asks for."""
        return self.everything.filter(
            self.declared.condition(self.read(QueryDict(query)), self.reader)
        )

    def only(self, keys: Sequence[int]) -> list[Line]:
        """These records, in this order."""
        place = {key: at for at, key in enumerate(keys)}
        rows = self._finished(list(self._values(self.everything.filter(pk__in=keys), self.columns)))
        return [self._line(row) for row in sorted(rows, key=lambda row: place[row["pk"]])]

    @cached_property
    def next_after(self) -> str:
        """The key after which the list goes on, if it does."""
        return str(self.page[-1]["pk"]) if len(self._ahead) > self.size else ""

    @cached_property
    def lines(self) -> list[Line]:
        """The rows of the page, ready to show."""
        return [self._line(row) for row in self.page]

    def line(self, pk: int, touched: str) -> Line:
        """One row, with the cell that is being changed or was."""
        rows = self._values(self.everything.filter(pk=pk), self.columns)
        return self._line(self._finished(list(rows))[0], touched)

    def words(self, pk: int, column: Column) -> str:
        """What stands in one cell, as a file says it."""
        rows = self._finished(list(self._values(self.everything.filter(pk=pk), [column])))
        (_, show), *_ = column.files
        said = show(rows[0])
        return NOTHING if said in {None, ""} else str(said)

    @property
    def wanted(self) -> QuerySet[Any]:
        """What a file holds: everything that was found, or what was ticked of it."""
        ticked = [key for text in self.given.getlist(CHOSEN) if (key := whole(text))]
        return self.found.filter(pk__in=ticked) if ticked else self.found

    def records(self, columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
        """Every row of a file in its columns, read in chunks."""
        found = self._values(self.wanted.order_by(*self.order.by), columns).iterator(CHUNK)
        while chunk := self._finished(list(islice(found, CHUNK))):
            for row in chunk:
                yield tuple(show(row) for column in columns for _, show in column.files)

    @property
    def file_columns(self) -> list[Column]:
        """The columns of a file: those that were chosen, or all."""
        return self.declared.columns_for(self.asked, standard=False)

    def tally(self, queries: Mapping[str, str]) -> dict[str, int]:
        """How many rows each query string asks for, all of them counted: one query."""
        counts = {name: self._counted(self.read(QueryDict(text))) for name, text in queries.items()}
        found: dict[str, int] = self.everything.order_by().aggregate(**counts)
        return found

    def _counted(self, asked: Asked) -> Count:
        return Count("pk", filter=self.declared.condition(asked, self.reader) or None)

    @property
    def _all(self) -> Any:
        model: type[Model] = self.everything.model
        return model._default_manager

    def _values(self, rows: QuerySet[Any], columns: Sequence[Column]) -> QuerySet[Any, Row]:
        return rows.values("pk", *dict.fromkeys(path for each in columns for path in each.reads))

    def _finished(self, rows: list[Row]) -> list[Row]:
        if self.declared.finish is not None and rows:
            self.declared.finish(rows, self.reader)
        return rows

    def _line(self, row: Row, touched: str = "") -> Line:
        name = self.declared.named(row)
        cells = [self._cell(row, column, name, touched) for column in self.columns]
        return Line(row["pk"], name, cells, self.has_ticks)

    def _cell(self, row: Row, column: Column, name: str, touched: str) -> Cell:
        fact, is_touched = column.show(row), column.name == touched
        if self.edits is None or not column.edits:
            return Cell(fact, column.css, is_touched=is_touched)
        url = f"{self.edits.cell(row, column)}?{self.asked}"
        what = f"{column.head} of {name}"
        return Cell(fact, column.css, what, url, self.edits.form(row), is_touched)
