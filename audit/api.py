"""The audit trail over REST: events as they happen, and the story of one record."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.queries import events_of, page_of, record_for
from core.api.resources import Resource
from core.api.shapes import LARGEST_KEY, Filters, Shape
from core.models import Event, Source


class EventFilters(Filters):
    """Filters of events."""

    trial = serializers.IntegerField(source="trial_id", required=False, max_value=LARGEST_KEY)
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    target_type = serializers.CharField(required=False, help_text="For example subjects.visit.")
    target_id = serializers.IntegerField(required=False, max_value=LARGEST_KEY)
    verb = serializers.CharField(required=False)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Source.choices, required=False
    )
    since = serializers.DateTimeField(source="at__gte", required=False)
    until = serializers.DateTimeField(source="at__lt", required=False)


class EventResource(Resource):
    """One thing a person or the system did, newest first (FHIR AuditEvent)."""

    model = Event
    filters = EventFilters
    newest_first = True
    columns = {
        "id": "pk", "at": "at", "verb": "verb", "target_type": "target_type",
        "target_id": "target_id", "target_label": "target_label", "actor": "actor_name",
        "actor_role": "actor_role", "acting_for": "acting_for_name", "reason": "reason",
        "source": "source", "request_id": "request_id", "parent": "parent_id",
        "trial": "trial_id", "site": "site_id", "subject": "subject_id",
    }  # fmt: skip


class ChangeShape(Shape):
    """One field, before and after, in words."""

    record = serializers.CharField()
    field = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class EntryShape(Shape):
    """One event with what it changed."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    who = serializers.CharField()
    role = serializers.CharField()
    acting_for = serializers.CharField()
    verb = serializers.CharField()
    target = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    changes = ChangeShape(many=True)
    has_more = serializers.BooleanField(
        help_text="Whether it changed more records; the CSV of the trail holds all of them."
    )


class TrailShape(Shape):
    """A page of the story of a record, newest first."""

    entries = EntryShape(many=True)
    next_before = serializers.IntegerField(allow_null=True)


class Before(Shape):
    """Where a page of the story begins."""

    before = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_KEY, help_text="`next_before` of a page."
    )


class TrailView(APIView):
    """The story of one record with its field changes; what your role may not read is hidden."""

    serializer_class = TrailShape

    @extend_schema(parameters=[Before])
    def get(self, request: Request, label: str, key: int) -> Response:
        """The story of one record with its field changes; what your role may not read is hidden."""
        user = cast("Any", request.user)
        record = record_for(user, label, key)
        given = Before(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        before = given.validated_data.get("before")
        trail = page_of(events_of(record), user, before, record)
        return Response(TrailShape(trail).data)
