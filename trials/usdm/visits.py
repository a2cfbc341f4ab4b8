"""Planned visits: runs of instances at one encounter and one time, with window and reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from core.durations import ZERO, Duration
from trials.usdm.encounters import Encounter, Surroundings
from trials.usdm.findings import Findings
from trials.usdm.instances import Instance, Route
from trials.usdm.placing import Placing
from trials.usdm.schedule import Basis, RepeatGroup, TimelineKind, Visit, Window
from trials.usdm.timings import window_in_words

Key = tuple[str, str, Duration | None, str]


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
        self.visit_of = {one.id: index for index, run in enumerate(self.runs) for one in run}

    def read(self, missing: Callable[[str, str, str], None]) -> tuple[Visit, ...]:
        """The visits; what is missing for their time is reported in the way given."""
        for run in self.runs:
            for gap in filter(None, (self.placing.gaps.get(one.id) for one in run)):
                missing(gap.code, gap.message, gap.where)
        return tuple(self._visit(index, run) for index, run in enumerate(self.runs))

    def _runs(self) -> list[list[Instance]]:
        """Neighbours at one encounter and time; markers end a run, decisions do not."""
        activities = [
            instance
            for identity in self.route.order
            if not (instance := self.placing.instances[identity]).is_decision
        ]
        runs = [list(run) for _, run in groupby(activities, self._key)]
        return [run for run in runs if self._is_visit(run)]

    def _is_visit(self, run: Sequence[Instance]) -> bool:
        """Without an encounter an instance is a marker, save where an event asks for activities."""
        has_work = self.kind is TimelineKind.EVENT and any(one.activity_ids for one in run)
        return bool(run[0].encounter_id) or has_work

    def _key(self, instance: Instance) -> Key:
        place = self.placing.places.get(instance.id)
        condition = self.route.conditions[instance.id]
        if place is None:
            return instance.encounter_id, "", None, condition
        return instance.encounter_id, place.anchor_id, place.offset, condition

    def _visit(self, index: int, run: Sequence[Instance]) -> Visit:
        first = run[0]
        encounter = self.around.encounter(first.encounter_id)
        place = self.placing.places.get(first.id)
        window, label = self._window(run)
        after = self._after(index, run) if place else None
        epochs = list(dict.fromkeys(one.epoch_id for one in run if one.epoch_id))
        self._check(run, encounter, epochs)
        return Visit(
            name=encounter.title or first.name,
            encounter_id=first.encounter_id,
            encounter_name=encounter.name,
            encounter_label=encounter.label,
            encounter_type=encounter.type,
            instance_ids=tuple(one.id for one in run),
            instance_names=tuple(one.name for one in run),
            epoch_id=epochs[0] if epochs else "",
            epoch_name=self.around.epochs.get(epochs[0], "") if epochs else "",
            offset=place.offset if place else None,
            window=window,
            window_label=label,
            suggested_window=None if window else window_in_words(label),
            is_anchor=any(one.id in self.placing.anchors for one in run),
            anchor_instance_id=place.anchor_id if place else "",
            anchor_visit=self.visit_of.get(place.anchor_id) if place else None,
            after_visit=after[0] if after else None,
            after_offset=after[1] if after else None,
            basis=Basis.ACTUAL if after else Basis.PLANNED,
            contact_modes=encounter.contact_modes,
            settings=encounter.settings,
            activity_ids=tuple(dict.fromkeys(a for one in run for a in one.activity_ids)),
            arms=self.around.arms_of_epoch.get(epochs[0], ()) if epochs else (),
            condition=self.route.conditions[first.id],
        )

    def _window(self, run: Sequence[Instance]) -> tuple[Window | None, str]:
        """What all windows of the run allow, and the first label among them."""
        timings = [self.placing.timings[one.id] for one in run if one.id in self.placing.timings]
        windows = list(dict.fromkeys(timing.window for timing in timings if timing.window))
        label = next((timing.window_label for timing in timings if timing.window_label), "")
        if len(windows) > 1:
            self.findings.warn(
                "windows_differ",
                f"The instances of “{run[0].name}” have different windows; "
                "only what all of them allow is taken.",
                run[0].id,
            )
        return _common(windows), label

    def _after(self, index: int, run: Sequence[Instance]) -> tuple[int, Duration] | None:
        """The visit whose actual date this one follows, and how far; nothing where the anchor."""
        timed = next((one.id for one in run if one.id in self.placing.places), "")
        home = self.visit_of.get(self.placing.places[timed].anchor_id)
        distance, here = ZERO, timed
        while here not in self.placing.anchors:
            timing = self.placing.timings[here]
            distance += timing.step or ZERO
            here = timing.to_id
            reached = self.visit_of.get(here)
            if reached == index:
                continue
            if not timing.follows or (reached is not None and reached == home):
                return None
            if reached is not None:
                return reached, distance
        return None

    def _check(self, run: Sequence[Instance], encounter: Encounter, epochs: Sequence[str]) -> None:
        first = run[0]
        if first.encounter_id not in {"", encounter.source_id}:
            self.findings.warn(
                "encounter_missing",
                f"“{first.name}” takes place at {first.encounter_id[:80]}, which is not in the file.",
                first.id,
            )
        for epoch in epochs:
            if epoch not in self.around.epochs:
                self.findings.warn(
                    "epoch_missing",
                    f"“{first.name}” is in {epoch[:80]}, which is no epoch.",
                    first.id,
                )
        if len(epochs) > 1:
            self.findings.warn(
                "epochs_differ", f"The instances of “{first.name}” are in several epochs.", first.id
            )
        self._check_scheduled_at(run, encounter)

    def _check_scheduled_at(self, run: Sequence[Instance], encounter: Encounter) -> None:
        """The encounter's own pointer to a timing is used to check, never to compute."""
        timed = self.timed_by.get(encounter.scheduled_at_id, "")
        other = self.placing.instances.get(timed)
        if other and other.encounter_id != run[0].encounter_id:
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
