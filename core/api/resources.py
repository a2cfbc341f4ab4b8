"""Records over REST: lists by key, records with an entity tag, and steps that are the pages' actions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db import models, transaction
from django.db.models import FilteredRelation, Q
from django.http import Http404
from rest_framework import serializers, viewsets
from rest_framework.decorators import action as routed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.access import ScopedModel, require
from core.actions import Action
from core.api.answers import StaleError, is_named, tag_of
from core.api.shapes import (
    Changing,
    Filters,
    OneRecord,
    Paged,
    Shape,
    Strict,
    refuse_unknown,
    row_shape,
)
from core.models import AuditRow, StatusChange
from core.past import rewound

Act = Action[Any, Any, Any]
Row = dict[str, Any]


class Resource(viewsets.GenericViewSet[Any]):
    """Rows the caller may see: columns by name and lookup, read without making records of them."""

    model: ClassVar[type[ScopedModel]]
    columns: ClassVar[Mapping[str, str]]
    filters: ClassVar[type[Filters]] = Changing
    relations: ClassVar[Mapping[str, FilteredRelation]] = {}
    watched: ClassVar[Mapping[type[models.Model], str]] = {}
    newest_first: ClassVar[bool] = False
    shape: ClassVar[type[Shape]]
    lookup_field = "pk"
    lookup_url_kwarg = "key"
    lookup_value_regex = "[0-9]{1,18}"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "columns"):
            cls.shape = row_shape(cls.model, cls.columns, cls.relations)
            cls.queryset = cls.model._default_manager.none()

    def list(self, request: Request) -> Response:
        """The rows you may see, in the order of their keys."""
        given = self.given(self.filters)
        columns = self._chosen(given.pop("fields", ""))
        instant = given.pop("as_of", None)
        rows = self.narrowed(given)  # what may be seen is asked of the present
        with _at(instant):
            data = self.page_of(rows, given, columns)
        return self.tagged(data, tag_of(data))

    def retrieve(self, request: Request, key: str) -> Response:
        """One record, with an entity tag for If-None-Match and If-Match."""
        given = self.given(OneRecord)
        columns = self._chosen(given.get("fields", ""))
        rows = self.rows()  # what may be seen is asked of the present
        with _at(given.get("as_of")):
            row = self.shown(rows, key)
        return self.tagged({name: row[name] for name in columns}, tag_of(row))

    def rows(self) -> models.QuerySet[Any]:
        """What the caller may see."""
        seen: models.QuerySet[Any] = self.model.objects.visible_to(cast("Any", self.request.user))
        return self._joined(seen)

    def found(self, key: str) -> Any:
        """The record, or 404 before anything else is looked at."""
        record = self.rows().filter(**{self.lookup_field: key}).first()
        if record is None:
            raise Http404
        return record

    def shown(self, rows: models.QuerySet[Any], key: Any) -> Row:
        """One record as the caller reads it."""
        if (found := self._row(rows, key)) is None:
            raise Http404
        return found

    def _row(self, rows: models.QuerySet[Any], key: Any) -> Row | None:
        found = rows.filter(**{self.lookup_field: key}).values_list(*self.columns.values()).first()
        return dict(zip(self.columns, found, strict=True)) if found else None

    def narrowed(self, given: Row) -> models.QuerySet[Any]:
        """The rows that pass the filters."""
        rows = self.rows()
        if (since := given.pop("changed_since", None)) is not None:
            rows = rows.filter(self._changed(since))
        lookups = {name: value for name, value in given.items() if name not in {"after", "limit"}}
        return rows.filter(**lookups)

    def page_of(self, rows: models.QuerySet[Any], given: Row, columns: Mapping[str, str]) -> Row:
        """One page, and the address of the next; never counted."""
        limit, after = given["limit"], given.get("after")
        if after is not None:
            rows = rows.filter(**{"pk__lt" if self.newest_first else "pk__gt": after})
        order = "-pk" if self.newest_first else "pk"
        found = list(rows.order_by(order).values_list("pk", *columns.values())[: limit + 1])
        here = self.request.build_absolute_uri()
        return {
            "results": [dict(zip(columns, row[1:], strict=True)) for row in found[:limit]],
            "next": (
                replace_query_param(here, "after", found[limit - 1][0])
                if len(found) > limit
                else None
            ),
        }

    def given(self, filters: type[Strict]) -> Row:
        """The filters of the request, refused where one is wrong or not known."""
        query = self.request.query_params
        known = filters()
        plain = {
            name: query.getlist(name)
            if isinstance(known.fields.get(name), serializers.ListField)
            else query[name]
            for name in query
        }
        shaped = filters(data=plain)
        shaped.is_valid(raise_exception=True)
        return dict(shaped.validated_data)

    def tagged(self, data: Any, tag: str, status: int = 200) -> Response:
        """The answer with its entity tag, or nothing where the caller has it already."""
        is_read = self.request.method in {"GET", "HEAD"}
        if is_read and is_named(tag, self.request.headers.get("If-None-Match", "")):
            return Response(status=304, headers={"ETag": tag})
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Cookie",
        }
        return Response(data, status=status, headers=headers)

    def carry_out(self, act: Act, record: Any, shape: type[Shape] | None) -> Response:
        """One step of a record: permitted, valid and not stale; 204 where nothing of it is left."""
        require(cast("Any", self.request.user), act.permission, record)
        given, key = self.taken(shape, record), getattr(record, self.lookup_field)
        with transaction.atomic():
            self._refuse_stale(record)
            act(self.target(act, record), **given, by=self.request.user)
            row = self._row(self._all(), key)
        return Response(status=204) if row is None else self.tagged(row, tag_of(row))

    def target(self, act: Act, record: Any) -> Any:
        """What the action is about: the record, where it is not something under it."""
        return record

    def taken(self, shape: type[Shape] | None, record: Any = None) -> Row:
        """The validated body of the request."""
        if shape is None:
            return {}
        context = {"record": record, "user": self.request.user}
        shaped = shape(data=self.request.data, context=context)
        refuse_unknown(self.request.data, shaped.fields)
        shaped.is_valid(raise_exception=True)
        return dict(shaped.validated_data)

    def _refuse_stale(self, record: Any) -> None:
        """Refuse where the record is no longer what the caller says to have read."""
        expected = self.request.headers.get("If-Match", "")
        if not expected:
            return
        self.model._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
        now = self.shown(self._all(), getattr(record, self.lookup_field))
        if not is_named(tag_of(now), expected):
            raise StaleError(f"{record} changed since you read it. Read it again, then decide.")

    def _all(self) -> models.QuerySet[Any]:
        return self._joined(self.model._default_manager.all())

    def _joined(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows with the relations that columns and filters name; a query changes its own copy."""
        own = {name: held.clone() for name, held in self.relations.items()}
        return cast("models.QuerySet[Any]", rows.annotate(**own))

    def _changed(self, since: datetime) -> Q:
        """Rows written since an instant, or with something under them that was."""

        def written(model: type[models.Model]) -> Any:
            rows = AuditRow.objects.filter(tbl=model._meta.db_table, at__gte=since)
            return rows.values("row_id")

        changed = Q(pk__in=written(self.model))
        for model, path in self.watched.items():
            below = model._default_manager.filter(pk__in=written(model))
            changed |= Q(pk__in=below.values(path))
        return changed

    def _chosen(self, names: str) -> Mapping[str, str]:
        """The columns wanted."""
        wanted = [name for name in names.split(",") if name] or list(self.columns)
        unknown = sorted(set(wanted) - set(self.columns))
        if unknown:
            text = f"Not known: {', '.join(unknown)}. Known: {', '.join(self.columns)}."
            raise serializers.ValidationError({"fields": [text]})
        return {name: self.columns[name] for name in wanted}


