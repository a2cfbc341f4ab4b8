"""A post with a key is carried out once, however often and from wherever it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.drafts import is_about_drafts
from core.encryption import box
from core.kept import UNSAFE
from core.models import Idempotency

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"
PASSING = frozenset({"csrfmiddlewaretoken", FIELD})
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "HX-Redirect", "HX-Trigger", "HX-Location")


class IdempotencyMiddleware:
    """Gives the answer of the first post with a key to every repeat of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_write = request.method in UNSAFE and not is_about_drafts(request)
        given = _given(request) if is_write else ""
        user: Any = request.user
        if not given or not user.is_authenticated:
            return self.get_response(request)
        content = _content(request)
        # A form that was changed and sent again is another post, also with the old key in it.
        key = given if HEADER in request.headers else f"{given} {content}"
        with transaction.atomic():
            # A second post with the key waits here until the first one is committed.
            kept, is_first = Idempotency.objects.get_or_create(
                user_id=user.pk, key=_hash(key), defaults={"content": content}
            )
            if not is_first:
                return _again(kept, content)
            response = self.get_response(request)
            _keep(kept, response)
        return response


def _given(request: HttpRequest) -> str:
    return str(request.headers.get(HEADER) or request.POST.get(FIELD, ""))


def _content(request: HttpRequest) -> str:
    """A hash of what is asked for: method, address and everything that was sent."""
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fields = [pair for pair in sorted(request.POST.lists()) if pair[0] not in PASSING]
        uploads: Any = request.FILES
        files = [(name, file.name, file.size) for name, file in sorted(uploads.items())]
        sent = repr((fields, files))
    else:
        sent = repr(request.body)
    return _hash(f"{request.method} {request.get_full_path()} {sent}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _again(kept: Idempotency, content: str) -> HttpResponse:
    """The answer that was given before."""
    if kept.content != content:
        message = "This Idempotency-Key was sent before with other content. Use a new key."
        return JsonResponse({"detail": message}, status=422)
    body = box().decrypt(bytes(kept.body)) if kept.body else b""
    return HttpResponse(body, status=kept.code, headers=kept.headers)


def _keep(kept: Idempotency, response: HttpResponse) -> None:
    """Keep the answer in the transaction of what it answers; errors may be tried again."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        transaction.set_rollback(True)
    elif response.status_code >= HTTPStatus.BAD_REQUEST or not _may_be_kept(response):
        kept.delete()
    else:
        kept.code = response.status_code
        kept.headers = {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
        kept.body = box().encrypt(response.content) if response.content else None
        kept.save()


def _may_be_kept(response: HttpResponse) -> bool:
    """What is shown once, or as it is made, is given once."""
    return not response.streaming and "no-store" not in response.headers.get("Cache-Control", "")


def clear_away(before: datetime) -> None:
    """Forget answers older than an instant."""
    Idempotency.objects.filter(at__lt=before).delete()
