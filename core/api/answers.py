"""Entity tags, and refusals as problems of RFC 9457."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from django.utils.http import parse_etags
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.actions import RefusedError
from core.api.wire import written
from core.versions import ConflictError

PROBLEM = "application/problem+json"
NOT_RIGHT = "Some fields are not right."


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A refusal that says more than its text, such as what would be possible instead."""

    def __init__(self, cause: Exception, **facts: Any) -> None:
        super().__init__(str(cause))
        self.cause, self.facts = cause, facts


class StaleError(ConflictError):
    """The record is no longer the one the caller read."""

    code = "stale"


def tag_of(data: Any) -> str:
    """The entity tag of a representation."""
    return f'"{hashlib.sha256(written(data)).hexdigest()[:24]}"'


def is_named(tag: str, header: str) -> bool:
    """Whether an If-Match or If-None-Match header names the tag; proxies may have made it weak."""
    return header.strip() == "*" or tag in {
        given.removeprefix("W/") for given in parse_etags(header)
    }


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as a problem: 409 somebody was first, 412 stale, 422 a rule or a field says no."""
    if isinstance(error, Problem):
        answer = _refusal(error.cause)
        if answer is not None:
            answer.data |= error.facts
        return answer
    answer = _refusal(error) or exception_handler(error, context)
    if answer is None or answer.content_type == PROBLEM:
        return answer
    return _as_problem(error, answer)


def _refusal(error: Exception) -> Response | None:
    """What we refuse ourselves."""
    if isinstance(error, (ConflictError, RefusedError)):
        status = 409 if isinstance(error, ConflictError) else 422
        return _problem(412 if isinstance(error, StaleError) else status, error.code, str(error))
    if isinstance(error, ModelValidationError):
        return _problem(422, "invalid", NOT_RIGHT, errors=_by_field(error))
    if isinstance(error, ValidationError):
        return _problem(422, "invalid", NOT_RIGHT, errors=_told(error.detail))
    return None


def _as_problem(error: Exception, answer: Response) -> Response:
    """What the framework refuses by itself, in the same shape and with the same headers."""
    status = answer.status_code
    code = getattr(error, "default_code", "")
    if isinstance(error, PermissionDenied):
        code, detail = "forbidden", str(error) or "Your role does not allow this."
    elif isinstance(error, Http404):
        code, detail = "not_found", "There is nothing here that you may see."
    else:
        detail = str(answer.data.get("detail", "")) if isinstance(answer.data, dict) else ""
    shown = _problem(status, code, detail)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in answer.headers:
            shown.headers[name] = answer.headers[name]
    return shown


def problem_of(status: int, code: str, detail: str, **facts: Any) -> dict[str, Any]:
    """A problem as RFC 9457 writes it, with our word for it."""
    return {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code,
        "detail": detail, **facts,
    }  # fmt: skip


def _problem(status: int, code: str, detail: str, **facts: Any) -> Response:
    data = problem_of(status, code, detail, **facts)
    return Response(data, status=status, content_type=PROBLEM)


def _by_field(error: ModelValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return error.message_dict
    return {"non_field_errors": error.messages}


def _told(detail: Any) -> dict[str, list[str]]:
    """What is wrong by field; what is wrong inside a list or an object counts for the field."""
    if not isinstance(detail, dict):
        return {"non_field_errors": list(_texts(detail))}
    return {str(name): list(_texts(texts)) for name, texts in detail.items()}


def _texts(detail: Any) -> Iterator[str]:
    if isinstance(detail, str):
        yield str(detail)
        return
    for part in detail.values() if isinstance(detail, dict) else detail:
        yield from _texts(part)
