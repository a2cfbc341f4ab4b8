"""The columns of a list: what each reads of a record, shows, is sorted by and puts into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.safestring import SafeString

from core.dates import show_day
from core.markup import markup
from core.templatetags import ui

Row = dict[str, Any]
Show = Callable[[Row], Any]
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Column:
    """One fact about each record of a list."""

    name: str
    head: str
    reads: tuple[str, ...]
    show: Show
    files: tuple[tuple[str, Show], ...]
    order: str = ""  # the indexed field it is sorted by; "-" where the largest come first
    edits: str = ""  # the field of the record's form that is changed in the cell
    css: str = ""
    is_shown: bool = True  # unless a person chooses other columns

    def but(self, **changes: Any) -> Column:
        """The same column, except for a few things."""
        return replace(self, **changes)


def value(path: str) -> Show:
    """What stands in a field, as it is."""
    return lambda row: row[path]


def text(name: str, head: str, path: str = "", **more: Any) -> Column:
    """Words, as they are kept."""
    path = path or name

    def show(row: Row) -> str:
        return row[path] or NOTHING

    return Column(name, head, (path,), show, ((head, value(path)),)).but(**more)


def number(name: str, head: str, path: str = "", **more: Any) -> Column:
    """A figure."""
    path = path or name

    def show(row: Row) -> object:
        return NOTHING if row[path] is None else f"{row[path]:,}"

    return Column(name, head, (path,), show, ((head, value(path)),), css="text-end number").but(
        **more
    )


def day(name: str, head: str, path: str = "", **more: Any) -> Column:
    """A date."""
    path = path or name

    def show(row: Row) -> str:
        return show_day(row[path]) if row[path] else NOTHING

    return Column(
        name, head, (path,), show, ((head, value(path)),), css="number text-nowrap", **more
    )


def yes_no(name: str, head: str, path: str = "", **more: Any) -> Column:
    """Whether something is so."""
    path = path or name

    def show(row: Row) -> str:
        return "Yes" if row[path] else "No"

    return Column(name, head, (path,), show, ((head, show),)).but(**more)


def state(
    name: str, head: str, labels: Mapping[str, str], chips: Mapping[str, str], path: str = "",
    **more: Any,
) -> Column:  # fmt: skip
    """A status as shape and word."""
    path = path or name

    def show(row: Row) -> SafeString:
        return ui.chip(chips.get(row[path], ""), labels[row[path]])

    def word(row: Row) -> str:
        return labels[row[path]]

    return Column(name, head, (path,), show, ((head, word),)).but(**more)


def person(name: str, head: str, path: str, **more: Any) -> Column:
    """A person who has an account, by first and last name."""
    first, last = f"{path}__first_name", f"{path}__last_name"

    def full(row: Row) -> str:
        return f"{row[first] or ''} {row[last] or ''}".strip()

    def show(row: Row) -> str:
        known = full(row)
        return markup(WHO, ui.avatar(known), known) if known else NOTHING

    return Column(name, head, (first, last), show, ((head, full),), css="text-nowrap").but(**more)


WHO = '<span class="who">{}{}</span>'
LEAD = '<a class="lead" href="{}" title="{}">{}</a>{}'
SECOND = '<span class="table-note">{}</span>'


def lead(url: str, words: object, second: object = "") -> SafeString:
    """The main link of a row, with a second line under it."""
    return markup(LEAD, url, words, words, _second(second))


def two_lines(first: object, second: object) -> SafeString:
    """A text with a smaller one under it, where there is one."""
    return markup("{}{}", first, _second(second))


def _second(text: object) -> SafeString | str:
    return markup(SECOND, text) if text else ""
