"""Laying the visits of subjects out from their schedules, their anchors and what was done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection

from accounts.models import User
from core.actions import RefusedError
from core.versions import lock
from subjects import planning
from subjects.actions.beds import release_beds
from subjects.actions.deviations import redraft
from subjects.courses import Course, Courses
from subjects.models import Subject, Visit
from subjects.models.subject import ENDED
from subjects.models.visit import OPEN
from trials.models import VisitDefinition

ONE_VISIT = ("subject", "lineage", "cycle", "sequence")
PLANNED = (
    "definition_id", "name", "code", "target_on", "earliest_on", "latest_on", "is_provisional",
)  # fmt: skip


def hold(subject_ids: Iterable[int]) -> list[Subject]:
    """Lock subjects before any of their visits, as every action does: no two wait for each other."""
    rows = Subject.objects.filter(pk__any=list(subject_ids)).select_related("site__place")
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def hold_visit(visit: Visit, revision: int | None = None) -> Visit:
    """The visit as it is now, locked after its subject."""
    (subject,) = hold([visit.subject_id])
    visit = lock(visit, revision)
    visit.subject = subject
    if visit.site_id == subject.site_id:
        visit.site = subject.site
    return visit


def refuse_without_reason(reason: str) -> None:
    """What undoes or ends something says why."""
    if not reason.strip():
        raise RefusedError("Give the reason.")


def refuse_after_the_end(subject: Subject) -> None:
    """No visit is added, reopened or booked once a subject has left."""
    if subject.status in ENDED:
        raise RefusedError(
            f"{subject} is no longer in the trial: {subject.get_status_display().lower()}."
            " Visits are for subjects in the trial."
        )


def replan(subject: Subject, *, by: User) -> None:
    """Make the subject's open visits agree with the plan; what has an outcome is passed by."""
    replan_all([subject.pk], by=by)


def replan_all(subject_ids: list[int], *, by: User) -> None:
    """Regenerate the visits of subjects for whom it is the same day, in as many statements as of one."""
    courses = Courses(hold(subject_ids))
    changed: list[Visit] = []
    back: list[int] = []
    gone: list[int] = []
    for course in courses:
        plan = courses.plan(course)
        changed += _changed(courses, course, plan.values())
        known = course.visits.items() if course.version_id else ()
        back += [visit.pk for key, visit in known if key in plan]
        gone += [visit.pk for key, visit in known if key not in plan]
    Visit.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=ONE_VISIT, update_fields=PLANNED
    )
    again = Visit.objects.filter(pk__any=back, status=Visit.Status.NOT_APPLICABLE)
    Visit.flow.move_all(again, Visit.Status.PLANNED, by=by, on=courses.today)
    left = Visit.objects.filter(pk__any=gone, status=Visit.Status.PLANNED)
    Visit.flow.move_all(left, Visit.Status.NOT_APPLICABLE, by=by, on=courses.today)
    redraft(subject_ids)
    keep_next_all(subject_ids)


def _changed(courses: Courses, course: Course, plan: Iterable[planning.Planned]) -> Iterable[Visit]:
    """The visits the plan adds or gives other dates; those with an outcome keep theirs."""
    for planned in plan:
        wanted = _wanted(course.subject, courses.definition(planned.key), planned)
        held = course.visits.get((wanted.lineage, wanted.cycle))
        if held is None or (held.status in REDATED and _differ(held, wanted)):
            yield wanted


REDATED = {*OPEN, Visit.Status.NOT_APPLICABLE}


def _differ(held: Visit, wanted: Visit) -> bool:
    return any(getattr(held, name) != getattr(wanted, name) for name in PLANNED)


def _wanted(subject: Subject, definition: VisitDefinition, planned: planning.Planned) -> Visit:
    return Visit(
        subject=subject, site_id=subject.site_id, definition=definition,
        lineage=definition.lineage, cycle=planned.cycle, name=named(definition, planned.cycle),
        code=definition.code, first_target_on=planned.first_target_on, target_on=planned.target_on,
        earliest_on=planned.earliest_on, latest_on=planned.latest_on,
        is_provisional=planned.is_provisional,
    )  # fmt: skip


def named(definition: VisitDefinition, cycle: int) -> str:
    """The name of a visit in one of its cycles."""
    if definition.repeat_group_id and cycle > 1:
        return f"{definition.name}, cycle {cycle}"
    return definition.name


def keep_next(subject: Subject) -> None:
    """Keep the columns that every list shows: next visit and last visit."""
    keep_next_all([subject.pk])


def keep_next_all(subject_ids: list[int]) -> None:
    """Keep next and last visit of many subjects in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subjects_subject s SET next_visit_id = f.id, next_visit_on = f.next_on,"
            " last_visit_on = f.last_on"
            " FROM (SELECT g.id AS subject_id, n.id, n.next_on,"
            "   (SELECT max(d.performed_on) FROM subjects_visit d WHERE d.subject_id = g.id"
            "    AND d.status = 'completed') AS last_on"
            "  FROM unnest(%s::bigint[]) AS g (id) LEFT JOIN LATERAL ("
            '   SELECT v.id, coalesce(b."on", v.target_on) AS next_on FROM subjects_visit v'
            "   LEFT JOIN subjects_booking b ON b.visit_id = v.id AND b.is_live"
            "   WHERE v.subject_id = g.id AND v.status = ANY(%s)"
            "   ORDER BY v.target_on, v.id LIMIT 1) n ON true) f"
            " WHERE s.id = f.subject_id AND (s.next_visit_id, s.next_visit_on, s.last_visit_on)"
            "  IS DISTINCT FROM (f.id, f.next_on, f.last_on)",
            [subject_ids, [status.value for status in OPEN]],
        )


def call_off(subject: Subject, reason: str, *, on: date, by: User) -> None:
    """Cancel what is still open after a subject has left."""
    hold([subject.pk])
    from_here = Visit.objects.filter(subject=subject, status__in=OPEN)
    release(list(from_here.values_list("pk", flat=True)), by=by)
    Visit.flow.move_all(
        from_here, Visit.Status.CANCELLED, by=by, on=on, reason=reason,
        outcome_reason=reason[:200],
    )  # fmt: skip
    redraft([subject.pk])
    keep_next(subject)


def release(visit_ids: list[int], *, by: User) -> None:
    """End live bookings of these visits and free what they held, locked in the order of claims."""
    release_beds(visit_ids, by=by)
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [visit_ids])


RELEASE = """
    WITH standing AS MATERIALIZED (
        SELECT id FROM subjects_booking WHERE visit_id = ANY(%s) AND is_live
        ORDER BY id FOR UPDATE
    ),
    held AS MATERIALIZED (
        SELECT id FROM sites_claim
        WHERE holder = 'booking' AND holder_id IN (SELECT id FROM standing)
        ORDER BY kind, resource_id, id FOR UPDATE
    ),
    ended AS (
        UPDATE subjects_booking SET is_live = false WHERE id IN (SELECT id FROM standing)
    )
    DELETE FROM sites_claim WHERE id IN (SELECT id FROM held)
    """
