"""A status recorded by mistake is taken back: history keeps both, visits and times come back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.flow import begin_all
from core.models import Obligation
from core.versions import ConflictError
from sites.models import Claim, Site
from subjects.actions import bookings, corrections, subjects, visits
from subjects.actions.bookings import Wanted
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow
from subjects.models import Booking, DeviationDraft, Subject, SubjectAnchor, Visit
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today_at(world: World) -> date:
    return timezone.localdate(timezone=world.place.zone)


def on_treatment(world: World) -> Subject:
    subject, today = screen(world), today_at(world)
    subjects.enrol(subject, on=today, by=world.coordinator)
    return subjects.start_treatment(subject, on=today, by=world.coordinator)


def booked(world: World, subject: Subject, code: str, hour: int = 9, **more: Any) -> Booking:
    held = visit(subject, code)
    assert held.target_on is not None
    wanted = Wanted(at(weekday_from(held.target_on), hour), 60, world.room, world.person)
    return bookings.book(held, wanted=wanted, by=world.coordinator, **more)


def leave(world: World, subject: Subject, status: str, **why: str) -> Subject:
    return subjects.end(subject, status=status, on=today_at(world), by=world.coordinator, **why)


def take_back(world: World, subject: Subject, reason: str = "wrong subject") -> Subject:
    held = Subject.objects.get(pk=subject.pk)
    return corrections.take_back(held, status=held.status, reason=reason, by=world.coordinator)


def test_a_withdrawal_by_mistake_brings_visits_and_times_back(world: World) -> None:
    subject = on_treatment(world)
    booking = booked(world, subject, "W2")
    bookings.confirm(booking, by=world.coordinator)
    booked(world, subject, "W4")
    before = dict(Visit.objects.values_list("code", "status"))
    leave(world, subject, "withdrawn", reason="asked to stop")
    other = screen(world)
    subjects.start_treatment(
        subjects.enrol(other, on=today_at(world), by=world.coordinator), on=today_at(world),
        by=world.coordinator,
    )  # fmt: skip
    booked(world, other, "W4")
    held = take_back(world, subject)
    assert (held.status, held.ended_on, held.why_left, held.reason_code) == (
        "on_treatment", None, "", "",
    )  # fmt: skip
    after = dict(held.visits.values_list("code", "status"))
    assert after == before | {"W4": "planned"}, "the other subject has that time by now"
    again = Booking.objects.get(visit__subject=subject, is_live=True)
    assert (again.period, again.confirmation) == (booking.period, "confirmed")
    assert Claim.objects.filter(holder="booking", holder_id=again.pk).count() == 3
    assert held.next_visit is not None
    assert Site.objects.get(pk=world.site.pk).active == 2
    assert Obligation.objects.filter(subject_id=subject.pk, met_at=None).exists()
    told = Subject.flow.told(held)
    assert [(each.step.to_status, each.stands, each.takes_back) for each in told][-2:] == [
        ("withdrawn", False, False), ("on_treatment", False, True),
    ]  # fmt: skip
    assert told[-1].step.reason == "wrong subject"


def test_a_time_outside_the_window_comes_back_with_its_reason(world: World) -> None:
    subject = on_treatment(world)
    held = visit(subject, "W2")
    assert held.latest_on is not None
    day = weekday_from(held.latest_on + DAY)
    wanted = Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, reason="on holiday", by=world.coordinator)
    leave(world, subject, "in_error", reason="twin")
    assert DeviationDraft.objects.get().state == "withdrawn"
    take_back(world, subject)
    draft = DeviationDraft.objects.exclude(state="withdrawn").get()
    assert (draft.state, draft.reason) == ("planned", "on holiday")


def test_steps_go_back_one_by_one_with_their_dates(world: World) -> None:
    subject = on_treatment(world)
    assert take_back(world, subject).status == "enrolled"
    assert not SubjectAnchor.objects.filter(code__in=("first_dose", "day_1")).exists()
    held = take_back(world, subject)
    assert (held.status, held.enrolled_on) == ("screening", None)
    assert not SubjectAnchor.objects.filter(code="enrolled").exists()
    assert Site.objects.get(pk=world.site.pk).enrolled == 0
    with pytest.raises(RefusedError, match="began as in screening"):
        take_back(world, subject)
    subjects.enrol(held, on=today_at(world), by=world.coordinator)
    assert take_back(world, subject).status == "screening"


def test_a_date_that_was_known_before_is_as_it_was(world: World) -> None:
    subject, today = screen(world, today_at(world) - 3 * DAY), today_at(world)
    subjects.set_anchor(subject, code="day_1", on=today - DAY, by=world.coordinator)
    subjects.enrol(subject, on=today - DAY, by=world.coordinator)
    subjects.start_treatment(subject, on=today, reason="a day later", by=world.coordinator)
    take_back(world, subject)
    anchors = dict(SubjectAnchor.objects.values_list("code", "on"))
    assert anchors["day_1"] == today - DAY
    assert "first_dose" not in anchors


def test_a_date_that_a_visit_set_stays(world: World) -> None:
    subject, today = on_treatment(world), today_at(world)
    visits.complete(visit(subject, "D1"), on=today, by=world.coordinator)
    take_back(world, subject)
    codes = set(SubjectAnchor.objects.values_list("code", flat=True))
    assert "day_1" in codes
    assert "first_dose" not in codes


def test_who_was_not_found_again_after_all_is_lost_as_before(world: World) -> None:
    subject, today = on_treatment(world), today_at(world)
    leave(world, subject, "lost", reason="no answer")
    subjects.find_again(
        subject, status="on_treatment", on=today, reason="called", by=world.coordinator
    )
    held = take_back(world, subject)
    assert (held.status, held.ended_on, held.reason_code, held.why_left) == (
        "lost", today, "lost", "no answer",
    )  # fmt: skip
    assert not held.visits.filter(status="planned").exists()
    leave(world, held, "deceased")
    held = take_back(world, subject)
    assert (held.status, held.reason_code, held.why_left) == ("lost", "lost", "no answer")


def test_an_imported_end_is_taken_back_too(world: World) -> None:
    on = today_at(world) - 30 * DAY
    row = SubjectRow(
        site_id=world.site.pk, number="1042-050", screening_number="1042-050", screened_on=on,
        status="terminated", enrolled_on=on, ended_on=on + DAY, status_reason="Adverse event",
    )  # fmt: skip
    import_subjects(world.site, rows=[row], by=world.coordinator)
    subject = take_back(world, Subject.objects.get())
    assert (subject.status, subject.enrolled_on, subject.reason_code) == ("enrolled", on, "")
    assert subject.visits.filter(status="planned").exists()


def test_a_step_without_an_event_brings_nothing_with_it(world: World) -> None:
    subject = screen(world)
    Subject.objects.filter(pk=subject.pk).update(status="eligible")
    begin_all(Subject.objects.filter(pk=subject.pk), on=today_at(world), by=world.coordinator)
    with pytest.raises(RefusedError, match="began as eligible"):
        take_back(world, subject)


def test_nothing_is_taken_back_unseen(world: World) -> None:
    subject = screen(world)
    leave(world, subject, "screen_failed", reason_code="exclusion")
    with pytest.raises(RefusedError, match="Give the reason"):
        take_back(world, subject, " ")
    with pytest.raises(PermissionDenied):
        corrections.take_back(subject, status="screen_failed", reason="x", by=world.cra)
    with pytest.raises(ConflictError, match="is screen failed by now"):
        corrections.take_back(subject, status="enrolled", reason="x", by=world.coordinator)
    today = today_at(world)
    again = subjects.rescreen(subject, on=today, consented_on=today, by=world.coordinator)
    with pytest.raises(RefusedError, match="was screened again as 1042-002"):
        take_back(world, subject)
    leave(world, again, "in_error", reason="not needed")
    assert take_back(world, subject).status == "screening"


def test_it_is_read_before_it_is_taken_back(world: World, client: Client) -> None:
    subject = on_treatment(world)
    booked(world, subject, "W2")
    client.force_login(world.coordinator)
    url = reverse("subjects:take_back", args=[subject.pk])
    assert url in client.get(subject.get_absolute_url()).content.decode()
    leave(world, subject, "withdrawn", reason="asked to stop")
    text = " ".join(client.get(url).content.decode().split())
    assert "goes back to on treatment." in text
    assert "4 visits called off with it wait again. 1 of them had a time to come" in text
    assert '<label for="id_status"' not in text
    assert client.post(url, {"status": "withdrawn"}).status_code == 422
    done = client.post(url, {"status": "withdrawn", "reason": "wrong subject"}, follow=True)
    text = done.content.decode()
    assert f"{subject} is on treatment again. Booked times that are back: 1 of 1." in text
    late = client.post(url, {"status": "withdrawn", "reason": "wrong subject"}, follow=True)
    assert "is on treatment by now. Reload" in late.content.decode()
    history = reverse("workspace:subject_activity", args=["tmr-204", subject.number])
    text = " ".join(client.get(history).content.decode().split())
    assert "Back to on treatment, withdrew consent was wrong" in text
    assert "Withdrew consent</s>" in text


def test_who_is_enrolled_in_error_is_in_no_count_but_in_the_log(
    world: World, client: Client
) -> None:
    subject = on_treatment(world)
    client.force_login(world.coordinator)
    url = reverse("subjects:end", args=[subject.pk])
    given = {"status": "in_error", "on": today_at(world)}
    assert "Give a reason" in client.post(url, given).content.decode()
    client.post(url, {**given, "reason": "entered twice"})
    subject.refresh_from_db()
    assert (subject.status, subject.number) == ("in_error", "1042-001")
    site = Site.objects.get(pk=world.site.pk)
    assert (site.screened, site.enrolled, site.active) == (0, 0, 0)
    log = reverse("subjects:screening_log", args=[world.site.pk])
    assert "1042-001" in client.get(log).content.decode()
    assert "entered twice" in client.get(f"{log}?outcome=in_error").content.decode()
    assert "1042-001" not in client.get(f"{log}?outcome=enrolled").content.decode()
    listed = client.get(reverse("workspace:all_subjects"), {"is": "enrolled"})
    assert "1042-001" not in listed.content.decode()
