"""What a protocol says, written to a trial and to a draft of its schedule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from accounts.models import User
from core.durations import ZERO
from trials import registry, usdm, words
from trials.actions import amendments, trials
from trials.models import (
    Amendment,
    Arm,
    Criterion,
    Epoch,
    EventTimeline,
    ProcedureDefinition,
    ProtocolFile,
    RegistryId,
    RepeatGroup,
    ScheduleVersion,
    Trial,
    VisitDefinition,
    VisitProcedure,
)
from trials.queries.files import country_code
from trials.queries.preview import Preview
from trials.queries.rows import Row, fitting

REGISTER = "ClinicalTrials.gov"
UNNAMED = "?"
CARRIED: Mapping[type, tuple[str, ...]] = {
    VisitDefinition: ("lineage", "duration", "nights", "is_optional"),
    ProcedureDefinition: ("lineage", "performer_role", "equipment", "is_critical"),
}
Cells = list[tuple[VisitDefinition, list[usdm.Cell]]]  # what is asked for at each visit


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
    visits = _write_visits(version, preview, epochs)
    _write_groups(version, preview, visits)
    linked = [one for one in visits.values() if one.after_visit or one.repeat_group]
    VisitDefinition.objects.bulk_update(linked, ["repeat_group", "after_visit"])
    _write_asked(version, preview, [(visits[row.place], row) for row in preview.included], by)
    amendments.ask_as(preview.earlier.version, version)


def _write_asked(
    version: ScheduleVersion, preview: Preview, planned: Sequence[tuple[VisitDefinition, Row]],
    by: User,
) -> None:  # fmt: skip
    """What is asked for at each visit and event, and which earlier visit each of them is."""
    events = list(zip(_write_events(version, preview), preview.events, strict=True))
    cells = [(visit, preview.cells(row.place)) for visit, row in planned]
    _write_cells(version, preview, cells + [(visit, row.cells) for visit, row in events])
    found = [(visit, *preview.before(row.key)) for visit, row in planned]
    amendments.keep_matches(found + [(visit, row.before, row.how) for visit, row in events], by=by)


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
    others = [(other.domain or other.type, other.text) for other in record.other_ids]
    _add_numbers(trial, [(REGISTER, record.nct_id), *others])
    _add_arms(trial, ((arm.label, arm.description, "") for arm in record.arms))
    for name in dict.fromkeys(location.country for location in record.locations):
        _add_country(trial, name, by)


def _add_country(trial: Trial, name: str, by: User) -> None:
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
    _add_numbers(trial, ((one.organisation, one.text) for one in protocol.identifiers))
    _add_arms(trial, ((arm.label, arm.description, arm.source_id) for arm in protocol.arms))
    Amendment.objects.bulk_create(
        (
            Amendment(trial=trial, number=change.number[:40], **_amendment(change, position))
            for position, change in enumerate(protocol.amendments)
            if change.number
        ),
        ignore_conflicts=True,
    )


def _add_numbers(trial: Trial, numbers: Iterable[tuple[str, str]]) -> None:
    """Note the numbers by which others know the trial, those not noted before."""
    RegistryId.objects.bulk_create(
        (
            RegistryId(trial=trial, registry=register[:60], value=value[:60])
            for register, value in numbers
            if value[:60] != trial.protocol_number
        ),
        ignore_conflicts=True,
    )


def _add_arms(trial: Trial, arms: Iterable[tuple[str, str, str]]) -> None:
    Arm.objects.bulk_create(
        (
            Arm(
                trial=trial, name=name or UNNAMED, description=description, source_id=source_id,
                position=position,
            )
            for position, (name, description, source_id) in enumerate(arms)
        ),
        ignore_conflicts=True,
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


def _write_visits(
    version: ScheduleVersion, preview: Preview, epochs: Mapping[str, Epoch]
) -> dict[int, VisitDefinition]:
    """The included visits by their row; which visit they count from is set afterwards."""
    made = VisitDefinition.objects.bulk_create(
        VisitDefinition(
            version=version, code=row.code, name=row.name, position=position,
            epoch=epochs.get(row.epoch_id), type=row.type, modality=row.modality,
            is_anchor=row.is_anchor, anchor=row.counting.anchor, basis=row.counting.basis,
            window_text=row.window_label, source_ids=_source_ids(preview, row),
            **words.columns(row.offset or ZERO, row.window), **_carried(row.before),
        )
        for position, row in enumerate(preview.included)
    )  # fmt: skip
    visits = {row.place: visit for row, visit in zip(preview.included, made, strict=True)}
    for row in preview.included:
        if row.counting.after is not None:
            visits[row.place].after_visit = visits[row.counting.after]
    return visits


def _source_ids(preview: Preview, row: Row) -> dict[str, Any]:
    visits = preview.protocol.visits
    instances = visits[row.place].instance_ids if row.is_reachable else (row.key,)
    return {"encounter": row.encounter_id, "instances": instances}


def _carried(before: VisitDefinition | ProcedureDefinition | None) -> dict[str, Any]:
    """What no file says, as it was in the version before."""
    names = CARRIED[type(before)] if before else ()
    return {name: getattr(before, name) for name in names}


def _write_groups(
    version: ScheduleVersion, preview: Preview, visits: Mapping[int, VisitDefinition]
) -> None:
    """Make the repeated blocks whose length is known, and give the visits their block."""
    for group in preview.protocol.repeat_groups:
        every = fitting(group.every)
        places = range(group.first_visit, group.last_visit + 1)
        inside = [visits[place] for place in places if place in visits]
        if every is None or not inside or (every.months, every.days) < (0, 1):
            continue
        made = RepeatGroup.objects.create(
            version=version, name=group.name[:120] or UNNAMED, every_months=max(every.months, 0),
            every_days=max(every.days, 0), until_text=group.until_text,
        )  # fmt: skip
        for visit in inside:
            visit.repeat_group = made


def _write_events(version: ScheduleVersion, preview: Preview) -> list[VisitDefinition]:
    """The visits that events begin, each under its timeline."""
    timelines = {
        row.line.source_id: EventTimeline(
            version=version, name=row.line.label, entry_condition=row.line.entry_condition,
            source_id=row.line.source_id,
        )
        for row in preview.events
    }  # fmt: skip
    EventTimeline.objects.bulk_create(timelines.values())
    return VisitDefinition.objects.bulk_create(
        VisitDefinition(
            version=version, timeline=timelines[row.line.source_id], code=row.code,
            name=row.visit.name, position=row.position, type=row.type, modality=row.modality,
            window_text=row.visit.window_label,
            source_ids={"encounter": row.visit.encounter_id, "instances": row.visit.instance_ids},
            **words.columns(row.visit.offset or ZERO, row.window), **_carried(row.before),
        )
        for row in preview.events
    )  # fmt: skip


def _write_cells(version: ScheduleVersion, preview: Preview, cells: Cells) -> None:
    made = ProcedureDefinition.objects.bulk_create(
        ProcedureDefinition(
            version=version, name=one.label or UNNAMED, group=preview.group_of(one),
            position=position, source_id=one.source_id,
            **_carried(preview.procedures_before.get(one.source_id)),
        )
        for position, one in enumerate(preview.activities)
    )  # fmt: skip
    of = {one.source_id: one for one in made}
    VisitProcedure.objects.bulk_create(
        VisitProcedure(
            visit=visit, procedure=of[cell.activity_id], need=cell.need.value,
            condition=cell.condition, offsets=cell.offsets,
        )
        for visit, asked in cells
        for cell in asked
    )  # fmt: skip
