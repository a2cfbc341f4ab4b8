"""What an import would write: the visits of a file, corrected, with what was noticed beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.durations import Duration
from trials import usdm, words
from trials.abbreviations import codes
from trials.models import AnchorKind, VisitDefinition
from trials.usdm import Category, Finding, Level

Corrections = Mapping[str, Mapping[str, Any]]

M = VisitDefinition.Modality
T = VisitDefinition.Type
DAY_1 = "Day 1"
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
    def is_doubtful(self) -> bool:
        """Whether something beyond plain information was noticed."""
        if not self.is_reachable or self.read_from.startswith("Text"):
            return True
        return any(one.level is not Level.INFO for one in self.findings)


class Preview:
    """A protocol with the corrections made to it so far."""

    def __init__(self, protocol: usdm.Protocol, corrections: Corrections) -> None:
        self.protocol = protocol
        self.corrections = corrections

    @cached_property
    def rows(self) -> list[Row]:
        """The planned visits in order, then what no timing leads to."""
        return [*self._planned(), *self._unreachable()]

    @property
    def included(self) -> list[Row]:
        """The rows that would be written."""
        return [row for row in self.rows if row.is_included]

    @property
    def questions(self) -> list[Row]:
        """The rows that keep the import from being committed."""
        return [row for row in self.rows if row.needs_answer]

    @cached_property
    def general(self) -> list[Finding]:
        """What was noticed that belongs to no single row."""
        beside = {finding for row in self.rows for finding in row.findings}
        return [finding for finding in self.protocol.warnings if finding not in beside]

    @cached_property
    def activities(self) -> list[usdm.Activity]:
        """The activities that are done, without headings over them."""
        used = {cell.activity_id for cell in self.protocol.cells}
        used |= {cell.activity_id for line in self.events for cell in line.cells}
        for one in self.protocol.unreachable:
            used.update(one.activity_ids)
        return [
            one for one in self.protocol.activities if one.source_id in used or not one.is_heading
        ]

    @property
    def events(self) -> tuple[usdm.Timeline, ...]:
        """The timelines that begin when something happens and have visits."""
        return tuple(line for line in self.protocol.event_timelines if line.visits)

    @property
    def repeats(self) -> list[str]:
        """The blocks of visits that come round again, in words."""
        visits = self.protocol.visits
        return [
            f"{visits[one.first_visit].name} to {visits[one.last_visit].name} come round again"
            + (f" every {words.say_length(one.every)}" if one.every else "; how often is not said")
            + (f", until {one.until_text}" if one.until_text else "")
            for one in self.protocol.repeat_groups
        ]

    @property
    def criteria(self) -> tuple[int, int]:
        """How many criteria let in and how many keep out."""
        inside = sum(one.category is Category.INCLUSION for one in self.protocol.criteria)
        return inside, len(self.protocol.criteria) - inside

    def group_of(self, activity: usdm.Activity) -> str:
        """The heading directly above an activity."""
        names = {one.source_id: one.label or one.name for one in self.protocol.activities}
        return names.get(activity.parent_ids[-1], "") if activity.parent_ids else ""

    def epoch_of(self, row: Row) -> str:
        """The epoch a row is in, as people call it."""
        return self._epochs[row.epoch_id].label if row.epoch_id in self._epochs else ""

    def cells(self, place: int) -> list[usdm.Cell]:
        """What is done at a row."""
        return self._cells.get(place, [])

    @cached_property
    def _cells(self) -> dict[int, list[usdm.Cell]]:
        found: dict[int, list[usdm.Cell]] = defaultdict(list)
        for cell in self.protocol.cells:
            found[cell.visit].append(cell)
        for place, lost in enumerate(self.protocol.unreachable, len(self.protocol.visits)):
            found[place] = [
                usdm.Cell(place, identity, usdm.Need.REQUIRED, "", ())
                for identity in lost.activity_ids
            ]
        return found

    @cached_property
    def _epochs(self) -> dict[str, usdm.Epoch]:
        return {one.source_id: one for one in self.protocol.epochs}

    def _planned(self) -> Iterator[Row]:
        visits = self.protocol.visits
        out = {i for i, visit in enumerate(visits) if not self._is_in(visit.instance_ids[0])}
        met: set[str] = set()
        for index, (visit, code) in enumerate(
            zip(visits, codes(visit.name for visit in visits), strict=True)
        ):
            key = visit.instance_ids[0]
            counting = counting_of(visits, index, out)
            fix = self.corrections.get(key, {})
            window, read_from = self._window(visit, fix)
            yield Row(
                place=index, key=key, name=fix.get("name", visit.name), code=code,
                encounter=visit.encounter_name, encounter_id=visit.encounter_id,
                epoch_id=visit.epoch_id, type=type_of(visit, self._epoch_type(visit.epoch_id)),
                modality=fix.get("modality", modality_of(visit, is_again=visit.encounter_id in met)),
                counting=counting, offset=self._offset(counting, fix), window=window,
                window_label=visit.window_label, read_from=read_from, is_anchor=visit.is_anchor,
                is_included=index not in out, is_reachable=True,
                findings=self._about({visit.encounter_id, *visit.instance_ids}),
            )  # fmt: skip
            met.add(visit.encounter_id)

    def _unreachable(self) -> Iterator[Row]:
        taken = [row.code for row in self._planned()]
        lost = self.protocol.unreachable
        named = codes((one.encounter_name or one.name for one in lost), taken)
        for place, (one, code) in enumerate(zip(lost, named, strict=True), len(taken)):
            fix = self.corrections.get(one.source_id, {})
            counting = Counting(DAY_1, fitting(one.offset))
            yield Row(
                place=place,
                key=one.source_id, name=fix.get("name", one.encounter_name or one.name), code=code,
                encounter=one.encounter_name, encounter_id=one.encounter_id, epoch_id="",
                type=T.TREATMENT, modality=fix.get("modality", M.CLINIC), counting=counting,
                offset=self._offset(counting, fix), window=read_fix(fix), window_label="",
                read_from="Not reached", is_anchor=False,
                is_included=self._is_in(one.source_id, unless=True), is_reachable=False,
                findings=self._about({one.source_id}),
            )  # fmt: skip

    def _is_in(self, key: str, *, unless: bool = False) -> bool:
        return bool(self.corrections.get(key, {}).get("is_included", not unless))

    def _offset(self, counting: Counting, fix: Mapping[str, Any]) -> Duration | None:
        """What a person said, as long as it was said of the same visit before it."""
        if fix.get("from") == counting.reference and "offset" in fix:
            return Duration.parse(fix["offset"])
        return counting.offset

    def _window(self, visit: usdm.Visit, fix: Mapping[str, Any]) -> tuple[words.Window | None, str]:
        if "window" in fix:
            return read_fix(fix), "Corrected"
        if visit.window:
            found = visit.window.early, visit.window.late
            return (found, "Timing") if all(map(words.fits, found)) else (None, "Out of range")
        if visit.suggested_window:
            early, late = visit.suggested_window.early, visit.suggested_window.late
            return (early, late), f"Text “{visit.window_label}”"
        return None, "Timing" if visit.offset is not None else "Missing"

    def _about(self, where: set[str]) -> tuple[Finding, ...]:
        return tuple(one for one in self.protocol.warnings if one.where and one.where in where)

    def _epoch_type(self, identity: str) -> str:
        found = self._epochs.get(identity)
        return f"{found.type} {found.name}" if found else ""


def read_fix(fix: Mapping[str, Any]) -> words.Window | None:
    """The window in a correction; nothing where it says that there is none."""
    if not fix.get("window"):
        return None
    early, late = fix["window"]
    return Duration.parse(early), Duration.parse(late)


def fitting(offset: Duration | None) -> Duration | None:
    """The offset, unless it is longer than anything can be planned."""
    return offset if offset is not None and words.fits(offset) else None


def counting_of(visits: Sequence[usdm.Visit], index: int, out: set[int]) -> Counting:
    """From what a visit counts: the visit before it, its own anchor, or the main one."""
    visit = visits[index]
    if visit.after_visit is not None and visit.after_visit not in out:
        return Counting(
            visits[visit.after_visit].name, fitting(visit.after_offset), visit.after_visit,
            basis=VisitDefinition.Basis.ACTUAL,
        )  # fmt: skip
    main = next((one.anchor_instance_id for one in visits if one.is_anchor), "")
    if not main or visit.anchor_instance_id in {"", main}:
        return Counting("–" if visit.is_anchor else DAY_1, fitting(visit.offset))
    home = visit.anchor_visit
    if home is None or home == index or home in out:
        return Counting("Named date", fitting(visit.offset), anchor=AnchorKind.NAMED)
    return Counting(
        visits[home].name, fitting(visit.offset), home, basis=VisitDefinition.Basis.ACTUAL
    )


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
