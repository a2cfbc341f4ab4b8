"""Values a query is given each time it runs, so that it is compiled once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

NOW, TODAY = "now", "today"


class Given(models.Value):
    """A place in a compiled query that ``filled`` puts a value into."""

    value: str

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """A parameter that is this place itself."""
        return "%s", [self]

    def date(self) -> Given:
        """The day of the moment, in UTC, as of a moment that is known."""
        return Given(TODAY, output_field=models.DateField())


Moment = datetime | Given


def now_given() -> Given:
    """The moment at which the query will run."""
    return Given(NOW, output_field=models.DateTimeField())


def expression(now: Moment) -> models.Value:
    """The moment in a query, known or not."""
    return now if isinstance(now, Given) else models.Value(now)


def filled(params: Iterable[Any], values: Mapping[str, Any]) -> list[Any]:
    """The parameters of a compiled query with a value in every place."""
    return [values[each.value] if isinstance(each, Given) else each for each in params]
