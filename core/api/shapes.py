"""Shapes made of models: the row that a resource shows, and the filters its list understands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.ranges import RangeField
from django.db import models
from django.db.models import FilteredRelation
from rest_framework import serializers

from core.access import ScopedModel
from core.dates.field import FIRST, LAST

LARGEST_KEY = 2**63 - 1


class Shape(serializers.Serializer[Any]):
    """A body or a row; its days are those that people plan by or remember."""

    def to_internal_value(self, data: Any) -> Any:
        """What is given, refused where a day lies so far away that nothing can be counted from it."""
        given = super().to_internal_value(data)
        far = {
            name: [f"Write a day from {FIRST.year} to {LAST.year}."]
            for name, field in self.fields.items()
            if isinstance(day := given.get(field.source), date)
            and not FIRST.year <= day.year <= LAST.year
        }
        if far:
            raise serializers.ValidationError(far)
        return given


def row_shape(
    model: type[ScopedModel], columns: Mapping[str, str], relations: Mapping[str, FilteredRelation]
) -> type[Shape]:
    """The serializer that describes rows of these columns; it writes the schema, not the rows."""
    fields: dict[str, Any] = {
        name: _field(model, path, relations) for name, path in columns.items()
    }
    doc = {"__doc__": model.__doc__, "__module__": model.__module__}
    return type(model.__name__, (Shape,), fields | doc)


def _field(
    model: Any, path: str, relations: Mapping[str, FilteredRelation]
) -> serializers.Field[Any, Any, Any, Any]:
    """The serializer field of the column at the end of a lookup path."""
    column, may_be_null = _column(model, path, relations)
    given: dict[str, Any] = {"read_only": True, "allow_null": may_be_null}
    if text := str(getattr(column, "help_text", "")):
        given["help_text"] = text
    if isinstance(column, ArrayField):
        child: Any = serializers.ChoiceField(choices=column.base_field.flatchoices)
        return serializers.ListField(child=child, **given)
    if column.choices:
        return serializers.ChoiceField(
            choices=column.flatchoices, allow_blank=column.blank, **given
        )
    if isinstance(column, models.DecimalField):
        given |= {"max_digits": column.max_digits, "decimal_places": column.decimal_places}
    kind = serializers.ModelSerializer.serializer_field_mapping
    return next(kind[base] for base in type(column).__mro__ if base in kind)(**given)


def _column(
    model: Any, path: str, relations: Mapping[str, FilteredRelation]
) -> tuple[models.Field[Any, Any], bool]:
    """The column at the end of a lookup path, and whether it may be empty on the way."""
    field: Any = None
    may_be_null = False
    for word in path.split("__"):
        if isinstance(field, RangeField):
            field, may_be_null = field.base_field, True
            continue
        relation = relations.get(word)
        name = relation.relation_name if relation else word
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        may_be_null |= relation is not None or getattr(field, "null", False)
        model = field.related_model
    while field.is_relation:
        field = field.target_field
    return field, may_be_null


def many_of(choices: type[models.TextChoices], source: str) -> serializers.ListField:
    """A filter that may be given more than once and keeps any of the values."""
    child = serializers.ChoiceField(choices=choices.choices)
    return serializers.ListField(child=child, source=source, required=False)


def refuse_unknown(given: object, known: Collection[str]) -> None:
    """Refuse what is not known: a filter left out unseen shows too much, a fact left out is lost."""
    unknown = given.keys() - set(known) if isinstance(given, Mapping) else ()
    if unknown:
        raise serializers.ValidationError(
            {name: [f"Not known here. Known: {', '.join(known)}."] for name in sorted(unknown)}
        )


class Strict(serializers.Serializer[Any]):
    """A query that is refused where it asks for what is not known."""

    def get_fields(self) -> dict[str, Any]:
        """The parameters by name; ``fields`` itself is a word of the framework."""
        found = super().get_fields()
        return {name.removesuffix("_"): field for name, field in found.items()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is not known."""
        refuse_unknown(self.initial_data, self.fields)
        return attrs


class Paged(Strict):
    """What every list understands."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST_KEY,
        help_text="Key of the last row of the page before; follow `next` instead of making it up.",
    )  # fmt: skip
    limit = serializers.IntegerField(
        required=False, default=50, min_value=1, max_value=500, help_text="Rows of one page."
    )


class Sparse(Strict):
    """The columns wanted of a row."""

    fields_ = serializers.CharField(
        required=False, help_text="The columns wanted, with commas between them; all without it."
    )


class Filters(Paged, Sparse):
    """What every list of records understands; the source of a filter is its lookup."""


class InPast(Strict):
    """The time of which is asked."""

    as_of = serializers.DateTimeField(
        required=False, help_text="As it was at this instant, from the field history."
    )


class OneRecord(Sparse, InPast):
    """What the address of one record understands."""


class Changing(Filters, InPast):
    """Filters of records that are kept with their history."""

    changed_since = serializers.DateTimeField(
        required=False, help_text="Rows written at this instant or later; overlap your calls."
    )


class AmongSeen(serializers.RelatedField[Any, Any, Any]):
    """A record among those the caller may see."""

    def get_queryset(self) -> Any:
        """The records to choose from."""
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["user"])


class SeenByWord(AmongSeen, serializers.SlugRelatedField[Any]):
    """The word of a record in addresses, among those the caller may see."""


class Seen(AmongSeen, serializers.PrimaryKeyRelatedField[Any]):
    """The key of a record, among those the caller may see."""


class Instant(serializers.DateTimeField):
    """An instant with its offset; without one nobody knows when it was."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """The instant as it was given."""
        if value.tzinfo is None:
            raise serializers.ValidationError(
                "Write the instant with its offset, for example 2026-06-10T16:20:00+01:00."
            )
        return value


class Why(Shape):
    """Why."""

    reason = serializers.CharField(max_length=200)
