"""Two addresses for whoever watches the server; they ask for no sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
APART = timedelta(seconds=5)


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
    """The database and the broker answer, and one clock holds for all; what fails is named."""
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


def _clock_agrees() -> bool:
    """The trail is timed by the database: no server may tell another time beside it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            there: datetime = cursor.fetchone()[0]
    except DatabaseError:
        return True  # what does not answer is named by its own check
    apart = abs(timezone.now() - there)
    if apart > APART:
        log.error("clocks_apart", seconds=apart.total_seconds())
    return apart <= APART


def _broker_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        log.exception("broker_unready")
        return False
    return True


CHECKS = {"database": _database_answers, "clock": _clock_agrees, "broker": _broker_answers}
