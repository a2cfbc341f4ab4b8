"""Schedules of activities: drafts, their visits, and approval by signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.signing import Meaning, Proof, signed
from core.versions import ConflictError, lock
from trials.models import (
    Criterion,
    ScheduleVersion,
    Trial,
    VisitDefinition,
    VisitProcedure,
)
from trials.queries.checks import of_others
from trials.queries.grid import visits_of


def hold(version: ScheduleVersion, revision: int | None) -> ScheduleVersion:
    """The draft, locked and counted on, so that whoever saw it before is told of the change."""
    held = lock(version, revision)
    if held.status != ScheduleVersion.Status.DRAFT:
        raise RefusedError(
            f"{held} is {held.get_status_display().lower()} and stays as it is."
            " Make a new version from it."
        )
    ScheduleVersion.objects.filter(pk=held.pk).update(number=F("number"))
    held.refresh_from_db(fields=["revision"])
    return held


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


@action(Permission.PROTOCOL_EDIT, "add criteria")
def add_criteria(
    version: ScheduleVersion, *, criteria: Iterable[tuple[str, str, str]], by: User
) -> ScheduleVersion:
    """Add eligibility criteria to a draft, each with its category and its number in the protocol."""
    _refuse_unless_draft(version)
    first = version.criteria.count()
    Criterion.objects.bulk_create(
        Criterion(
            version=version, position=first + step, category=category, identifier=identifier,
            text=text,
        )
        for step, (category, identifier, text) in enumerate(criteria)
    )  # fmt: skip
    return version


VISIT_COLUMNS = (
    "lineage", "code", "name", "position", "timeline__name", "epoch__name", "anchor", "is_anchor",
    "after_visit__lineage", "basis", "months", "days", "minutes", "early_months", "early_days",
    "early_minutes", "late_months", "late_days", "late_minutes", "has_window", "type", "modality",
    "duration", "is_optional", "nights", "repeat_group__name",
)  # fmt: skip


def content(version: ScheduleVersion) -> dict[str, Any]:
    """What a signature on a schedule version covers: visits, procedures, cells, cycles, criteria."""
    cells = VisitProcedure.objects.filter(visit__version=version)
    asked = list(version.asked.order_by("consent").values("consent__type__name", "consent__number"))
    return {
        "trial": version.trial.protocol_number,
        "number": version.number,
        "visits": list(version.visits.order_by("lineage").values(*VISIT_COLUMNS)),
        "procedures": list(
            version.procedures.order_by("lineage").values("lineage", "name", "group")
        ),
        "cells": list(
            cells.order_by("visit__lineage", "procedure__lineage").values(
                "visit__lineage",
                "procedure__lineage",
                "need",
                "offsets",
                "condition",
                "is_time_zero",
            )
        ),
        "cycles": list(
            version.repeat_groups.order_by("pk").values(
                "name", "every_months", "every_days", "until_text", "cap"
            )
        ),
        "criteria": list(
            version.criteria.order_by("position").values("category", "identifier", "text")
        ),
        **({"consents": asked} if asked else {}),
    }


@action(Permission.PROTOCOL_EDIT, "set draft schedule aside")
def discard(version: ScheduleVersion, *, reason: str, by: User) -> ScheduleVersion:
    """Set a draft aside; it stays to be read."""
    ScheduleVersion.flow.move(version, "discarded", by=by, reason=reason)
    return version


def parts(version: ScheduleVersion) -> list[QuerySet[Any]]:
    """The rows that make up the content of a version."""
    return [
        version.visits.all(), version.procedures.all(), version.repeat_groups.all(),
        version.criteria.all(), version.timelines.all(),
        VisitProcedure.objects.filter(visit__version=version), version.asked.all(),
    ]  # fmt: skip


APPROVAL = Meaning("approval", "I reviewed this schedule and approve it.")


@signed(
    Permission.PROTOCOL_APPROVE, "approve schedule", meaning=APPROVAL, content=content, parts=parts
)
def approve(version: ScheduleVersion, *, proof: Proof, by: User) -> ScheduleVersion:
    """Approve a draft by signature; from now on the database keeps it unchanged."""
    _refuse_unless_draft(version)
    if not version.visits.exists():
        raise RefusedError("A schedule without visits cannot be approved. Add visits first.")
    planned = [visit for visit in visits_of(version) if visit.timeline_id is None]
    for check in of_others(planned):
        if check.stops:
            raise RefusedError(check.text)
    ScheduleVersion.flow.move(version, "approved", by=by, approved_at=timezone.now())
    return version


def _refuse_unless_draft(version: ScheduleVersion) -> None:
    if version.status != ScheduleVersion.Status.DRAFT:
        raise RefusedError(
            f"{version} is {version.get_status_display().lower()}; make a new draft."
        )