class StepRow(Shape):
    """One dated step of a record through its statuses."""

    id = serializers.IntegerField()
    from_status = serializers.CharField()
    to_status = serializers.CharField()
    on = serializers.DateField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    actor_name = serializers.CharField()


class WithHistory(Resource):
    """Records that go through statuses: every dated step of one record."""

    @routed(detail=True, methods=["get"])
    def history(self, request: Request, key: str) -> Response:
        """The dated steps of the record through its statuses, oldest first."""
        record = self.found(key)
        given = self.given(Paged)
        steps = StatusChange.objects.filter(flow=record._meta.label_lower, object_id=record.pk)
        columns = {str(name): str(name) for name in StepRow().fields}
        data = self.page_of(steps, given, columns)
        return self.tagged(data, tag_of(data))


class Addable(Resource):
    """Records that can be added over REST, by an action on the record above."""

    adding: ClassVar[Act]
    adding_shape: ClassVar[type[Shape]]
    parent: ClassVar[str]

    def create(self, request: Request) -> Response:
        """Add a record; the answer is the record, and Location its address."""
        given = self.taken(self.adding_shape)
        above = given.pop(self.parent)
        with transaction.atomic():
            made = self.adding(above, **given, by=request.user)
            row = self.shown(self._all(), made.pk)
        answer = self.tagged(row, tag_of(row), 201)
        answer.headers["Location"] = request.build_absolute_uri(f"{made.pk}/")
        return answer


def step(act: Act, shape: type[Shape] | None = None, *, may_end: bool = False) -> Any:
    """An address under a record that carries out an action on it with the validated body."""

    def carry_out(self: Resource, request: Request, key: str) -> Response:
        return self.carry_out(act, self.found(key), shape)

    carry_out.__name__ = act.__name__
    carry_out.__doc__ = act.__doc__
    path = act.__name__.replace("_", "-")
    routing: Any = routed(detail=True, methods=["post"], url_path=path)
    made = routing(carry_out)
    made.act, made.shape, made.may_end = act, shape, may_end
    return made


@contextlib.contextmanager
def _at(instant: datetime | None) -> Iterator[None]:
    """The present, or the database as it was."""
    if instant is None:
        yield
        return
    with rewound(instant):
        yield
