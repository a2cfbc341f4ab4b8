"""An amendment reaches subjects: at the site's day, or on the day they sign; completed visits stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.bootstrap import system_account
from accounts.roles import Role
from core.audit import under_event
from core.models import Event, Obligation
from sites.actions import places, sites
from subjects.actions import bookings, consents, subjects
from subjects.actions import follow as following
from subjects.actions.consent_imports import ConsentRow, import_consents
from subjects.actions.follow import follow_all
from subjects.courses import behind, waiting
from subjects.models import Subject, SubjectSchedule, Visit
from tests.subjects.consented import photo, record, signed, version
from tests.subjects.test_booking import in_window, wanted
from tests.subjects.test_follow import amended, dosed, plan_of, take_effect, today_at
from tests.world import World, make_place, make_site, user_with, visit
from trials.actions import consents as forms_of_trial
from trials.models import ConsentVersion, ScheduleVersion

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = [("SCR", -14, 13), ("D1", 0, 0), ("W2", 17, 1), ("W8", 56, 3)]


def asking(world: World, *asked: ConsentVersion) -> ScheduleVersion:
    """A further version under which subjects come once they have signed."""
    return amended(world, LATER, asked=asked)


def forms(world: World) -> tuple[ConsentVersion, ConsentVersion]:
    """The version of a form that subjects signed, and the one to be signed anew."""
    form = forms_of_trial.add_consent_type(
        world.trial, kind="other", name="Study information", by=world.manager
    )
    delegate(world)
    return version(world, form, "3.0"), version(world, form, "4.0", today_at(world), must="active")


def delegate(world: World) -> None:
    places.delegate(
        world.site, person=world.person, tasks=["consent"], from_on=date(2020, 1, 1),
        by=world.coordinator,
    )  # fmt: skip


def followed(subject: Subject) -> SubjectSchedule:
    found = SubjectSchedule.objects.filter(subject=subject).order_by("-from_on").first()
    assert found is not None
    return found


def test_who_has_to_sign_anew_stays_under_the_old_version_until_signing(
    world: World, client: Client
) -> None:
    old, new = forms(world)
    subject, other = dosed(world, days_ago=2), dosed(world, days_ago=3)
    record(world, subject, old, today_at(world) - 2 * DAY)
    before = plan_of(subject)
    done = Visit.objects.filter(subject=subject, status="completed").values().get()
    made = asking(world, new)
    take_effect(world, made)
    assert plan_of(subject) == before
    assert {one.pk for one in waiting(timezone.now())} == {subject.pk, other.pk}
    assert not behind(timezone.now()).exists()
    client.force_login(world.coordinator)
    page = reverse("workspace:subject_visits", args=["tmr-204", subject.number])
    note = f"works under {made.number}."
    assert note in client.get(page).content.decode()
    consent = record(world, subject, new)
    assert note not in client.get(page).content.decode()
    row = followed(subject)
    assert (row.version, row.from_on, row.consent) == (made, today_at(world), consent)
    assert plan_of(subject)["W2"] == ("planned", today_at(world) + 15 * DAY)
    assert plan_of(subject)["W4"][0] == "not_applicable"
    assert Visit.objects.filter(subject=subject, status="completed").values().get() == done
    assert followed(other).version == world.version
    assert [one.pk for one in waiting(timezone.now())] == [other.pk]


def test_signing_before_the_site_switches_lets_the_subject_come_along_on_its_day(
    world: World,
) -> None:
    _, new = forms(world)
    subject = dosed(world)
    consent = record(world, subject, new)
    assert followed(subject).version == world.version
    made = asking(world, new)
    take_effect(world, made)
    assert (followed(subject).version, followed(subject).consent) == (made, consent)


def test_only_those_who_are_asked_sign_anew_and_a_no_to_an_optional_form_is_an_answer(
    world: World,
) -> None:
    delegate(world)
    part = photo(world)
    again = version(world, part.type, "2.0", today_at(world), must="on_treatment")
    treated, enrolled, refusing = dosed(world), dosed(world), dosed(world)
    for subject in (treated, refusing):
        with under_event("test"):
            Subject.flow.move(subject, "enrolled", by=world.manager, enrolled_on=today_at(world))
            Subject.flow.move(subject, "on_treatment", by=world.manager)
    made = asking(world, again)
    record(world, refusing, again, decision="refused")
    take_effect(world, made)
    assert followed(enrolled).version == made
    assert followed(refusing).version == made
    assert followed(treated).version == world.version


def test_a_later_version_of_the_form_counts_and_a_voided_consent_does_not(world: World) -> None:
    old, new = forms(world)
    subject, other = dosed(world), dosed(world)
    later = version(world, new.type, "5.0", today_at(world) + DAY, must="active")
    voided = record(world, other, new)
    consents.void_consent(voided, reason="Wrong subject", by=world.coordinator)
    made = asking(world, new)
    take_effect(world, made)
    assert {one.pk for one in waiting(timezone.now())} == {subject.pk, other.pk}
    wrong = record(world, subject, old, today_at(world) - DAY)
    assert followed(subject).version == world.version
    consents.correct_consent(
        wrong, signed=signed(world, new), reason="Read wrongly", by=world.coordinator
    )
    assert followed(subject).version == made
    with time_machine.travel(timezone.now() + DAY):
        record(world, other, later, today_at(world))
    assert followed(other).version == made


def test_consents_of_a_list_bring_their_subjects_along(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    _, new = forms(world)
    subject = dosed(world)
    made = asking(world, new)
    take_effect(world, made)
    row = ConsentRow(subject.pk, new.pk, "en", today_at(world), world.person.pk)
    with django_capture_on_commit_callbacks(execute=True):
        import_consents(world.site, rows=[row], by=world.manager)
    assert followed(subject).version == made


def test_who_is_screened_after_the_switch_follows_the_new_version_at_once(world: World) -> None:
    _, new = forms(world)
    made = asking(world, new)
    take_effect(world, made)
    assert followed(dosed(world)).version == made


def test_a_booking_is_kept_inside_its_new_window_and_else_waits_for_a_decision(
    world: World,
) -> None:
    subject = dosed(world)
    held = {
        code: bookings.book(
            visit(subject, code), wanted=wanted(world, in_window(visit(subject, code)), hour),
            by=world.coordinator,
        )
        for code, hour in (("W2", 9), ("W4", 11))
    }  # fmt: skip
    made = amended(world, [("D1", 0, 0), ("W2", 14, 5), ("W8", 56, 3)])
    take_effect(world, made)
    assert [one.is_live for one in held["W2"].visit.bookings.all()] == [True]
    duties = Obligation.objects.filter(rule="visit.displaced", met_at=None)
    assert [(duty.label, duty.object_id) for duty in duties] == [("Cancel W4", held["W4"].visit_id)]
    assert visit(subject, "W4").status == "booked"


class KilledError(Exception):
    """What ends a worker between two of its transactions."""


def test_killed_between_batches_the_work_goes_on_without_a_double_or_a_missing_visit(
    world: World,
) -> None:
    group = [dosed(world) for _ in range(5)]
    made = amended(world, LATER)
    sites.put_into_effect(world.site, version=made, from_on=today_at(world), by=world.manager)
    real, calls = following.follow, list[object]()

    def follow_twice(*args: Any, **kwargs: Any) -> object:
        if len(calls) == 2:
            raise KilledError
        calls.append(kwargs["subject_ids"])
        return real(*args, **kwargs)

    with patch.object(following, "follow", follow_twice), pytest.raises(KilledError):
        follow_all(by=system_account(), batch=2)
    assert behind(timezone.now()).count() == 1
    follow_all(by=system_account(), batch=2)
    follow_all(by=system_account(), batch=2)
    for subject in group:
        rows = Visit.objects.filter(subject=subject).values_list("code", "status")
        assert sorted(rows) == [
            ("D1", "completed"), ("SCR", "planned"), ("W2", "planned"), ("W4", "not_applicable"),
            ("W8", "planned"),
        ]  # fmt: skip
        assert SubjectSchedule.objects.filter(subject=subject, version=made).count() == 1


def test_subjects_of_several_sites_come_along_together_each_day_by_day(world: World) -> None:
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    sites.put_into_effect(there, version=world.version, from_on=date(2020, 1, 1), by=world.manager)
    nurse = user_with(Role.COORDINATOR, place, world.admin)
    pair = [dosed(world), subjects.screen(there, on=today_at(world), by=nurse)]
    made = amended(world, LATER)
    sites.put_into_effect_at(
        made, at=[world.site, there], from_on=today_at(world), by=world.manager
    )
    follow_all(by=system_account())
    assert {followed(subject).version for subject in pair} == {made}
    event = Event.objects.get(verb="bring subjects under schedule")
    assert (event.trial_id, event.site_id) == (world.trial.pk, None)
