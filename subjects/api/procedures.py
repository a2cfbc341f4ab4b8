"""What was done at visits over REST: procedures, their values, and answers given from elsewhere."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.resources import Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Instant, Shape, many_of
from sites.models import Equipment, Person
from subjects.actions import procedures
from subjects.actions.procedures import Answer
from subjects.api.shapes import AtVisit
from subjects.models import Measurement, OtherAnswer, Outcome, ProcedureRecord, WhyNot

VALUE = serializers.DecimalField(max_digits=9, decimal_places=2)


class ProcedureAnswer(Shape):
    """What became of a procedure of the visit; who read an earlier answer says its revision."""

    procedure = serializers.IntegerField(
        min_value=1, max_value=LARGEST_KEY, help_text="Its key among the procedure definitions."
    )
    minute = serializers.IntegerField(
        required=False, allow_null=True, help_text="Of a timed sample, from time zero."
    )
    revision = serializers.IntegerField(
        default=0, min_value=0, max_value=LARGEST_KEY,
        help_text="Of the answer you read. Where another one is there by now, both are kept.",
    )  # fmt: skip
    outcome = serializers.ChoiceField(choices=Outcome.choices, default=Outcome.DONE)
    done_at = Instant(required=False, allow_null=True)
    performer = AtVisit(queryset=Person.objects.all(), required=False, allow_null=True)
    equipment = AtVisit(queryset=Equipment.objects.all(), required=False, allow_null=True)
    why_not = serializers.ChoiceField(choices=WhyNot.choices, required=False, allow_blank=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    is_pending = serializers.BooleanField(default=False)
    values = serializers.DictField(
        child=VALUE, required=False, help_text="By the code of SDTM: {“SYSBP”: 128}."
    )
    kept = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False,
        help_text="Why a value outside its range is kept, by the same code.",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The answer as the action takes it."""
        key, minute = attrs.pop("procedure"), attrs.pop("minute", None)
        besides = {name: attrs.pop(name) for name in ("revision", "reason") if name in attrs}
        slug = f"{key}" if minute is None else f"{key}m{minute}"
        return besides | {"slug": slug, "said": Answer(**attrs)}


class AtVisitFilters(Changing):
    """Filters of what lies at a visit."""

    trial = serializers.CharField(source="visit__subject__trial__code", required=False)
    subject = serializers.IntegerField(
        source="visit__subject_id", required=False, max_value=LARGEST_KEY
    )
    visit = serializers.IntegerField(source="visit_id", required=False, max_value=LARGEST_KEY)


class ProcedureFilters(AtVisitFilters):
    """Filters of procedures."""

    outcome = many_of(Outcome, "outcome__in")
    is_pending = serializers.BooleanField(required=False)


class Result(Shape):
    """What is to be noted of a result that has come."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


OF_VISIT = {
    "visit": "visit_id", "subject": "visit__subject_id",
    "subject_number": "visit__subject__number", "site": "visit__site_id",
}  # fmt: skip


class ProcedureRecordResource(Resource):
    """A procedure of a visit and what became of it (FHIR Procedure)."""

    model = ProcedureRecord
    filters = ProcedureFilters
    columns = {
        "id": "pk", **OF_VISIT, "procedure": "definition_id", "minute": "minute", "name": "name",
        "outcome": "outcome", "done_at": "done_at", "performer": "performer_id",
        "equipment": "equipment_id", "why_not": "why_not", "note": "note",
        "is_pending": "is_pending", "revision": "revision",
    }  # fmt: skip

    receive = step(procedures.receive, Result)


class MeasurementResource(Resource):
    """A value that was taken at a visit, with its unit and the range that held then (FHIR Observation)."""

    model = Measurement
    filters = AtVisitFilters
    columns = {
        "id": "pk", **OF_VISIT, "record": "record_id", "measure": "measure", "attempt": "attempt",
        "value": "value", "unit": "unit", "low": "low", "high": "high", "taken_at": "taken_at",
        "kept_because": "kept_because",
    }  # fmt: skip


class OtherAnswerFilters(AtVisitFilters):
    """Filters of second answers."""

    is_settled = serializers.BooleanField(source="is_taken__isnull", required=False)

    def validate_is_settled(self, value: bool) -> bool:  # noqa: FBT001 - the framework calls it
        """The lookup asks the other way round."""
        return not value


class Settling(Shape):
    """Whether the second answer replaces the first; of a completed visit, why."""

    is_taken = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class OtherAnswerResource(Resource):
    """A second answer to a procedure, given without having read the first; kept until it is settled."""

    model = OtherAnswer
    filters = OtherAnswerFilters
    columns = {
        "id": "pk", **OF_VISIT, "record": "record_id", "outcome": "outcome", "done_at": "done_at",
        "performer": "performer_id", "why_not": "why_not", "note": "note", "values": "values",
        "by_name": "by_name", "at": "at", "is_taken": "is_taken",
    }  # fmt: skip

    settle = step(procedures.settle, Settling)
