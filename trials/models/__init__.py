"""Sponsor, trial, country; protocol files; versions of the schedule of activities."""

from trials.models.protocol import Amendment, Arm, Criterion, Epoch, ProtocolFile, ProtocolImport
from trials.models.schedule import (
    AnchorKind,
    EventTimeline,
    ProcedureDefinition,
    RepeatGroup,
    ScheduleVersion,
    VisitDefinition,
    VisitProcedure,
)
from trials.models.trial import Country, RegistryId, Sponsor, Trial

__all__ = [
    "Amendment",
    "AnchorKind",
    "Arm",
    "Country",
    "Criterion",
    "Epoch",
    "EventTimeline",
    "ProcedureDefinition",
    "ProtocolFile",
    "ProtocolImport",
    "RegistryId",
    "RepeatGroup",
    "ScheduleVersion",
    "Sponsor",
    "Trial",
    "VisitDefinition",
    "VisitProcedure",
]
