"""The quiet line of the demo: how far it is loaded, and when it has grown old."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from ctms.demo.operations import CODE
from sites.models import Site

LOADING, LOADED_ON, NOTE = "demo:loading", "demo:loaded_on", "demo:note"
OLD = timedelta(days=14)
SECONDS = 2


def notice(request: HttpRequest) -> dict[str, str]:
    """What every page of a demo says below its head; nothing in an installation without demo."""
    loaded_on: date | None = cache.get(LOADED_ON)
    if loaded_on is None:
        return {}
    return {"demo_note": cache.get_or_set(NOTE, lambda: _note(loaded_on), SECONDS) or ""}


def _note(loaded_on: date) -> str:
    if cache.get(LOADING):
        sites = Site.objects.filter(trial__code=CODE)
        counts = sites.aggregate(all=Count("pk"), done=Count("pk", filter=Q(screened__gt=0)))
        if not counts["all"]:
            return "Loading demo data."
        return f"Loading demo data, {counts['done']} of {counts['all']} sites."
    age = (timezone.localdate() - loaded_on).days
    if age > OLD.days:
        return f"These demo data are {age} days old. Rebuild them: make demo RESET=1."
    return ""
