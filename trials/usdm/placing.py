"""When the instances of a timeline take place: chains of timings followed back to an anchor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.durations import ZERO, Duration
from trials.usdm.findings import Findings
from trials.usdm.instances import Instance
from trials.usdm.timings import Timing, TimingKind
from trials.words import fits


@dataclass(frozen=True, slots=True)
class Place:
    """How far an instance is from its anchor."""

    anchor_id: str
    offset: Duration


@dataclass(frozen=True, slots=True)
class Gap:
    """Why an instance has no place."""

    code: str
    message: str
    where: str


class Placing:
    """The instances of one timeline in time, and for the others what is in the way."""

    def __init__(
        self,
        instances: Mapping[str, Instance],
        own: Iterable[Timing],
        anywhere: Mapping[str, Timing],
        findings: Findings,
    ) -> None:
        self.instances = instances
        self.findings = findings
        self.timings = self._chosen(own, anywhere)
        self.anchors = self._anchors()
        self.places: dict[str, Place] = {}
        self.gaps: dict[str, Gap] = {}
        for identity in instances:
            self._follow(identity)

    def _chosen(self, own: Iterable[Timing], anywhere: Mapping[str, Timing]) -> dict[str, Timing]:
        """One timing for each instance: a fixed reference, else the first that can be used."""
        choices: dict[str, list[Timing]] = {}
        for timing in own:
            choices.setdefault(timing.from_id, []).append(timing)
            if timing.from_id not in self.instances:
                self.findings.warn(
                    "timing_stray",
                    f"A timing is of “{timing.from_id or 'nothing'}”, "
                    "which is not in its timeline (DDF00046).",
                    timing.source_id,
                )
        chosen = {identity: self._first_usable(identity, of) for identity, of in choices.items()}
        for identity in self.instances:
            if identity not in chosen and identity in anywhere:
                chosen[identity] = anywhere[identity]
                self.findings.warn(
                    "timing_elsewhere",
                    f"“{self._name(identity)}” is timed in another timeline (DDF00046).",
                    anywhere[identity].source_id,
                )
        return chosen

    def _first_usable(self, identity: str, timings: list[Timing]) -> Timing:
        best = min(timings, key=lambda timing: (not timing.is_fixed, self._gap(timing) is not None))
        if len(timings) > 1 and identity in self.instances:
            self.findings.warn(
                "several_timings",
                f"“{self._name(identity)}” has {len(timings)} timings; {best.source_id} is used.",
                identity,
            )
        return best

    def _anchors(self) -> set[str]:
        """Instances with a fixed reference; where there is none, the one that others count from."""
        fixed = {key for key, timing in self.timings.items() if timing.is_fixed}
        if fixed.intersection(self.instances):
            return fixed
        found = next((key for key in self._origins() if key in self.instances), "")
        if found:
            self.findings.warn(
                "anchor_assumed",
                f"No fixed reference; “{self._name(found)}”, from which others count, "
                "is taken as the anchor (DDF00009).",
                found,
            )
            return {found}
        for first in list(self.instances.values())[:1]:
            self.findings.warn(
                "anchor_missing",
                f"Nothing in the timeline of “{first.name}” is a fixed reference (DDF00009).",
                first.id,
            )
        return set()

    def _origins(self) -> list[str]:
        """Instances that count from themselves, then those that count from nothing themselves."""
        usable = [timing for timing in self.timings.values() if timing.step is not None]
        self_timed = [timing.from_id for timing in usable if timing.to_id == timing.from_id]
        return self_timed + [one.to_id for one in usable if one.to_id not in self.timings]

    def _follow(self, identity: str) -> None:
        """Walk from timing to timing until something is known, then place what was passed."""
        passed: dict[str, None] = {}
        here = identity
        while here not in self.places and here not in self.gaps:
            if here in self.anchors:
                self.places[here] = Place(here, ZERO)
            elif gap := self._gap_at(here, passed):
                self.gaps[here] = gap
            else:
                passed[here] = None
                here = self.timings[here].to_id
        for step in reversed(passed):
            self._settle(step)

    def _settle(self, identity: str) -> None:
        timing = self.timings[identity]
        base = self.places.get(timing.to_id)
        if base is None or timing.step is None:
            self.gaps.setdefault(identity, self._hanging(identity))
            return
        offset = base.offset + timing.step
        if not fits(offset):
            self.gaps[identity] = Gap(
                "offset_absurd",
                f"“{self._name(identity)}” would be {offset} from the anchor. Correct the timing.",
                timing.source_id,
            )
        else:
            self.places[identity] = Place(base.anchor_id, offset)

    def _hanging(self, identity: str) -> Gap:
        to_id = self.timings[identity].to_id
        return Gap(
            "reference_untimed",
            f"“{self._name(identity)}” counts from “{self._name(to_id)}”, which has no time.",
            identity,
        )

    def _gap_at(self, identity: str, passed: Mapping[str, None]) -> Gap | None:
        name = self._name(identity)
        timing = self.timings.get(identity)
        if timing is None:
            return Gap("untimed", f"No timing says when “{name}” takes place.", identity)
        if identity in passed:
            circle = " → ".join(self._name(one) for one in list(passed)[-5:])
            return Gap("timing_circular", f"The timings go round in a circle: {circle}.", identity)
        return self._gap(timing)

    def _gap(self, timing: Timing) -> Gap | None:
        """What makes a timing useless by itself."""
        name = self._name(timing.from_id)
        if timing.kind is TimingKind.UNKNOWN:
            code = "timing_type_unknown"
            message = f"“{name}” is timed by “{timing.type}”, which is not After, Before or Fixed."
        elif timing.step is None:
            code = "timing_without_value"
            message = f"“{name}” is timed by “{timing.value}”, which is no distance in time."
        elif timing.to_id == timing.from_id:
            code, message = "timing_to_itself", f"“{name}” counts from itself (DDF00031)."
        elif timing.to_id not in self.instances:
            code = "timing_leads_away"
            message = (
                f"“{name}” counts from “{timing.to_id or 'nothing'}”, "
                "which is not in its timeline (DDF00031, DDF00046)."
            )
        else:
            return None
        return None if timing.is_fixed else Gap(code, message, timing.source_id)

    def _name(self, identity: str) -> str:
        found = self.instances.get(identity)
        return found.name if found else identity
