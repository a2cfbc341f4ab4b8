"""Subjects follow the schedule in effect at their site: at once, and on the day when it is dated."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from core.access import Scope, ScopeIds
from core.actions import action
from core.obligations import Within
from core.permissions import Permission
from sites.models import Site
from subjects.actions.criteria import ask_anew
from subjects.actions.plan import hold, replan_all
from subjects.courses import behind, signed
from subjects.models import Subject, SubjectSchedule
from subjects.planning import PlanError
from trials.models import Trial

BATCH = 200
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A subject that comes under a version from a day on, and what it signed before."""

    subject_id: int
    version_id: int
    on: date
    consent_id: int | None = None


def adopt(steps: Collection[Step]) -> None:
    """Note from when subjects follow which version, and ask those in screening what it changes.

    A version that they were to follow from that day on is replaced.
    """
    held = SubjectSchedule.objects.filter(subject__pk__any=[step.subject_id for step in steps])
    last = {row.subject_id: row for row in held.order_by("from_on")}
    SubjectSchedule.objects.bulk_create(
        [
            SubjectSchedule(
                subject_id=step.subject_id, version_id=step.version_id,
                consent_id=step.consent_id, from_on=_begin(last.get(step.subject_id), step.on),
            )
            for step in steps
            if step.subject_id not in last or last[step.subject_id].version_id != step.version_id
        ],
        update_conflicts=True, unique_fields=["subject", "from_on"],
        update_fields=["version", "consent"],
    )  # fmt: skip
    ask_anew({step.subject_id: step.version_id for step in steps})


def _begin(last: SubjectSchedule | None, on: date) -> date:
    return max(on, last.from_on) if last else on


def steps_of(subject_ids: Iterable[int]) -> list[Step]:
    """The steps of those who can come under the schedule at their site: on its day, or once they signed."""
    late = behind(timezone.now()).filter(pk__any=list(subject_ids))
    given = signed(OuterRef("effective"))
    rows = late.annotate(
        consent=Subquery(given.values("pk")[:1]), signed_on=Subquery(given.values("signed_on")[:1])
    )
    values = rows.values_list("pk", "effective", "effective_on", "signed_on", "consent")
    return [
        Step(pk, version_id, max(on, signed_on or on), consent_id)
        for pk, version_id, on, signed_on, consent_id in values
    ]


def adopt_at_site(subject: Subject, on: date) -> None:
    """From this day on the subject follows the schedule in effect at its site, if it can."""
    adopt([replace(step, on=on) for step in steps_of([subject.pk])])


def catch_up(subject: Subject, *, by: User) -> None:
    """A subject that has signed what it waited for comes under the schedule at its site at once."""
    steps = steps_of([subject.pk])
    if not steps:
        return
    try:
        with transaction.atomic():
            adopt(steps)
            replan_all([subject.pk], by=by)
    except PlanError as error:
        logger.warning("%s: %s", subject, error)


def _of_subjects(_scope: Scope, *, subject_ids: Iterable[int], **_: Any) -> Within:
    return Within(subject_ids=list(subject_ids))


@action(Permission.SITE_EDIT, "bring subjects under schedule", within=_of_subjects)
def follow(scope: Scope, *, subject_ids: Iterable[int], by: User) -> Scope:
    """Subjects come under the schedule in effect at their site; their open visits are laid out by it."""
    ids = scope.own_ids()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"follow:{ids.trial_id}"])
    held = [subject.pk for subject in hold(subject_ids) if _lies_in(subject, ids)]
    steps = steps_of(held)
    adopt(steps)
    replan_all([step.subject_id for step in steps], by=by)
    return scope


def _lies_in(subject: Subject, ids: ScopeIds) -> bool:
    return ids.trial_id == subject.trial_id and ids.site_id in {None, subject.site_id}


def follow_all(*, by: User, batch: int = BATCH) -> None:
    """Bring everybody up to date, some subjects at a time; what a sudden end left is found again."""
    late = behind(timezone.now()).order_by("trial", "site__place__time_zone", "site", "pk")
    groups = groupby(
        late.values_list("trial", "site__place__time_zone", "pk", "site"), key=itemgetter(0, 1)
    )
    for _, rows in [(key, list(rows)) for key, rows in groups]:
        for start in range(0, len(rows), batch):
            _follow_some(rows[start : start + batch], by)


def _follow_some(rows: list[tuple[int, str, int, int]], by: User) -> None:
    """Some subjects of one trial, for whom it is the same day; at one site, where they all are."""
    trial_id, _, _, site_id = rows[0]
    is_one_site = all(row[3] == site_id for row in rows)
    scope: Scope = Site.objects.get(pk=site_id) if is_one_site else Trial.objects.get(pk=trial_id)
    _try_to_follow(scope, [pk for _, _, pk, _ in rows], by)


def _try_to_follow(scope: Scope, ids: list[int], by: User) -> None:
    """Those the schedule gives no dates stay behind, as a duty says; the others come under it."""
    try:
        follow(scope, subject_ids=ids, by=by)
    except PlanError as error:
        if len(ids) == 1:
            logger.warning("%s, subject %s: %s", scope, ids[0], error)
            return
        middle = len(ids) // 2
        _try_to_follow(scope, ids[:middle], by)
        _try_to_follow(scope, ids[middle:], by)
