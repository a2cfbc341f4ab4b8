"""Subjects, who they are, their visits, bookings and contacts."""

from subjects.models.consent import Consent, ConsentNote, ConsentWithdrawal
from subjects.models.eligibility import Answer, CriterionAnswer, Eligibility, Waiver
from subjects.models.feed import Feed
from subjects.models.procedure import Measurement, OtherAnswer, Outcome, ProcedureRecord, WhyNot
from subjects.models.randomisation import Allocation, Randomisation
from subjects.models.reasons import LeavingReason
from subjects.models.reminder import Reminder, ReminderPlan, ReminderStatus
from subjects.models.stay import Leave, Occupancy, Stay, StayEnding, StayStatus
from subjects.models.subject import (
    Contact,
    Preference,
    Subject,
    SubjectAnchor,
    SubjectIdentity,
    SubjectSchedule,
    SubjectStatus,
    Transfer,
)
from subjects.models.unblinding import Unblinding
from subjects.models.visit import Acknowledgement, Booking, DeviationDraft, Visit, VisitStatus

__all__ = [
    "Acknowledgement",
    "Allocation",
    "Answer",
    "Booking",
    "Consent",
    "ConsentNote",
    "ConsentWithdrawal",
    "Contact",
    "CriterionAnswer",
    "DeviationDraft",
    "Eligibility",
    "Feed",
    "Leave",
    "LeavingReason",
    "Measurement",
    "Occupancy",
    "OtherAnswer",
    "Outcome",
    "Preference",
    "ProcedureRecord",
    "Randomisation",
    "Reminder",
    "ReminderPlan",
    "ReminderStatus",
    "Stay",
    "StayEnding",
    "StayStatus",
    "Subject",
    "SubjectAnchor",
    "SubjectIdentity",
    "SubjectSchedule",
    "SubjectStatus",
    "Transfer",
    "Unblinding",
    "Visit",
    "VisitStatus",
    "Waiver",
    "WhyNot",
]
