"""Parts of bodies about visits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AtVisit(serializers.PrimaryKeyRelatedField[Any]):
    """The key of a room or person, among those of the place of the visit."""

    def get_queryset(self) -> Any:
        """The records to choose from."""
        place_id = self.context["record"].site.place_id
        rows: Any = super().get_queryset()
        return rows.filter(place_id=place_id)
