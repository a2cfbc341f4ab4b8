"""What every declared list keeps to."""

from __future__ import annotations

import pytest
from django.db import models

from accounts.lists import PEOPLE
from accounts.models import User
from core.lists import List
from core.models import Event
from sites.models import Site
from subjects.models import Subject
from trials.models import Trial
from workspace.lists import EVENTS, SITES, SUBJECTS, TRIALS

LISTS = [(SITES, Site), (SUBJECTS, Subject), (TRIALS, Trial), (EVENTS, Event), (PEOPLE, User)]
MANY = [(SUBJECTS, Subject), (EVENTS, Event)]  # tables that grow beyond some thousands


def ids(pair: object) -> str:
    return pair.title if isinstance(pair, List) else ""


@pytest.mark.parametrize(("declared", "model"), LISTS, ids=ids)
def test_names_are_given_once_and_orders_exist(declared: List, model: type[models.Model]) -> None:
    names = [column.name for column in declared.columns]
    assert len(names) == len(set(names))
    filters = [name for each in declared.filters for name in each.names]
    own = {"q", "sort", "columns", "after", "rows", "shown", "row", "filter"}
    assert len(filters) == len(set(filters))
    assert not own & set(filters)
    assert declared.sort.removeprefix("-") in {
        column.name for column in declared.columns if column.order
    }
    for column in declared.columns:
        model.objects.order_by(column.order or "pk").values(
            "pk", *column.reads
        ).query.sql_with_params()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("declared", "model"), MANY, ids=ids)
def test_large_tables_are_sorted_by_an_index_only(
    declared: List, model: type[models.Model]
) -> None:
    held = [*model._meta.indexes, *model._meta.constraints]
    indexed = {field.lstrip("-") for one in held for field in getattr(one, "fields", ())[:2]}
    indexed.add("id")
    for column in declared.columns:
        assert not column.order or column.order.lstrip("-") in indexed, column.name
