"""The timelines of a design: one of planned visits, others started from within or by events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from trials.untrusted import Node
from trials.usdm.cells import Cells, SubTimeline
from trials.usdm.checks import check_links, check_visits
from trials.usdm.conditions import Conditions
from trials.usdm.document import Document
from trials.usdm.encounters import Surroundings, read_encounter
from trials.usdm.findings import Findings
from trials.usdm.instances import (
    Instance,
    Route,
    entry_of,
    read_instances,
    refuse_too_many,
    walk,
)
from trials.usdm.order import in_order
from trials.usdm.placing import Placing
from trials.usdm.schedule import Activity, Timeline, TimelineKind, Unreachable
from trials.usdm.timings import read_timing
from trials.usdm.values import Arm, Epoch
from trials.usdm.visits import Visits, repeat_groups


@dataclass(frozen=True, slots=True)
class Line:
    """A timeline of the file with its instances and their times."""

    node: Node
    kind: TimelineKind
    instances: Mapping[str, Instance]
    placing: Placing


def read_timelines(
    document: Document,
    activities: Sequence[Activity],
    arms: Sequence[Arm],
    epochs: Sequence[Epoch],
    findings: Findings,
) -> tuple[Timeline, ...]:
    """Every timeline, the one of planned visits first."""
    lines = _lines(document.design.nodes("scheduleTimelines"), activities, findings)
    subs = {
        line.node.id: SubTimeline(
            line.node.id, line.node.text("entryCondition"), line.instances, line.placing
        )
        for line in lines
        if line.kind is TimelineKind.SUB
    }
    cells = Cells(activities, Conditions(document.about("conditions"), findings), subs, findings)
    around = _surroundings(document, arms, epochs, findings)
    return tuple(_timeline(line, cells, around, findings) for line in lines)


def _lines(nodes: list[Node], activities: Sequence[Activity], findings: Findings) -> list[Line]:
    main = _main(nodes, findings)
    instances = [read_instances(node) for node in nodes]
    refuse_too_many(instances)
    timings = [[read_timing(one, findings) for one in node.nodes("timings")] for node in nodes]
    anywhere = {one.from_id: one for one in reversed([*chain.from_iterable(timings)])}
    started = _started(activities, instances)
    lines = [
        Line(node, _kind(node, main, started), own, Placing(own, times, anywhere, findings))
        for node, own, times in zip(nodes, instances, timings, strict=True)
    ]
    return sorted(lines, key=lambda line: line.kind is not TimelineKind.MAIN)


def _started(
    activities: Sequence[Activity], instances: Sequence[Mapping[str, Instance]]
) -> set[str]:
    """The timelines that run within a visit, because an activity or an instance begins them."""
    scheduled = chain.from_iterable(of.values() for of in instances)
    return {one.timeline_id for one in activities} | {one.timeline_id for one in scheduled}


def _main(nodes: list[Node], findings: Findings) -> Node:
    if not nodes:
        findings.error("no_timeline", "The design has no timeline, so it has no visits.")
        return Node()
    flagged = [node for node in nodes if node.flag("mainTimeline")]
    if len(flagged) == 1:
        return flagged[0]
    chosen = max(
        flagged or nodes,
        key=lambda node: sum(one.has("encounterId") for one in node.nodes("instances")),
    )
    findings.warn(
        "main_timeline_unclear",
        f"{len(flagged) or 'No'} timelines are called the main one; "
        f"“{chosen.label}” is read as it (DDF00012).",
        chosen.id,
    )
    return chosen


def _kind(node: Node, main: Node, started: set[str]) -> TimelineKind:
    if node is main:
        return TimelineKind.MAIN
    return TimelineKind.SUB if node.id in started else TimelineKind.EVENT


def _surroundings(
    document: Document, arms: Sequence[Arm], epochs: Sequence[Epoch], findings: Findings
) -> Surroundings:
    encounters = in_order(document.design.nodes("encounters"), "encounters", findings)
    return Surroundings(
        encounters={node.id: read_encounter(node) for node in encounters},
        epochs={epoch.source_id: epoch.name for epoch in epochs},
        arms_of_epoch=dict(_arms_of_epochs(document, arms, findings)),
    )


def _arms_of_epochs(
    document: Document, arms: Sequence[Arm], findings: Findings
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The arms of each epoch that not all arms go through."""
    position = {arm.source_id: index for index, arm in enumerate(arms)}
    of_epoch: dict[str, set[int]] = {}
    for arm, epoch in _study_cells(document, findings):
        if arm in position:
            of_epoch.setdefault(epoch, set()).add(position[arm])
    for epoch, indexes in of_epoch.items():
        named = tuple(arms[index].name for index in sorted(indexes))
        yield epoch, named if len(named) < len(position) else ()


def _study_cells(document: Document, findings: Findings) -> list[tuple[str, str]]:
    """Which arm goes through which epoch."""
    cells = [(n.text("armId"), n.text("epochId")) for n in document.design.nodes("studyCells")]
    if len(set(cells)) < len(cells):
        findings.warn(
            "study_cell_twice",
            "An arm and epoch meet in more than one cell (DDF00069).",
            "studyCells",
        )
    return cells


def _timeline(line: Line, cells: Cells, around: Surroundings, findings: Findings) -> Timeline:
    node, instances, placing = line.node, line.instances, line.placing
    check_links(node, instances, findings)
    route = Route()
    if line.kind is not TimelineKind.SUB:
        route = walk(entry_of(node, instances, findings), instances, findings)
    visits = Visits(route, placing, around, findings, line.kind)
    is_main = line.kind is TimelineKind.MAIN
    planned = visits.read(findings.error if is_main else findings.warn)
    if is_main:
        check_visits(planned, around, findings)
    return Timeline(
        source_id=node.id,
        name=node.name,
        label=node.label,
        kind=line.kind,
        entry_condition=node.text("entryCondition"),
        planned_duration=_duration(node.node("plannedDuration")),
        visits=planned,
        cells=cells.read(planned, instances),
        repeat_groups=tuple(repeat_groups(visits, route, placing, findings)),
        unreachable=_unreachable(line, route, around, findings),
    )


def _duration(node: Node) -> str:
    quantity = node.node("quantity")
    said = f"{quantity.short('value')} {quantity.code('unit').decode}".strip()
    return node.short("text") or said


def _unreachable(
    line: Line, route: Route, around: Surroundings, findings: Findings
) -> tuple[Unreachable, ...]:
    """What the way through the timeline misses; within a visit there is no way to follow."""
    if line.kind is TimelineKind.SUB:
        return ()
    missed = [one for one in line.instances.values() if one.id not in route.conditions]
    for instance in missed:
        findings.warn(
            "unreachable",
            f"“{instance.name}” is never reached from the start of “{line.node.label}”.",
            instance.id,
        )
    return tuple(
        Unreachable(
            source_id=one.id,
            name=one.name,
            encounter_id=one.encounter_id,
            encounter_name=around.encounter(one.encounter_id).title,
            offset=place.offset if (place := line.placing.places.get(one.id)) else None,
            activity_ids=one.activity_ids,
        )
        for one in missed
    )
