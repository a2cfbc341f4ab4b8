"""Rules of conformance that a schedule can break and still be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from trials.untrusted import Node
from trials.usdm.encounters import Surroundings
from trials.usdm.findings import Findings
from trials.usdm.instances import Instance
from trials.usdm.schedule import Visit

FEW = 3


def check_links(timeline: Node, instances: Mapping[str, Instance], findings: Findings) -> None:
    """Whether every instance leads on in exactly one way and the timeline can be left."""
    exits = {node.id for node in timeline.nodes("exits")}
    if not exits:
        findings.warn("exit_missing", f"{timeline.name} has no exit (DDF00108).", timeline.id)
    elif not any(one.exit_id in exits for one in instances.values()):
        findings.warn(
            "exit_unused", f"Nothing leads out of {timeline.name} (DDF00037).", timeline.id
        )
    for instance in instances.values():
        _check_link(instance, findings)


def _check_link(instance: Instance, findings: Findings) -> None:
    if instance.is_decision:
        if not instance.default_id:
            findings.warn(
                "decision_without_default",
                f"“{instance.name}” does not say what follows without a condition (DDF00038).",
                instance.id,
            )
    elif instance.default_id and instance.exit_id:
        findings.warn(
            "exit_and_next",
            f"“{instance.name}” leads on and out; it is taken as the end (DDF00008).",
            instance.id,
        )
    elif not instance.default_id and not instance.exit_id:
        findings.warn(
            "dead_end", f"“{instance.name}” leads neither on nor out (DDF00008).", instance.id
        )


def check_visits(visits: Sequence[Visit], around: Surroundings, findings: Findings) -> None:
    """Whether encounters and epochs agree with the visits made from them."""
    if not visits:
        findings.error("no_visits", "The main timeline has no visits. Add them in the grid.")
    _check_shared(visits, findings)
    _check_names(visits, findings)
    _check_offsets(visits, findings)
    _check_anchors(visits, findings)
    _check_times(visits, findings)
    _check_order("encounter", (v.encounter_id for v in visits), around.encounters, findings)
    _check_order("epoch", (v.epoch_id for v in visits), around.epochs, findings)
    used = {visit.encounter_id for visit in visits}
    for identity, encounter in around.encounters.items():
        if identity not in used:
            findings.inform(
                "encounter_unused",
                f"Encounter “{encounter.title or identity}” is on no planned visit.",
                identity,
            )


def _check_shared(visits: Sequence[Visit], findings: Findings) -> None:
    """One encounter at several times: usual with a call after a visit, doubtful with others between."""
    places: dict[str, list[int]] = {}
    for index, visit in enumerate(visits):
        places.setdefault(visit.encounter_id, []).append(index)
    for identity, indexes in places.items():
        name = visits[indexes[0]].name
        apart = [b for a, b in pairwise(indexes) if b - a > 1]
        if apart:
            again = "; ".join(" and ".join(visits[index].instance_names) for index in apart)
            findings.warn(
                "encounter_reused",
                f"Encounter “{name}” comes again after other visits ({again[:200]}). "
                "It is kept as a visit of its own; check name and epoch.",
                identity,
            )
        elif len(indexes) > 1:
            findings.inform(
                "encounter_shared", f"Encounter “{name}” becomes {len(indexes)} visits.", identity
            )


def _check_names(visits: Sequence[Visit], findings: Findings) -> None:
    encounters: dict[str, set[str]] = {}
    for visit in visits:
        encounters.setdefault(visit.name, set()).add(visit.encounter_id)
    for name, ids in encounters.items():
        if len(ids) > 1:
            findings.inform(
                "name_repeated",
                f"{len(ids)} encounters are called “{name}”.",
                ", ".join(sorted(ids)[:5]),
            )


def _check_offsets(visits: Sequence[Visit], findings: Findings) -> None:
    offsets = Counter(v.offset for v in visits if v.offset is not None and not v.is_anchor)
    for offset, times in offsets.most_common(1):
        if times >= FEW and times * 2 > len(visits):
            findings.warn(
                "offsets_coincide",
                f"{times} visits are {offset} from the anchor, which looks like a placeholder.",
            )


def _check_anchors(visits: Sequence[Visit], findings: Findings) -> None:
    anchors = {v.anchor_instance_id: v for v in visits if v.offset is not None}
    if len(anchors) > 1:
        findings.warn(
            "several_anchors",
            f"The visits count from {len(anchors)} anchors, each from its own. "
            "Check what the later ones follow.",
            ", ".join(list(anchors)[:FEW]),
        )


def _check_times(visits: Sequence[Visit], findings: Findings) -> None:
    """Whether each visit is at least as late as the one before it; other ways are apart."""
    latest: dict[str, Visit] = {}
    for visit in visits:
        if visit.offset is None or visit.condition:
            continue
        before = latest.setdefault(visit.anchor_instance_id, visit)
        if before.offset is not None and (visit.offset - before.offset).sign == -1:
            findings.warn(
                "time_order",
                f"“{visit.name}” stands after “{before.name}” but takes place before it: "
                f"{visit.offset} and {before.offset} from the anchor.",
                visit.instance_ids[0],
            )
        else:
            latest[visit.anchor_instance_id] = visit


def _check_order(
    what: str, used: Iterable[str], known: Mapping[str, object], findings: Findings
) -> None:
    """By first use, because a shared encounter may come again."""
    rule = "DDF00087" if what == "encounter" else "DDF00088"
    position = {identity: index for index, identity in enumerate(known)}
    met = [position[identity] for identity in dict.fromkeys(used) if identity in position]
    if met != sorted(met):
        findings.warn(
            f"{what}_order",
            f"The timeline meets the {what}s in another order ({rule}).",
            f"{what}s",
        )
