"""Sponsor, trial, country; protocol files; versions of the schedule of activities."""

from trials.models.amendment import ConsentAsked, MatchedBy, VisitMatch
from trials.models.consent import (
    ConsentKind,
    ConsentType,
    ConsentVersion,
    MustReconsent,
    ReconsentRule,
)
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
    "ConsentAsked",
    "ConsentKind",
    "ConsentType",
    "ConsentVersion",
    "Country",
    "Criterion",
    "Epoch",
    "EventTimeline",
    "MatchedBy",
    "MustReconsent",
    "ProcedureDefinition",
    "ProtocolFile",
    "ProtocolImport",
    "ReconsentRule",
    "RegistryId",
    "RepeatGroup",
    "ScheduleVersion",
    "Sponsor",
    "Trial",
    "VisitDefinition",
    "VisitMatch",
    "VisitProcedure",
]
