"""The reckoning of dates along the chains of a schedule, and of anchors that have not happened yet.

The hour of a visit is not known when it is planned, so every day counts from its midday. Offsets
shorter than a day therefore stay on their day unless they reach past midnight, and a window
covers, whole, each day on which a part of it lies.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from subjects.planning.schedule import PASSED, Schedule
from subjects.planning.values import (
    Anchor,
    Basis,
    Definition,
    Fact,
    Offset,
    PlanError,
    Planned,
    RepeatGroup,
)

_MIDDAY = time(12)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that visits count from, and whether it hangs on an anchor only expected."""

    at: datetime
    is_provisional: bool = False

    def moved(self, offset: Offset) -> "Moment":
        """The moment the offset leads to."""
        return Moment(offset.after(self.at), self.is_provisional)


def plan(
    definitions: Sequence[Definition],
    repeat_groups: Sequence[RepeatGroup],
    anchors: Sequence[Anchor],
    facts: Sequence[Fact],
    since: date | None = None,
) -> list[Planned]:
    """The dates of all visits that are not frozen, in the order of the schedule.

    Anchors that have not happened are estimated; visits that nothing gives a date are left out,
    and so are those nothing is known of whose window closed before the schedule applies, `since`.
    """
    planned = _planned(Schedule(definitions, repeat_groups, facts), anchors)
    known = {(fact.key, fact.cycle) for fact in facts}
    passed = [
        Fact(visit.key, visit.cycle, is_frozen=True, status=PASSED)
        for visit in planned
        if since and visit.latest_on < since and (visit.key, visit.cycle) not in known
    ]
    # A cycle that has passed brings the next one up, which may have passed as well.
    return (
        plan(definitions, repeat_groups, anchors, [*facts, *passed], since) if passed else planned
    )


def _planned(schedule: Schedule, anchors: Iterable[Anchor]) -> list[Planned]:
    planned = _Dates(schedule, _estimated(schedule, anchors)).planned
    return [
        planned[definition.key, cycle]
        for definition in schedule.definitions.values()
        for cycle in schedule.cycles(definition)
        if (definition.key, cycle) in planned and not _is_frozen(schedule, definition.key, cycle)
    ]


def estimate(
    definitions: Iterable[Definition],
    repeat_groups: Iterable[RepeatGroup],
    anchors: Iterable[Anchor],
    facts: Iterable[Fact],
) -> list[Anchor]:
    """The given anchors, and provisional ones for those that visits count from but that lack.

    The first visit before such an anchor is laid on the latest day that stands, say of consent;
    once a visit before it is done, the anchor is expected as far after that as the protocol says.
    A provisional anchor that is given stands: pass those a person has set, not earlier estimates.
    """
    schedule = Schedule(definitions, repeat_groups, facts)
    return list(_estimated(schedule, anchors).values())


class _Dates:
    """All dates of a subject's visits under the given anchors."""

    def __init__(self, schedule: Schedule, anchors: Mapping[str, Anchor]) -> None:
        self.schedule = schedule
        self.anchors = anchors
        self.moments: dict[tuple[Hashable, int], Moment] = {}
        self.planned: dict[tuple[Hashable, int], Planned] = {}
        for definition in schedule.in_order:
            for cycle in schedule.cycles(definition):
                self._reckon(definition, cycle)

    def _reckon(self, definition: Definition, cycle: int) -> None:
        target = self._moment(definition, cycle, definition.basis)
        centre = self._moment(definition, cycle, definition.window_basis)
        if target is None or centre is None:
            return
        earliest = definition.early.before(centre.at)
        latest = definition.late.after(centre.at)
        target = Moment(min(max(target.at, earliest), latest), target.is_provisional)
        self.moments[definition.key, cycle] = target
        known = self.schedule.facts.get((definition.key, cycle))
        self.planned[definition.key, cycle] = Planned(
            key=definition.key,
            cycle=cycle,
            first_target_on=(known and known[-1].first_target_on) or target.at.date(),
            target_on=target.at.date(),
            earliest_on=earliest.date(),
            latest_on=latest.date(),
            is_provisional=target.is_provisional or centre.is_provisional,
        )

    def _moment(self, definition: Definition, cycle: int, basis: Basis) -> Moment | None:
        first = self.schedule.first_of_cycle(definition)
        if cycle > 1 and first is definition:
            return self._next_cycle(definition, cycle, basis)
        if cycle > 1 and first and not self._counts_inside_its_cycle(definition):
            return self._as_in_first_cycle(definition, first, cycle)
        origin = self._origin(definition, cycle, basis)
        return origin and origin.moved(definition.offset)

    def _origin(self, definition: Definition, cycle: int, basis: Basis) -> Moment | None:
        """What the visit counts from: the visit before it, else the anchor."""
        if definition.after is None:
            if anchor := self.anchors.get(definition.anchor_code):
                return Moment(_midday(anchor.on), anchor.is_provisional)
            return None
        before = self.schedule.definitions[definition.after]
        if not self._is_in_cycle_of(definition, before):
            cycle = self.schedule.last_standing(before)
        if basis == "actual" and definition.offset.is_forward:
            return self._actual(before, cycle)
        return self.moments.get((before.key, cycle))

    def _actual(self, definition: Definition, cycle: int) -> Moment | None:
        """When the visit was done, else when it is planned; the anchor's own visit is the anchor."""
        done_on = self.schedule.performed_on(definition.key, cycle)
        if done_on and not (definition.is_anchor and cycle == 1):
            return Moment(_midday(done_on))
        return self.moments.get((definition.key, cycle))

    def _next_cycle(self, first: Definition, cycle: int, basis: Basis) -> Moment | None:
        """When a cycle begins: counted from the one before, or from the first where plans rule."""
        every = self.schedule.group_of(first).every
        if basis == "actual":
            origin = self._actual(first, cycle - 1)
            return origin and origin.moved(every)
        origin = self.moments.get((first.key, 1))
        return origin and origin.moved(every.times(cycle - 1))

    def _as_in_first_cycle(
        self, definition: Definition, first: Definition, cycle: int
    ) -> Moment | None:
        """As far from the beginning of its cycle as in the first one."""
        begins = self.moments.get((first.key, cycle))
        began = self.moments.get((first.key, 1))
        once = self.moments.get((definition.key, 1))
        if begins is None or began is None or once is None:
            return None
        return Moment(once.at + (begins.at - began.at), begins.is_provisional)

    def _is_in_cycle_of(self, definition: Definition, other: Definition) -> bool:
        return definition.repeat_group is not None and (
            definition.repeat_group == other.repeat_group
        )

    def _counts_inside_its_cycle(self, definition: Definition) -> bool:
        return definition.after is not None and self._is_in_cycle_of(
            definition, self.schedule.definitions[definition.after]
        )


