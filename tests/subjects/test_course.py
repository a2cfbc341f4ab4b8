"""The way of a subject through the trial, in the browser: dates, steps, transfer, return."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.versions import ConflictError
from subjects import consequences
from subjects.actions import bookings, subjects, visits
from subjects.models import Booking, Subject, SubjectAnchor, Visit
from subjects.steps import of_visit
from tests.world import (
    World,
    at,
    make_place,
    make_site,
    screen,
    user_with,
    visit,
    weekday_from,
)

pytestmark = pytest.mark.django_db


def wednesday() -> date:
    today = timezone.localdate()
    return today + timedelta(days=(2 - today.weekday()) % 7)


def on_day_1(world: World, on: date) -> Subject:
    subject = screen(world)
    subjects.set_anchor(subject, code="day_1", on=on, reason="dose", by=world.coordinator)
    return subject


def book(world: World, held: Visit, on: date) -> Booking:
    wanted = bookings.Wanted(at(on, 9), 60, world.room, None)
    return bookings.book(held, wanted=wanted, by=world.coordinator)


def test_what_moves_with_a_date_is_told_before_it_is_kept(world: World, client: Client) -> None:
    subject = on_day_1(world, wednesday())
    held = visit(subject, "W2")
    book(world, held, held.target_on)
    client.force_login(world.coordinator)
    url = reverse("subjects:anchors", args=[subject.pk])
    form = {"code": "day_1", "on": wednesday() + timedelta(days=5), "reason": "corrected"}
    text = client.post(url, form).content.decode()
    assert "4 later windows move by 5 days, 1 booked visit falls out" in text
    assert "outside the window then" in text
    assert SubjectAnchor.objects.get(subject=subject, code="day_1").on == wednesday()
    assert client.post(url, {**form, "confirmed": "yes"}).status_code == 302
    assert SubjectAnchor.objects.get(subject=subject, code="day_1").on == form["on"]
    assert visit(subject, "W2").target_on == held.target_on + timedelta(days=5)
    assert Booking.objects.get(visit=held).on == held.target_on


def test_a_recorded_date_changes_with_a_reason_only(world: World, client: Client) -> None:
    subject = on_day_1(world, wednesday())
    client.force_login(world.coordinator)
    url = reverse("subjects:anchors", args=[subject.pk])
    form = {"code": "day_1", "on": wednesday() + timedelta(days=5), "confirmed": "yes"}
    refused = client.post(url, form)
    assert refused.status_code == 422
    assert "Give the reason for changing it" in refused.content.decode()


def test_visits_that_are_over_do_not_move(world: World) -> None:
    subject = on_day_1(world, wednesday())
    visits.skip(visit(subject, "W2"), reason="as allowed", by=world.coordinator)
    found = consequences.of_anchors(subject, {"day_1"}, wednesday() + timedelta(days=1))
    assert [row.name for row in found.moved] == ["SCR", "D1", "W4"]
    assert {row.by for row in found.moved} == {"1 day later"}


def test_without_a_schedule_nothing_moves(world: World) -> None:
    world.site.schedules.all().delete()
    subject = screen(world)
    assert not consequences.of_anchors(subject, {"day_1"}, wednesday())


def test_a_subject_goes_from_screening_to_follow_up(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    today = timezone.localdate(timezone=world.place.zone)
    page = client.get(subject.get_absolute_url()).content.decode()
    assert "Record eligible" in page
    assert "Start treatment" not in page
    for verb, status in (
        ("eligible", "eligible"),
        ("enrol", "enrolled"),
        ("treat", "on_treatment"),
        ("follow-up", "follow_up"),
    ):
        name = "subjects:enrol" if verb == "enrol" else "subjects:step"
        args = [subject.pk] if verb == "enrol" else [subject.pk, verb]
        form = {"on": today, "confirmed": "yes"}
        assert client.post(reverse(name, args=args), form).status_code == 302
        subject.refresh_from_db()
        assert subject.status == status
    late = client.post(reverse("subjects:step", args=[subject.pk, "treat"]), {"on": today})
    assert late.status_code == 409
    assert "cannot become on treatment" in late.content.decode()


def test_a_lost_subject_is_found_again(world: World, client: Client) -> None:
    subject = screen(world)
    today = timezone.localdate(timezone=world.place.zone)
    subjects.enrol(subject, on=today, by=world.coordinator)
    subjects.end(subject, status="lost", on=today, reason="no answer", by=world.coordinator)
    client.force_login(world.coordinator)
    assert "Found again" in client.get(subject.get_absolute_url()).content.decode()
    url = reverse("subjects:find_again", args=[subject.pk])
    assert client.post(url, {"on": today, "status": "follow_up"}).status_code == 422
    client.post(url, {"on": today, "status": "follow_up", "reason": "called back"})
    subject.refresh_from_db()
    assert (subject.status, subject.ended_on) == ("follow_up", None)


def test_a_screen_failure_is_screened_again(world: World, client: Client) -> None:
    subject = screen(world)
    today = timezone.localdate(timezone=world.place.zone)
    client.force_login(world.coordinator)
    url = reverse("subjects:rescreen", args=[subject.pk])
    early = client.post(url, {"on": today, "consented_on": today})
    assert early.status_code == 422
    assert "only a screen failure can be screened again" in early.content.decode()
    subjects.end(
        subject, status="screen_failed", on=today, reason_code="inclusion", by=world.coordinator
    )
    assert "Screen again" in client.get(subject.get_absolute_url()).content.decode()
    old = client.post(url, {"on": today, "consented_on": today - timedelta(days=1)})
    assert old.status_code == 422
    assert "a consent given after the screen failure" in old.content.decode()
    assert not Subject.objects.filter(previous=subject).exists()
    client.post(url, {"on": today, "consented_on": today})
    assert Subject.objects.get(previous=subject).number == "1042-002"


def test_a_subject_is_transferred_by_those_who_run_the_trial(world: World, client: Client) -> None:
    subject = screen(world)
    other = make_site(
        world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager
    )
    closed = make_site(
        world.trial, make_place("westgate", world.admin), "1044", world.admin, world.manager
    )
    type(closed).flow.move(closed, "on_hold", by=world.manager, reason="done")
    url = reverse("subjects:transfer", args=[subject.pk])
    client.force_login(world.coordinator)
    assert client.get(url).status_code == 403
    client.force_login(world.manager)
    text = client.get(url).content.decode()
    assert "1043" in text
    assert "1044" not in text
    form = {"to": other.pk, "on": timezone.localdate(), "reason": "moved house"}
    assert client.post(url, {**form, "to": closed.pk}).status_code == 422
    assert client.post(url, form).status_code == 302
    subject.refresh_from_db()
    assert subject.site == other


def test_an_unscheduled_visit_waits_for_a_time(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    form = {"name": "Repeat ECG", "on": timezone.localdate()}
    client.post(reverse("subjects:add_visit", args=[subject.pk]), form)
    assert Visit.objects.get(subject=subject, kind="unscheduled").name == "Repeat ECG"


def test_checking_in_comes_next_on_the_day_itself(world: World) -> None:
    on = weekday_from(timezone.localdate() + timedelta(days=1))
    held = visit(on_day_1(world, on - timedelta(days=14)), "W2")
    booking = book(world, held, on)
    held.refresh_from_db()
    for day, following in ((on - timedelta(days=1), []), (on, ["Check in"])):
        with time_machine.travel(at(day, 8), tick=False):
            steps = of_visit(held, booking, world.coordinator)
        assert [step.text for step in steps if step.is_next] == following
        assert "Check in" in [step.text for step in steps]


def test_the_page_of_a_visit_offers_what_may_become_of_it(world: World, client: Client) -> None:
    subject = on_day_1(world, weekday_from(timezone.localdate()) - timedelta(days=14))
    held = visit(subject, "W2")
    url = reverse("subjects:visit", args=[held.pk])
    client.force_login(world.coordinator)

    def offered() -> set[str]:
        text = client.get(url).content.decode()
        known = (
            "Find slot", "Move", "Confirm", "Take time away", "Check in", "Start visit",
            "Complete visit", "Record missed visit", "Skip visit", "Cancel visit", "Reopen visit",
            "Check in without a time", "Take back check-in",
        )  # fmt: skip
        return {
            step for step in known if f">{step}<" in "".join(text.split("\n")).replace("  ", "")
        }

    ending = {"Record missed visit", "Skip visit", "Cancel visit"}
    assert offered() == {"Find slot", "Check in without a time", *ending}
    book(world, held, weekday_from(held.target_on))
    assert offered() == {"Move", "Confirm", "Take time away", "Check in", *ending}
    client.post(reverse("subjects:confirm", args=[held.pk]), {"next": url})
    assert "Confirm" not in offered()
    client.post(reverse("subjects:check_in", args=[held.pk]), {"next": url})
    assert offered() == {"Start visit", "Complete visit", "Take back check-in", *ending}
    client.post(reverse("subjects:take_back_check_in", args=[held.pk]), {"next": url})
    assert offered() == {"Move", "Take time away", "Check in", *ending}
    assert "Checked in by mistake" in client.get(url).content.decode()
    client.post(reverse("subjects:check_in", args=[held.pk]), {"next": url})
    client.post(reverse("subjects:outcome", args=[held.pk, "miss"]), {"reason": "did not come"})
    assert offered() == {"Reopen visit"}
    assert "did not come" in client.get(url).content.decode()


def test_who_comes_without_a_time_is_checked_in_once_the_window_is_open(
    world: World, client: Client
) -> None:
    subject = on_day_1(world, timezone.localdate() - timedelta(days=14))
    client.force_login(world.coordinator)
    early, now = visit(subject, "W4"), visit(subject, "W2")
    shown = client.get(reverse("subjects:visit", args=[early.pk])).content.decode()
    assert "Check in without a time" not in shown
    client.post(reverse("subjects:check_in", args=[now.pk]))
    now.refresh_from_db()
    assert now.status == "arrived"
    now = visits.take_back_check_in(now, by=world.coordinator)
    assert (now.status, Visit.flow.last(now)) == ("planned", None)
    with pytest.raises(ConflictError, match="is to book, not checked in"):
        visits.take_back_check_in(now, by=world.coordinator)
    visits.check_in(now, by=world.coordinator)
    assert "Start visit" in client.get(reverse("subjects:visit", args=[now.pk])).content.decode()


def test_a_reader_sees_the_visit_and_no_step(world: World, client: Client) -> None:
    held = visit(screen(world), "SCR")
    url = reverse("subjects:visit", args=[held.pk])
    client.force_login(world.cra)
    text = client.get(url).content.decode()
    assert "Window" in text
    assert "Find slot" not in text
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("verb", ["anchors", "find_again", "rescreen", "transfer", "add_visit"])
def test_steps_are_for_those_who_run_the_site(world: World, client: Client, verb: str) -> None:
    subject = screen(world)
    url = reverse(f"subjects:{verb}", args=[subject.pk])
    client.force_login(world.cra)
    assert client.get(url).status_code == 403
    assert client.post(url, {}).status_code == 403
    outsider = user_with(Role.COORDINATOR, make_place("elsewhere", world.admin), world.admin)
    client.force_login(outsider)
    assert client.get(url).status_code == 404


def test_completing_a_visit_that_others_count_from_tells_what_moves(
    world: World, client: Client
) -> None:
    today = timezone.localdate(timezone=world.place.zone)
    subject = on_day_1(world, today - timedelta(days=2))
    held = visit(subject, "W2")
    client.force_login(world.coordinator)
    url = reverse("subjects:complete", args=[visit(subject, "D1").pk])
    form = {"on": today, "reason": "came later", "next": "/today/"}
    text = client.post(url, form).content.decode()
    assert "3 later windows move by 2 days, no booked visits fall out" in text
    assert visit(subject, "D1").status == "planned"
    done = client.post(url, {**form, "confirmed": "yes"})
    assert done.status_code == 302
    assert visit(subject, "D1").status == "completed"
    assert visit(subject, "W2").target_on == held.target_on + timedelta(days=2)


def test_booking_a_visit_that_others_count_from_tells_what_would_move(
    world: World, client: Client
) -> None:
    subject = on_day_1(world, wednesday() + timedelta(days=7))
    first = visit(subject, "D1")
    book(world, visit(subject, "W2"), visit(subject, "W2").target_on + timedelta(days=2))
    client.force_login(world.coordinator)
    url = reverse("subjects:slots", args=[first.pk])
    day = first.target_on - timedelta(days=2)
    form = {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk}
    asked = client.post(url, form)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert "3 later windows move 2 days earlier, 1 booked visit falls out" in text
    assert 'name="confirmed"' in text
    panel = client.post(url, form, headers={"HX-Request": "true"}).content.decode()
    assert "booking falls out" in panel
    outside = client.post(url, {**form, "confirmed": "yes"})
    assert outside.status_code == 422
    assert "before the window" in outside.content.decode()
    kept = client.post(url, {**form, "confirmed": "yes", "reason": "Subject unwell"})
    assert kept.status_code == 302
    assert Booking.objects.get(visit=first).on == day
    assert visit(subject, "W4").target_on == first.target_on + timedelta(days=28)


def test_starting_treatment_tells_what_moves_first(world: World, client: Client) -> None:
    today = timezone.localdate(timezone=world.place.zone)
    subject = on_day_1(world, today + timedelta(days=3))
    subjects.enrol(subject, on=today, by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("subjects:step", args=[subject.pk, "treat"])
    asked = client.post(url, {"on": today})
    assert asked.status_code == 200
    assert "4 later windows move 3 days earlier" in asked.content.decode()
    subject.refresh_from_db()
    assert subject.status == "enrolled"
    refused = client.post(url, {"on": today, "confirmed": "yes"})
    assert refused.status_code == 422
    assert "Give the reason for another date" in refused.content.decode()
    form = {"on": today, "confirmed": "yes", "reason": "dosed earlier"}
    assert client.post(url, form).status_code == 302
    assert visit(subject, "D1").target_on == today


def test_a_visit_is_not_completed_before_its_day_nor_by_readers(
    world: World, client: Client
) -> None:
    held = visit(screen(world), "SCR")
    url = reverse("subjects:complete", args=[held.pk])
    client.force_login(world.coordinator)
    later = timezone.localdate(timezone=world.place.zone) + timedelta(days=1)
    refused = client.post(url, {"on": later})
    assert refused.status_code == 422
    assert "has not come yet" in refused.content.decode()
    client.force_login(world.cra)
    assert client.get(url).status_code == 403
    assert client.get(reverse("subjects:outcome", args=[held.pk, "miss"])).status_code == 403
