"""The order of a list, and where in it a row stands, so that pages go on by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

from core.lists.columns import Column


@dataclass(frozen=True, slots=True)
class Order:
    """By the field of one column, empty ones last, and by key where it says nothing."""

    column: Column
    path: str
    is_descending: bool
    may_be_empty: bool

    @property
    def by(self) -> tuple[OrderBy, str]:
        """What to sort by."""
        last = True if self.may_be_empty else None
        if self.is_descending:
            return F(self.path).desc(nulls_last=last), "-pk"
        return F(self.path).asc(nulls_last=last), "pk"

    def after(self, rows: QuerySet[Any], key: int) -> Q:
        """The rows that stand behind one of them; all of them where there is none."""
        found = rows.filter(pk=key).values_list(self.path, flat=True)[:1]
        for held in found:
            return self._behind(held, key)
        return Q()

    def _behind(self, held: Any, key: int) -> Q:
        way = "lt" if self.is_descending else "gt"
        later = Q(**{f"pk__{way}": key})
        if held is None:
            return Q(**{f"{self.path}__isnull": True}) & later
        found = Q(**{f"{self.path}__{way}": held}) | Q(**{self.path: held}) & later
        return found | Q(**{f"{self.path}__isnull": True}) if self.may_be_empty else found


def order_by(column: Column, model: type[Model], *, is_descending: bool) -> Order:
    """The order by a column, the smallest or the largest first."""
    path = column.order.removeprefix("-")
    return Order(column, path, is_descending, _may_be_empty(model, path))


def _may_be_empty(model: type[Model], path: str) -> bool:
    """Whether there may be nothing at the end of a path."""
    step, _, rest = path.partition("__")
    field: Any = model._meta.get_field(step)
    return bool(field.null or (rest and _may_be_empty(field.related_model, rest)))


def first_where(condition: Q) -> OrderBy:
    """An order in which the rows that meet a condition come first."""
    return ExpressionWrapper(condition, output_field=BooleanField()).desc()
