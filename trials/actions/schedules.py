"""Schedules of activities: drafts, their visits, and approval by signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.signing import sign
from core.versions import ConflictError
from trials.models import ProcedureDefinition, ScheduleVersion, Trial, VisitDefinition


@action(Permission.PROTOCOL_EDIT, "draft schedule")
def draft(trial: Trial, *, number: str, by: User) -> ScheduleVersion:
    """Begin a new version of the schedule of activities."""
    try:
        with transaction.atomic():
            version = ScheduleVersion.objects.create(trial=trial, number=number)
    except IntegrityError as error:
        raise ConflictError(f"Schedule {number} exists already. Choose another number.") from error
    ScheduleVersion.flow.begin(version, by=by)
    return version


@action(Permission.PROTOCOL_EDIT, "add visits")
def add_visits(
    version: ScheduleVersion, *, visits: Iterable[Mapping[str, Any]], by: User
) -> ScheduleVersion:
    """Add visits to a draft, in the order they take place."""
    _refuse_unless_draft(version)
    first = version.visits.filter(timeline=None).count()
    VisitDefinition.objects.bulk_create(
        VisitDefinition(version=version, position=first + step, **values)
        for step, values in enumerate(visits)
    )
    return version


@action(Permission.PROTOCOL_EDIT, "add procedures")
def add_procedures(
    version: ScheduleVersion, *, names: Iterable[tuple[str, str]], by: User
) -> ScheduleVersion:
    """Add procedures to a draft, each with the group it stands under."""
    _refuse_unless_draft(version)
    first = version.procedures.count()
    ProcedureDefinition.objects.bulk_create(
        ProcedureDefinition(version=version, position=first + step, group=group, name=name)
        for step, (group, name) in enumerate(names)
    )
    return version


def content(version: ScheduleVersion) -> dict[str, Any]:
    """What a signature on a schedule version covers."""
    columns = [
        "lineage", "code", "name", "position", "anchor", "after_visit_id", "months", "days",
        "minutes", "early_months", "early_days", "early_minutes", "late_months", "late_days",
        "late_minutes", "type", "modality", "duration",
    ]  # fmt: skip
    return {
        "trial": version.trial.protocol_number,
        "number": version.number,
        "visits": list(version.visits.order_by("position").values(*columns)),
        "procedures": list(version.procedures.order_by("position").values("lineage", "name")),
    }


@action(Permission.PROTOCOL_APPROVE, "approve schedule")
def approve(
    version: ScheduleVersion, *, password: str, shown_hash: str, by: User
) -> ScheduleVersion:
    """Approve a draft by signature; from now on the database keeps it unchanged."""
    _refuse_unless_draft(version)
    if not version.visits.exists():
        raise RefusedError("A schedule without visits cannot be approved. Add visits first.")
    sign(
        version, content=content(version), meaning="approval", password=password,
        shown_hash=shown_hash, by=by,
    )  # fmt: skip
    ScheduleVersion.flow.move(version, "approved", by=by, approved_at=timezone.now())
    return version


def _refuse_unless_draft(version: ScheduleVersion) -> None:
    if version.status != ScheduleVersion.Status.DRAFT:
        raise RefusedError(
            f"{version} is {version.get_status_display().lower()}; make a new draft."
        )
