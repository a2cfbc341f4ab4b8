"""Values of field history in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import User
from core.access import ScopedModel
from core.dates import show_day
from core.encryption import EncryptedTextField, reveal

Names = Mapping[tuple[type[models.Model], int], str]
RANGE = re.compile(r'^[\[(]"?([^",]*)"?,"?([^",]*)"?[\])]$')


def in_words(field: models.Field[Any, Any], value: Any, names: Names | None = None) -> str:
    """A value as people say it: choices by their label, records by name, instants in UTC."""
    if value in (None, ""):
        return ""
    if field.name in getattr(field.model, "masked", ()):
        return str(value)  # as the trail keeps it, which is not the value
    if isinstance(field, EncryptedTextField):
        return reveal(str(value))
    if isinstance(field, models.ForeignKey):
        return (names or {}).get((field.related_model, value), f"number {value}")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return _plain(field, value)


def _plain(field: models.Field[Any, Any], value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, DateRangeField | DateTimeRangeField):
        return _span(field, value)
    return _moment(field, value)


def _span(field: models.Field[Any, Any], value: Any) -> str:
    lower, upper = getattr(value, "lower", None), getattr(value, "upper", None)
    if isinstance(value, str) and (found := RANGE.match(value)):
        lower, upper = found.groups()
    kind: models.Field[Any, Any] = (
        models.DateField() if isinstance(field, DateRangeField) else models.DateTimeField()
    )
    start, end = _moment(kind, lower or ""), _moment(kind, upper or "")
    return f"{start} to {end}" if end else f"from {start}"


def _moment(field: models.Field[Any, Any], value: Any) -> str:
    if isinstance(field, models.DateTimeField):
        instant = value if isinstance(value, datetime) else parse_datetime(str(value))
        if instant is None:
            return str(value)
        instant = instant.astimezone(UTC)
        return f"{show_day(instant.date())} {instant:%H:%M} UTC"
    if isinstance(field, models.DateField):
        day = value if isinstance(value, date) else parse_date(str(value))
        return show_day(day) if day else str(value)
    return str(value)


def names_of(keys: Iterable[tuple[type[models.Model], int]], user: User) -> Names:
    """What records are called now, where the user may see them, and people for everyone.

    One query a kind of record.
    """
    by_model: dict[type[ScopedModel], set[int]] = {}
    for model, key in keys:
        if issubclass(model, ScopedModel):
            by_model.setdefault(model, set()).add(key)
    return {
        (model, found.pk): str(found)
        for model, wanted in by_model.items()
        for found in _seen(model, user).filter(pk__any=wanted).select_related()
    }


def _seen(model: type[ScopedModel], user: User) -> Any:
    return model.objects.all() if model is User else model.objects.visible_to(user)
