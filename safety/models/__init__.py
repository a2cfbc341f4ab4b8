"""Adverse events, the reports and clocks they start, and the dictionary by which they are graded."""

from safety.models.event import (
    ActionTaken,
    AdverseEvent,
    Causality,
    Outcome,
    Regrading,
    Seriousness,
    Severity,
)
from safety.models.grading import CTCAE_6, GRADES, GradingTerm
from safety.models.letter import LetterReceipt, SafetyLetter
from safety.models.medication import Indication, Medication
from safety.models.report import ReportClock, SafetyReport
from safety.models.setup import ReferenceSafetyInformation, SafetyDesk

__all__ = [
    "CTCAE_6",
    "GRADES",
    "ActionTaken",
    "AdverseEvent",
    "Causality",
    "GradingTerm",
    "Indication",
    "LetterReceipt",
    "Medication",
    "Outcome",
    "ReferenceSafetyInformation",
    "Regrading",
    "ReportClock",
    "SafetyDesk",
    "SafetyLetter",
    "SafetyReport",
    "Seriousness",
    "Severity",
]
