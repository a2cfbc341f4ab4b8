"""Two addresses for whoever watches the server; they ask for no sign-in."""

from __future__ import annotations

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


@require_safe
@login_not_required
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


@require_safe
@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The database and the broker answer, too; what does not is named."""
    failing = [name for name, answers in CHECKS.items() if not answers()]
    status = "unready" if failing else "ready"
    return JsonResponse({"status": status, "failing": failing}, status=503 if failing else 200)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("database_unready")
        return False
    return True


def _broker_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        log.exception("broker_unready")
        return False
    return True


CHECKS = {"database": _database_answers, "broker": _broker_answers}
