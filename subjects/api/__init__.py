"""Subjects by number, their visits and consents over REST."""

from subjects.api.consents import ConsentResource, WithdrawalResource
from subjects.api.eligibility import (
    CriterionAnswerResource,
    EligibilityResource,
    WaiverResource,
)
from subjects.api.procedures import (
    MeasurementResource,
    OtherAnswerResource,
    ProcedureRecordResource,
)
from subjects.api.randomisation import RandomisationResource, UnblindingResource
from subjects.api.reminders import ReminderResource
from subjects.api.stays import LeaveResource, OccupancyResource, StayResource
from subjects.api.subjects import SubjectResource, VisitResource

__all__ = [
    "ConsentResource",
    "CriterionAnswerResource",
    "EligibilityResource",
    "LeaveResource",
    "MeasurementResource",
    "OccupancyResource",
    "OtherAnswerResource",
    "ProcedureRecordResource",
    "RandomisationResource",
    "ReminderResource",
    "StayResource",
    "SubjectResource",
    "UnblindingResource",
    "VisitResource",
    "WaiverResource",
    "WithdrawalResource",
]
