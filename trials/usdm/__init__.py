"""Study definitions in CDISC USDM JSON, read into plain values and never trusted."""

from trials.untrusted import RefusedFileError
from trials.usdm.reader import read
from trials.usdm.schedule import (
    Activity,
    Basis,
    Cell,
    Need,
    RepeatGroup,
    Timeline,
    TimelineKind,
    TimePoint,
    Unreachable,
    Visit,
    Window,
)
from trials.usdm.values import Amendment, Category, Criterion, Epoch, Finding, Level, Protocol

__all__ = [
    "Activity",
    "Amendment",
    "Basis",
    "Category",
    "Cell",
    "Criterion",
    "Epoch",
    "Finding",
    "Level",
    "Need",
    "Protocol",
    "RefusedFileError",
    "RepeatGroup",
    "TimePoint",
    "Timeline",
    "TimelineKind",
    "Unreachable",
    "Visit",
    "Window",
    "read",
]
