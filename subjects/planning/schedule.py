"""The visits of a schedule in the order in which they count from each other, and their facts."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import chain

from subjects.planning.values import Definition, Fact, PlanError, RepeatGroup

PASSED = "passed"  # before the subject came under the schedule: nothing is known of it
WAITING = frozenset({"planned", "booked"})
CALLED_OFF = frozenset({"cancelled", "not_applicable"})
WITHOUT_VISIT = CALLED_OFF | {"missed", "skipped"}


class Schedule:
    """The definitions in order, their cycles, and the facts of each visit."""

    def __init__(
        self,
        definitions: Iterable[Definition],
        repeat_groups: Iterable[RepeatGroup],
        facts: Iterable[Fact],
    ) -> None:
        self.definitions = {
            definition.key: definition
            for definition in sorted(definitions, key=lambda definition: definition.position)
        }
        self.groups = {group.key: group for group in repeat_groups}
        self.members = _by_group(self.definitions.values())
        self.facts = _by_visit(facts)
        self.in_order = [self.definitions[key] for key in self._sorted_keys()]
        self.roots: dict[Hashable, str] = {}
        for definition in self.in_order:
            root = self.roots.get(definition.after, definition.anchor_code)
            self.roots[definition.key] = root
        self._cycles = {key: self._cycles_of(key) for key in self.members}

    def first_of_cycle(self, definition: Definition) -> Definition | None:
        """The visit with which each cycle of a repeated visit begins."""
        if definition.repeat_group is None:
            return None
        return self.members[definition.repeat_group][0]

    def group_of(self, definition: Definition) -> RepeatGroup:
        """The group of a repeated visit."""
        return self.groups[definition.repeat_group]

    def cycles(self, definition: Definition) -> range:
        """The cycles in which the visit takes place: those begun and one ahead."""
        if definition.repeat_group is None:
            return range(1, 2)
        return self._cycles[definition.repeat_group]

    def last_standing(self, definition: Definition) -> int:
        """The last cycle in which the visit is not called off or missed, else the first."""
        for cycle in reversed(self.cycles(definition)):
            known = self.facts.get((definition.key, cycle))
            if not known or known[-1].status not in WITHOUT_VISIT:
                return cycle
        return 1

    def performed_on(self, key: Hashable, cycle: int) -> date | None:
        """The day the visit, or its last repetition, was done."""
        known = self.facts.get((key, cycle), [])
        return next((fact.performed_on for fact in reversed(known) if fact.performed_on), None)

    def _sorted_keys(self) -> list[Hashable]:
        sorter: TopologicalSorter[Hashable] = TopologicalSorter()
        for definition in self.definitions.values():
            sorter.add(definition.key, *self._needs(definition))
        try:
            return list(sorter.static_order())
        except CycleError as error:
            names = ", ".join(self.definitions[key].name for key in error.args[1])
            raise PlanError(
                f"Visits count from each other in a circle: {names}. "
                "Let one of them count from an anchor."
            ) from error

    def _needs(self, definition: Definition) -> list[Hashable]:
        needed = []
        if definition.after is not None:
            if definition.after not in self.definitions:
                raise PlanError(
                    f"{definition.name} counts from a visit that is not in this schedule. "
                    "Let it count from another visit or from an anchor."
                )
            needed.append(definition.after)
        if first := self.first_of_cycle(definition):
            if definition.repeat_group not in self.groups:
                raise PlanError(
                    f"{definition.name} belongs to a cycle that is not in this schedule. "
                    "Add the cycle or take the visit out of it."
                )
            if first is not definition:
                needed.append(first.key)
        return needed

    def _cycles_of(self, group: Hashable) -> range:
        members = self.members[group]
        keys = {definition.key for definition in members}
        facts = [fact for fact in chain.from_iterable(self.facts.values()) if fact.key in keys]
        known = max((fact.cycle for fact in facts), default=1)
        if any(fact.key == members[0].key and fact.status in CALLED_OFF for fact in facts):
            return range(1, known + 1)
        begun = max((fact.cycle for fact in facts if _has_begun(fact)), default=0)
        return range(1, max(known, min(begun + 1, self.groups[group].cap)) + 1)


def _has_begun(fact: Fact) -> bool:
    return bool(fact.performed_on) or fact.status not in WAITING | CALLED_OFF


def _by_group(definitions: Iterable[Definition]) -> dict[Hashable, list[Definition]]:
    """The visits that come round in cycles, by their group, in order."""
    found: dict[Hashable, list[Definition]] = defaultdict(list)
    for definition in definitions:
        if definition.repeat_group is not None:
            found[definition.repeat_group].append(definition)
    return found


def _by_visit(facts: Iterable[Fact]) -> dict[tuple[Hashable, int], list[Fact]]:
    """What is known of each visit and cycle, the last repetition last."""
    found: dict[tuple[Hashable, int], list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=lambda fact: fact.sequence):
        found[fact.key, fact.cycle].append(fact)
    return found
