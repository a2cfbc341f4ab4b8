"""JSON in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import IO, Any

import orjson
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

LARGEST_BODY = 1_000_000


class TooLargeError(APIException):
    """More than a request may bring."""

    status_code = 413
    default_detail = f"The body is larger than {LARGEST_BODY:,} bytes."


def written(data: Any) -> bytes:
    """A value as JSON; decimal numbers are texts, so that no digit of them is lost."""
    return orjson.dumps(data, default=_decimal)


def _decimal(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class JsonRenderer(BaseRenderer):
    """JSON by orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """The bytes of the answer."""
        return b"" if data is None else written(data)


class JsonParser(BaseParser):
    """JSON by orjson, which refuses endless nesting and broken text; small bodies only."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """The value in the body."""
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLargeError
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
