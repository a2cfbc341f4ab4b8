"""The OpenAPI document, the page that shows it to people, and the answer at any other address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from core.web import Request, page

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document of this release."""
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


@extend_schema(exclude=True)
@api_view(["GET"])
def schema(request: ApiRequest) -> Response:
    """The OpenAPI document."""
    return Response(document())


@extend_schema(exclude=True)
@api_view(METHODS)
def nothing(request: ApiRequest) -> Response:
    """There is nothing at any other address."""
    raise Http404


@dataclass(frozen=True, slots=True)
class Line:
    """A parameter or a field of a body."""

    name: str
    where: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked at an address."""

    anchor: str
    method: str
    path: str
    text: str
    lines: tuple[Line, ...]


@require_safe
def docs(request: Request) -> HttpResponse:
    """Every address of the API, for people."""
    found = document()
    resources: dict[str, list[Operation]] = {}
    for path, methods in found["paths"].items():
        for method, told in methods.items():
            name = told["tags"][0].replace("-", " ")
            resources.setdefault(name, []).append(_operation(found, path, method, told))
    return page(request, "api/docs.html", {"resources": resources})


def _operation(found: dict[str, Any], path: str, method: str, told: dict[str, Any]) -> Operation:
    lines = [
        Line(given["name"], given["in"], _kind(given["schema"]), given.get("description", ""))
        for given in told.get("parameters", [])
    ]
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "$ref" in body.get("schema", {}):
        shape = found["components"]["schemas"][body["schema"]["$ref"].rsplit("/", 1)[1]]
        needed = shape.get("required", [])
        lines += [
            Line(
                name, "body, required" if name in needed else "body", _kind(field),
                field.get("description", ""),
            )
            for name, field in shape["properties"].items()
        ]  # fmt: skip
    text = told.get("description", "").split("\n")[0]
    return Operation(told["operationId"], method.upper(), path, text, tuple(lines))


def _kind(field: dict[str, Any]) -> str:
    """The kind of a value in a word or two."""
    kind = field.get("format") or field.get("type") or "choice"
    return ", ".join(kind) if isinstance(kind, list) else str(kind)
