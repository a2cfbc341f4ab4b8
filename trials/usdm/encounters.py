"""The encounters of a design, and what else of it a visit refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trials.untrusted import Node


@dataclass(frozen=True, slots=True)
class Encounter:
    """A meeting of a subject with the site, at one or more visits."""

    source_id: str = ""
    name: str = ""
    label: str = ""
    type: str = ""
    contact_modes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    scheduled_at_id: str = ""

    @property
    def title(self) -> str:
        """What people read: its label, else its name."""
        return self.label or self.name


def read_encounter(node: Node) -> Encounter:
    """The encounter, whose setting older files name in the singular."""
    settings = node.codes("environmentalSettings", "environmentalSetting")
    return Encounter(
        source_id=node.id,
        name=node.short("name"),
        label=node.short("label"),
        type=node.code("type").decode,
        contact_modes=tuple(code.decode for code in node.codes("contactModes")),
        settings=tuple(code.decode for code in settings),
        scheduled_at_id=node.text("scheduledAtId"),
    )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of the design a visit refers to."""

    encounters: Mapping[str, Encounter]
    epochs: Mapping[str, str]
    arms_of_epoch: Mapping[str, tuple[str, ...]]

    def encounter(self, identity: str) -> Encounter:
        """The encounter with the id, an empty one where the file has none."""
        return self.encounters.get(identity, Encounter())
