"""Stays overnight over REST, by subject number: beds, admissions, leaves, discharges."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.resources import Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Instant, Shape, Why, many_of
from sites.models import Bed
from subjects.actions import leaves, stays
from subjects.models import Leave, Occupancy, Stay, StayEnding


class AtPlace(serializers.PrimaryKeyRelatedField[Any]):
    """The key of a bed, among those of the place of the stay."""

    def get_queryset(self) -> Any:
        """The beds to choose from."""
        rows: Any = super().get_queryset()
        return rows.filter(place_id=self.context["record"].place_id)


class At(Shape):
    """When it happened."""

    at = Instant()


class Discharge(At):
    """When the subject left for good, and how; a reason unless it ended as planned."""

    ending = serializers.ChoiceField(choices=StayEnding.choices, required=False)
    reason = serializers.CharField(required=False, max_length=200)


class Going(At):
    """When the subject went out, why, and when it is to be back."""

    expected_at = Instant()
    returned_at = Instant(required=False, help_text="Only of a leave that is over.")
    why = serializers.CharField(max_length=200)


class Moved(At):
    """Into which bed a subject moved, and when."""

    bed = AtPlace(queryset=Bed.objects.all())


class PlannedUntil(Shape):
    """When the discharge is expected."""

    until = Instant()


class RightTimes(Why):
    """The right times of a stay; the discharge only once there was one."""

    admitted_at = Instant()
    discharged_at = Instant(required=False)


class RightLeave(Why):
    """The right times of a leave; the return only once there was one."""

    left_at = Instant()
    expected_at = Instant(required=False)
    returned_at = Instant(required=False)


class StayFilters(Changing):
    """Filters of stays."""

    trial = serializers.CharField(
        source="visit__subject__trial__code", required=False, help_text="Its code."
    )
    site = serializers.IntegerField(source="visit__site_id", required=False, max_value=LARGEST_KEY)
    place = serializers.CharField(source="place__slug", required=False)
    visit = serializers.IntegerField(source="visit_id", required=False, max_value=LARGEST_KEY)
    status = many_of(Stay.Status, "status__in")


class StayResource(Resource):
    """The nights of a visit that a subject spends in a bed (FHIR Encounter of class IMP)."""

    model = Stay
    filters = StayFilters
    columns = {
        "id": "pk", "trial": "visit__subject__trial__code", "site": "visit__site_id",
        "place": "place__slug", "time_zone": "place__time_zone", "visit": "visit_id",
        "subject_number": "visit__subject__number", "status": "status",
        "planned_from": "planned_from", "planned_until": "planned_until",
        "admitted_at": "admitted_at", "discharged_at": "discharged_at", "ending": "ending",
        "ending_reason": "ending_reason",
    }  # fmt: skip

    discharge = step(stays.discharge, Discharge)
    change_bed = step(stays.change_bed, Moved)
    plan_discharge = step(stays.plan_discharge, PlannedUntil)
    release_bed = step(stays.release_bed, Why)
    go_on_leave = step(leaves.go_on_leave, Going)
    come_back = step(leaves.come_back, At)
    correct_stay = step(stays.correct_stay, RightTimes)
    take_back_stay = step(leaves.take_back_stay, Why)


class OfStay(Changing):
    """Filters of what belongs to stays."""

    stay = serializers.IntegerField(source="stay_id", required=False, max_value=LARGEST_KEY)


class LeaveResource(Resource):
    """A time out of the house during a stay."""

    model = Leave
    filters = OfStay
    columns = {
        "id": "pk", "stay": "stay_id", "subject_number": "visit__subject__number",
        "left_at": "left_at", "returned_at": "returned_at",
        "expected_at": "expected_at", "why": "why", "voided_at": "voided_at",
        "void_reason": "void_reason",
    }  # fmt: skip

    correct_leave = step(leaves.correct_leave, RightLeave)
    void_leave = step(leaves.void_leave, Why)


class OccupancyResource(Resource):
    """A bed for one stretch of a stay."""

    model = Occupancy
    filters = OfStay
    columns = {
        "id": "pk", "stay": "stay_id", "subject_number": "visit__subject__number",
        "bed": "bed_id", "bed_name": "bed__name", "unit": "bed__unit",
        "start": "period__startswith", "end": "period__endswith",
    }  # fmt: skip
