"""Laying a subject's visits out from its schedule, its anchors and what was done."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.utils import timezone

from accounts.models import User
from subjects import planning
from subjects.models import DeviationDraft, Subject, Visit
from subjects.models.visit import OPEN
from subjects.queries import Plan, plan_for, version_for
from trials.models import VisitDefinition


def replan(subject: Subject, *, by: User) -> Plan | None:
    """Make the subject's open visits agree with the plan; completed ones are passed by."""
    on = timezone.localdate(timezone=subject.site.place.zone)
    version = version_for(subject, on)
    if version is None:
        return None
    plan = plan_for(subject, version)
    wanted = {}
    for planned in plan.planned:
        definition = plan.definitions[planned.key]
        wanted[definition.lineage, planned.cycle] = (definition, planned)
    held = {
        (visit.lineage, visit.cycle): visit
        for visit in Visit.objects.select_for_update().filter(
            subject=subject, kind=Visit.Kind.SCHEDULED
        )
    }
    _add(subject, [pair for key, pair in wanted.items() if key not in held])
    for key, (definition, planned) in wanted.items():
        if key in held:
            _change(held[key], definition, planned, by)
    gone = [visit.pk for key, visit in held.items() if key not in wanted]
    left = Visit.objects.filter(pk__any=gone, status=Visit.Status.PLANNED)
    Visit.flow.move_all(left, Visit.Status.NOT_APPLICABLE, by=by)
    redraft(subject)
    keep_next(subject)
    return plan


def _add(subject: Subject, pairs: list[tuple[VisitDefinition, planning.Planned]]) -> None:
    Visit.objects.bulk_create(
        Visit(
            subject=subject, site_id=subject.site_id, definition=definition,
            lineage=definition.lineage, cycle=planned.cycle, name=named(definition, planned.cycle),
            code=definition.code, first_target_on=planned.first_target_on, target_on=planned.target_on,
            earliest_on=planned.earliest_on, latest_on=planned.latest_on,
            is_provisional=planned.is_provisional,
        )
        for definition, planned in pairs
    )  # fmt: skip


def named(definition: VisitDefinition, cycle: int) -> str:
    """The name of a visit in one of its cycles."""
    if definition.repeat_group_id and cycle > 1:
        return f"{definition.name}, cycle {cycle}"
    return definition.name


def _change(visit: Visit, definition: VisitDefinition, planned: planning.Planned, by: User) -> None:
    if visit.frozen_at is not None:
        return
    if visit.status == Visit.Status.NOT_APPLICABLE:
        Visit.flow.move(visit, Visit.Status.PLANNED, by=by)
    wanted = {
        "definition_id": definition.pk,
        "target_on": planned.target_on,
        "earliest_on": planned.earliest_on,
        "latest_on": planned.latest_on,
        "is_provisional": planned.is_provisional,
    }
    changed = {name: value for name, value in wanted.items() if getattr(visit, name) != value}
    if changed:
        Visit.objects.filter(pk=visit.pk).update(**changed)


def redraft(subject: Subject) -> None:
    """Withdraw planned deviations of bookings that lie inside their window again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subjects_deviationdraft d SET state = 'withdrawn'"
            " FROM subjects_visit v LEFT JOIN subjects_booking b ON b.visit_id = v.id AND b.is_live"
            " WHERE d.visit_id = v.id AND v.subject_id = %s AND d.state = 'planned'"
            " AND d.kind = 'out_of_window'"
            ' AND (b.id IS NULL OR b."on" BETWEEN v.earliest_on AND v.latest_on)',
            [subject.pk],
        )


def draft_deviation(visit: Visit, on: date, reason: str, description: str) -> None:
    """Keep a deviation that is seen coming, with the reason given for it."""
    DeviationDraft.objects.update_or_create(
        visit=visit,
        kind=DeviationDraft.Kind.OUT_OF_WINDOW,
        state=DeviationDraft.State.PLANNED,
        defaults={"reason": reason, "description": description},
    )


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


def call_off(subject: Subject, reason: str, *, by: User) -> None:
    """Cancel what is still open after a subject has left."""
    from_here = Visit.objects.filter(subject=subject, status__in=OPEN)
    release(list(from_here.values_list("pk", flat=True)))
    Visit.flow.move_all(
        from_here, Visit.Status.CANCELLED, by=by, reason=reason, outcome_reason=reason[:200]
    )
    redraft(subject)
    keep_next(subject)


def release(visit_ids: list[int]) -> None:
    """End live bookings of these visits and free what they held."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ended AS (UPDATE subjects_booking SET is_live = false"
            " WHERE visit_id = ANY(%s) AND is_live RETURNING id)"
            " DELETE FROM sites_claim c USING ended"
            " WHERE c.holder = 'booking' AND c.holder_id = ended.id",
            [visit_ids],
        )
