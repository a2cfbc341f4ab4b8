"""Times of issues in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from core.dates import show_days, show_moment
from quality.models import Issue
from quality.obligations import BREACH_WITHIN


def breach_clock(held: Issue, zone: ZoneInfo) -> dict[str, Any]:
    """Until when a suspected serious breach is notified, and what is left of that."""
    if held.breach_aware_at is None:
        return {}
    until, now = held.breach_aware_at + BREACH_WITHIN, timezone.now()
    return {
        "breach_by": show_moment(until, zone),
        "breach_left": _left(until - now),
        "is_late": held.is_breach_open and until < now,
    }


def days_after(days: int) -> str:
    """How long after awareness it was reported."""
    return f"{show_days(days)} after the site became aware" if days else "on the day of awareness"


def _left(left: timedelta) -> str:
    """How much of the seven days is left, in words."""
    days, hours = divmod(int(abs(left).total_seconds()) // 3600, 24)
    return f"{show_days(days)} {hours} h {'left' if left >= timedelta() else 'late'}"
