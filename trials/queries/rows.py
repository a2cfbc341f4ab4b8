"""What a visit of a file is here: from what it counts, where it takes place, what it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.durations import Duration
from trials import usdm, words
from trials.models import AnchorKind, VisitDefinition
from trials.usdm import Finding, Level

Correction = Mapping[str, Any]

DAY_1 = "Day 1"
DAY = 86_400
SCALE = 14  # days before and after the target that are drawn
DOUBTS = {
    "encounter_reused": "Encounter again", "encounter_missing": "No encounter",
    "windows_differ": "Windows differ", "time_order": "Out of order", "epoch_missing": "No epoch",
    "epochs_differ": "Two epochs", "encounter_timing_differs": "Other timing",
    "exit_and_next": "Two ways on", "dead_end": "No way on", "several_timings": "Several timings",
}  # fmt: skip
ORIGIN = "–"
M = VisitDefinition.Modality
T = VisitDefinition.Type
_PLACES = (("home", M.HOME), ("inpatient", M.INPATIENT), ("hospital", M.INPATIENT))
_WAYS = (("video", M.VIDEO), ("telephone", M.PHONE), ("phone", M.PHONE))
_TYPES = (
    ("early termination", T.EARLY_TERMINATION), ("unscheduled", T.UNSCHEDULED),
    ("screen", T.SCREENING), ("follow", T.FOLLOW_UP),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counting:
    """From what a visit counts, and how far it is from there."""

    label: str
    offset: Duration | None
    after: int | None = None  # the row of the visit before it
    anchor: str = AnchorKind.DAY_1
    basis: str = VisitDefinition.Basis.PLANNED

    @property
    def reference(self) -> str:
        """The same for two offsets that may be compared."""
        return str(self.after) if self.after is not None else str(self.anchor)

    def corrected(self, fix: Correction) -> Duration | None:
        """What a person said, as long as it was said of the same visit before it."""
        if "offset" in fix and fix.get("from") == self.reference:
            return Duration.parse(fix["offset"])
        return self.offset


@dataclass(frozen=True, slots=True)
class Row:
    """A visit as it would be written."""

    place: int
    key: str
    name: str
    code: str
    encounter: str
    encounter_id: str
    epoch_id: str
    type: str
    modality: str
    counting: Counting
    offset: Duration | None
    window: words.Window | None
    window_label: str
    read_from: str
    is_anchor: bool
    is_included: bool
    is_reachable: bool
    findings: tuple[Finding, ...]
    before: VisitDefinition | None  # the visit of the earlier version that it goes on from

    @property
    def needs_answer(self) -> bool:
        """Whether it can only be written once somebody has said when it is."""
        return self.is_included and self.offset is None

    @property
    def level(self) -> str:
        """x where an answer is needed, a where something should be checked."""
        if self.needs_answer:
            return "x"
        return "a" if self.is_doubtful else ""

    @property
    def reason(self) -> str:
        """Where its window was read, or why somebody should look at it."""
        if self.needs_answer:
            return "Say when"
        found = (DOUBTS[one.code] for one in self.findings if one.code in DOUBTS)
        return next(found, self.read_from) if self.read_from == "Timing" else self.read_from

    @property
    def band(self) -> tuple[float, float] | None:
        """Where its window begins and how wide it is, in percent of two weeks before and after."""
        if self.window is None:
            return None
        early, late = (min(_days(side), SCALE) for side in self.window)
        return 50 - 50 * early / SCALE, 50 * (early + late) / SCALE

    @property
    def is_doubtful(self) -> bool:
        """Whether something beyond plain information was noticed."""
        if not self.is_reachable or self.read_from.startswith("Text"):
            return True
        return any(one.level is not Level.INFO for one in self.findings)


def _days(length: Duration) -> float:
    """About how many days it is."""
    return length.months * 30 + length.exact_seconds / DAY


def read_fix(fix: Correction) -> words.Window | None:
    """The window in a correction; nothing where it says that there is none."""
    if not fix.get("window"):
        return None
    early, late = fix["window"]
    return Duration.parse(early), Duration.parse(late)


def window_of(visit: usdm.Visit, fix: Correction) -> tuple[words.Window | None, str]:
    """The window of a visit and where it was read."""
    if "window" in fix:
        return read_fix(fix), "Corrected"
    if visit.window:
        return (visit.window.early, visit.window.late), "Timing"
    if visit.suggested_window:
        suggested = visit.suggested_window
        return (suggested.early, suggested.late), f"Text “{visit.window_label}”"
    return None, "Timing" if visit.offset is not None else "Missing"


def fitting(offset: Duration | None) -> Duration | None:
    """The distance, unless it is longer than anything can be planned."""
    return offset if offset is not None and words.fits(offset) else None


def counting_of(visits: Sequence[usdm.Visit], index: int, out: set[int]) -> Counting:
    """From what a visit counts: the visit before it, its own anchor, or the main one."""
    visit = visits[index]
    after, home = visit.after_visit, visit.anchor_visit
    if after is not None and after not in out:
        return _from_visit(visits[after], after, visit.after_offset)
    if visit.anchor_instance_id in {"", main_anchor(visits)}:
        return Counting(ORIGIN if visit.is_anchor else DAY_1, visit.offset)
    if home is None or home in {index, *out}:
        return Counting("Named date", visit.offset, anchor=AnchorKind.NAMED)
    return _from_visit(visits[home], home, visit.offset)


def main_anchor(visits: Sequence[usdm.Visit]) -> str:
    """The anchor of Day 1: of the first visit that is one, else from which the first visit counts."""
    anchors_first = sorted(visits, key=lambda one: not one.is_anchor)
    return next(filter(None, (one.anchor_instance_id for one in anchors_first)), "")


def _from_visit(visit: usdm.Visit, place: int, offset: Duration | None) -> Counting:
    return Counting(visit.name, fitting(offset), place, basis=VisitDefinition.Basis.ACTUAL)


def modality_of(visit: usdm.Visit, *, is_again: bool) -> str:
    """Where it takes place; of an encounter met before with two ways, the one from afar."""
    said = " ".join(visit.contact_modes).casefold()
    places = " ".join(visit.settings).casefold()
    from_afar = next((kind for word, kind in _WAYS if word in said), None)
    if from_afar and (is_again or "person" not in said):
        return from_afar
    return next((kind for word, kind in _PLACES if word in places), M.CLINIC)


def type_of(visit: usdm.Visit, epoch_type: str) -> str:
    """What the visit is for, from its name and the kind of its epoch."""
    if visit.is_anchor:
        return T.BASELINE
    said = f"{visit.name} {epoch_type}".casefold()
    return next((kind for word, kind in _TYPES if word in said), T.TREATMENT)


def type_of_event(visit: usdm.Visit, line: usdm.Timeline) -> str:
    """What a visit that an event begins is for."""
    said = f"{visit.name} {line.name} {line.label}".casefold()
    return T.EARLY_TERMINATION if "terminat" in said else T.UNSCHEDULED
