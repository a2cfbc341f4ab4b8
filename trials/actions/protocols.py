"""What a protocol says, written to a trial and to a draft of its schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from accounts.models import User
from core.durations import ZERO
from trials import registry, usdm, words
from trials.abbreviations import codes
from trials.actions import trials
from trials.models import (
    Amendment,
    Arm,
    Criterion,
    Epoch,
    EventTimeline,
    ProcedureDefinition,
    ProtocolFile,
    RepeatGroup,
    ScheduleVersion,
    Trial,
    VisitDefinition,
    VisitProcedure,
)
from trials.queries.files import country_code
from trials.queries.preview import Preview, Row, fitting, modality_of

REGISTER = "ClinicalTrials.gov"
UNNAMED = "?"
Cells = list[tuple[VisitDefinition, usdm.Cell]]


def write(version: ScheduleVersion, preview: Preview, file: ProtocolFile, *, by: User) -> None:
    """Fill a new draft from a preview, and the trial with what the protocol says of it."""
    protocol = preview.protocol
    ScheduleVersion.objects.filter(pk=version.pk).update(
        source_file=file,
        warnings=[asdict(finding) for finding in protocol.warnings],
        unreachable=[_lost(one) for one in protocol.unreachable],
    )
    _write_trial(version.trial, protocol, by)
    epochs = _write_epochs(version, protocol)
    _write_criteria(version, protocol)
    known = Lineages(version)
    visits = _write_visits(version, preview, epochs, known)
    groups = _write_groups(version, preview, visits)
    cells: Cells = [
        (visits[index], cell) for index in sorted(visits) for cell in preview.cells(index)
    ]
    cells += _write_events(version, preview, known)
    VisitDefinition.objects.bulk_update(groups, ["repeat_group", "after_visit"])
    _write_cells(version, preview, cells, known)


def _lost(one: usdm.Unreachable) -> dict[str, Any]:
    return {
        "source_id": one.source_id, "name": one.name, "encounter": one.encounter_name,
        "offset": None if one.offset is None else str(one.offset),
    }  # fmt: skip


def write_record(trial: Trial, record: registry.RegistryRecord, *, by: User) -> None:
    """Fill what a trial does not say yet from the register's record of it."""
    facts = {
        "title": record.official_title or record.brief_title,
        "phase": " / ".join(record.phases)[:40],
        "study_type": record.study_type.capitalize()[:40],
        "indication": ", ".join(record.conditions)[:200],
        "blinding": record.masking.capitalize()[:60],
        "planned_subjects": record.enrolment.count if record.enrolment else None,
    }
    _fill(trial, facts, by)
    trials.add_registry_id(trial, registry=REGISTER, value=record.nct_id, by=by)
    for other in record.other_ids:
        trials.add_registry_id(
            trial, registry=(other.domain or other.type)[:60], value=other.text[:60], by=by
        )
    _add_arms(trial, ((arm.label, arm.description, "") for arm in record.arms))
    for name in dict.fromkeys(location.country for location in record.locations):
        if code := country_code(name):
            trials.add_country(trial, code=code, name=name, by=by)


def _fill(trial: Trial, facts: Mapping[str, Any], by: User) -> None:
    """Facts that a person gave stand; only empty ones are filled."""
    values = {name: value for name, value in facts.items() if value and not getattr(trial, name)}
    if values:
        trials.change_trial(trial, values=values, by=by)


def _write_trial(trial: Trial, protocol: usdm.Protocol, by: User) -> None:
    facts = {
        "title": protocol.titles.official or protocol.titles.brief,
        "phase": protocol.phase.removesuffix(" Trial")[:40],
        "study_type": protocol.study_type[:40],
        "planned_subjects": protocol.population.planned_subjects,
    }
    _fill(trial, facts, by)
    for one in protocol.identifiers:
        if one.text and one.text[:60] != trial.protocol_number:
            trials.add_registry_id(
                trial, registry=one.organisation[:60], value=one.text[:60], by=by
            )
    _add_arms(trial, ((arm.label, arm.description, arm.source_id) for arm in protocol.arms))
    for position, change in enumerate(protocol.amendments):
        if change.number:
            Amendment.objects.get_or_create(
                trial=trial, number=change.number[:40], defaults=_amendment(change, position)
            )


def _add_arms(trial: Trial, arms: Iterable[tuple[str, str, str]]) -> None:
    for position, (name, description, source_id) in enumerate(arms):
        Arm.objects.get_or_create(
            trial=trial, name=name or UNNAMED,
            defaults={"description": description, "source_id": source_id, "position": position},
        )  # fmt: skip


def _amendment(one: usdm.Amendment, position: int) -> dict[str, Any]:
    return {
        "summary": one.summary, "is_substantial": one.is_substantial, "source_id": one.source_id,
        "position": position, "approved_on": next((d.on for d in one.dates if d.on), None),
    }  # fmt: skip


def _write_epochs(version: ScheduleVersion, protocol: usdm.Protocol) -> dict[str, Epoch]:
    made = Epoch.objects.bulk_create(
        Epoch(
            version=version, name=one.label or one.name, source_id=one.source_id, position=position
        )
        for position, one in enumerate(protocol.epochs)
    )
    return {epoch.source_id: epoch for epoch in made}


def _write_criteria(version: ScheduleVersion, protocol: usdm.Protocol) -> None:
    Criterion.objects.bulk_create(
        Criterion(
            version=version, category=one.category.value, identifier=one.identifier[:40],
            text=one.text, html=one.html, raw=one.raw, source_id=one.source_id, position=position,
        )
        for position, one in enumerate(protocol.criteria)
    )  # fmt: skip


