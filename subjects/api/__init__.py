"""Subjects by number, their visits and consents over REST."""

from subjects.api.consents import ConsentResource, WithdrawalResource
from subjects.api.eligibility import (
    CriterionAnswerResource,
    EligibilityResource,
    WaiverResource,
)
from subjects.api.randomisation import RandomisationResource
from subjects.api.subjects import SubjectResource, VisitResource

__all__ = [
    "ConsentResource",
    "CriterionAnswerResource",
    "EligibilityResource",
    "RandomisationResource",
    "SubjectResource",
    "VisitResource",
    "WaiverResource",
    "WithdrawalResource",
]
