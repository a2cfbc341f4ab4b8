"""Planned visits: runs of instances at one encounter and one time, with window and reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.durations import ZERO, Duration
from trials.usdm.encounters import Encounter, Surroundings
from trials.usdm.findings import Findings
from trials.usdm.instances import Instance, Route
from trials.usdm.placing import Placing
from trials.usdm.schedule import RepeatGroup, TimelineKind, Visit, Window
from trials.usdm.timings import Timing, window_in_words

Key = tuple[str, str, Duration | None, str]
NO_PLACE: tuple[str, Duration | None] = ("", None)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring instances at one encounter and one time, which are one visit."""

    instances: tuple[Instance, ...]

    @property
    def first(self) -> Instance:
        """The instance that stands for all of them."""
        return self.instances[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the instances."""
        return tuple(one.id for one in self.instances)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the instances."""
        return tuple(one.name for one in self.instances)

    @property
    def epoch_ids(self) -> tuple[str, ...]:
        """The epochs they are in, each once."""
        return tuple(dict.fromkeys(one.epoch_id for one in self.instances if one.epoch_id))

    @property
    def activity_ids(self) -> tuple[str, ...]:
        """What is asked for at any of them, each once."""
        return tuple(dict.fromkeys(key for one in self.instances for key in one.activity_ids))


class Visits:
    """The visits of one timeline, in the order a subject meets them."""

    def __init__(
        self,
        route: Route,
        placing: Placing,
        around: Surroundings,
        findings: Findings,
        kind: TimelineKind,
    ) -> None:
        self.route = route
        self.placing = placing
        self.around = around
        self.findings = findings
        self.kind = kind
        self.timed_by = {timing.source_id: timing.from_id for timing in placing.timings.values()}
        self.runs = self._runs()
        self.visit_of = {key: index for index, run in enumerate(self.runs) for key in run.ids}

    def read(self, missing: Callable[[str, str, str], None]) -> tuple[Visit, ...]:
        """The visits; what is missing for their time is reported in the way given."""
        for run in self.runs:
            for gap in filter(None, map(self.placing.gaps.get, run.ids)):
                missing(gap.code, gap.message, gap.where)
        return tuple(self._visit(index, run) for index, run in enumerate(self.runs))

    def _runs(self) -> list[Run]:
        """Neighbours at one encounter and time; markers end a run, decisions do not."""
        activities = [
            instance
            for identity in self.route.order
            if not (instance := self.placing.instances[identity]).is_decision
        ]
        runs = [Run(tuple(run)) for _, run in groupby(activities, self._key)]
        return [run for run in runs if self._is_visit(run)]

    def _is_visit(self, run: Run) -> bool:
        """Without an encounter an instance is a marker, save where an event asks for activities."""
        has_work = self.kind is TimelineKind.EVENT and bool(run.activity_ids)
        return bool(run.first.encounter_id) or has_work

    def _key(self, instance: Instance) -> Key:
        condition = self.route.conditions[instance.id]
        return (instance.encounter_id, *self._place(instance), condition)

    def _place(self, instance: Instance) -> tuple[str, Duration | None]:
        """The anchor of an instance and how far it is from there; the same for a whole run."""
        place = self.placing.places.get(instance.id)
        return (place.anchor_id, place.offset) if place else NO_PLACE

    def _visit(self, index: int, run: Run) -> Visit:
        encounter = self.around.encounter(run.first.encounter_id)
        epoch_id = next(iter(run.epoch_ids), "")
        anchor_id, offset = self._place(run.first)
        after_visit, after_offset = self._after(index, run)
        window, label = self._window(run)
        self._check(run, encounter)
        return Visit(
            name=encounter.title or run.first.name,
            encounter_id=run.first.encounter_id,
            encounter_name=encounter.name,
            encounter_label=encounter.label,
            encounter_type=encounter.type,
            instance_ids=run.ids,
            instance_names=run.names,
            epoch_id=epoch_id,
            epoch_name=self.around.epochs.get(epoch_id, ""),
            offset=offset,
            window=window,
            window_label=label,
            suggested_window=None if window else window_in_words(label),
            is_anchor=not self.placing.anchors.isdisjoint(run.ids),
            anchor_instance_id=anchor_id,
            anchor_visit=self.visit_of.get(anchor_id),
            after_visit=after_visit,
            after_offset=after_offset,
            contact_modes=encounter.contact_modes,
            settings=encounter.settings,
            activity_ids=run.activity_ids,
            arms=self.around.arms_of_epoch.get(epoch_id, ()),
            condition=self.route.conditions[run.first.id],
        )

    def _window(self, run: Run) -> tuple[Window | None, str]:
        """What all windows of the run allow, and the first label among them."""
        timings = list(filter(None, map(self.placing.timings.get, run.ids)))
        windows = list(dict.fromkeys(timing.window for timing in timings if timing.window))
        label = next((timing.window_label for timing in timings if timing.window_label), "")
        if len(windows) > 1:
            self.findings.warn(
                "windows_differ",
                f"The instances of “{run.first.name}” have different windows; "
                "only what all of them allow is taken.",
                run.first.id,
            )
        return _common(windows), label

    def _after(self, index: int, run: Run) -> tuple[int | None, Duration | None]:
        """The visit whose actual date this one follows, and how far; nothing where the anchor."""
        home = self.visit_of.get(self._place(run.first)[0])
        for timing, distance in self._way_back(index, run):
            reached = self.visit_of.get(timing.to_id)
            is_home = reached is not None and reached == home
            if is_home or not timing.follows:
                break
            if reached is not None:
                return reached, distance
        return None, None

    def _way_back(self, index: int, run: Run) -> Iterator[tuple[Timing, Duration]]:
        """The timings out of a visit towards its anchor, each with the distance come so far."""
        here, distance = run.first.id, ZERO
        while here in self.placing.places and here not in self.placing.anchors:
            timing = self.placing.timings[here]
            here, distance = timing.to_id, distance + (timing.step or ZERO)
            if self.visit_of.get(here) != index:
                yield timing, distance

    def _check(self, run: Run, encounter: Encounter) -> None:
        first = run.first
        if first.encounter_id not in {"", encounter.source_id}:
            self.findings.warn(
                "encounter_missing",
                f"“{first.name}” takes place at {first.encounter_id[:80]}, which is not in the file.",
                first.id,
            )
        for epoch in run.epoch_ids:
            if epoch not in self.around.epochs:
                self.findings.warn(
                    "epoch_missing",
                    f"“{first.name}” is in {epoch[:80]}, which is no epoch.",
                    first.id,
                )
        if len(run.epoch_ids) > 1:
            self.findings.warn(
                "epochs_differ", f"The instances of “{first.name}” are in several epochs.", first.id
            )
        self._check_scheduled_at(run, encounter)

    def _check_scheduled_at(self, run: Run, encounter: Encounter) -> None:
        """The encounter's own pointer to a timing is used to check, never to compute."""
        timed = self.timed_by.get(encounter.scheduled_at_id, "")
        other = self.placing.instances.get(timed)
        if other and other.encounter_id != run.first.encounter_id:
            self.findings.warn(
                "encounter_timing_differs",
                f"Encounter “{encounter.title}” points at the timing of “{other.name}”.",
                encounter.source_id,
            )


def _common(windows: Sequence[Window]) -> Window | None:
    if not windows:
        return None
    early, late = windows[0].early, windows[0].late
    for window in windows[1:]:
        early, late = _shorter(early, window.early), _shorter(late, window.late)
    return Window(early, late)


def _shorter(one: Duration, other: Duration) -> Duration:
    """The shorter; the first where it hangs on the length of a month."""
    return other if (one - other).sign == 1 else one


def repeat_groups(
    visits: Visits, route: Route, placing: Placing, findings: Findings
) -> Iterator[RepeatGroup]:
    """The visits between the target of each way back and the decision to go it."""
    for loop in route.loops:
        inside = map(visits.visit_of.get, loop.instance_ids)
        indexes = [index for index in inside if index is not None]
        name = placing.instances[loop.decision_id].name
        if not indexes:
            findings.warn("loop_empty", f"“{name}” repeats nothing.", loop.decision_id)
            continue
        yield RepeatGroup(
            source_id=loop.decision_id,
            name=name,
            first_visit=min(indexes),
            last_visit=max(indexes),
            until_text=loop.text,
            every=_every(loop.instance_ids, placing),
        )


def _every(way: Sequence[str], placing: Placing) -> Duration | None:
    """The length of one round, where the decision or a marker before it says when it ends."""
    first = placing.places.get(way[0])
    for identity in way[:-3:-1]:
        end = placing.places.get(identity)
        if first and end and end.anchor_id == first.anchor_id:
            length = end.offset - first.offset
            is_marker = not placing.instances[identity].encounter_id
            if is_marker and length.sign == 1:
                return length
    return None
