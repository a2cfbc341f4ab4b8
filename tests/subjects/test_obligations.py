"""What is due about visits: by the day of the place, opened and met by themselves."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from core.models import Obligation
from core.obligations import RULES, Within, refresh
from sites.models import Place
from subjects.actions import bookings, subjects, visits
from subjects.actions.bookings import Wanted
from subjects.models import Subject, Visit
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db
UTC = ZoneInfo("UTC")


def week_2(world: World) -> tuple[Subject, Visit]:
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), by=world.coordinator, reason="first dose"
    )
    return subject, visit(subject, "W2")


def due(rule: str, subject: Subject, now: datetime) -> set[int]:
    """The visits of a subject a rule names at an instant."""
    refresh(Within(subject_id=subject.pk), [RULES[rule]], now)
    return set(
        Obligation.objects.filter(rule=rule, met_at=None, subject_id=subject.pk).values_list(
            "object_id", flat=True
        )
    )


def midday(day) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_visit_is_to_book_from_two_weeks_before_its_window_to_its_last_day(world: World) -> None:
    subject, held = week_2(world)
    opens = held.earliest_on - timedelta(days=14)
    found = {
        day: held.pk in due("visit.book", subject, midday(day))
        for day in (opens - timedelta(days=1), opens, held.latest_on)
    }
    assert list(found.values()) == [False, True, True]
    after = midday(held.latest_on + timedelta(days=1))
    assert held.pk not in due("visit.book", subject, after)
    assert held.pk in due("visit.outcome", subject, after)


@pytest.mark.parametrize(
    ("zone", "hour", "open_rule", "closed_rule"),
    [
        # past midnight in Auckland, though UTC is on the last day
        ("Pacific/Auckland", 13, "visit.outcome", "visit.book"),
        ("Pacific/Auckland", 9, "visit.book", "visit.outcome"),
        ("Pacific/Honolulu", 23, "visit.book", "visit.outcome"),
    ],
)
def test_a_window_closes_at_midnight_of_the_place(
    world: World, zone: str, hour: int, open_rule: str, closed_rule: str
) -> None:
    subject, held = week_2(world)
    Place.objects.filter(pk=world.place.pk).update(time_zone=zone)
    last = datetime(held.latest_on.year, held.latest_on.month, held.latest_on.day, hour, tzinfo=UTC)
    assert held.pk in due(open_rule, subject, last)
    assert held.pk not in due(closed_rule, subject, last)


def test_a_window_is_still_open_in_the_west_when_utc_has_moved_on(world: World) -> None:
    subject, held = week_2(world)
    Place.objects.filter(pk=world.place.pk).update(time_zone="Pacific/Honolulu")
    next_day = midday(held.latest_on + timedelta(days=1)).replace(hour=5)
    assert held.pk in due("visit.book", subject, next_day)
    assert held.pk not in due("visit.outcome", subject, next_day)


def test_a_booked_visit_is_to_confirm_two_days_before_and_not_once_confirmed(world: World) -> None:
    subject, held = week_2(world)
    day = weekday_from(held.target_on)
    slot = Wanted(at(day, 9), 60, world.room, world.person)
    booking = bookings.book(held, wanted=slot, by=world.coordinator)
    assert held.pk not in due("visit.confirm", subject, midday(day - timedelta(days=3)))
    two_days_before = midday(day - timedelta(days=2))
    assert held.pk in due("visit.confirm", subject, two_days_before)
    bookings.confirm(booking, by=world.coordinator)
    assert held.pk not in due("visit.confirm", subject, two_days_before)


def test_an_outcome_meets_the_duty_by_itself(world: World) -> None:
    subject, held = week_2(world)
    late = midday(held.latest_on + timedelta(days=1))
    assert held.pk in due("visit.outcome", subject, late)
    visits.miss(held, reason="did not come", by=world.coordinator)
    assert not Obligation.objects.filter(
        rule="visit.outcome", object_id=held.pk, met_at=None
    ).exists()


def test_a_contact_is_followed_up_from_two_weeks_before_its_day_until_the_next(
    world: World,
) -> None:
    subject = screen(world)
    now = timezone.now()
    day = timezone.localdate(timezone=world.place.zone)
    first = subjects.log_contact(
        subject, at=now - timedelta(days=1), channel="phone", result="no_answer",
        follow_up_on=day + timedelta(days=20), by=world.coordinator,
    )  # fmt: skip
    rule = "contact.follow_up"
    assert due(rule, subject, now) == set()
    assert due(rule, subject, now + timedelta(days=6)) == {first.pk}
    soon = subjects.log_contact(
        subject, at=now - timedelta(hours=1), channel="phone", result="no_answer",
        follow_up_on=day + timedelta(days=2), by=world.coordinator,
    )  # fmt: skip
    (duty,) = Obligation.objects.filter(rule=rule, met_at=None)
    assert (duty.object_id, duty.due_on) == (soon.pk, day + timedelta(days=2))
    assert duty.label == f"Contact {subject.number} again"
    assert duty.url == subject.get_absolute_url()
    subjects.log_contact(
        subject, at=timezone.now(), channel="phone", result="reached", by=world.coordinator
    )
    assert not Obligation.objects.filter(rule=rule, met_at=None).exists()


def test_nobody_is_reminded_to_call_a_subject_who_withdrew(world: World) -> None:
    subject = screen(world)
    today = timezone.localdate(timezone=world.place.zone)
    subjects.log_contact(
        subject, at=timezone.now(), channel="phone", result="no_answer", follow_up_on=today,
        by=world.coordinator,
    )  # fmt: skip
    assert Obligation.objects.filter(rule="contact.follow_up", met_at=None).exists()
    subjects.end(
        subject, status="withdrawn", on=today, reason="asked to stop", by=world.coordinator
    )
    assert not Obligation.objects.filter(rule="contact.follow_up", met_at=None).exists()
