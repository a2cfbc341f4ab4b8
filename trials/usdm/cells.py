"""Activities, and at which visits they are asked for, by sub-timelines to the minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.durations import ZERO
from trials.untrusted import Node
from trials.usdm.conditions import Conditions
from trials.usdm.findings import Findings
from trials.usdm.instances import Instance
from trials.usdm.order import in_order
from trials.usdm.placing import Placing
from trials.usdm.schedule import Activity, Cell, Need, Procedure, TimePoint, Visit, Window

MAX_POINTS = 2_000
MAX_CELLS = 100_000
MAX_NESTED = 8
NO_WINDOW = Window(ZERO, ZERO)

Times = dict[str, tuple[TimePoint, ...]]
Eventual = dict[str, str]


def read_activities(nodes: list[Node], findings: Findings) -> tuple[Activity, ...]:
    """The activities in order, each with the headings above it."""
    parent = {child: node.id for node in nodes for child in node.texts("childIds")}
    return tuple(
        Activity(
            source_id=node.id,
            name=node.name,
            label=node.label,
            parent_ids=tuple(_above(node.id, parent)),
            is_heading=node.has("childIds"),
            timeline_id=node.text("timelineId"),
            procedures=tuple(map(_procedure, node.nodes("definedProcedures"))),
        )
        for node in in_order(nodes, "activities", findings)
    )


def _above(identity: str, parent: Mapping[str, str]) -> list[str]:
    """The headings from the outermost to the nearest."""
    found: dict[str, None] = {}
    while (identity := parent.get(identity, "")) and len(found) < MAX_NESTED:
        found[identity] = None
    return list(reversed(found))


def _procedure(node: Node) -> Procedure:
    return Procedure(node.id, node.name, node.label, node.code("code").decode)


@dataclass(frozen=True, slots=True)
class SubTimeline:
    """A timeline that can be run within a visit."""

    id: str
    entry_condition: str
    instances: Mapping[str, Instance]
    placing: Placing

    @property
    def is_profile(self) -> bool:
        """Whether it has several moments; a single one only says what to do in some event."""
        return len(self.instances) > 1


class Cells:
    """Works out what is done at the visits of a timeline."""

    def __init__(
        self,
        activities: Sequence[Activity],
        conditions: Conditions,
        subs: Mapping[str, SubTimeline],
        findings: Findings,
    ) -> None:
        self.activities = {activity.source_id: activity for activity in activities}
        self.subs = subs
        self.findings = findings
        self.conditions = conditions
        self._times: dict[str, Times] = {}
        self._done: dict[tuple[str, ...], tuple[Times, Eventual]] = {}

    def read(self, visits: Sequence[Visit], instances: Mapping[str, Instance]) -> tuple[Cell, ...]:
        """The cells visit by visit, activities in the order in which they are named."""
        cells: list[Cell] = []
        for index, visit in enumerate(visits):
            cells.extend(self._at(index, visit, [instances[key] for key in visit.instance_ids]))
            if len(cells) > MAX_CELLS:
                self.findings.error(
                    "too_many_cells", f"Only the activities up to “{visit.name}” were read."
                )
                break
        return tuple(cells)

    def _at(self, index: int, visit: Visit, run: Sequence[Instance]) -> Iterator[Cell]:
        times, eventual = self._within(run)
        where = {visit.encounter_id, visit.epoch_id, *visit.instance_ids}
        for identity in dict.fromkeys([*visit.activity_ids, *times, *eventual]):
            if identity not in self.activities:
                self.findings.warn(
                    "activity_missing",
                    f"“{visit.name}” asks for {identity[:80]}, which is not in the file.",
                    visit.instance_ids[0],
                )
                continue
            texts = self.conditions.at(self.activities[identity], where)
            is_eventual = identity not in visit.activity_ids and identity not in times
            if is_eventual:
                texts = [eventual[identity], *texts]
            yield Cell(
                visit=index,
                activity_id=identity,
                need=self._need(times.get(identity, ()), is_conditional=bool(texts) or is_eventual),
                condition="\n".join(filter(None, dict.fromkeys(texts))),
                times=times.get(identity, ()),
            )

    def _within(self, run: Sequence[Instance]) -> tuple[Times, Eventual]:
        """Moments of the sub-timelines of a visit, and what is done there in some event."""
        subs = self._started_by(run)
        key = tuple(sub.id for sub in subs)
        if key not in self._done:
            self._done[key] = self._done_in(subs)
        return self._done[key]

    def _done_in(self, subs: Iterable[SubTimeline]) -> tuple[Times, Eventual]:
        times: Times = {}
        eventual: Eventual = {}
        for sub in subs:
            if sub.is_profile:
                for identity, points in self._profile(sub, ()).items():
                    times[identity] = (*times.get(identity, ()), *points)[:MAX_POINTS]
            else:
                for instance in sub.instances.values():
                    eventual |= dict.fromkeys(instance.activity_ids, sub.entry_condition)
        return times, eventual

    def _started_by(self, run: Iterable[Instance]) -> list[SubTimeline]:
        named = [one.timeline_id for one in run]
        named += [
            self.activities[identity].timeline_id
            for one in run
            for identity in one.activity_ids
            if identity in self.activities
        ]
        return [self.subs[identity] for identity in dict.fromkeys(named) if identity in self.subs]

    def _profile(self, sub: SubTimeline, path: tuple[str, ...]) -> Times:
        """The moments of a sub-timeline by activity, with those of timelines it starts itself."""
        if sub.id in self._times:
            return self._times[sub.id]
        if sub.id in path or len(path) >= MAX_NESTED:
            self.findings.warn(
                "timeline_circular", "Sub-timelines start each other over and over.", sub.id
            )
            return {}
        times: Times = {}
        left = MAX_POINTS
        for instance in sub.instances.values():
            for identity, points in self._moments(instance, sub, path).items():
                left -= len(points)
                if left >= 0:
                    times[identity] = (*times.get(identity, ()), *points)
        self._times[sub.id] = times
        return times

    def _moments(self, instance: Instance, sub: SubTimeline, path: tuple[str, ...]) -> Times:
        """What is done at one instance of a sub-timeline, and in the timelines it starts."""
        point = self._point(instance, sub)
        moments: Times = dict.fromkeys(instance.activity_ids, (point,) if point else ())
        for nested in self._started_by([instance]):
            shifted = self._profile(nested, (*path, sub.id))
            moments |= {key: _shifted(points, point) for key, points in shifted.items()}
        return moments

    def _point(self, instance: Instance, sub: SubTimeline) -> TimePoint | None:
        place = sub.placing.places.get(instance.id)
        minutes = place.offset.in_minutes if place else None
        if minutes is None:
            self._warn_unknown(instance, sub)
            return None
        timing = sub.placing.timings.get(instance.id)
        window = timing.window if timing and timing.window else NO_WINDOW
        return TimePoint(
            instance_id=instance.id,
            name=instance.name,
            minutes=minutes,
            early_minutes=window.early.in_minutes or 0,
            late_minutes=window.late.in_minutes or 0,
        )

    def _warn_unknown(self, instance: Instance, sub: SubTimeline) -> None:
        if instance.activity_ids:
            gap = sub.placing.gaps.get(instance.id)
            self.findings.warn(
                "moment_unknown",
                gap.message if gap else f"“{instance.name}” is months from its start.",
                instance.id,
            )

    @staticmethod
    def _need(times: tuple[TimePoint, ...], *, is_conditional: bool) -> Need:
        if times:
            return Need.TIMED
        return Need.CONDITIONAL if is_conditional else Need.REQUIRED


def _shifted(points: tuple[TimePoint, ...], by: TimePoint | None) -> tuple[TimePoint, ...]:
    if by is None:
        return ()
    return tuple(
        TimePoint(
            point.instance_id,
            point.name,
            point.minutes + by.minutes,
            point.early_minutes,
            point.late_minutes,
        )
        for point in points
    )
