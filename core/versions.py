"""Two people, one record: a stale form is refused instead of overwriting."""

from __future__ import annotations

from typing import TypeVar, cast

from django.db import models

M = TypeVar("M", bound=models.Model)


class ConflictError(Exception):
    """Somebody or something else got there first; the text says what is so now."""

    code = "conflict"


def lock(obj: M, revision: int | None = None) -> M:
    """The record as it is now, locked; refused where it changed since ``revision`` was shown."""
    rows = cast("models.Manager[M]", obj._meta.model._default_manager)  # the user may be a lazy one
    fresh = rows.select_for_update(of=("self",)).get(pk=obj.pk)
    if revision is not None and fresh.revision != revision:  # type: ignore[attr-defined]
        raise ConflictError(
            f"{fresh} changed while you had it open. Reload to see the change, then try again."
        )
    return fresh
