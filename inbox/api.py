"""What is due over REST."""

from __future__ import annotations

from rest_framework import serializers

from core.api.resources import Resource, step
from core.api.shapes import LARGEST_KEY, Filters, Shape
from core.models import Obligation
from inbox import actions


class ObligationFilters(Filters):
    """Filters of what is due."""

    trial = serializers.IntegerField(source="trial_id", required=False, max_value=LARGEST_KEY)
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    rule = serializers.CharField(required=False)
    owner_role = serializers.CharField(required=False)
    is_met = serializers.BooleanField(source="met_at__isnull", required=False)
    due_from = serializers.DateField(source="due_on__gte", required=False)
    due_to = serializers.DateField(source="due_on__lte", required=False)

    def validate_is_met(self, value: bool) -> bool:  # noqa: FBT001 - the framework calls it
        """The lookup asks the other way round."""
        return not value


class Until(Shape):
    """When a duty comes back."""

    until = serializers.DateTimeField()


class WhyNot(Shape):
    """Why a duty need not be done."""

    reason = serializers.CharField(max_length=200)


class ObligationResource(Resource):
    """Something that is due: opened, changed and closed by the facts."""

    model = Obligation
    filters = ObligationFilters
    columns = {
        "id": "pk", "rule": "rule", "label": "label", "detail": "detail", "trial": "trial_id",
        "site": "site_id", "subject": "subject_id", "object": "object_id",
        "owner_role": "owner_role", "ball": "ball", "due_on": "due_on", "due_at": "due_at",
        "opened_at": "opened_at", "met_at": "met_at", "snoozed_until": "snoozed_until",
        "waived_at": "waived_at", "waived_reason": "waived_reason",
    }  # fmt: skip

    snooze = step(actions.snooze, Until)
    waive = step(actions.waive, WhyNot)
