"""A schedule that gives its visits no dates: refused with a way out wherever it is met."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.bootstrap import system_account
from accounts.roles import Role
from core.actions import RefusedError
from core.audit import coming_from, under_event
from core.models import Obligation, Source
from core.obligations import refresh_everything
from core.signing import Proof
from sites.actions import sites
from subjects.actions import bookings, subjects
from subjects.actions.follow import follow_all
from subjects.courses import without_dates
from subjects.models import Subject, SubjectSchedule
from tests.api.conftest import Caller, secret_of, service_with
from tests.subjects.test_booking import in_window, wanted
from tests.world import World, make_place, make_site, screen, user_with, visit
from trials.actions import schedules
from trials.models import ScheduleVersion, VisitDefinition
from trials.queries.grid import visits_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
CIRCLE = "count from each other in a circle: W2, W4, W2. Let one of them count from an anchor."


def in_a_circle(world: World, number: str = "2.0", status: str = "approved") -> ScheduleVersion:
    """A version, as older releases let be approved, in which weeks 2 and 4 count from each other."""
    lineages = dict(world.version.visits.values_list("code", "lineage"))
    with under_event("an older release"):
        version = ScheduleVersion.objects.create(trial=world.trial, number=number)
        _day_1, one, other = (
            VisitDefinition.objects.create(
                version=version, code=code, name=code, position=position, days=days,
                is_anchor=code == "D1", lineage=lineages[code],
            )
            for position, (code, days) in enumerate([("D1", 0), ("W2", 14), ("W4", 14)])
        )  # fmt: skip
        VisitDefinition.objects.filter(pk=one.pk).update(after_visit=other)
        VisitDefinition.objects.filter(pk=other.pk).update(after_visit=one)
        if status == "approved":
            ScheduleVersion.flow.move(version, status, by=world.manager, approved_at=timezone.now())
    return version


def follows(subject: Subject, version: ScheduleVersion) -> None:
    """A subject that came under the version before it was noticed."""
    with under_event("an older release"):
        SubjectSchedule.objects.filter(subject=subject).update(version=version)


def today_at(world: World) -> date:
    return timezone.localdate(timezone=world.place.zone)


def test_it_is_noticed_in_the_draft_and_not_approved(world: World, client: Client) -> None:
    draft = in_a_circle(world, status="draft")
    accounts.set_password(world.manager, password=PASSWORD, by=world.admin)
    proof = Proof(world.manager.username, PASSWORD, schedules.approve.hash_of(draft))
    with coming_from(source=Source.PAGE), pytest.raises(RefusedError, match="in a circle"):
        schedules.approve(draft, proof=proof, by=world.manager)
    client.force_login(world.manager)
    page = client.get(reverse("trials:approve", args=[world.trial.code, draft.number]))
    assert CIRCLE in page.content.decode()
    assert list(without_dates(visits_of(world.version))) == []


def test_offsets_that_leave_the_calendar_are_noticed_as_well(world: World) -> None:
    draft = schedules.draft(world.trial, number="3.0", by=world.manager)
    visits = [{"code": "LONG", "name": "LONG", "months": -32000}]
    schedules.add_visits(draft, visits=visits, by=world.manager)
    (found,) = without_dates(visits_of(draft))
    assert found.stops
    assert "is outside the calendar. Correct the offset or the window." in found.text


def steps(world: World, subject: Subject) -> dict[str, tuple[str, dict[str, Any]]]:
    """The pages that lay visits out, with what is typed there."""
    today = today_at(world).isoformat()
    held = visit(subject, "W2")
    slot = {"start": f"{held.target_on}T10:00", "minutes": "60", "room": str(world.room.pk)}
    return {
        "enrol": (reverse("subjects:enrol", args=[subject.pk]), {"on": today}),
        "anchors": (
            reverse("subjects:anchors", args=[subject.pk]), {"code": "first_dose", "on": today}
        ),
        "complete": (
            reverse("subjects:complete", args=[visit(subject, "D1").pk]),
            {"on": today, "reason": "typed before"},
        ),
        "miss": (
            reverse("subjects:outcome", args=[held.pk, "miss"]), {"reason": "typed before"}
        ),
        "book": (reverse("subjects:slots", args=[visit(subject, "D1").pk]), slot),
    }  # fmt: skip


@pytest.mark.parametrize("step", ["enrol", "anchors", "complete", "miss", "book"])
def test_pages_say_so_where_it_was_typed(world: World, client: Client, step: str) -> None:
    subject = screen(world)
    follows(subject, in_a_circle(world))
    client.force_login(world.coordinator)
    url, typed = steps(world, subject)[step]
    answer = client.post(url, typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Schedule 2.0 gives its visits no dates." in text
    assert CIRCLE in text
    assert "A corrected version has to be approved and put into effect." in text
    if "reason" in typed:
        assert "typed before" in text
    assert client.get(subject.get_absolute_url()).status_code == 200
    assert client.get(reverse("subjects:anchors", args=[subject.pk])).status_code == 200


def test_unbooking_and_screening_are_refused_and_nothing_is_half_done(
    world: World, client: Client
) -> None:
    subject = screen(world)
    held = visit(subject, "W2")
    booking = bookings.book(
        held, wanted=wanted(world, in_window(held)), reason="x", by=world.coordinator
    )
    version = in_a_circle(world)
    follows(subject, version)
    client.force_login(world.coordinator)
    answer = client.post(reverse("subjects:unbook", args=[held.pk]))
    assert answer.status_code == 422
    assert CIRCLE in answer.content.decode()
    booking.refresh_from_db()
    assert booking.is_live
    sites.put_into_effect(world.site, version=version, from_on=today_at(world), by=world.manager)
    typed = {"screened_on": today_at(world).isoformat(), "sex": "u", "name": "A. Person"}
    answer = client.post(reverse("subjects:screen", args=[world.site.pk]), typed)
    assert answer.status_code == 422
    assert "A. Person" in answer.content.decode()
    assert Subject.objects.count() == 1


def test_the_api_answers_with_a_problem(world: World) -> None:
    subject = screen(world)
    follows(subject, in_a_circle(world))
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    answer = Caller(secret_of(service, world.admin)).post(
        f"subjects/{subject.pk}/enrol/", {"on": today_at(world).isoformat()}
    )
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "no_dates"
    assert CIRCLE in answer.json()["detail"]


def test_one_site_behind_keeps_no_other_back_and_becomes_a_duty(world: World) -> None:
    here = screen(world)
    other = make_site(world.trial, make_place("southgate", world.admin), "2001", world.admin, world.manager)  # fmt: skip
    sites.put_into_effect(other, version=world.version, from_on=date(2020, 1, 1), by=world.manager)
    there = subjects.screen(
        other, on=today_at(world), by=user_with(Role.COORDINATOR, other, world.admin)
    )
    yesterday = today_at(world) - timedelta(days=1)
    version = in_a_circle(world)
    sound = ScheduleVersion.objects.create(trial=world.trial, number="2.1")
    schedules.add_visits(sound, visits=[{"code": "D1", "name": "D1"}], by=world.manager)
    ScheduleVersion.flow.move(sound, "approved", by=world.manager, approved_at=timezone.now())
    sites.put_into_effect(world.site, version=version, from_on=yesterday, by=world.manager)
    sites.put_into_effect(other, version=sound, from_on=yesterday, by=world.manager)
    follow_all(by=system_account())
    assert SubjectSchedule.objects.filter(subject=here).latest("from_on").version == world.version
    assert SubjectSchedule.objects.filter(subject=there).latest("from_on").version == sound
    refresh_everything()
    duty = Obligation.objects.get(rule="schedule.behind", met_at=None)
    assert (duty.site_id, duty.label) == (world.site.pk, "Bring subjects under schedule 2.0")
    assert duty.url == version.get_absolute_url()
    sites.put_into_effect(world.site, version=sound, from_on=today_at(world), by=world.manager)
    follow_all(by=system_account())
    refresh_everything()
    assert not Obligation.objects.filter(rule="schedule.behind", met_at=None).exists()


def test_one_subject_without_dates_keeps_no_other_of_the_site_back(world: World) -> None:
    late, sound = screen(world), screen(world)
    with under_event("an older release"):
        late.anchors.filter(code="consent").update(on=date.max, is_provisional=False)
    lineages = dict(world.version.visits.values_list("code", "lineage"))
    version = ScheduleVersion.objects.create(trial=world.trial, number="2.0")
    schedules.add_visits(
        version, visits=[{"code": "W2", "name": "W2", "anchor": "consent", "days": 14,
                          "lineage": lineages["W2"]}],
        by=world.manager,
    )  # fmt: skip
    ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    sites.put_into_effect(world.site, version=version, from_on=today_at(world), by=world.manager)
    follow_all(by=system_account())
    follow_all(by=system_account())
    assert SubjectSchedule.objects.filter(subject=late).latest("from_on").version == world.version
    assert SubjectSchedule.objects.filter(subject=sound).latest("from_on").version == version
