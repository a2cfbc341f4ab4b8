"""A list as one person sees it: its rows, how many there are, its views, heads and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from core.access import Scope
from core.export import KINDS
from core.kept import kept
from core.lists.asked import AFTER, CHOSEN, COLUMNS, FILTER, SHAPE, SHOWN, SORT, WORDS, Asked
from core.lists.columns import Column
from core.lists.declared import Bulk, Edits, List
from core.lists.filters import Filter, Option
from core.lists.rows import PAGE, Rows
from core.models import SavedView, audience
from core.saved_views.queries import views_at
from core.web import Request, whole

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the list, declared or kept, with how many rows it has."""

    url: str
    name: str
    count: str
    is_current: bool
    view: SavedView | None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column, with the address that sorts by it and how it is sorted now."""

    text: str
    css: str
    url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, in words, and the address without it."""

    label: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One filter with what there is to choose."""

    filter: Filter
    options: list[Option]

    @property
    def is_asked(self) -> bool:
        """Whether it is in force."""
        return any(option.is_chosen for option in self.options)


class Listing(Rows):
    """A list of what lies in a scope, as one person sees it at one address."""

    def __init__(
        self, request: Request, declared: List, rows: QuerySet[Any], *, of: Scope, path: str = "",
        edits: Edits | None = None, bulk: Sequence[Bulk] = (),
    ) -> None:  # fmt: skip
        super().__init__(request.user, declared, rows, request.GET, path or request.path, edits)
        self.of, self.bulk, self.has_ticks = of, bulk, bool(bulk)

    @cached_property
    def heads(self) -> list[Head]:
        """The heads of the columns."""
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> Head:
        if not column.order:
            return Head(column.head, column.css)
        is_descending, now = column.order.startswith("-"), ""
        if column is self.order.column:
            now = "descending" if self.order.is_descending else "ascending"
            is_descending = not self.order.is_descending
        sort = f"-{column.name}" if is_descending else column.name
        return Head(column.head, column.css, self.asked.url(sort=sort), now)

    @cached_property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """The columns that may be shown or left out, and whether each is shown."""
        return [(column, column in self.columns) for column in self.declared.columns[1:]]

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force."""
        return [
            Chip(
                each.label, each.words(self.asked.query, self.everything, self.reader),
                self.asked.without(each.names),
            )
            for each in self.declared.filters
            if any(name in self.asked.query for name in each.names)
        ]  # fmt: skip

    @property
    def said(self) -> str:
        """Everything that narrows the list, in words."""
        words = [f"{chip.label}: {chip.words}" for chip in self.chips]
        if self.asked.words:
            words.insert(0, f"Search: {self.asked.words}")
        if ticked := self.given.getlist(CHOSEN):
            words.append(f"{len(ticked)} ticked")
        return ", ".join(words)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The same list with something more or less, or as a file."""
        names, so_far = self.declared.names, whole(self.given.get(SHOWN, "")) or self.size
        bare, query = self.path.rstrip("/"), str(self.asked)
        files = {kind: f"{bare}.{kind}" for kind in KINDS}
        return {
            "here": self.asked.url(rows=so_far if so_far != PAGE else None),
            "clear": self.asked.without([WORDS, *names]),
            "usual": self.asked.without([COLUMNS]),
            "filter": self.asked.url(filter="yes"),
            "more": self.asked.url(after=self.next_after, shown=so_far + PAGE),
            **files,
            **{f"{kind}_query": f"{url}?{query}" if query else url for kind, url in files.items()},
        }

    @cached_property
    def carried(self) -> dict[str, list[tuple[str, str]]]:
        """What the forms around the list carry along, besides their own fields."""
        own = {"words": [WORDS], "columns": [COLUMNS], "filters": self.declared.names}
        ticked = {"ticks": [WORDS, *self.declared.names]}
        return {form: self.asked.hidden(names) for form, names in (own | ticked).items()}

    @property
    def is_filtering(self) -> bool:
        """Whether the filters stand open on the page."""
        return FILTER in self.given

    @property
    def audience(self) -> str:
        """Whom a view of this list is shared with."""
        return audience(self.of.kind, str(self.of))

    @cached_property
    def panels(self) -> list[Panel]:
        """Every filter with what there is to choose, counted among what the others leave."""
        return [
            Panel(each, each.options(self.asked.query, self._aside(each), self.reader))
            for each in self.declared.filters
        ]

    def _aside(self, one: Filter) -> QuerySet[Any]:
        others = self.declared.condition(self.asked, self.reader, without=one.name)
        return self.everything.filter(others)

    @cached_property
    def _views(self) -> list[tuple[str, Asked, SavedView | None]]:
        declared = [("All", ""), *self.declared.views]
        return [
            *((name, self.read(QueryDict(query)), None) for name, query in declared),
            *(
                (view.name, self.read(QueryDict(view.query)), view)
                for view in views_at(self.user, self.path)
            ),
        ]

    @cached_property
    def counts(self) -> list[int]:
        """How many rows there are in each view, all of them first, up to a limit; kept for a moment."""
        asked = [each for _, each, _ in self._views]
        return kept(self.user, self._named("counts", *asked), lambda: self._count(asked))

    def _named(self, word: str, *asked: Asked) -> tuple[Any, ...]:
        """The name under which something about this list is kept."""
        return (word, self.path, self.of.kind, self.of.pk, *map(str, asked))

    def _count(self, views: Sequence[Asked]) -> list[int]:
        few = self.everything.order_by()[: COUNTED + 1]
        wanted = {f"view{place}": self._counted(asked) for place, asked in enumerate(views)}
        return list(few.aggregate(**wanted).values())

    @cached_property
    def tabs(self) -> list[Tab]:
        """The views of the list; those that are counted only in part show no number."""
        current = self._like([WORDS]) or self._like(SHAPE)
        return [
            Tab(
                view.get_absolute_url() if view else asked.url(), name,
                f"{count:,}" if self.are_counted else "", asked is current, view,
            )
            for count, (name, asked, view) in zip(self.counts, self._views, strict=True)
        ]  # fmt: skip

    @property
    def summary(self) -> str:
        """How many rows there are and how they part, as in "35 sites: 11 in start-up, 24 open"."""
        total = self._in_words(self.total)
        if not self.are_counted:
            return total
        parts = [
            f"{tab.count} {tab.name[0].lower()}{tab.name[1:]}"
            for tab in self.tabs
            if tab.view is None and tab.name in self.declared.parts and tab.count != "0"
        ]
        return f"{total}: {', '.join(parts)}" if parts else total

    def _in_words(self, count: str) -> str:
        return f"{count} {self.declared.one if count == '1' else self.declared.many}"

    def _like(self, but: Sequence[str]) -> Asked | None:
        """The view that shows the same, but for some things."""
        return next((one for _, one, _ in self._views if one.is_like(self.asked, but)), None)

    @property
    def is_a_view(self) -> bool:
        """Whether exactly what is shown is one of the views."""
        return self._like([]) is not None

    @cached_property
    def shown(self) -> str:
        """How many rows the filters leave."""
        if AFTER not in self.given and len(self._ahead) <= self.size:
            return f"{len(self._ahead):,}"
        for count, (_, asked, _) in zip(self.counts, self._views, strict=True):
            if self.are_counted and asked.is_like(self.asked, [SORT, COLUMNS]):
                return f"{count:,}"
        few = self.found.order_by()[: COUNTED + 1]
        return kept(self.user, self._named("shown", self.asked), lambda: _up_to(few.count()))

    @property
    def are_counted(self) -> bool:
        """Whether the list is short enough to count all of it."""
        return self.counts[0] <= COUNTED

    @property
    def total(self) -> str:
        """How many rows there are without filters."""
        return _up_to(self.counts[0])

    @property
    def counted(self) -> str:
        """How many of how many, as in "9 of 35 sites"."""
        whole = self._in_words(self.total)
        return whole if self.shown == self.total else f"{self.shown} of {whole}"


def _up_to(count: int) -> str:
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"
