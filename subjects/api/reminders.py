"""Reminders of visits over REST: what went out when, to whom by number only."""

from __future__ import annotations

from rest_framework import serializers

from core.api.resources import Resource
from core.api.shapes import LARGEST_KEY, Changing, many_of
from subjects.models import Reminder


class ReminderFilters(Changing):
    """Filters of reminders."""

    trial = serializers.CharField(
        source="visit__subject__trial__code", required=False, help_text="Its code."
    )
    visit = serializers.IntegerField(source="visit_id", required=False, max_value=LARGEST_KEY)
    status = many_of(Reminder.Status, "status__in")


class ReminderResource(Resource):
    """A mail that reminds of one time of a visit (FHIR Communication)."""

    model = Reminder
    filters = ReminderFilters
    columns = {
        "id": "pk", "trial": "visit__subject__trial__code", "visit": "visit_id",
        "subject_number": "visit__subject__number", "starts_at": "starts_at",
        "days_before": "days_before", "status": "status", "begun_at": "begun_at",
        "problem": "problem",
    }  # fmt: skip
