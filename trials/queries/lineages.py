"""What stays the same visit or procedure from one version of a schedule to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import F

from core.durations import Duration
from trials.models import MatchedBy, ProcedureDefinition, ScheduleVersion, Trial, VisitDefinition

Signs = tuple[Hashable, ...]  # by which a thing is known again, the surest first


@dataclass(frozen=True, slots=True)
class Earlier:
    """The version that a new one goes on from; an empty one where there is none."""

    version: ScheduleVersion | None = None
    visits: tuple[VisitDefinition, ...] = ()
    procedures: tuple[ProcedureDefinition, ...] = ()

    @classmethod
    def of(cls, trial: Trial | None) -> Self:
        """The version approved last, on which subjects are, else the draft begun last."""
        if trial is None:
            return cls()
        kept = trial.schedules.exclude(status=ScheduleVersion.Status.DISCARDED)
        version = kept.order_by(F("approved_at").desc(nulls_last=True), "-pk").first()
        if version is None:
            return cls()
        visits = version.visits.select_related("timeline").order_by("position")
        return cls(version, tuple(visits), tuple(version.procedures.order_by("position")))


def version_before(version: ScheduleVersion) -> ScheduleVersion | None:
    """The version that was approved last before this one, else the one begun before it."""
    older = ScheduleVersion.objects.filter(trial=version.trial_id, pk__lt=version.pk)
    kept = older.exclude(status=ScheduleVersion.Status.DISCARDED).select_related("trial")
    return kept.order_by(F("approved_at").desc(nulls_last=True), "-pk").first()


def pair(new: Sequence[Signs], old: Sequence[Signs]) -> dict[int, int]:
    """The place of each old thing by that of the new one that it is; no old one twice."""
    return {place: was for place, (was, _) in ranked(new, old).items()}


def ranked(new: Sequence[Signs], old: Sequence[Signs]) -> dict[int, tuple[int, int]]:
    """The same, each with the place of the sign by which it was known again."""
    found: dict[int, tuple[int, int]] = {}
    signs = zip(zip(*new, strict=True), zip(*old, strict=True), strict=False)
    for rank, (now, was) in enumerate(signs):
        taken = {place for place, _ in found.values()}
        free = _places(was, but=taken)
        for place, sign in enumerate(now):
            if sign and place not in found and free[sign]:
                found[place] = free[sign].pop(0), rank
    return found


def _places(signs: Iterable[Hashable], but: Container[int]) -> dict[Hashable, list[int]]:
    """Where each sign stands, leaving out places that are taken."""
    free: dict[Hashable, list[int]] = defaultdict(list)
    for place, sign in enumerate(signs):
        if place not in but:
            free[sign].append(place)
    return free


# How a visit is known again, by the place of the sign among its signs.
HOW = (
    MatchedBy.SOURCE_ID, MatchedBy.SOURCE_ID, MatchedBy.ENCOUNTER, MatchedBy.ENCOUNTER,
    MatchedBy.TIME, MatchedBy.NAME,
)  # fmt: skip


def signs_of_visit(source: str, encounter: str, name: str, offset: Duration | None) -> Signs:
    """By id and name, by id and time, the same by encounter, by name and time, by name alone.

    An id alone is no sign: some producers give ids anew with every file.
    """
    plain, when = " ".join(name.casefold().split()), str(offset)
    by_id = ((source, plain), (source, when)) if source else ("", "")
    by_encounter = ((encounter, plain), (encounter, when)) if encounter else ("", "")
    return (*by_id, *by_encounter, (plain, when), plain)


def signs_of_known(visit: VisitDefinition) -> Signs:
    """The same of a visit that is there already."""
    ids = visit.source_ids
    source = next(iter(ids.get("instances", ())), "")
    return signs_of_visit(source, ids.get("encounter", ""), visit.name, visit.offset)


def signs_of_procedure(source_id: str, name: str) -> Signs:
    """By id and name, by name alone: ids are given anew by some producers."""
    plain = " ".join(name.casefold().split())
    return ((source_id, plain) if source_id else "", plain)
