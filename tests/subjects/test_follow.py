"""Subjects follow the schedule that takes effect at their site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.bootstrap import system_account
from accounts.roles import Role
from core.audit import under_event
from core.models import AuditRow, Event, Obligation, Source, StatusChange
from sites.actions import sites
from sites.actions.imports import put_into_effect_everywhere
from sites.models import Place
from subjects.actions import bookings, subjects, transfers, visits
from subjects.actions.follow import Step, adopt, follow_all
from subjects.actions.plan import replan
from subjects.courses import behind
from subjects.models import Subject, SubjectSchedule, Visit
from tests.subjects.test_booking import in_window, wanted
from tests.world import World, make_place, make_site, screen, user_with, visit
from trials.actions.amendments import ask_consents
from trials.models import ConsentVersion, RepeatGroup, ScheduleVersion, VisitDefinition

pytestmark = pytest.mark.django_db
numbers = count(2)
DAY = timedelta(days=1)


def lineages(version: ScheduleVersion) -> dict[str, UUID]:
    return dict(version.visits.values_list("code", "lineage"))


def amended(
    world: World, rows: Sequence[tuple[str, int, int]], known: dict[str, UUID] | None = None,
    asked: Sequence[ConsentVersion] = (),
) -> ScheduleVersion:  # fmt: skip
    """A further version: code, day and tolerance of each visit; those known keep their lineage."""
    known = lineages(world.version) if known is None else known
    with under_event("amendment"):
        version = ScheduleVersion.objects.create(trial=world.trial, number=f"{next(numbers)}.0")
        for position, (code, days, tolerance) in enumerate(rows):
            VisitDefinition.objects.create(
                version=version, code=code, name=f"{code} amended", position=position, days=days,
                early_days=tolerance, late_days=tolerance, is_anchor=code == "D1",
                **({"lineage": known[code]} if code in known else {}),
            )  # fmt: skip
        ask_consents(version, consents=asked, by=world.manager)
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    return version


def today_at(world: World) -> date:
    return timezone.localdate(timezone=world.place.zone)


def dosed(world: World, days_ago: int = 0) -> Subject:
    """A subject whose day 1 was some days ago and is done."""
    on = today_at(world) - days_ago * DAY
    subject = screen(world, on)
    subjects.set_anchor(subject, code="day_1", on=on, by=world.coordinator)
    visits.complete(visit(subject, "D1"), on=on, by=world.coordinator)
    return subject


def take_effect(world: World, version: ScheduleVersion, on: date | None = None) -> None:
    sites.put_into_effect(
        world.site, version=version, from_on=on or today_at(world), by=world.manager
    )
    follow_all(by=system_account())


def plan_of(subject: Subject) -> dict[str, tuple[str, date]]:
    rows = Visit.objects.filter(subject=subject).values_list("code", "status", "target_on")
    return {code: (status, on) for code, status, on in rows}


def test_open_visits_are_laid_out_by_the_new_version_and_the_done_one_stays(world: World) -> None:
    subject = dosed(world, days_ago=2)
    day_1 = today_at(world) - 2 * DAY
    done = Visit.objects.filter(subject=subject, code="D1").values().get()
    first = visit(subject, "W2").first_target_on
    version = amended(world, [("SCR", -14, 13), ("D1", 0, 0), ("W2", 17, 1), ("W8", 56, 3)])
    take_effect(world, version)
    assert plan_of(subject) == {
        "SCR": ("planned", day_1 - 14 * DAY),
        "D1": ("completed", day_1),
        "W2": ("planned", day_1 + 17 * DAY),
        "W4": ("not_applicable", day_1 + 28 * DAY),
        "W8": ("planned", day_1 + 56 * DAY),
    }
    assert Visit.objects.filter(subject=subject, code="D1").values().get() == done
    moved = visit(subject, "W2")
    assert (moved.name, moved.first_target_on) == ("W2 amended", first)
    assert (moved.earliest_on, moved.latest_on) == (day_1 + 16 * DAY, day_1 + 18 * DAY)
    followed = SubjectSchedule.objects.filter(subject=subject).order_by("from_on")
    assert [(row.version, row.from_on) for row in followed] == [
        (world.version, day_1),
        (version, today_at(world)),
    ]
    dropped = StatusChange.objects.get(flow="subjects.visit", object_id=visit(subject, "W4").pk)
    assert (dropped.to_status, dropped.actor_name) == ("not_applicable", "Scheduled work")


def test_putting_a_version_into_effect_is_enough_and_the_trail_says_for_whom(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    subject = dosed(world)
    version = amended(world, [("D1", 0, 0), ("W2", 17, 1)])
    with django_capture_on_commit_callbacks(execute=True):
        sites.put_into_effect(
            world.site, version=version, from_on=today_at(world), by=world.manager
        )
    assert plan_of(subject)["W2"] == ("planned", today_at(world) + 17 * DAY)
    event = Event.objects.get(verb="bring subjects under schedule")
    assert (event.source, event.actor_name, event.acting_for_id, event.site_id) == (
        Source.TASK, "Scheduled work", world.manager.pk, world.site.pk,
    )  # fmt: skip


def test_a_schedule_for_all_sites_reaches_subjects_that_had_none(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    place = make_place("southgate", world.admin)
    bare = make_site(world.trial, place, "1043", world.admin, world.manager)
    coordinator = user_with(Role.COORDINATOR, place, world.admin)
    subject = subjects.screen(bare, on=today_at(world), by=coordinator)
    assert not Visit.objects.filter(subject=subject).exists()
    with django_capture_on_commit_callbacks(execute=True):
        put_into_effect_everywhere(world.version, from_on=date(2020, 1, 1), by=world.manager)
    assert set(plan_of(subject)) == {"SCR", "D1", "W2", "W4"}
    assert SubjectSchedule.objects.get(subject=subject).version == world.version


def test_a_version_of_a_later_day_waits_for_that_day_at_the_place(world: World) -> None:
    subject = dosed(world)
    before = plan_of(subject)
    start = today_at(world) + 3 * DAY
    take_effect(world, amended(world, [("D1", 0, 0), ("W2", 17, 1)]), start)
    assert plan_of(subject) == before
    Place.objects.filter(pk=world.place.pk).update(time_zone="Pacific/Auckland")
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    assert not behind(midnight - timedelta(hours=14)).exists()
    assert [late.pk for late in behind(midnight - timedelta(hours=11))] == [subject.pk]
    with time_machine.travel(midnight - timedelta(hours=11), tick=False):
        follow_all(by=system_account())
    assert plan_of(subject)["W2"][1] == today_at(world) + 17 * DAY
    assert not behind(midnight).exists()


def test_under_other_lineages_nothing_of_the_past_is_laid_out_again(world: World) -> None:
    subject = dosed(world, days_ago=20)
    visits.complete(visit(subject, "W2"), on=today_at(world) - 6 * DAY, by=world.coordinator)
    day_1 = today_at(world) - 20 * DAY
    rows = [("A1", 0, 0), ("A2", 14, 3), ("A3", 21, 2), ("A4", 42, 3)]
    take_effect(world, amended(world, rows, known={}))
    assert plan_of(subject) == {
        "SCR": ("not_applicable", day_1 - 14 * DAY),
        "D1": ("completed", day_1),
        "W2": ("completed", day_1 + 14 * DAY),
        "W4": ("not_applicable", day_1 + 28 * DAY),
        "A3": ("planned", day_1 + 21 * DAY),
        "A4": ("planned", day_1 + 42 * DAY),
    }
    replan(subject, by=world.coordinator)
    assert "A2" not in plan_of(subject)


def test_cycles_that_passed_before_the_switch_are_not_asked_for(world: World) -> None:
    subject = dosed(world, days_ago=50)
    version = ScheduleVersion.objects.create(trial=world.trial, number="cycles")
    group = RepeatGroup.objects.create(version=version, name="Cycles", every_days=21, cap=8)
    for position, (code, days) in enumerate((("C1", 0), ("C8", 7))):
        VisitDefinition.objects.create(
            version=version, code=code, name=code, position=position, days=days, repeat_group=group
        )
    ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    take_effect(world, version)
    laid = Visit.objects.filter(subject=subject, status="planned").order_by("target_on")
    assert [(held.name, held.cycle) for held in laid] == [("C1, cycle 4", 4), ("C8, cycle 4", 4)]
    assert laid[0].target_on == today_at(world) + 13 * DAY


def test_a_booked_visit_that_is_gone_keeps_its_time_and_asks_for_a_decision(
    world: World, client: Client
) -> None:
    subject = dosed(world)
    held = visit(subject, "W2")
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    take_effect(world, amended(world, [("D1", 0, 0), ("W8", 56, 3)]))
    kept = Visit.objects.get(pk=held.pk)
    assert (kept.status, kept.target_on) == ("booked", held.target_on)
    duty = Obligation.objects.get(rule="visit.displaced", met_at=None)
    assert (duty.object_id, duty.due_on) == (held.pk, booking.on)
    assert duty.label == "Cancel W2"
    assert duty.detail.endswith(", the plan no longer has it")
    client.force_login(world.coordinator)
    page = client.get(reverse("subjects:visit", args=[held.pk])).content.decode()
    assert "another time does not bring it back" in page
    picked = client.get(f"{reverse('inbox:work')}?item={duty.pk}").content.decode()
    assert "Cancel visit" in picked
    assert "Move visit" not in picked
    bookings.unbook(booking, by=world.coordinator)
    assert Visit.objects.get(pk=held.pk).status == "not_applicable"
    assert not Obligation.objects.filter(rule="visit.displaced", met_at=None).exists()


def test_a_booking_that_falls_out_of_its_window_is_flagged_until_kept_with_a_reason(
    world: World,
) -> None:
    subject = dosed(world)
    held = visit(subject, "W2")
    slot = wanted(world, in_window(held))
    booking = bookings.book(held, wanted=slot, by=world.coordinator)
    take_effect(world, amended(world, [("D1", 0, 0), ("W2", 21, 1)]))
    assert Visit.objects.get(pk=held.pk).status == "booked"
    assert [(duty.object_id, duty.label) for duty in open_duties("visit.displaced")] == [
        (held.pk, "Move or cancel W2 amended")
    ]
    bookings.move(booking, wanted=slot, reason="Travel or weather", by=world.coordinator)
    assert open_duties("visit.displaced") == []


def test_a_booking_moved_into_the_window_of_the_new_plan_is_displaced_no_longer(
    world: World,
) -> None:
    subject = dosed(world)
    held = visit(subject, "W2")
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    take_effect(world, amended(world, [("D1", 0, 0), ("W2", 28, 3)]))
    assert [duty.object_id for duty in open_duties("visit.displaced")] == [held.pk]
    moved = Visit.objects.get(pk=held.pk)
    bookings.move(booking, wanted=wanted(world, in_window(moved)), by=world.coordinator)
    assert open_duties("visit.displaced") == []


def open_duties(rule: str) -> list[Obligation]:
    return list(Obligation.objects.filter(rule=rule, met_at=None))


def test_a_visit_that_comes_back_is_planned_again_unless_its_time_has_passed(world: World) -> None:
    subject = dosed(world, days_ago=20)
    both, none = [("D1", 0, 0), ("W2", 14, 3), ("W4", 28, 3)], [("D1", 0, 0)]
    take_effect(world, amended(world, none), today_at(world) - 3 * DAY)
    assert {plan_of(subject)[code][0] for code in ("W2", "W4")} == {"not_applicable"}
    take_effect(world, amended(world, both))
    assert plan_of(subject)["W4"][0] == "planned"
    assert plan_of(subject)["W2"][0] == "not_applicable"


def test_a_missed_visit_keeps_the_window_it_was_missed_in(world: World) -> None:
    subject = dosed(world)
    missed = visits.miss(visit(subject, "W2"), reason="did not come", by=world.coordinator)
    take_effect(world, amended(world, [("D1", 0, 0), ("W2", 21, 1), ("W4", 28, 3)]))
    kept = visit(subject, "W2")
    assert (kept.status, kept.target_on, kept.name) == ("missed", missed.target_on, "W2")
    visits.reopen(kept, reason="came after all", by=world.coordinator)
    assert visit(subject, "W2").target_on == today_at(world) + 21 * DAY


def test_two_versions_that_begin_on_one_day_count_as_the_later_one(world: World) -> None:
    subject = dosed(world)
    adopt([Step(subject.pk, amended(world, [("D1", 0, 0)]).pk, today_at(world))])
    last = amended(world, [("D1", 0, 0), ("W8", 56, 3)])
    adopt([Step(subject.pk, last.pk, today_at(world) - DAY)])
    assert SubjectSchedule.objects.get(subject=subject).version == last


def test_who_has_left_stays_under_the_schedule_of_their_time(world: World) -> None:
    subject = dosed(world)
    subjects.end(
        subject, status="withdrawn", on=today_at(world), reason="moved", by=world.coordinator
    )
    before = plan_of(subject)
    take_effect(world, amended(world, [("D1", 0, 0), ("W8", 56, 3)]))
    assert plan_of(subject) == before


def test_a_transfer_brings_the_subject_under_the_schedule_there(world: World) -> None:
    subject = dosed(world, days_ago=10)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    version = amended(world, [("D1", 0, 0), ("B1", 3, 1), ("W4", 30, 3)])
    sites.put_into_effect(there, version=version, from_on=date(2020, 1, 1), by=world.manager)
    transfers.transfer(
        subject, to=there, on=today_at(world), reason="moved house", by=world.manager
    )
    assert plan_of(subject)["W4"] == ("planned", today_at(world) + 20 * DAY)
    assert plan_of(subject)["W2"][0] == "not_applicable"
    assert "B1" not in plan_of(subject)
    assert not behind(timezone.now()).exists()


KNOWN = ["SCR", "D1", "W2", "W4"]
rows_of_a_version = st.lists(
    st.tuples(st.sampled_from([*KNOWN, "N1", "N2", "N3"]), st.integers(-20, 90), st.integers(0, 5)),
    min_size=1, max_size=5, unique_by=lambda row: row[0],
)  # fmt: skip


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=rows_of_a_version, days_ago=st.integers(0, 40))
def test_whatever_the_version_the_done_stays_and_the_open_agrees_with_the_plan(
    world: World, rows: list[tuple[str, int, int]], days_ago: int
) -> None:
    subject = dosed(world, days_ago)
    today, day_1 = today_at(world), today_at(world) - days_ago * DAY
    if days_ago % 2 == 0 and days_ago >= 14:
        visits.complete(visit(subject, "W2"), on=day_1 + 14 * DAY, by=world.coordinator)
    frozen = list(Visit.objects.filter(subject=subject, status="completed").values())
    version = amended(world, rows)
    adopt([Step(subject.pk, version.pk, today)])
    replan(subject, by=world.coordinator)
    assert list(Visit.objects.filter(subject=subject, status="completed").values()) == frozen
    is_done = {row["code"] for row in frozen}
    tolerance = {code: (days, width) for code, days, width in rows if code not in is_done}
    first = days_ago == 0  # screened and switched on one day: one version from the beginning
    expected = {
        code: day_1 + days * DAY
        for code, (days, width) in tolerance.items()
        if code in KNOWN or first or day_1 + (days + width) * DAY >= today
    }
    planned = Visit.objects.filter(subject=subject, status="planned")
    assert dict(planned.values_list("code", "target_on")) == expected
    assert set(planned.values_list("definition__version_id", flat=True)) <= {version.pk}
    written = AuditRow.objects.count()
    replan(subject, by=world.coordinator)
    assert AuditRow.objects.count() == written
