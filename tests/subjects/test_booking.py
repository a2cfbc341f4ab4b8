"""Bookings: inside the window or with a reason, and never twice."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.actions import RefusedError
from core.models import Deployment, Obligation
from core.versions import ConflictError
from sites.actions import places
from sites.models import Claim, ClaimKind, Site
from subjects.actions import bookings, subjects, transfers, visits
from subjects.actions.bookings import OutsideWindowError, TakenError, Wanted
from subjects.models import Booking, DeviationDraft, Subject, Visit
from tests.world import World, at, make_place, make_site, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def wanted(world: World, day, hour: int = 9, minutes: int = 60) -> Wanted:
    return Wanted(at(day, hour), minutes, world.room, world.person)


def week_2(world: World) -> tuple[Subject, Visit]:
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), by=world.coordinator, reason="first dose"
    )
    return subject, visit(subject, "W2")


def in_window(held: Visit):
    return weekday_from(held.target_on)


def test_screening_lays_out_the_visits(world: World) -> None:
    subject = screen(world)
    plan = Visit.objects.filter(subject=subject).order_by("target_on")
    assert [held.code for held in plan] == ["SCR", "D1", "W2", "W4"]
    assert all(held.is_provisional for held in plan)
    assert (plan[3].target_on - plan[1].target_on).days == 28


def test_a_booking_holds_room_person_and_subject(world: World) -> None:
    subject, held = week_2(world)
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    claims = Claim.objects.filter(holder="booking", holder_id=booking.pk)
    assert {(claim.kind, claim.resource_id) for claim in claims} == {
        (1, world.room.pk), (2, world.person.pk), (3, subject.pk),
    }  # fmt: skip
    subject.refresh_from_db()
    assert Visit.objects.get(pk=held.pk).status == "booked"


def test_the_same_room_is_never_booked_twice(world: World) -> None:
    _, held = week_2(world)
    bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    _, other = week_2(world)
    slot = Wanted(at(in_window(held), 9, 30), 60, world.room, None)
    with pytest.raises(TakenError, match="Room 1 is booked 09:00 to 10:00"):
        bookings.book(other, wanted=slot, by=world.coordinator)
    assert Visit.objects.get(pk=other.pk).status == "planned"
    assert Booking.objects.count() == 1


def test_the_database_itself_refuses_a_double_claim(world: World) -> None:
    _, held = week_2(world)
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    with pytest.raises(IntegrityError, match="claim_no_overlap"), transaction.atomic():
        Claim.objects.create(
            place=world.place, kind=1, resource_id=world.room.pk, period=booking.period,
            holder="other", holder_id=1,
        )  # fmt: skip


def test_a_subject_is_never_at_two_visits_at_once(world: World) -> None:
    subject, held = week_2(world)
    day = in_window(held)
    bookings.book(held, wanted=Wanted(at(day, 9), 60), by=world.coordinator)
    with pytest.raises(TakenError, match=f"{subject} is booked"):
        bookings.book(
            visit(subject, "W4"), wanted=Wanted(at(day, 9), 30), reason="joined",
            by=world.coordinator,
        )  # fmt: skip


def test_outside_the_window_a_reason_drafts_a_deviation(world: World) -> None:
    _, held = week_2(world)
    day = weekday_from(held.latest_on + timedelta(days=2))
    with pytest.raises(OutsideWindowError, match=r"W2 on .* after the window"):
        bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    assert not Booking.objects.exists()
    bookings.book(held, wanted=wanted(world, day), reason="Subject away", by=world.coordinator)
    draft = DeviationDraft.objects.get(visit=held)
    assert (draft.state, draft.reason) == ("planned", "Subject away")


def test_moving_back_into_the_window_withdraws_the_draft(world: World) -> None:
    _, held = week_2(world)
    day = weekday_from(held.latest_on + timedelta(days=2))
    booking = bookings.book(held, wanted=wanted(world, day), reason="away", by=world.coordinator)
    moved = bookings.move(booking, wanted=wanted(world, in_window(held)), by=world.coordinator)
    assert DeviationDraft.objects.get(visit=held).state == "withdrawn"
    assert moved.on == in_window(held)


def test_moving_frees_the_old_time(world: World) -> None:
    _, held = week_2(world)
    day = in_window(held)
    booking = bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    bookings.move(booking, wanted=wanted(world, day, 11), by=world.coordinator)
    _, other = week_2(world)
    again = bookings.book(other, wanted=wanted(world, day), by=world.coordinator)
    assert again.period.lower == at(day, 9)


def test_unbooking_frees_the_time_and_the_visit_waits(world: World) -> None:
    _, held = week_2(world)
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    bookings.unbook(booking, by=world.coordinator)
    assert not Claim.objects.exists()
    assert Visit.objects.get(pk=held.pk).status == "planned"


def test_a_stale_form_is_refused(world: World) -> None:
    _, held = week_2(world)
    seen = held.revision
    Visit.objects.filter(pk=held.pk).update(note="fasting")
    with pytest.raises(ConflictError, match="changed while you had it open"):
        bookings.book(
            held, wanted=wanted(world, in_window(held)), revision=seen, by=world.coordinator
        )


def test_hard_stops_name_the_clash(world: World) -> None:
    _, held = week_2(world)
    day = in_window(held)
    with pytest.raises(TakenError, match="open 08:00 to 18:00"):
        bookings.book(held, wanted=wanted(world, day, 19), by=world.coordinator)
    places.close(
        world.place, start=at(day, 8), end=at(day, 12), reason="Deep clean", by=world.coordinator
    )
    with pytest.raises(TakenError, match="closed then: Deep clean"):
        bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    stranger = places.add_person(world.place, values={"name": "Tom"}, by=world.coordinator)
    with pytest.raises(RefusedError, match="Tom has no delegation"):
        bookings.book(
            held, wanted=Wanted(at(day, 14), 60, world.room, stranger), by=world.coordinator
        )
    with pytest.raises(PermissionDenied):
        bookings.book(held, wanted=wanted(world, day, 14), by=world.cra)


def test_an_absence_and_a_booking_exclude_each_other(world: World) -> None:
    _, held = week_2(world)
    day = in_window(held)
    away = places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    with pytest.raises(TakenError, match="Priya Nair is away 08:00 to 12:00"):
        bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    places.end_absence(away, by=world.coordinator)
    bookings.book(held, wanted=wanted(world, day), by=world.coordinator)
    places.add_absence(world.person, start=at(day, 8), end=at(day, 12), by=world.coordinator)
    held_by = Claim.objects.filter(kind=ClaimKind.PERSON, is_live=True)
    assert list(held_by.values_list("holder", flat=True)) == ["absence"]


def test_completing_freezes_a_visit_and_sets_the_anchor(world: World) -> None:
    subject = screen(world)
    day_1 = visit(subject, "D1")
    today = timezone.localdate(timezone=world.place.zone)
    visits.complete(day_1, on=today, reason="came early", by=world.coordinator)
    kept = Visit.objects.get(pk=day_1.pk)
    assert (kept.status, kept.performed_on) == ("completed", today)
    assert visit(subject, "W2").target_on == today + timedelta(days=14)
    assert not visit(subject, "W2").is_provisional
    with pytest.raises(IntegrityError, match="keeps its dates"), transaction.atomic():
        Visit.objects.filter(pk=day_1.pk).update(target_on=today + timedelta(days=3))


def test_completing_outside_the_window_needs_a_reason(world: World) -> None:
    _, held = week_2(world)
    today = timezone.localdate(timezone=world.place.zone)
    with pytest.raises(OutsideWindowError):
        visits.complete(held, on=today, by=world.coordinator)
    visits.complete(held, on=today, reason="travel", by=world.coordinator)
    assert DeviationDraft.objects.get(visit=held).state == "occurred"


def test_a_visit_is_not_completed_in_the_future(world: World) -> None:
    _, held = week_2(world)
    with pytest.raises(RefusedError, match="not come yet"):
        visits.complete(held, on=held.target_on, by=world.coordinator)


def test_a_missed_visit_drafts_a_deviation_and_can_be_reopened(world: World) -> None:
    _, held = week_2(world)
    bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    visits.miss(held, reason="No show", by=world.coordinator)
    assert not Claim.objects.exists()
    assert DeviationDraft.objects.get(visit=held).kind == "missed_visit"
    visits.reopen(held, reason="came later", by=world.coordinator)
    assert Visit.objects.get(pk=held.pk).status == "planned"
    assert DeviationDraft.objects.get(visit=held).state == "withdrawn"


def test_numbers_go_on_and_a_taken_one_is_refused(world: World) -> None:
    assert [screen(world).number for _ in range(2)] == ["1042-001", "1042-002"]
    with pytest.raises(ConflictError, match="1042-002 is taken"):
        subjects.screen(
            world.site, on=timezone.localdate(), number="1042-002", by=world.coordinator
        )


def test_withdrawal_calls_everything_open_off(world: World) -> None:
    subject, held = week_2(world)
    bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    subjects.end(
        subject, status="withdrawn", on=timezone.localdate(), reason="moved", by=world.coordinator
    )
    assert set(Visit.objects.filter(subject=subject).values_list("status", flat=True)) == {
        "cancelled"
    }
    assert not Claim.objects.exists()
    assert not Obligation.objects.filter(met_at=None).exists()
    assert Site.objects.get(pk=world.site.pk).active == 0


def test_only_a_screen_failure_is_screened_again(world: World) -> None:
    subject = screen(world)
    today = timezone.localdate()
    with pytest.raises(RefusedError, match="only a screen failure"):
        subjects.rescreen(subject, on=today, consented_on=today, by=world.coordinator)
    subjects.identify(subject, values={"name": "Jo Doe"}, by=world.coordinator)
    subjects.end(
        subject, status="screen_failed", on=today, reason_code="exclusion", by=world.coordinator
    )
    again = subjects.rescreen(subject, on=today, consented_on=today, by=world.coordinator)
    assert (again.previous, again.identity.name) == (subject, "Jo Doe")
    with pytest.raises(ConflictError, match="already screened again"):
        subjects.rescreen(subject, on=today, consented_on=today, by=world.coordinator)


def test_a_transfer_takes_open_visits_along(world: World) -> None:
    subject, held = week_2(world)
    visits.complete(
        visit(subject, "D1"), on=timezone.localdate(timezone=world.place.zone), by=world.coordinator
    )
    bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    transfers.transfer(
        subject, to=there, on=timezone.localdate(), reason="moved house", by=world.manager
    )
    assert visit(subject, "D1").site == world.site
    assert (visit(subject, "W2").site, visit(subject, "W2").status) == (there, "planned")
    assert not Claim.objects.exists()
    assert not Subject.objects.visible_to(world.coordinator).exists()


def test_duties_open_move_and_are_met_by_themselves(world: World) -> None:
    _, held = week_2(world)
    duty = Obligation.objects.get(rule="visit.book", object_id=held.pk)
    assert (duty.due_on, duty.site_id, duty.met_at) == (held.latest_on, world.site.pk, None)
    bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    assert Obligation.objects.get(pk=duty.pk).met_at is not None


def test_a_booking_keeps_to_the_place_and_to_what_is_open(world: World) -> None:
    _, held = week_2(world)
    day = in_window(held)
    elsewhere = places.add_room(make_place("southgate", world.admin), name="Room 9", by=world.admin)
    with pytest.raises(RefusedError, match="Room 9 is not at Northgate"):
        bookings.book(held, wanted=Wanted(at(day, 9), 60, elsewhere), by=world.coordinator)
    saturday = day + timedelta(days=(5 - day.weekday()) % 7)
    with pytest.raises(TakenError, match="is closed on Saturdays"):
        bookings.book(held, wanted=Wanted(at(saturday, 9), 60), reason="x", by=world.coordinator)
    with pytest.raises(TakenError, match="is open 08:00 to 18:00 on"):
        bookings.book(held, wanted=Wanted(at(day, 17, 30), 60), by=world.coordinator)
    places.close(
        world.place, start=at(day, 8), end=at(day, 10), reason="Fire drill", by=world.coordinator
    )
    with pytest.raises(TakenError, match="is closed then: Fire drill"):
        bookings.book(held, wanted=Wanted(at(day, 9), 60), by=world.coordinator)
    places.set_holidays(
        Deployment.objects.get(), country="GB", days={day: "Bank holiday"}, by=world.admin
    )
    with pytest.raises(TakenError, match="Bank holiday"):
        bookings.book(held, wanted=Wanted(at(day, 14), 60), by=world.coordinator)


def test_a_visit_that_is_done_does_not_move(world: World) -> None:
    _, held = week_2(world)
    booking = bookings.book(held, wanted=wanted(world, in_window(held)), by=world.coordinator)
    today = timezone.localdate(timezone=world.place.zone)
    visits.complete(held, on=today, reason="came early", by=world.coordinator)
    later = wanted(world, in_window(held), 14)
    with pytest.raises(ConflictError, match="is completed; it cannot move"):
        bookings.move(booking, wanted=later, by=world.coordinator)
