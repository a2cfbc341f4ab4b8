"""The schedule of a protocol: timelines, visits and what is done at them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.durations import Duration


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure that belongs to an activity."""

    source_id: str
    name: str
    label: str
    code: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A row of the schedule of activities, or a heading over such rows."""

    source_id: str
    name: str
    label: str
    parent_ids: tuple[str, ...]
    is_heading: bool
    timeline_id: str
    procedures: tuple[Procedure, ...]


class Basis(StrEnum):
    """Which date of the visit before it a visit counts from."""

    PLANNED = "planned"
    ACTUAL = "actual"


@dataclass(frozen=True, slots=True)
class Window:
    """How much earlier and how much later than its target something may happen."""

    early: Duration
    late: Duration


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned visit: a run of instances at one encounter and one time."""

    name: str
    encounter_id: str
    encounter_name: str
    encounter_label: str
    encounter_type: str
    instance_ids: tuple[str, ...]
    instance_names: tuple[str, ...]
    epoch_id: str
    epoch_name: str
    offset: Duration | None  # from its anchor; nothing where the file does not allow to compute it
    window: Window | None
    window_label: str
    suggested_window: Window | None  # read from the label alone, for a person to confirm
    is_anchor: bool
    anchor_instance_id: str
    anchor_visit: int | None
    after_visit: int | None
    after_offset: Duration | None
    contact_modes: tuple[str, ...]
    settings: tuple[str, ...]
    activity_ids: tuple[str, ...]
    arms: tuple[str, ...]  # nothing means every arm
    condition: str  # when the visit is only reached by a decision

    @property
    def basis(self) -> Basis:
        """Which date counts: the actual one only of a visit that this one follows."""
        return Basis.PLANNED if self.after_visit is None else Basis.ACTUAL

    @property
    def earliest(self) -> Duration | None:
        """The start of the window, as far from the anchor as the offset."""
        if self.offset is None or self.window is None:
            return self.offset
        return self.offset - self.window.early

    @property
    def latest(self) -> Duration | None:
        """The end of the window, as far from the anchor as the offset."""
        if self.offset is None or self.window is None:
            return self.offset
        return self.offset + self.window.late

    @property
    def study_day(self) -> int | None:
        """The day by which people speak of the visit."""
        return None if self.offset is None else self.offset.study_day


class Need(StrEnum):
    """How an activity is asked for at a visit."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    TIMED = "timed"


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A moment within a visit, in minutes from the start of its sub-timeline."""

    instance_id: str
    name: str
    minutes: int
    early_minutes: int
    late_minutes: int


@dataclass(frozen=True, slots=True)
class Cell:
    """An activity at a visit, the visit by its place in the timeline."""

    visit: int
    activity_id: str
    need: Need
    condition: str
    times: tuple[TimePoint, ...]

    @property
    def offsets(self) -> list[list[int]]:
        """Its moments as minutes from the start, with how many earlier and later they may be."""
        return [[at.minutes, at.early_minutes, at.late_minutes] for at in self.times]


@dataclass(frozen=True, slots=True)
class RepeatGroup:
    """Visits that come round again until something a person must judge."""

    source_id: str
    name: str
    first_visit: int
    last_visit: int
    until_text: str
    every: Duration | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An instance to which the timeline never leads."""

    source_id: str
    name: str
    encounter_id: str
    encounter_name: str
    offset: Duration | None
    activity_ids: tuple[str, ...]


class TimelineKind(StrEnum):
    """What starts a timeline."""

    MAIN = "main"
    SUB = "sub"  # an activity or instance within another timeline
    EVENT = "event"  # its entry condition


@dataclass(frozen=True, slots=True)
class Timeline:
    """A timeline with its visits, cells and loops."""

    source_id: str
    name: str
    label: str
    kind: TimelineKind
    entry_condition: str
    planned_duration: str
    visits: tuple[Visit, ...]
    cells: tuple[Cell, ...]
    repeat_groups: tuple[RepeatGroup, ...]
    unreachable: tuple[Unreachable, ...]
