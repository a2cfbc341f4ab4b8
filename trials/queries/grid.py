"""The matrix of a version, of what an import would make, and of a pasted table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.durations import Duration
from trials import usdm, words
from trials.models import (
    AnchorKind,
    ConsentAsked,
    Criterion,
    ProcedureDefinition,
    ScheduleVersion,
    VisitDefinition,
    VisitProcedure,
)
from trials.queries.matrix import Clause, Column, Footnotes, Grid, Line, Mark, cells, mark
from trials.queries.pasted import Pasted
from trials.queries.preview import EventRow, Preview
from trials.queries.rows import DAY_1, ORIGIN, Row

Modality = VisitDefinition.Modality
FROM_AFAR = {Modality.PHONE: "phone", Modality.VIDEO: "message"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A version as it lies on the desk: its visits and its matrix."""

    visits: list[VisitDefinition]
    grid: Grid


def visits_of(*versions: ScheduleVersion) -> list[VisitDefinition]:
    """The planned visits in order, then those that events begin."""
    rows = VisitDefinition.objects.filter(version__in=[version.pk for version in versions])
    read = rows.select_related("epoch", "after_visit", "timeline", "repeat_group")
    visits = read.order_by("position")
    return sorted(visits, key=lambda one: (one.timeline_id is not None, one.timeline_id or 0))


def sheets(*versions: ScheduleVersion) -> list[Sheet]:
    """Each version as a sheet, in three queries for all of them; in five where they are compared."""
    pks = [version.pk for version in versions]
    clauses = _clauses(pks) if len(pks) > 1 else {}
    procedures = ProcedureDefinition.objects.filter(version__in=pks).order_by("position", "pk")
    asked = VisitProcedure.objects.filter(visit__version__in=pks).order_by("procedure__position")
    columns = (
        "visit__version_id", "visit_id", "procedure_id", "need", "offsets", "condition",
        "is_time_zero",
    )  # fmt: skip
    visits = _by_version(visits_of(*versions), "version_id")
    lines = _by_version(procedures, "version_id")
    cells_of = _by_version(asked.values(*columns), "visit__version_id")
    return [_sheet(visits[pk], lines[pk], cells_of[pk], clauses.get(pk, ((), ()))) for pk in pks]


def _clauses(pks: Sequence[int]) -> dict[int, tuple[list[Clause], list[Clause]]]:
    """The criteria of each version, and the consents that subjects sign before they come under it."""
    found: dict[int, tuple[list[Clause], list[Clause]]] = {pk: ([], []) for pk in pks}
    for row in Criterion.objects.filter(version__in=pks).order_by("position"):
        kind, text = row.get_category_display(), " ".join(row.text.split())
        source = (row.source_id, row.identifier) if row.source_id else ""
        signs = text, source, (row.category, row.identifier)
        found[row.version_id][0].append(Clause(signs, f"{kind} {row.identifier}", text))
    asked = ConsentAsked.objects.filter(version__in=pks).select_related("consent", "type")
    for one in asked.order_by("type"):
        said = f"v{one.consent.number}, {one.consent.who_signs_again.lower()}"
        found[one.version_id][1].append(Clause((one.type_id,), one.type.name, said))
    return found


def _by_version(rows: Iterable[Any], name: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[name] if isinstance(row, dict) else getattr(row, name)].append(row)
    return found


def _sheet(
    visits: list[VisitDefinition],
    procedures: Sequence[ProcedureDefinition],
    asked: Sequence[Mapping[str, Any]],
    clauses: tuple[Sequence[Clause], Sequence[Clause]],
) -> Sheet:
    place = {visit.pk: index for index, visit in enumerate(visits)}
    columns = [_of_visit(visit) for visit in visits]
    notes = Footnotes()
    marks: dict[int, dict[int, Mark]] = defaultdict(dict)
    for cell in asked:
        found = mark(cell["need"], cell["offsets"], cell["condition"], notes)
        if cell["is_time_zero"]:
            found = replace(found, text=f"{found.text}, samples count from it")
        marks[cell["procedure_id"]][place[cell["visit_id"]]] = found
    lines = [
        Line(str(one.pk), one.name, one.group, cells(columns, marks[one.pk]), one.lineage)
        for one in procedures
    ]
    return Sheet(visits, Grid(columns, lines, notes.listed(), *clauses))


def of_version(version: ScheduleVersion) -> Grid:
    """The matrix of a version."""
    return sheets(version)[0].grid


