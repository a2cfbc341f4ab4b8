"""The filters of a list: by value, by condition, by words, by day; each in an address and in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from core.dates import UnreadableDayError, read_day, show_day, show_span

if TYPE_CHECKING:
    from accounts.models import User

EMPTY = "-"  # how an address says that a field is empty


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a list, and on which day."""

    user: User
    today: date


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose or to type, and how many records have it."""

    name: str
    value: str
    label: str
    is_chosen: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Filter(ABC):
    """A way to ask for some of the records of a list."""

    name: str
    label: str
    kind: ClassVar[str] = "words"

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of an address that belong to it."""
        return (self.name,)

    @abstractmethod
    def where(self, query: QueryDict, reader: Reader) -> Q | None:
        """The condition that an address asks for, if it does."""

    @abstractmethod
    def words(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> str:
        """What the address asks for, in words."""

    def options(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> list[Option]:
        """What there is to choose from among some records, or what is typed in now."""
        return [Option(name, query.get(name, ""), self.label, name in query) for name in self.names]


@dataclass(frozen=True, slots=True)
class Words(Filter):
    """By a part of a text."""

    condition: Callable[[str, Reader], Q]

    def where(self, query: QueryDict, reader: Reader) -> Q | None:
        """The text, where there is one."""
        typed = query.get(self.name, "")
        return self.condition(typed, reader) if typed else None

    def words(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> str:
        """The text."""
        return str(query.get(self.name, ""))


@dataclass(frozen=True, slots=True)
class Choices(Filter):
    """By one or several values of a field, which has labels or reads them from each record."""

    path: str
    labels: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    empty: str = ""  # what it is called when the field is empty
    kind: ClassVar[str] = "choices"

    def where(self, query: QueryDict, reader: Reader) -> Q | None:
        """Any of the values."""
        values = query.getlist(self.name)
        found = Q(**{f"{self.path}__in": values})
        if EMPTY in values:
            found |= Q(**{f"{self.path}__isnull": True}) | Q(**{self.path: ""})
        return found if values else None

    def words(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> str:
        """The values by their labels."""
        values, known = query.getlist(self.name), {**self.labels, EMPTY: self.empty}
        if self.reads:
            found = self._counted(rows.filter(**{f"{self.path}__in": values}))
            known |= {value: label for value, label, _ in found}
        return ", ".join(known.get(value, value) for value in values)

    def options(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> list[Option]:
        """Every value that some record has: one query."""
        values = query.getlist(self.name)
        found = [
            Option(self.name, value, label, value in values, count)
            for value, label, count in self._counted(rows)
        ]
        place = {value: at for at, value in enumerate(self.labels)}
        return sorted(found, key=lambda one: (place.get(one.value, 0), one.label.casefold()))

    def _counted(self, rows: QuerySet[Any]) -> Iterator[tuple[str, str, int]]:
        """Value, label and number of records."""
        groups = rows.order_by().values_list(self.path, *self.reads).annotate(count=Count("pk"))
        for value, *said, count in groups:
            label = " ".join(map(str, said)) if said else self.labels.get(value, value)
            yield (value, label, count) if value else (EMPTY, self.empty, count)


When = Callable[[Reader], Q]


@dataclass(frozen=True, slots=True)
class Conditions(Filter):
    """By named conditions, which may depend on who asks and on which day."""

    conditions: Mapping[str, tuple[str, When]]
    kind: ClassVar[str] = "choices"

    def where(self, query: QueryDict, reader: Reader) -> Q | None:
        """All of the conditions."""
        asked = [self.conditions[key][1](reader) for key in self._known(query)]
        return Q(*asked) if asked else None

    def words(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> str:
        """The conditions by their names."""
        return ", ".join(self.conditions[key][0] for key in self._known(query))

    def options(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> list[Option]:
        """Every condition, with how many records fulfil it: one query."""
        counts = rows.order_by().aggregate(
            **{
                f"of_{place}": Count("pk", filter=when(reader))
                for place, (_, when) in enumerate(self.conditions.values())
            }
        )
        asked = self._known(query)
        return [
            Option(self.name, key, label, key in asked, count)
            for (key, (label, _)), count in zip(self.conditions.items(), counts.values(), strict=True)
        ]  # fmt: skip

    def _known(self, query: QueryDict) -> list[str]:
        return [key for key in query.getlist(self.name) if key in self.conditions]


@dataclass(frozen=True, slots=True)
class Days(Filter):
    """By the days of a field, written as dates or as days from today, such as -60."""

    path: str
    kind: ClassVar[str] = "days"

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of an address that belong to it."""
        return (f"{self.name}_from", f"{self.name}_to")

    def where(self, query: QueryDict, reader: Reader) -> Q | None:
        """From the first day to the last; either may be left out."""
        given = zip(("gte", "lte"), self._days(query, reader), strict=True)
        bounds = {f"{self.path}__{way}": day for way, day in given if day is not None}
        return Q(**bounds) if bounds else None

    def words(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> str:
        """The span of days."""
        first, last = self._days(query, reader)
        if first is not None and last is not None:
            return show_span(first, last)
        if first is not None:
            return f"from {show_day(first)}"
        if last is not None:
            return f"until {show_day(last)}"
        typed = filter(None, (query.get(name, "") for name in self.names))
        return f"{', '.join(typed)} is no day"

    def options(self, query: QueryDict, rows: QuerySet[Any], reader: Reader) -> list[Option]:
        """What is typed in now."""
        return [
            Option(name, query.get(name, ""), label, name in query)
            for name, label in zip(self.names, ("From", "To"), strict=True)
        ]

    def _days(self, query: QueryDict, reader: Reader) -> tuple[date | None, date | None]:
        first, last = (_day(query.get(name, ""), reader.today) for name in self.names)
        return first, last


def _day(typed: str, today: date) -> date | None:
    """The day that was meant; what names no day asks for nothing."""
    try:
        return read_day(typed, today).days[0] if typed else None
    except UnreadableDayError:
        return None
