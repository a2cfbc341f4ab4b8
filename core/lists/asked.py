"""What an address asks of a list, and the addresses that ask a little more or less."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.http import QueryDict

WORDS, SORT, COLUMNS = "q", "sort", "columns"
# What belongs to a view of a list; where one has got to in it does not.
SHAPE = (WORDS, SORT, COLUMNS)
AFTER, ROWS, SHOWN, CHOSEN, FILTER = "after", "rows", "shown", "row", "filter"


class Asked:
    """The part of an address after the question mark, as far as a list understands it."""

    def __init__(self, query: QueryDict, names: Iterable[str], path: str = "") -> None:
        self.path = path
        self.query = QueryDict(mutable=True)
        for name in (*SHAPE, *names):
            values = [value.replace("\0", "").strip() for value in query.getlist(name)]
            if any(values):
                self.query.setlist(name, [value for value in values if value])
        if COLUMNS in self.query:
            columns = ",".join(self.query.getlist(COLUMNS)).split(",")
            self.query[COLUMNS] = ",".join(dict.fromkeys(columns))

    @property
    def words(self) -> str:
        """The words that are looked for."""
        return self.query.get(WORDS, "")

    @property
    def sort(self) -> str:
        """The column that orders the list, with a "-" before it where the largest come first."""
        return self.query.get(SORT, "")

    @property
    def columns(self) -> list[str]:
        """The columns that were chosen."""
        return [name for name in self.query.get(COLUMNS, "").split(",") if name]

    def __str__(self) -> str:
        """The query string, always spelled the same."""
        return self._text

    @cached_property
    def _text(self) -> str:
        return self.query.urlencode(safe=",")

    def url(self, **changes: str | int | None) -> str:
        """The address of the list with some things changed; None takes one away."""
        query = self.query.copy()
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = str(value)
        return f"{self.path}?{query.urlencode(safe=',')}" if query else self.path

    def without(self, names: Iterable[str]) -> str:
        """The address of the list without some things."""
        return self.url(**dict.fromkeys(names, None))

    def hidden(self, without: Iterable[str]) -> list[tuple[str, str]]:
        """What a form carries along, besides its own fields."""
        aside = set(without)
        return [
            (name, value)
            for name, values in self.query.lists()
            if name not in aside
            for value in values
        ]

    def is_like(self, other: Asked, but: Iterable[str] = ()) -> bool:
        """Whether both ask for the same, but for some things."""
        aside = set(but)
        return _plain(self.query, aside) == _plain(other.query, aside)


def _plain(query: QueryDict, aside: set[str]) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in query.lists() if name not in aside}
