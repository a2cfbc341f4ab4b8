"""Adverse events: logged, graded, marked serious and not; what cannot be is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.audit import under_event
from core.dates import PartialDate
from core.models import Event
from core.versions import ChangedError
from safety.actions import events
from safety.models import AdverseEvent
from tests.safety.events import HOUR, codes, log, partial, term, values
from tests.world import World, make_place, make_site, screen, user_with

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_events_are_numbered_per_subject(world: World) -> None:
    subject = screen(world)
    first, second = (
        events.log_event(subject, values=values(), by=world.coordinator) for _ in range(2)
    )
    assert (first.number, second.number) == (f"{subject.number}-01", f"{subject.number}-02")
    assert str(first) == f"AE {first.number}"
    assert Event.objects.latest("pk").subject_id == subject.pk
    assert first.regradings.count() == 1
    assert codes(first) == set()


def test_a_date_of_which_the_day_is_unknown_is_kept_as_such(world: World) -> None:
    event = log(world, onset=PartialDate(2020, 2), ended=PartialDate(2020))
    assert (str(event.onset), str(event.ended)) == (
        "Feb 2020, day unknown", "2020, day and month unknown",
    )  # fmt: skip
    assert event.onset_to.day == 29


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ended": PartialDate(2001, 1)}, "before it began"),
        ({"ended": PartialDate(2999)}, "Leave the end empty while it goes on"),
        ({"onset": PartialDate(2999)}, "before the onset 2999, day and month unknown"),
        ({"severity": ""}, "Choose a grading term with a grade"),
    ],
)
def test_what_cannot_be_is_refused_in_words(world: World, changes: dict, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        log(world, **changes)
    assert not AdverseEvent.objects.exists()


def test_nobody_becomes_aware_in_the_future(world: World) -> None:
    soon = timezone.now() + HOUR
    with pytest.raises(RefusedError, match="cannot become aware in the future"):
        log(world, aware_at=soon)
    event = log(world, "hospital")
    with pytest.raises(RefusedError, match="cannot become aware in the future"):
        events.mark_serious(event, criteria=["death"], aware_at=soon, by=world.coordinator)


@pytest.mark.parametrize(
    ("grade", "said"),
    [
        (1, "Grade 1 is not defined for Aplastic anemia. Defined in CTCAE 6.0: 2, 3, 4, 5."),
        (None, "No grade is chosen for Aplastic anemia"),
    ],
)
def test_a_grade_is_defined_for_its_term(world: World, grade: int | None, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        log(world, grading_term=term("Aplastic anemia"), grade=grade)


def test_a_grade_is_kept_with_its_term_and_version(world: World) -> None:
    event = log(world, grading_term=term(), grade=3)
    assert (event.grade_shown, event.severity) == ("Grade 3", "")
    assert str(event.grading_term) == "CTCAE 6.0: Anemia"


def test_another_grade_needs_a_reason_and_is_a_dated_row(world: World) -> None:
    event = log(world, grading_term=term(), grade=2)
    with pytest.raises(RefusedError, match="reason for another grade"):
        events.change_event(event, values={"grade": 3}, by=world.coordinator)
    events.change_event(event, values={"grade": 3}, reason="Hgb 7.4", by=world.coordinator)
    rows = event.regradings.order_by("pk").values_list("grade", "reason", "by_name")
    name = world.coordinator.get_full_name()
    assert list(rows) == [(2, "", name), (3, "Hgb 7.4", name)]


def test_another_time_of_awareness_needs_a_reason_and_moves_the_clock(world: World) -> None:
    event = log(world, "hospital")
    earlier = event.aware_at - HOUR
    with pytest.raises(RefusedError, match="another time of awareness"):
        events.change_event(event, values={"aware_at": earlier}, by=world.coordinator)
    events.change_event(
        event, values={"aware_at": earlier}, reason="Call log", by=world.coordinator
    )
    clock = event.clocks.get(is_running=True)
    assert clock.ends_at == earlier + DAY


def test_who_saw_an_older_state_is_told_so(world: World) -> None:
    event = log(world)
    events.change_event(event, values={"outcome": "recovering"}, by=world.coordinator)
    with pytest.raises(ChangedError, match="changed while you had it open"):
        events.change_event(event, values={}, by=world.coordinator, revision=1)


def test_an_event_marked_serious_starts_24_hours_from_that_awareness(world: World) -> None:
    event = log(world)
    heard = timezone.now()
    held = events.mark_serious(
        event, criteria=["important", "hospital"], aware_at=heard, by=world.coordinator
    )
    assert str(held) == f"SAE {event.number}"
    assert held.criteria_shown == "Hospital stay or longer stay, Other important medical event"
    clock = held.clocks.get()
    assert (clock.code, clock.ends_at, clock.is_site) == ("site_24h", heard + DAY, True)


def test_more_criteria_do_not_move_the_clock(world: World) -> None:
    event = log(world, "hospital")
    events.mark_serious(
        event, criteria=["hospital", "death"], aware_at=timezone.now(), by=world.coordinator
    )
    assert event.clocks.get().started_at == event.aware_at
    assert event.regradings.count() == 2


@pytest.mark.parametrize(
    ("criteria", "said"),
    [([], "Without a criterion it is not"), (["headache"], "headache is no criterion")],
)
def test_serious_needs_a_known_criterion(world: World, criteria: list, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        events.mark_serious(
            log(world), criteria=criteria, aware_at=timezone.now(), by=world.coordinator
        )


def test_seriousness_is_not_known_before_the_event(world: World) -> None:
    early = timezone.now() - 3 * HOUR
    with pytest.raises(RefusedError, match="before it knew of it"):
        events.mark_serious(log(world), criteria=["death"], aware_at=early, by=world.coordinator)


def test_a_fatal_outcome_of_a_serious_event_is_death(world: World) -> None:
    with pytest.raises(RefusedError, match="serious by death"):
        log(world, "hospital", outcome="fatal")


def test_a_downgrade_needs_a_reason_stops_the_clock_and_keeps_history(world: World) -> None:
    event = log(world, "hospital")
    with pytest.raises(RefusedError, match="Give the reason why"):
        events.downgrade(event, reason=" ", by=world.coordinator)
    held = events.downgrade(event, reason="Stay was planned", by=world.coordinator)
    assert (held.is_serious, held.criteria, codes(held)) == (False, [], set())
    assert held.clocks.count() == 1
    told = list(held.regradings.order_by("pk").values_list("is_serious", "reason"))
    assert told == [(True, ""), (False, "Stay was planned")]
    with pytest.raises(RefusedError, match="is not serious"):
        events.downgrade(event, reason="again", by=world.coordinator)
    events.mark_serious(held, criteria=["death"], aware_at=timezone.now(), by=world.coordinator)
    assert codes(held) == {"site_24h"}
    assert held.clocks.count() == 2


def test_the_database_refuses_what_the_actions_do(world: World) -> None:
    event = log(world)
    wrong = [
        {"is_serious": True}, {"criteria": ["death"]}, {"grade": 3}, {"severity": ""},
        {"ended_from": event.onset_from - DAY, "ended_to": event.onset_from - DAY},
        {"onset_from": event.onset_from - 40 * DAY}, {"ended_to": event.aware_on},
        {"aware_on": event.onset_from - DAY}, {"is_expected": True},
        {"reconciled_on": event.aware_on},
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
            AdverseEvent.objects.filter(pk=event.pk).update(**change)


def test_subjects_of_another_site_are_out_of_reach(world: World) -> None:
    event = log(world)
    there = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    stranger = user_with(Role.COORDINATOR, there, world.admin)
    assert not AdverseEvent.objects.visible_to(stranger).exists()
    with pytest.raises(PermissionDenied):
        events.log_event(event.subject, values=values(), by=stranger)
    assert AdverseEvent.objects.visible_to(world.cra).get() == event
    with pytest.raises(PermissionDenied):
        events.downgrade(event, reason="no", by=world.cra)


def test_a_day_is_the_day_at_the_site(world: World) -> None:
    event = log(world)
    assert event.aware_on == event.aware_at.astimezone(world.place.zone).date()
    assert event.onset == partial(event.onset_from)
