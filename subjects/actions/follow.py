"""Subjects follow the schedule in effect at their site: at once, and on the day when it is dated."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import date

from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.actions import action
from core.permissions import Permission
from sites.models import Site
from subjects.actions.plan import hold, replan_all
from subjects.courses import behind, in_effect
from subjects.models import Subject, SubjectSchedule
from subjects.planning import PlanError

BATCH = 100
logger = logging.getLogger(__name__)


def adopt(wanted: Collection[tuple[int, int, date]]) -> None:
    """Note from when subjects follow which version; one they were to follow that day is replaced."""
    held = SubjectSchedule.objects.filter(subject__pk__any=[pk for pk, _, _ in wanted])
    last = {row.subject_id: row for row in held.order_by("from_on")}
    SubjectSchedule.objects.bulk_create(
        [
            SubjectSchedule(subject_id=pk, version_id=version_id, from_on=_begin(last.get(pk), on))
            for pk, version_id, on in wanted
            if pk not in last or last[pk].version_id != version_id
        ],
        update_conflicts=True, unique_fields=["subject", "from_on"], update_fields=["version"],
    )  # fmt: skip


def _begin(last: SubjectSchedule | None, on: date) -> date:
    return max(on, last.from_on) if last else on


def adopt_at_site(subject: Subject, on: date) -> None:
    """From this day on the subject follows the schedule in effect at its site, if there is one."""
    found = in_effect(timezone.now()).filter(site_id=subject.site_id)
    adopt(
        [(subject.pk, version_id, on) for version_id in found.values_list("version_id", flat=True)]
    )


@action(Permission.SITE_EDIT, "bring subjects under schedule")
def follow(site: Site, *, subject_ids: Iterable[int], by: User) -> Site:
    """Subjects come under the schedule in effect at their site; their open visits are laid out by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"follow:{site.pk}"])
    held = [subject.pk for subject in hold(subject_ids)]
    late = behind(timezone.now()).filter(pk__any=held, site=site)
    moves = list(late.values_list("pk", "effective", "effective_on"))
    adopt(moves)
    replan_all([pk for pk, _, _ in moves], by=by)
    return site


def follow_all(*, by: User, batch: int = BATCH) -> None:
    """Bring everybody up to date, some subjects at a time; what a sudden end left is found again."""
    late = behind(timezone.now())
    sites = Site.objects.filter(pk__in=late.order_by().values("site_id"))
    for site in sites.select_related("place").order_by("pk"):
        last = 0
        while ids := _next(site, last, batch):
            _try_to_follow(site, ids, by)
            last = ids[-1]


def _try_to_follow(site: Site, ids: list[int], by: User) -> None:
    """Those the schedule gives no dates stay behind, as a duty says; the others come under it."""
    try:
        follow(site, subject_ids=ids, by=by)
    except PlanError as error:
        if len(ids) == 1:
            logger.warning("Site %s, subject %s: %s", site.pk, ids[0], error)
            return
        for subject_id in ids:
            _try_to_follow(site, [subject_id], by)


def _next(site: Site, after: int, batch: int) -> list[int]:
    late = behind(timezone.now()).filter(site=site, pk__gt=after).order_by("pk")
    return list(late.values_list("pk", flat=True)[:batch])