def _of_visit(visit: VisitDefinition) -> Column:
    is_plain = visit.timeline_id is None and visit.after_visit_id is None
    epoch = visit.timeline or visit.epoch
    return Column(
        key=str(visit.pk), code=visit.code, name=visit.name, lineage=visit.lineage,
        day=_day(visit.offset, is_from_day_1=is_plain and visit.anchor == AnchorKind.DAY_1),
        window=words.say_window(visit.window), counts_from=visit.counts_from,
        epoch=epoch.name if epoch else "", modality=visit.get_modality_display(),
        icon=FROM_AFAR.get(Modality(visit.modality), ""), type=visit.get_type_display(),
        minutes=visit.duration, is_optional=visit.is_optional,
    )  # fmt: skip


def of_preview(preview: Preview) -> Grid:
    """The matrix an import would make."""
    heads = {row.place: row.code for row in preview.included}
    columns = [_of_row(preview, row, heads) for row in preview.included]
    columns += [_of_event(row) for row in preview.events]
    asked = [preview.cells(row.place) for row in preview.included]
    asked += [row.cells for row in preview.events]
    notes = Footnotes()
    marks = _marks_of_file(asked, notes)
    known = preview.procedures_before
    lines = [
        Line(
            one.source_id, one.label, preview.group_of(one), cells(columns, marks[one.source_id]),
            known[one.source_id].lineage if one.source_id in known else one.source_id,
        )
        for one in preview.activities
    ]  # fmt: skip
    return Grid(columns, lines, notes.listed())


def _marks_of_file(
    asked: list[list[usdm.Cell]], notes: Footnotes
) -> Mapping[str, Mapping[int, Mark]]:
    marks: dict[str, dict[int, Mark]] = defaultdict(dict)
    for place, found in enumerate(asked):
        for cell in found:
            marks[cell.activity_id][place] = mark(
                cell.need.value, cell.offsets, cell.condition, notes
            )
    return marks


def _of_row(preview: Preview, row: Row, heads: Mapping[int, str]) -> Column:
    counting, before = row.counting, row.before
    return Column(
        key=row.key, code=row.code, name=row.name, lineage=before.lineage if before else row.key,
        day=_day(row.offset, is_from_day_1=counting.label in {DAY_1, ORIGIN}),
        window=words.say_window(row.window), epoch=preview.epoch_of(row), level=row.level,
        counts_from=counting.label if counting.after is None else heads[counting.after],
        **_carried(row.modality, row.type, before),
    )  # fmt: skip


def _of_event(row: EventRow) -> Column:
    visit, before = row.visit, row.before
    return Column(
        key=visit.instance_ids[0], code=row.code, name=visit.name,
        lineage=before.lineage if before else visit.instance_ids[0],
        day=_day(visit.offset, is_from_day_1=False), window=words.say_window(row.window),
        epoch=row.line.label, counts_from="event", **_carried(row.modality, row.type, before),
    )  # fmt: skip


def _carried(modality: str, kind: str, before: VisitDefinition | None) -> Mapping[str, Any]:
    """Where and what for in words, and what no file says and stays as it was."""
    known = before or VisitDefinition()
    return {
        "modality": Modality(modality).label, "icon": FROM_AFAR.get(Modality(modality), ""),
        "type": VisitDefinition.Type(kind).label, "minutes": known.duration,
        "is_optional": known.is_optional,
    }  # fmt: skip


def of_table(table: Pasted) -> Grid:
    """The matrix of a pasted table, as it was read."""
    notes = Footnotes()
    columns = [
        Column(
            key="", code=visit.name, name=visit.name, epoch=visit.epoch, counts_from="",
            day="" if visit.offset is None else words.say_day(visit.offset),
            window=words.say_window(visit.window),
        )
        for visit in table.visits
    ]  # fmt: skip
    lines = [
        Line("", name, group, cells(columns, _marks_of_table(needs, notes)))
        for group, name, needs in table.procedures
    ]
    return Grid(columns, lines)


def _marks_of_table(needs: Mapping[int, str], notes: Footnotes) -> dict[int, Mark]:
    return {place: mark(need, (), "", notes) for place, need in needs.items() if need}


def _day(offset: Duration | None, *, is_from_day_1: bool) -> str:
    """The study day, else how far before or after."""
    if offset is None:
        return "?"
    if is_from_day_1:
        return words.say_day(offset)
    said = words.say_length(offset)
    return said if said.startswith("−") else f"+{said}"


def repeats(version: ScheduleVersion) -> list[str]:
    """The blocks of visits that come round again, in words."""
    said = []
    for group in version.repeat_groups.prefetch_related("visits").order_by("pk"):
        codes = [visit.code for visit in sorted(group.visits.all(), key=lambda v: v.position)]
        if not codes:
            continue
        every = words.say_length(Duration(group.every_months, group.every_days))
        until = f" until {group.until_text}" if group.until_text else ""
        said.append(f"{', '.join(codes)} every {every}{until}, at most {group.cap} times")
    return said
