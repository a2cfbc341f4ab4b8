"""A draft schedule edited by hand: its visits, its procedures and what is asked for when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError
from trials.actions import amendments, schedules
from trials.actions.schedules import hold
from trials.models import (
    Criterion,
    Epoch,
    EventTimeline,
    MatchedBy,
    ProcedureDefinition,
    RepeatGroup,
    ScheduleVersion,
    VisitDefinition,
    VisitProcedure,
)

Need = VisitProcedure.Need
WANTED = {"none": "", Need.REQUIRED: Need.REQUIRED, Need.CONDITIONAL: Need.CONDITIONAL}
NEXT_NEED = {"": Need.REQUIRED, Need.REQUIRED: Need.CONDITIONAL, Need.CONDITIONAL: ""}


@action(Permission.PROTOCOL_EDIT, "make new version")
def copy(version: ScheduleVersion, *, number: str, by: User) -> ScheduleVersion:
    """Begin a new draft with everything this version has; visits keep their lineage."""
    made = schedules.draft(version.trial, number=number, by=by)
    ScheduleVersion.objects.filter(pk=made.pk).update(source_file=version.source_file)
    epochs = _copies(Epoch.objects.filter(version=version), made)
    timelines = _copies(EventTimeline.objects.filter(version=version), made)
    groups = _copies(RepeatGroup.objects.filter(version=version), made)
    _copies(Criterion.objects.filter(version=version), made)
    procedures = _copies(ProcedureDefinition.objects.filter(version=version), made)
    visits = _copies(VisitDefinition.objects.filter(version=version), made, after_visit_id=None)
    for old in VisitDefinition.objects.filter(version=version):
        new = visits[old.pk]
        new.epoch = epochs.get(old.epoch_id or 0)
        new.timeline = timelines.get(old.timeline_id or 0)
        new.repeat_group = groups.get(old.repeat_group_id or 0)
        new.after_visit = visits.get(old.after_visit_id or 0)
    VisitDefinition.objects.bulk_update(
        visits.values(), ["epoch", "timeline", "repeat_group", "after_visit"]
    )
    cells = list(VisitProcedure.objects.filter(visit__version=version))
    for cell in cells:
        cell.pk = None
        cell.visit, cell.procedure = visits[cell.visit_id], procedures[cell.procedure_id]
    VisitProcedure.objects.bulk_create(cells)
    old = VisitDefinition.objects.in_bulk(list(visits))
    amendments.keep_matches(
        [(visit, old[pk], MatchedBy.COPIED) for pk, visit in visits.items()], by=by
    )
    amendments.ask_as(version, made)
    return made


def _copies(rows: Any, version: ScheduleVersion, **values: Any) -> dict[int, Any]:
    """The rows once more, under another version, by the key of the row they were."""
    found = list(rows.order_by("pk"))
    keys = [row.pk for row in found]
    for row in found:
        row.pk, row.version = None, version
        for name, value in values.items():
            setattr(row, name, value)
    return dict(zip(keys, rows.model.objects.bulk_create(found), strict=True))


@action(Permission.PROTOCOL_EDIT, "add visit")
def add_visit(
    version: ScheduleVersion, *, values: Mapping[str, Any], place: int, epoch: str = "",
    revision: int | None = None, by: User,
) -> VisitDefinition:  # fmt: skip
    """Add a visit to a draft, at its place in the row of visits."""
    held = hold(version, revision)
    _refuse_code(held, values, None)
    visit = VisitDefinition.objects.create(
        version=held, position=held.visits.filter(timeline=None).count(),
        epoch=_epoch(held, epoch), **values,
    )  # fmt: skip
    _put(visit, place)
    return visit


@action(Permission.PROTOCOL_EDIT, "change visit")
def change_visit(
    visit: VisitDefinition, *, values: Mapping[str, Any], place: int | None = None,
    epoch: str | None = None, revision: int | None = None, by: User,
) -> VisitDefinition:  # fmt: skip
    """Change a visit of a draft: name, time, window, place in the row."""
    held = hold(visit.version, revision)
    _refuse_code(held, values, visit)
    _refuse_circle(visit, values.get("after_visit"))
    if epoch is not None:
        values = {**values, "epoch": _epoch(held, epoch)}
    VisitDefinition.objects.filter(pk=visit.pk).update(**values)
    visit.refresh_from_db()
    if place is not None and visit.timeline_id is None:
        _put(visit, place)
    return visit


@action(Permission.PROTOCOL_EDIT, "remove visit")
def remove_visit(
    visit: VisitDefinition, *, revision: int | None = None, by: User
) -> ScheduleVersion:
    """Take a visit out of a draft, with what is asked for at it."""
    held = hold(visit.version, revision)
    followers = [one.code for one in visit.followers.order_by("position")]
    if followers:
        raise RefusedError(
            f"{visit.code} anchors {' and '.join(followers)}."
            " Open those visits and choose another one there, then remove it."
        )
    later = visit.matches.exclude(visit__version__status=ScheduleVersion.Status.DRAFT)
    if (match := later.select_related("visit__version").first()) is not None:
        raise RefusedError(
            f"{visit.code} goes on in {match.visit.version}, which is approved, and stays."
        )
    visit.delete()
    return held


@action(Permission.PROTOCOL_EDIT, "add procedure")
def add_procedure(
    version: ScheduleVersion, *, name: str, group: str = "", revision: int | None = None, by: User
) -> ProcedureDefinition:
    """Add a procedure to a draft, at the end of its group."""
    held = hold(version, revision)
    last = held.procedures.order_by("-position").first()
    return ProcedureDefinition.objects.create(
        version=held, name=name, group=group, position=last.position + 1 if last else 0
    )


@action(Permission.PROTOCOL_EDIT, "change procedure")
def change_procedure(
    procedure: ProcedureDefinition, *, name: str, group: str, place: int,
    revision: int | None = None, by: User,
) -> ProcedureDefinition:  # fmt: skip
    """Rename a procedure of a draft, or move it within the list."""
    held = hold(procedure.version, revision)
    ProcedureDefinition.objects.filter(pk=procedure.pk).update(name=name, group=group)
    procedure.refresh_from_db()
    rest = list(held.procedures.exclude(pk=procedure.pk).order_by("position", "pk"))
    rest.insert(place, procedure)
    _number(ProcedureDefinition, rest)
    return procedure


@action(Permission.PROTOCOL_EDIT, "remove procedure")
def remove_procedure(
    procedure: ProcedureDefinition, *, revision: int | None = None, by: User
) -> ScheduleVersion:
    """Take a procedure out of a draft."""
    held = hold(procedure.version, revision)
    procedure.delete()
    return held


@action(Permission.PROTOCOL_EDIT, "tick cell")
def tick(
    visit: VisitDefinition,
    *,
    procedure: ProcedureDefinition,
    shown: str,
    wanted: str = "",
    by: User,
) -> ScheduleVersion:
    """Set a cell to a state, or step it on: not asked for, required, if applicable, and round again."""
    held = hold(visit.version, None)
    cell = VisitProcedure.objects.filter(visit=visit, procedure=procedure).first()
    need = cell.need if cell else ""
    if need != shown:
        now = cell.get_need_display().lower() if cell else "not asked for"
        raise ConflictError(
            f"{procedure} at {visit.code} is {now} by now; somebody else changed it."
        )
    if need == Need.TIMED:
        raise RefusedError("A timed cell is changed on its own page, so that no sample is lost.")
    if wanted and wanted not in WANTED:
        raise RefusedError("A cell is required, if applicable or not asked for.")
    _set(visit, procedure, WANTED[wanted] if wanted else NEXT_NEED[need])
    return held


@action(Permission.PROTOCOL_EDIT, "change cell")
def set_cell(
    visit: VisitDefinition, *, procedure: ProcedureDefinition, need: str,
    offsets: Iterable[tuple[int, int, int]] = (), condition: str = "",
    is_time_zero: bool = False, revision: int | None = None, by: User,
) -> ScheduleVersion:  # fmt: skip
    """Say how a procedure is asked for at a visit, when its samples are due and on what condition."""
    held = hold(visit.version, revision)
    _set(visit, procedure, need, [list(one) for one in offsets], condition)
    cells = VisitProcedure.objects.filter(visit=visit)
    if is_time_zero:
        cells.filter(is_time_zero=True).exclude(procedure=procedure).update(is_time_zero=False)
    cells.filter(procedure=procedure).exclude(is_time_zero=is_time_zero).update(
        is_time_zero=is_time_zero
    )
    return held


def _set(
    visit: VisitDefinition, procedure: ProcedureDefinition, need: str,
    offsets: Iterable[list[int]] = (), condition: str = "",
) -> None:  # fmt: skip
    if procedure.version_id != visit.version_id:
        raise RefusedError(f"{procedure} is not in the same version as {visit}.")
    if not need:
        VisitProcedure.objects.filter(visit=visit, procedure=procedure).delete()
        return
    values: dict[str, Any] = {"need": need}
    if offsets or condition or need == Need.TIMED:
        values |= {"offsets": list(offsets), "condition": condition}
    VisitProcedure.objects.update_or_create(visit=visit, procedure=procedure, defaults=values)


def _refuse_code(
    version: ScheduleVersion, values: Mapping[str, Any], visit: VisitDefinition | None
) -> None:
    same = version.visits.filter(code=values.get("code", "")).exclude(
        pk=visit.pk if visit else None
    )
    if same.exists():
        raise ConflictError(
            f"There is a visit {values['code']} already. Choose another short head."
        )


def _refuse_circle(visit: VisitDefinition, after: VisitDefinition | None) -> None:
    """Visits may count from each other, but not in a circle."""
    here = after
    while here is not None:
        if here.pk == visit.pk:
            raise RefusedError(
                f"{visit.code} and {after} would count from each other."
                " Let one of them count from Day 1."
            )
        here = here.after_visit


def _epoch(version: ScheduleVersion, name: str) -> Epoch | None:
    if not name:
        return None
    found, _ = Epoch.objects.get_or_create(
        version=version, name=name, defaults={"position": version.epochs.count()}
    )
    return found


def _put(visit: VisitDefinition, place: int) -> None:
    """Give the visit its place in the row, and every other one the next."""
    rest = list(
        VisitDefinition.objects.filter(version_id=visit.version_id, timeline=None)
        .exclude(pk=visit.pk)
        .order_by("position")
    )
    rest.insert(place, visit)
    _number(VisitDefinition, rest)


def _number(model: type[VisitDefinition | ProcedureDefinition], rows: list[Any]) -> None:
    moved = [row for position, row in enumerate(rows) if row.position != position]
    places = {row.pk: position for position, row in enumerate(rows)}
    for row in moved:
        row.position = places[row.pk]
    with transaction.atomic():
        model.objects.bulk_update(moved, ["position"])


@action(Permission.PROTOCOL_EDIT, "paste schedule")
def paste(
    version: ScheduleVersion, *, visits: Iterable[Mapping[str, Any]],
    procedures: Iterable[tuple[str, str, Mapping[int, str]]], revision: int | None = None,
    by: User,
) -> ScheduleVersion:  # fmt: skip
    """Take a pasted table into a draft: what has the same name is changed, the rest is added."""
    held = hold(version, revision)
    columns = _pasted_visits(held, visits)
    known = {one.name.casefold(): one for one in held.procedures.all()}
    last = max((one.position for one in known.values()), default=-1)
    asked: dict[tuple[int, int], str] = {}
    for group, name, needs in procedures:
        one = known.get(name.casefold())
        if one is None:
            last += 1
            one = ProcedureDefinition.objects.create(
                version=held, name=name, group=group, position=last
            )
            known[name.casefold()] = one
        asked |= {(columns[column].pk, one.pk): need for column, need in needs.items()}
    _set_all(held, asked)
    return held


def _set_all(version: ScheduleVersion, asked: Mapping[tuple[int, int], str]) -> None:
    """Many cells at once: two statements and a read, however large the table."""
    cells = VisitProcedure.objects.filter(visit__version=version)
    gone = [
        pk
        for pk, *key in cells.values_list("pk", "visit_id", "procedure_id")
        if not asked.get((key[0], key[1]), Need.REQUIRED)
    ]
    VisitProcedure.objects.filter(pk__any=gone).delete()
    VisitProcedure.objects.bulk_create(
        (
            VisitProcedure(visit_id=visit_id, procedure_id=procedure_id, need=need)
            for (visit_id, procedure_id), need in asked.items()
            if need
        ),
        update_conflicts=True, unique_fields=["visit", "procedure"], update_fields=["need"],
    )  # fmt: skip


def _pasted_visits(
    version: ScheduleVersion, visits: Iterable[Mapping[str, Any]]
) -> list[VisitDefinition]:
    planned = list(version.visits.filter(timeline=None).order_by("position"))
    known = {one.name.casefold(): one for one in reversed(planned)}
    known |= {one.code.casefold(): one for one in planned}
    found = []
    for position, given in enumerate(visits, len(planned)):
        values = dict(given)
        if epoch := _epoch(version, values.pop("epoch", "")):
            values["epoch"] = epoch
        name, code = values.pop("name"), values.pop("code")
        new = VisitDefinition(version=version, name=name, code=code, position=position)
        found.append(_save_pasted(known.get(name.casefold(), new), values))
    return found


def _save_pasted(visit: VisitDefinition, values: Mapping[str, Any]) -> VisitDefinition:
    """Save a visit with what the table says of it; its name and short head stay."""
    for name, value in values.items():
        setattr(visit, name, value)
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        raise ConflictError(f"{visit.name} cannot be saved as pasted.") from error
    return visit
