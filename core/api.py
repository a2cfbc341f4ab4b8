"""The REST face: the same actions as the pages, object first, payload second."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import serializers, viewsets
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.access import ScopedModel
from core.actions import Action, RefusedError
from core.versions import ConflictError


class JsonRenderer(BaseRenderer):
    """JSON by orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """The bytes of the answer."""
        return b"" if data is None else orjson.dumps(data, default=str)


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """409 for conflicts, 422 for refusals, the framework's answer for the rest."""
    if isinstance(error, ConflictError):
        return Response({"detail": str(error)}, status=409)
    if isinstance(error, RefusedError):
        return Response({"detail": str(error)}, status=422)
    if isinstance(error, PermissionDenied):
        return Response({"detail": str(error) or "Not allowed."}, status=403)
    if isinstance(error, Http404):
        return Response({"detail": "Not found."}, status=404)
    return exception_handler(error, context)


class ByKey(CursorPagination):
    """Fifty rows a page, by key, never counted."""

    page_size = 50
    ordering = "pk"


class ScopedViewSet(viewsets.GenericViewSet[Any]):
    """Rows the caller may see; writes go through actions."""

    pagination_class = ByKey
    model: ClassVar[type[ScopedModel]]
    fields: ClassVar[tuple[str, ...]]

    def get_queryset(self) -> Any:
        """What the caller may see."""
        return self.model.objects.visible_to(cast("Any", self.request.user)).order_by("pk")

    def list(self, request: Any) -> Response:
        """One page of plain rows."""
        rows = self.get_queryset().values("pk", *self.fields)
        return self.get_paginated_response(self.paginate_queryset(rows))

    def retrieve(self, request: Any, pk: str) -> Response:
        """One row."""
        return Response(self.shown(self.found(pk).pk))

    def found(self, pk: str) -> Any:
        """The record, or 404 before anything else is looked at."""
        if not pk.isdigit():
            raise Http404
        record = self.get_queryset().filter(pk=pk).first()
        if record is None:
            raise Http404
        return record

    def shown(self, pk: int) -> dict[str, Any]:
        """The public fields of one record."""
        row: dict[str, Any] = self.get_queryset().values("pk", *self.fields).get(pk=pk)
        return row

    def perform(
        self, act: Action[Any, Any, Any], pk: str, shape: type[serializers.Serializer[Any]]
    ) -> Response:
        """Carry out an action on a record with the validated payload."""
        record = self.found(pk)
        payload = shape(data=self.request.data)
        payload.is_valid(raise_exception=True)
        act(record, **payload.validated_data, by=self.request.user)
        return Response(self.shown(record.pk))