class Lineages:
    """What stays the same visit or procedure from one version to the next."""

    def __init__(self, version: ScheduleVersion) -> None:
        earlier = ScheduleVersion.objects.filter(trial=version.trial, pk__lt=version.pk)
        last = earlier.exclude(status=ScheduleVersion.Status.DISCARDED).order_by("-pk").first()
        self._known: dict[tuple[str, str], list[UUID]] = defaultdict(list)
        if last is not None:
            for visit in last.visits.order_by("position"):
                key = visit.source_ids.get("encounter", ""), visit.name
                self._known[key].append(visit.lineage)
            for one in last.procedures.order_by("position"):
                self._known[one.source_id, one.name].append(one.lineage)

    def take(self, source_id: str, name: str) -> UUID:
        """The lineage of the same thing before, each once; a new one for what is new."""
        found = self._known.get((source_id, name))
        return found.pop(0) if found else uuid4()


def _write_visits(
    version: ScheduleVersion, preview: Preview, epochs: Mapping[str, Epoch], known: Lineages
) -> dict[int, VisitDefinition]:
    """The included visits by their row; which visit they count from is set afterwards."""
    rows = [(index, row) for index, row in enumerate(preview.rows) if row.is_included]
    made = VisitDefinition.objects.bulk_create(
        VisitDefinition(
            version=version, lineage=known.take(row.encounter_id, row.name), code=row.code,
            name=row.name, position=position, epoch=epochs.get(row.epoch_id), type=row.type,
            modality=row.modality, is_anchor=row.is_anchor, anchor=row.counting.anchor,
            basis=row.counting.basis, window_text=row.window_label,
            source_ids=_source_ids(preview, index, row),
            **words.columns(row.offset or ZERO, row.window),
        )
        for position, (index, row) in enumerate(rows)
    )  # fmt: skip
    visits = {index: visit for (index, _), visit in zip(rows, made, strict=True)}
    for index, row in rows:
        if row.counting.after is not None:
            visits[index].after_visit = visits[row.counting.after]
    return visits


def _source_ids(preview: Preview, index: int, row: Row) -> dict[str, Any]:
    planned = preview.protocol.visits
    instances = planned[index].instance_ids if index < len(planned) else [row.key]
    return {"encounter": row.encounter_id, "instances": list(instances)}


def _write_groups(
    version: ScheduleVersion, preview: Preview, visits: Mapping[int, VisitDefinition]
) -> list[VisitDefinition]:
    """Make the repeated blocks whose length is known; the visits, with their block."""
    for group in preview.protocol.repeat_groups:
        every = fitting(group.every)
        inside = [i for i in range(group.first_visit, group.last_visit + 1) if i in visits]
        if every is None or not inside or not (every.months > 0 or every.days > 0):
            continue
        made = RepeatGroup.objects.create(
            version=version, name=group.name[:120] or UNNAMED, every_months=max(every.months, 0),
            every_days=max(every.days, 0), until_text=group.until_text,
        )  # fmt: skip
        for index in inside:
            visits[index].repeat_group = made
    return list(visits.values())


def _write_events(version: ScheduleVersion, preview: Preview, known: Lineages) -> Cells:
    cells: Cells = []
    for line in preview.events:
        timeline = EventTimeline.objects.create(
            version=version, name=line.label or line.name, entry_condition=line.entry_condition,
            source_id=line.source_id,
        )  # fmt: skip
        made = VisitDefinition.objects.bulk_create(
            VisitDefinition(
                version=version, timeline=timeline, lineage=known.take(visit.encounter_id, visit.name),
                code=code, name=visit.name, position=position, type=_event_type(visit, line),
                modality=modality_of(visit, is_again=False), window_text=visit.window_label,
                source_ids={"encounter": visit.encounter_id, "instances": list(visit.instance_ids)},
                **words.columns(fitting(visit.offset) or ZERO, _window(visit)),
            )
            for position, (visit, code) in enumerate(
                zip(line.visits, codes(v.name for v in line.visits), strict=True)
            )
        )  # fmt: skip
        cells += [(made[cell.visit], cell) for cell in line.cells]
    return cells


def _event_type(visit: usdm.Visit, line: usdm.Timeline) -> str:
    said = f"{visit.name} {line.name} {line.label}".casefold()
    ends = VisitDefinition.Type.EARLY_TERMINATION
    return ends if "terminat" in said else VisitDefinition.Type.UNSCHEDULED


def _window(visit: usdm.Visit) -> words.Window | None:
    found = visit.window
    if found is None or not (words.fits(found.early) and words.fits(found.late)):
        return None
    return found.early, found.late


def _write_cells(version: ScheduleVersion, preview: Preview, cells: Cells, known: Lineages) -> None:
    made = ProcedureDefinition.objects.bulk_create(
        ProcedureDefinition(
            version=version, lineage=known.take(one.source_id, one.label), name=one.label or UNNAMED,
            group=preview.group_of(one), position=position, source_id=one.source_id,
        )
        for position, one in enumerate(preview.activities)
    )  # fmt: skip
    of = {one.source_id: one for one in made}
    VisitProcedure.objects.bulk_create(_cells(cells, of), ignore_conflicts=True)


def _cells(cells: Cells, of: Mapping[str, ProcedureDefinition]) -> Iterator[VisitProcedure]:
    for visit, cell in cells:
        if cell.activity_id in of:
            yield VisitProcedure(
                visit=visit, procedure=of[cell.activity_id], need=cell.need.value,
                condition=cell.condition, offsets=cell.offsets,
            )  # fmt: skip
