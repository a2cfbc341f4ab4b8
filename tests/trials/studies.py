"""Small study definitions made by hand, for one trap of the standard at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from trials import usdm

Json = dict[str, Any]

FIXED = {"code": "C201358", "decode": "Fixed Reference"}
AFTER = {"code": "C201356", "decode": "After"}
BEFORE = {"code": "C201357", "decode": "Before"}


def instance(identity: str, encounter: str = "", **more: Any) -> Json:
    """A scheduled activity instance, at an encounter or a marker without one."""
    return {
        "id": identity,
        "name": identity.upper(),
        "instanceType": "ScheduledActivityInstance",
        "encounterId": encounter or None,
        **more,
    }


def decision(identity: str, default: str, *choices: tuple[str, str], **more: Any) -> Json:
    """A decision that goes on by default, or by condition to somewhere else."""
    assigned = [{"condition": text, "conditionTargetId": target} for text, target in choices]
    return {
        "id": identity,
        "name": identity.upper(),
        "instanceType": "ScheduledDecisionInstance",
        "defaultConditionId": default,
        "conditionAssignments": assigned,
        **more,
    }


def anchor(identity: str, **more: Any) -> Json:
    """The fixed reference; its value is a label and must not be added to anything."""
    return timing(identity, FIXED, "P1D", identity, **more)


def after(identity: str, value: str | None, reference: str, *window: str, **more: Any) -> Json:
    """The first instance so long after the second, with a lower and an upper window."""
    return timing(identity, AFTER, value, reference, *window, **more)


def before(identity: str, value: str | None, reference: str, *window: str, **more: Any) -> Json:
    """The first instance so long before the second, with a lower and an upper window."""
    return timing(identity, BEFORE, value, reference, *window, **more)


def timing(
    identity: str, kind: Json, value: str | None, reference: str, *window: str, **more: Any
) -> Json:
    """A timing of a kind."""
    lower, upper = window or (None, None)
    return {
        "id": f"timing_{identity}",
        "name": f"TIMING_{identity.upper()}",
        "type": kind,
        "relativeToFrom": {"code": "C201355", "decode": "Start to Start"},
        "value": value,
        "windowLower": lower,
        "windowUpper": upper,
        "windowLabel": f"{lower}..{upper}" if window else "",
        "relativeFromScheduledInstanceId": identity,
        "relativeToScheduledInstanceId": reference,
        **more,
    }


def timeline(instances: Iterable[Json], timings: Iterable[Json], **more: Any) -> Json:
    """The main timeline; instances lead on to the next one and the last one out, unless they say."""
    rows = list(instances)
    for row, following in zip_longest(rows, rows[1:]):
        if "defaultConditionId" not in row and "timelineExitId" not in row:
            key = "defaultConditionId" if following else "timelineExitId"
            row[key] = following["id"] if following else "out"
    return {
        "id": "main",
        "name": "MAIN",
        "mainTimeline": True,
        "entryCondition": "Subject identified",
        "entryId": rows[0]["id"] if rows else None,
        "exits": [{"id": "out"}],
        "instances": rows,
        "timings": list(timings),
        **more,
    }


def design(*timelines: Json, **more: Any) -> Json:
    """A design with the encounters that its timelines name."""
    named = [row.get("encounterId") for line in timelines for row in line["instances"]]
    encounters = [
        {"id": identity, "name": f"E-{identity}", "label": f"Visit {identity}"}
        for identity in dict.fromkeys(filter(None, named))
    ]
    return {
        "id": "design",
        "name": "DESIGN",
        "instanceType": "InterventionalStudyDesign",
        "encounters": encounters,
        "scheduleTimelines": list(timelines),
        **more,
    }


def document(*designs: Json, version: object = "4.0.0", **more: Any) -> Json:
    """The whole file as an object; what is given beside belongs to the study version."""
    held = {"id": "version", "versionIdentifier": "1", "studyDesigns": list(designs), **more}
    return {"usdmVersion": version, "study": {"id": "study", "name": "S", "versions": [held]}}


def raw(content: object) -> bytes:
    """The bytes of a file."""
    return json.dumps(content).encode()


def read(*timelines: Json, **more: Any) -> usdm.Protocol:
    """The protocol of a design with these timelines."""
    return usdm.read(raw(document(design(*timelines, **more))))


def chain(*timings: Json, **more: Any) -> usdm.Protocol:
    """The protocol of a timeline with an instance, at an encounter of its own, for each timing."""
    rows = [instance(one["relativeFromScheduledInstanceId"]) for one in timings]
    for row in rows:
        row["encounterId"] = f"at_{row['id']}"
    return read(timeline(rows, timings, **more))


def codes(protocol: usdm.Protocol) -> set[str]:
    """The kinds of things noticed."""
    return {found.code for found in protocol.warnings}


def offsets(protocol: usdm.Protocol) -> list[str]:
    """The offsets of the visits as text."""
    return [str(visit.offset) for visit in protocol.visits]
