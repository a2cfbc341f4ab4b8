"""Subjects, who they are, their visits, bookings and contacts."""

from subjects.models.feed import Feed
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
from subjects.models.visit import Booking, DeviationDraft, Visit, VisitStatus

__all__ = [
    "Booking",
    "Contact",
    "DeviationDraft",
    "Feed",
    "Preference",
    "Subject",
    "SubjectAnchor",
    "SubjectIdentity",
    "SubjectSchedule",
    "SubjectStatus",
    "Transfer",
    "Visit",
    "VisitStatus",
]
