"""What differs between two versions of a schedule, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trials import words
from trials.models import ScheduleVersion, VisitDefinition, VisitProcedure
from trials.queries.grid import counts_from, offset_of, window_of

Cells = dict[tuple[UUID, UUID], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is new, gone or changed."""

    kind: str
    what: str
    text: str = ""


def compare(old: ScheduleVersion, new: ScheduleVersion) -> dict[str, list[Difference]]:
    """Visits, procedures and cells that differ, matched by their lineage."""
    return {
        "Visits": list(_visits(old, new)),
        "Procedures": list(_procedures(old, new)),
        "What is asked for when": list(_cells(old, new)),
    }


def _visits(old: ScheduleVersion, new: ScheduleVersion) -> Iterator[Difference]:
    before, after = ({one.lineage: one for one in _all(version)} for version in (old, new))
    for lineage, visit in after.items():
        if lineage not in before:
            yield Difference("new", f"{visit.code} {visit.name}", f"at {_when(visit)}")
            continue
        changes = [
            f"{label} {was or 'none'} → {now or 'none'}"
            for (label, was), (_, now) in zip(_facts(before[lineage]), _facts(visit), strict=True)
            if was != now
        ]
        if changes:
            yield Difference("changed", visit.code, "; ".join(changes))
    for lineage, visit in before.items():
        if lineage not in after:
            yield Difference("gone", f"{visit.code} {visit.name}", f"was at {_when(visit)}")


def _all(version: ScheduleVersion) -> Any:
    return version.visits.select_related("epoch", "after_visit", "timeline").order_by(
        "timeline_id", "position"
    )


def _when(visit: VisitDefinition) -> str:
    origin = counts_from(visit)
    if origin in {"–", "Day 1"}:
        return words.say_day(offset_of(visit))
    return f"{words.say_length(offset_of(visit))} from {origin}"


def _facts(visit: VisitDefinition) -> list[tuple[str, str]]:
    return [
        ("name", visit.name),
        ("short head", visit.code),
        ("time", _when(visit)),
        ("window", words.say_window(window_of(visit))),
        ("place", visit.get_modality_display()),
        ("type", visit.get_type_display()),
        ("epoch", visit.epoch.name if visit.epoch else ""),
        ("duration", f"{visit.duration} min"),
        ("optional", "yes" if visit.is_optional else "no"),
    ]


def _procedures(old: ScheduleVersion, new: ScheduleVersion) -> Iterator[Difference]:
    before, after = (
        {one.lineage: one for one in version.procedures.order_by("position")}
        for version in (old, new)
    )
    for lineage, one in after.items():
        if lineage not in before:
            yield Difference("new", one.name)
        elif before[lineage].name != one.name:
            yield Difference("changed", one.name, f"name was {before[lineage].name}")
    for lineage, one in before.items():
        if lineage not in after:
            yield Difference("gone", one.name)


def _cells(old: ScheduleVersion, new: ScheduleVersion) -> Iterator[Difference]:
    """Cells of visits and procedures that both versions have."""
    before, after = _cells_of(old), _cells_of(new)
    visits = {one.lineage: one.code for one in _all(new)}
    procedures = dict(new.procedures.order_by("position").values_list("lineage", "name"))
    held = {one.lineage for one in _all(old)}
    known = set(old.procedures.values_list("lineage", flat=True))
    for procedure, name in procedures.items():
        for visit, code in visits.items():
            if visit not in held or procedure not in known:
                continue
            was, now = before.get((visit, procedure)), after.get((visit, procedure))
            if was != now:
                kind = "new" if was is None else "gone" if now is None else "changed"
                yield Difference(kind, f"{name} at {code}", f"{_said(was)} → {_said(now)}")


def _cells_of(version: ScheduleVersion) -> Cells:
    rows = VisitProcedure.objects.filter(visit__version=version).values_list(
        "visit__lineage", "procedure__lineage", "need", "offsets", "condition"
    )
    return {
        (visit, procedure): (
            f"{VisitProcedure.Need(need).label.lower()}{f', {len(offsets)} samples' if offsets else ''}",
            f"{offsets}{condition}",
        )
        for visit, procedure, need, offsets, condition in rows
    }


def _said(cell: tuple[str, str] | None) -> str:
    return cell[0] if cell else "not asked for"
