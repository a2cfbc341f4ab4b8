"""Many running subjects at once: the same as one by one, in a fixed number of statements."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import AuditRow, Event, Obligation, StatusChange
from core.versions import ConflictError
from sites.models import Claim, ClaimKind
from subjects.actions import subjects, visits
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow, VisitRow
from subjects.models import Booking, DeviationDraft, Subject, SubjectAnchor, Visit
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def rows(world: World, count: int = 1, first: int = 101, **changes: object) -> list[SubjectRow]:
    """Subjects enrolled 20 days ago, week 2 done a day late, week 4 to come."""
    day_1 = timezone.localdate() - 20 * DAY
    by_code = {found.code: found.pk for found in world.version.visits.all()}
    known = (
        VisitRow("SCR", by_code["SCR"], status="completed", performed_on=day_1 - 10 * DAY),
        VisitRow("D1", by_code["D1"], status="completed", performed_on=day_1),
        VisitRow("W2", by_code["W2"], status="completed", performed_on=day_1 + 18 * DAY),
        VisitRow("Extra", status="completed", performed_on=day_1 + 5 * DAY),
    )
    facts = {
        "status": "on_treatment", "screened_on": day_1 - 10 * DAY, "enrolled_on": day_1,
        "visits": known,
    } | changes  # fmt: skip
    return [
        SubjectRow(world.site.pk, f"1042-{number}", f"S-{number}", **facts)  # type: ignore[arg-type]
        for number in range(first, first + count)
    ]


def test_subjects_come_with_history_anchors_visits_and_deviations(world: World) -> None:
    import_subjects(world.site, rows=rows(world), by=world.coordinator)
    subject = Subject.objects.get(number="1042-101")
    day_1 = timezone.localdate() - 20 * DAY
    steps = StatusChange.objects.filter(flow="subjects.subject", object_id=subject.pk)
    assert list(steps.order_by("pk").values_list("from_status", "to_status", "on")) == [
        ("", "screening", day_1 - 10 * DAY),
        ("screening", "enrolled", day_1),
        ("enrolled", "on_treatment", day_1),
    ]
    assert SubjectAnchor.objects.get(subject=subject, code="day_1").on == day_1
    late = visit(subject, "W2")
    assert (late.status, late.target_on) == ("completed", day_1 + 14 * DAY)
    assert late.frozen_at is not None
    assert DeviationDraft.objects.get(visit=late).state == "occurred"
    assert visit(subject, "W4").status == "planned"
    assert visit(subject, "UNS").name == "Extra"
    assert subject.last_visit_on == day_1 + 18 * DAY
    assert subject.next_visit == visit(subject, "W4")
    world.site.refresh_from_db()
    assert (world.site.screened, world.site.enrolled, world.site.active) == (1, 1, 1)
    event = Event.objects.get(verb="import subjects")
    assert AuditRow.objects.filter(event_id=event.pk, tbl="subjects_visit").count() == 5
    assert Obligation.objects.get(subject_id=subject.pk, rule="visit.book", met_at=None)


def test_the_plan_after_day_1_is_the_same_as_one_by_one(world: World) -> None:
    import_subjects(world.site, rows=rows(world), by=world.coordinator)
    day_1 = timezone.localdate() - 20 * DAY
    alone = screen(world, day_1 - 10 * DAY)
    done = {"SCR": day_1 - 10 * DAY, "D1": day_1, "W2": day_1 + 18 * DAY}
    for code, on in done.items():
        if code == "D1":
            subjects.enrol(alone, on=on, by=world.coordinator)
        visits.complete(visit(alone, code), on=on, reason="late", by=world.coordinator)
    columns = ("code", "status", "target_on", "earliest_on", "latest_on", "performed_on")
    both = [
        list(
            Visit.objects.filter(subject__number=number, code__in=["W2", "W4"])
            .order_by("definition__position")
            .values_list(*columns)
        )
        for number in ("1042-101", alone.number)
    ]
    assert both[0] == both[1]


def test_a_second_time_changes_nothing(world: World) -> None:
    import_subjects(world.site, rows=rows(world, 3), by=world.coordinator)
    before = AuditRow.objects.exclude(tbl="sites_site").count(), Visit.objects.count()
    import_subjects(world.site, rows=rows(world, 3), by=world.coordinator)
    assert (AuditRow.objects.exclude(tbl="sites_site").count(), Visit.objects.count()) == before


def test_the_number_of_statements_does_not_depend_on_the_rows(world: World) -> None:
    counts = []
    for first, count in ((101, 1), (201, 30)):
        with CaptureQueriesContext(connection) as seen:
            import_subjects(world.site, rows=rows(world, count, first), by=world.coordinator)
        counts.append(len(seen))
    assert counts[1] <= counts[0]


def test_booked_visits_hold_their_room_and_their_subject(world: World) -> None:
    day = weekday_from(timezone.localdate() + 9 * DAY)
    by_code = {found.code: found.pk for found in world.version.visits.all()}
    booked = VisitRow(
        "W4", by_code["W4"], status="booked", start=at(day, 10), room_id=world.room.pk,
        person_id=world.person.pk,
    )  # fmt: skip
    [row] = rows(world, day_1_on=timezone.localdate() - 20 * DAY, visits=(booked,))
    import_subjects(world.site, rows=[row], by=world.coordinator)
    held = Booking.objects.get()
    assert (held.on, held.room, held.person) == (day, world.room, world.person)
    assert Claim.objects.filter(holder="booking", holder_id=held.pk).count() == 3
    [clash] = rows(world, first=150, visits=(booked,))
    with pytest.raises(ConflictError, match="taken meanwhile"):
        import_subjects(world.site, rows=[clash], by=world.coordinator)
    assert not Subject.objects.filter(number="1042-150").exists()


def test_visits_that_were_keep_their_time_and_what_the_subject_said(world: World) -> None:
    day = weekday_from(timezone.localdate() - 9 * DAY)
    visit = world.version.visits.get(code="W4")
    done = VisitRow(
        "W4", visit.pk, status="completed", performed_on=day, start=at(day, 10),
        room_id=world.room.pk, confirmation="confirmed",
    )  # fmt: skip
    [row] = rows(world, day_1_on=day - visit.days * DAY, visits=(done,))
    import_subjects(world.site, rows=[row], by=world.coordinator)
    held = Booking.objects.get()
    assert (held.on, held.visit.status, held.confirmation) == (day, "completed", "confirmed")
    assert Claim.objects.get(kind=ClaimKind.ROOM).resource_id == world.room.pk


def test_who_ended_keeps_only_what_happened(world: World) -> None:
    missed = VisitRow("W2", world.version.visits.get(code="W2").pk, status="missed", reason="ill")
    ended = {"status": "withdrawn", "ended_on": timezone.localdate() - DAY, "visits": (missed,)}
    import_subjects(world.site, rows=rows(world, **ended), by=world.coordinator)
    subject = Subject.objects.get(number="1042-101")
    assert [found.status for found in subject.visits.all()] == ["missed"]
    assert DeviationDraft.objects.get(visit__subject=subject).kind == "missed_visit"
    assert subject.next_visit is None
    last = StatusChange.objects.filter(flow="subjects.subject", object_id=subject.pk).latest("pk")
    assert (last.from_status, last.to_status) == ("enrolled", "withdrawn")


def test_only_site_staff_bring_identities(world: World) -> None:
    named = rows(world, identity={"name": "Jo Doe"})
    with pytest.raises(PermissionDenied):
        import_subjects(world.trial, rows=named, by=world.manager)
    with pytest.raises(PermissionDenied):
        import_subjects(world.site, rows=rows(world), by=world.cra)
    import_subjects(world.site, rows=named, by=world.coordinator)
    assert Subject.objects.get().identity.name == "Jo Doe"
    assert "Jo Doe" not in str(list(AuditRow.objects.values_list("changes", flat=True)))


def test_a_site_outside_the_scope_is_refused(world: World) -> None:
    other = [SubjectRow(world.site.pk + 99, "1", "1", "screening", date(2025, 1, 1))]
    with pytest.raises(ConflictError):
        import_subjects(world.trial, rows=other, by=world.manager)
