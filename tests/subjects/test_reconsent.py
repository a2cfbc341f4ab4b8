"""Who signs a new version by when: computed from its rule, met by itself, and held by visits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from core.models import Obligation
from core.obligations import RULES, Within, refresh
from sites.models import Place
from subjects.actions import bookings, consents, subjects, visits
from subjects.actions.bookings import Wanted
from subjects.actions.gates import ConsentNeededError
from subjects.models import Subject
from tests.subjects.consented import DAY, main_form, record, version
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def duties() -> list[tuple[str, date]]:
    rows = Obligation.objects.filter(rule="consent.reconsent", met_at=None)
    return [(row.label, row.due_on) for row in rows.order_by("pk")]


def subject_with_v3(world: World) -> Subject:
    """A subject who signed v3.0 ten days ago."""
    subject = screen(world, timezone.localdate() - 10 * DAY)
    record(world, subject, version(world, main_form(world), "3.0"), subject.screened_on)
    return subject


def test_the_duty_is_due_on_the_day_of_the_next_visit_and_met_by_signing(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    day = weekday_from(today + DAY)
    held = visit(subject, "SCR")
    bookings.book(
        held, wanted=Wanted(at(day, 10), 30), reason="Subject unwell", by=world.coordinator
    )
    new = version(world, type_, "4.0", today, must="active")
    assert duties() == [("Re-consent to Main consent v4.0", day)]
    record(world, subject, new)
    assert duties() == []


def test_a_number_of_days_counts_from_the_first_day_in_use(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    version(world, type_, "4.0", today - 2 * DAY, must="active", days=5)
    assert duties() == [("Re-consent to Main consent v4.0", today + 3 * DAY)]


def test_until_the_last_of_its_days_visits_go_on_under_the_version_before(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    version(world, type_, "4.0", today - 5 * DAY, must="active", days=5)
    held = visits.check_in(visit(subject, "SCR"), by=world.coordinator)
    assert visits.start(held, by=world.coordinator)


def test_after_its_days_and_at_the_next_visit_nothing_starts(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    version(world, type_, "4.0", today - 6 * DAY, must="active", days=5)
    held = visits.check_in(visit(subject, "SCR"), by=world.coordinator)
    with pytest.raises(ConsentNeededError, match=r"must sign Main consent v4\.0 first: v3\.0"):
        visits.start(held, by=world.coordinator)
    newest = version(world, type_, "5.0", today, must="active")
    with pytest.raises(ConsentNeededError, match=r"must sign Main consent v5\.0 first"):
        visits.start(held, by=world.coordinator)
    record(world, subject, newest)
    assert visits.start(held, by=world.coordinator)


@pytest.mark.parametrize(("must", "count"), [("nobody", 0), ("on_treatment", 0), ("active", 1)])
def test_a_subject_in_screening_signs_anew_where_all_active_do(
    world: World, must: str, count: int
) -> None:
    subject = subject_with_v3(world)
    version(world, subject.consents.get().type, "4.0", timezone.localdate(), must=must)
    assert len(duties()) == count


def test_treatment_begins_the_duty_and_the_end_closes_it(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    version(world, subject.consents.get().type, "4.0", today, must="on_treatment")
    subjects.enrol(subject, on=today, by=world.coordinator)
    assert duties() == []
    subjects.start_treatment(subject, on=today, by=world.coordinator, reason="dose")
    assert len(duties()) == 1
    subjects.end(subject, status="deceased", on=today, by=world.coordinator)
    assert duties() == []


def test_a_version_that_asks_nobody_does_not_let_off_from_the_one_before(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    version(world, type_, "4.0", today - 3 * DAY, must="active", days=5)
    version(world, type_, "4.1", today - DAY)
    assert duties() == [("Re-consent to Main consent v4.1", today + 2 * DAY)]


def test_a_version_in_another_language_asks_nothing(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    type_ = subject.consents.get().type
    version(world, type_, "4.0", today, must="active", languages=("pl",))
    assert duties() == []


def test_voiding_and_withdrawing_close_the_duty(world: World) -> None:
    subject, today = subject_with_v3(world), timezone.localdate()
    made = subject.consents.get()
    version(world, made.type, "4.0", today, must="active")
    assert len(duties()) == 1
    consents.withdraw_consent(made, what=["follow_up"], on=today, by=world.coordinator)
    assert duties() == []


@pytest.mark.parametrize(
    ("zone", "clock", "is_due"),
    [
        # London, 30 Mar 2025: clocks go forward at 01:00 UTC; the day begins at 00:00 UTC
        ("Europe/London", "2025-03-29T23:59:00+00:00", False),
        ("Europe/London", "2025-03-30T00:00:00+00:00", True),
        # Auckland is 13 hours ahead in summer time
        ("Pacific/Auckland", "2025-03-29T10:59:00+00:00", False),
        ("Pacific/Auckland", "2025-03-29T11:00:00+00:00", True),
        # Havana is 4 hours behind since its clocks skipped midnight on 9 Mar
        ("America/Havana", "2025-03-30T03:59:00+00:00", False),
        ("America/Havana", "2025-03-30T04:00:00+00:00", True),
    ],
)
def test_a_version_comes_into_use_at_midnight_of_the_place(
    world: World, zone: str, clock: str, *, is_due: bool
) -> None:
    subject = subject_with_v3_on(world, date(2025, 3, 10))
    version(world, subject.consents.get().type, "4.0", date(2025, 3, 30), must="active", days=1)
    Place.objects.filter(pk=world.place.pk).update(time_zone=zone)
    now = datetime.fromisoformat(clock)
    refresh(Within(subject_id=subject.pk), [RULES["consent.reconsent"]], now)
    assert duties() == ([("Re-consent to Main consent v4.0", date(2025, 3, 31))] if is_due else [])


def subject_with_v3_on(world: World, on: date) -> Subject:
    """A subject who signed v3.0 on a day."""
    subject = screen(world, on)
    record(world, subject, version(world, main_form(world), "3.0"), on)
    return subject


@pytest.mark.parametrize("on", [date(2025, 3, 31), date(2025, 10, 27)])
def test_days_of_a_rule_are_days_on_the_calendar_also_when_clocks_change(
    world: World, on: date
) -> None:
    """One day after a Sunday of 23 or of 25 hours visits still start; on the next they do not."""
    subject = subject_with_v3_on(world, on - 20 * DAY)
    version(world, subject.consents.get().type, "4.0", on - DAY, must="active", days=1)
    held = visits.check_in(visit(subject, "SCR"), by=world.coordinator)
    midnight = datetime.combine(on + DAY, time(), ZoneInfo("Europe/London"))
    with time_machine.travel(midnight, tick=False), pytest.raises(ConsentNeededError):
        visits.start(held, by=world.coordinator)
    with time_machine.travel(midnight - timedelta(minutes=1), tick=False):
        assert visits.start(held, by=world.coordinator)
