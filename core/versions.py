"""Two people, one record: a stale form is refused instead of overwriting."""

from __future__ import annotations

from typing import TypeVar, cast

from django.db import models
from django.utils import timezone
from django.utils.timesince import timesince

from core.models import AuditRow, Event

M = TypeVar("M", bound=models.Model)


class ConflictError(Exception):
    """Somebody or something else got there first; the text says what is so now."""

    code = "conflict"


class ChangedError(ConflictError):
    """The record changed since the form was opened; the text says who changed it, and when."""

    def __init__(self, record: models.Model) -> None:
        self.record, self.revision = record, record.revision  # type: ignore[attr-defined]
        self.fact = f"{record} changed while you had it open{_last_change(record)}."
        super().__init__(f"{self.fact} Reload to see the change, then try again.")


def lock(obj: M, revision: int | None = None) -> M:
    """The record as it is now, locked; refused where it changed since ``revision`` was shown."""
    rows = cast("models.Manager[M]", obj._meta.model._default_manager)  # the user may be a lazy one
    fresh = rows.select_for_update(of=("self",)).get(pk=obj.pk)
    if revision is not None and fresh.revision != revision:  # type: ignore[attr-defined]
        raise ChangedError(fresh)
    return fresh


def _last_change(record: models.Model) -> str:
    """Who changed a record last, and how long ago."""
    rows = AuditRow.objects.filter(tbl=record._meta.db_table, row_id=record.pk)
    last = rows.order_by("-pk").first()
    event = Event.objects.filter(pk=last.event_id or 0).first() if last else None
    if last is None or event is None:
        return ""
    ago = timesince(last.at, timezone.now(), depth=1).replace("\N{NO-BREAK SPACE}", " ")
    return f": {event.actor_name} saved it {'just now' if ago == '0 minutes' else f'{ago} ago'}"
