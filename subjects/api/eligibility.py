"""Eligibility over REST: what is answered, and waivers; a decision is signed by a person at a page."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.resources import Resource, WithHistory, step
from core.api.shapes import LARGEST_KEY, Changing, Seen, Shape, many_of
from subjects.actions import eligibility
from subjects.actions.eligibility import Given
from subjects.models import Answer, CriterionAnswer, Eligibility, Waiver
from trials.models import Criterion


class OneAnswer(Shape):
    """The answer to one criterion: inclusion is met or not met, what excludes is absent or present."""

    criterion = serializers.PrimaryKeyRelatedField(queryset=Criterion.objects.all())
    answer = serializers.ChoiceField(choices=Answer.choices)
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=200, allow_blank=True
    )
    answered_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, max_length=200, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> Any:
        """The answer as the action takes it."""
        return Given(**attrs)


class Answering(Shape):
    """Answers to criteria, and why where one was given before."""

    answers = OneAnswer(many=True, allow_empty=False)
    reason = serializers.CharField(required=False, max_length=200)


class Asking(Shape):
    """A criterion to waive, and why."""

    criterion = Seen(queryset=Criterion.objects.all())
    reason = serializers.CharField(max_length=300)


class Deciding(Shape):
    """Why a waiver is approved or refused."""

    reason = serializers.CharField(max_length=300)


class OfSubject(Changing):
    """Filters of what is known of the eligibility of subjects."""

    trial = serializers.CharField(
        source="subject__trial__code", required=False, help_text="Its code."
    )
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    is_current = serializers.BooleanField(required=False)


class EligibilityResource(Resource):
    """Whether a subject may take part, and whether the decision is signed and nothing changed since."""

    model = Eligibility
    filters = OfSubject
    watched = {CriterionAnswer: "eligibility_id", Waiver: "eligibility_id"}
    columns = {
        "id": "pk", "trial": "subject__trial__code", "site": "subject__site_id",
        "subject": "subject_id", "subject_number": "subject__number", "schedule": "version_id",
        "decided_on": "decided_on", "decided_by": "decided_by", "is_current": "is_current",
    }  # fmt: skip


class OfEligibility(Changing):
    """Filters of answers and waivers."""

    trial = serializers.CharField(
        source="eligibility__subject__trial__code", required=False, help_text="Its code."
    )
    subject = serializers.IntegerField(
        source="eligibility__subject_id", required=False, max_value=LARGEST_KEY
    )


class AnswerFilters(OfEligibility):
    """Filters of answers."""

    answer = many_of(Answer, "answer__in")


class CriterionAnswerResource(Resource):
    """The answer to one criterion for a subject, with its source and its date (SDTM IE)."""

    model = CriterionAnswer
    filters = AnswerFilters
    columns = {
        "id": "pk", "trial": "eligibility__subject__trial__code",
        "subject": "eligibility__subject_id", "subject_number": "eligibility__subject__number",
        "criterion": "criterion_id", "category": "category",
        "identifier": "criterion__identifier", "answer": "answer", "source": "source",
        "answered_on": "answered_on", "note": "note", "by_name": "by_name",
    }  # fmt: skip


class WaiverResource(WithHistory):
    """A criterion that the sponsor is asked to waive for a subject."""

    model = Waiver
    filters = OfEligibility
    columns = {
        "id": "pk", "trial": "eligibility__subject__trial__code",
        "subject": "eligibility__subject_id", "subject_number": "eligibility__subject__number",
        "criterion": "criterion_id", "identifier": "criterion__identifier", "reason": "reason",
        "requested_by": "requested_by", "status": "status", "decided_by": "decided_by",
        "decided_on": "decided_on", "decision_reason": "decision_reason",
    }  # fmt: skip

    approve_waiver = step(eligibility.approve_waiver, Deciding)
    refuse_waiver = step(eligibility.refuse_waiver, Deciding)
