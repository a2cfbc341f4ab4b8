"""The scheduled instances of a timeline and the way from one to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trials.untrusted import Node, RefusedFileError, as_text
from trials.usdm.findings import Findings

MAX_INSTANCES = 5_000


@dataclass(frozen=True, slots=True)
class Instance:
    """Something scheduled, or a decision about what comes next."""

    id: str
    name: str
    is_decision: bool
    encounter_id: str
    epoch_id: str
    activity_ids: tuple[str, ...]
    timeline_id: str
    default_id: str
    exit_id: str
    choices: tuple[tuple[str, str], ...]  # condition and the instance it leads to


@dataclass(frozen=True, slots=True)
class Loop:
    """A way back from a decision to an earlier instance."""

    decision_id: str
    text: str
    instance_ids: tuple[str, ...]  # from the target to the decision


@dataclass(slots=True)
class Route:
    """The instances in the order a subject meets them."""

    order: list[str] = field(default_factory=list)
    conditions: dict[str, str] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    entered_from: dict[str, str] = field(default_factory=dict)

    def enter(self, here: str, before: str, condition: str) -> None:
        """Go on to an instance, from the one before it and under a condition."""
        self.order.append(here)
        self.conditions[here] = condition
        self.entered_from[here] = before

    def back_to(self, target: str, here: str) -> list[str]:
        """The way that led from the target here; nothing where it did not."""
        if target not in self.conditions:
            return []
        way = [here]
        while way[-1] != target and (before := self.entered_from.get(way[-1], "")):
            way.append(before)
        return way[::-1] if way[-1] == target else []


def read_instances(timeline: Node) -> dict[str, Instance]:
    """The instances by id, in the order of the file."""
    return {node.id: _instance(node) for node in timeline.nodes("instances") if node.id}


def refuse_too_many(timelines: Iterable[Mapping[str, Instance]]) -> None:
    """Keep what follows fast: each condition may have to be followed past every instance."""
    count = sum(1 + len(one.choices) for line in timelines for one in line.values())
    if count > MAX_INSTANCES:
        raise RefusedFileError(
            f"The timelines have {count:,} instances and conditions; {MAX_INSTANCES:,} is the "
            "most. Ask the sender for a file of this one study only."
        )


def _instance(node: Node) -> Instance:
    choices = tuple(_choices(node))
    return Instance(
        id=node.id,
        name=node.label,
        is_decision=bool(choices) or "decision" in node.text("instanceType").casefold(),
        encounter_id=node.text("encounterId"),
        epoch_id=node.text("epochId"),
        activity_ids=node.texts("activityIds"),
        timeline_id=node.text("timelineId"),
        default_id=node.text("defaultConditionId"),
        exit_id=node.text("timelineExitId"),
        choices=choices,
    )


def _choices(node: Node) -> Iterator[tuple[str, str]]:
    """Conditions with their targets, written as objects or, in old files, as pairs."""
    for choice in node.nodes("conditionAssignments"):
        yield choice.text("condition"), choice.text("conditionTargetId")
    pairs = node.data.get("conditionAssignments")
    for pair in pairs if isinstance(pairs, list) else []:
        match pair:
            case [text, target]:
                yield as_text(text), as_text(target)


def entry_of(timeline: Node, instances: Mapping[str, Instance], findings: Findings) -> str:
    """Where the timeline begins: as it says, else the first instance that nothing leads to."""
    said = timeline.text("entryId")
    if said in instances or not instances:
        return said
    led_to = {one.default_id for one in instances.values()}
    led_to.update(target for one in instances.values() for _, target in one.choices)
    found = next((identity for identity in instances if identity not in led_to), "")
    found = found or next(iter(instances))
    findings.warn(
        "entry_missing",
        f"{timeline.name} does not say where it begins; “{instances[found].name}” is taken.",
        timeline.id,
    )
    return found


def walk(entry: str, instances: Mapping[str, Instance], findings: Findings) -> Route:
    """The way from the entry by default conditions, then what only a condition leads to."""
    route = Route()
    waiting = deque([("", entry, "")])
    while waiting:
        before, here, condition = waiting.popleft()
        while here in instances and here not in route.conditions:
            route.enter(here, before, condition)
            instance = instances[here]
            waiting.extend(_aside(instance, instances, route, findings))
            before, here = here, _onwards(instance, instances, route, findings)
    return route


def _aside(
    instance: Instance, instances: Mapping[str, Instance], route: Route, findings: Findings
) -> list[tuple[str, str, str]]:
    """The targets of a decision's conditions: back is a loop, onwards is another way."""
    ways = []
    for text, target in instance.choices:
        if way := route.back_to(target, instance.id):
            route.loops.append(Loop(instance.id, text, tuple(way)))
            continue
        ways.append((instance.id, target, text))
        goal = f"“{instances[target].name}”" if target in instances else "nothing"
        findings.inform(
            "decision", f"“{instance.name}” leads to {goal} where: {text[:200]}", instance.id
        )
    return ways


def _onwards(
    instance: Instance, instances: Mapping[str, Instance], route: Route, findings: Findings
) -> str:
    if instance.exit_id:
        return ""
    following = instance.default_id
    if following and following not in instances:
        findings.warn(
            "link_broken",
            f"“{instance.name}” leads on to {following[:80]}, which is not in its timeline.",
            instance.id,
        )
    way = route.back_to(following, instance.id)
    if not way:
        return following
    if not instance.is_decision:
        findings.warn(
            "chain_circular",
            f"“{instance.name}” leads back to “{instances[following].name}” without a decision.",
            instance.id,
        )
        return ""
    # A decision that goes back by default is left through its first condition.
    text, leave = next((c for c in instance.choices if c[1] not in route.conditions), ("", ""))
    route.loops.append(Loop(instance.id, text, tuple(way)))
    return leave