def _estimated(schedule: Schedule, anchors: Iterable[Anchor]) -> dict[str, Anchor]:
    known = {anchor.code: anchor for anchor in anchors}
    for definition in schedule.definitions.values():
        code = schedule.roots[definition.key]
        if code not in known:
            expected_on = _expected_on(schedule, known, code, definition.position)
            if expected_on:
                known[code] = Anchor(code, expected_on, is_provisional=True)
    return known


def _expected_on(
    schedule: Schedule, known: Mapping[str, Anchor], code: str, position: int
) -> date | None:
    """The day an anchor is expected on, seen from the visits done and the days that stand."""
    bare = Schedule(schedule.definitions.values(), schedule.groups.values(), ())
    done = _done_from(schedule, code)
    days = _standing_days(schedule, known, position) or list(done.values())
    if not days:
        return None
    guess = max(days)
    targets = sorted(_Dates(bare, {code: Anchor(code, guess)}).planned.values(), key=_by_target)
    count = bisect_right(targets, guess, key=_by_target)
    before, after = targets[:count], targets[count:]
    if done:
        nearest = next(one.key for one in (*reversed(before), *after) if one.key in done)
        return _anchor_that_puts(bare, code, nearest, done[nearest])
    return _anchor_that_puts(bare, code, before[0].key, guess) if before else guess


def _done_from(schedule: Schedule, code: str) -> dict[Hashable, date]:
    """The visits done that count from an anchor, with their days."""
    days = {
        key: schedule.performed_on(key, 1) for key, root in schedule.roots.items() if root == code
    }
    return {key: on for key, on in days.items() if on}


def _standing_days(schedule: Schedule, known: Mapping[str, Anchor], position: int) -> list[date]:
    """The days of anchors that have happened and of visits earlier in the schedule."""
    earlier = [
        schedule.performed_on(visit.key, visit.cycle) or visit.target_on
        for visit in _Dates(schedule, known).planned.values()
        if schedule.definitions[visit.key].position < position
    ]
    return earlier + [anchor.on for anchor in known.values() if not anchor.is_provisional]


def _anchor_that_puts(bare: Schedule, code: str, key: Hashable, on: date) -> date:
    """The first day of the anchor that plans the visit on the given day or, failing that, later."""

    def target(anchor_on: date) -> date:
        return _Dates(bare, {code: Anchor(code, anchor_on)}).planned[key, 1].target_on

    try:
        day = on + (on - target(on))
        while target(day) < on:  # months of unequal length make the way back a search of some days
            day += _ONE_DAY
        while target(day - _ONE_DAY) >= on:
            day -= _ONE_DAY
    except OverflowError as error:
        raise PlanError(
            f"{on:%Y-%m-%d} is too near the end of the calendar. Correct the date."
        ) from error
    return day


def _by_target(visit: Planned) -> date:
    return visit.target_on


def _is_frozen(schedule: Schedule, key: Hashable, cycle: int) -> bool:
    known = schedule.facts.get((key, cycle), [])
    return bool(known) and all(fact.is_frozen for fact in known)


def _midday(day: date) -> datetime:
    return datetime.combine(day, _MIDDAY)
