"""What dates a subject's visits get, what moves with them, and whether they were kept."""

from subjects.planning.moves import Move, Shift, shift
from subjects.planning.reckoning import estimate, plan
from subjects.planning.values import (
    Anchor,
    Basis,
    Definition,
    Fact,
    Offset,
    PlanError,
    Planned,
    RepeatGroup,
)
from subjects.planning.windows import (
    Timing,
    TimingKind,
    deviation_text,
    target_text,
    timing,
    window_text,
)

__all__ = [
    "Anchor",
    "Basis",
    "Definition",
    "Fact",
    "Move",
    "Offset",
    "PlanError",
    "Planned",
    "RepeatGroup",
    "Shift",
    "Timing",
    "TimingKind",
    "deviation_text",
    "estimate",
    "plan",
    "shift",
    "target_text",
    "timing",
    "window_text",
]
