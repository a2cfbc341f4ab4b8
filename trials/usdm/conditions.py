"""Texts that say when an activity is done, wherever it is asked for or only in some contexts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trials.untrusted import Node
from trials.usdm.findings import Findings
from trials.usdm.schedule import Activity
from trials.usdm.texts import plain

MAX_CONDITIONS = 100  # on one activity


@dataclass(frozen=True, slots=True)
class Condition:
    """A text and the contexts it holds in; none means everywhere."""

    text: str
    contexts: frozenset[str]


class Conditions:
    """The conditions of a file by what they apply to."""

    def __init__(self, nodes: Iterable[Node], findings: Findings) -> None:
        self.findings = findings
        self._on: dict[str, list[Condition]] = {}
        self._of_activity: dict[str, list[Condition]] = {}
        for node in nodes:
            condition = Condition(
                plain(node.text("text", "label", "name")), frozenset(node.texts("contextIds"))
            )
            for identity in node.texts("appliesToIds"):
                self._on.setdefault(identity, []).append(condition)

    def at(self, activity: Activity, where: set[str]) -> list[str]:
        """The texts that hold for an activity or its procedures in any of these contexts."""
        here = {*where, activity.source_id}
        return [
            condition.text
            for condition in self._of(activity)
            if not condition.contexts or condition.contexts & here
        ]

    def _of(self, activity: Activity) -> list[Condition]:
        identity = activity.source_id
        if identity not in self._of_activity:
            targets = [identity, *(procedure.source_id for procedure in activity.procedures)]
            found = [condition for target in targets for condition in self._on.get(target, ())]
            if len(found) > MAX_CONDITIONS:
                self.findings.warn(
                    "too_many_conditions",
                    f"“{activity.label}” has {len(found):,} conditions; "
                    f"the first {MAX_CONDITIONS} are read.",
                    identity,
                )
            self._of_activity[identity] = found[:MAX_CONDITIONS]
        return self._of_activity[identity]
