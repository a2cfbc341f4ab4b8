"""SAE reports, assessments of investigator and sponsor, and the clocks that come of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import actions as accounts
from core.actions import RefusedError
from core.audit import coming_from, under_event
from core.dates import PartialDate
from core.models import Event, Signature, Source
from core.obligations import refresh_everything, seen_by
from core.signing import Proof, signatures
from core.versions import ConflictError
from safety.actions import assessments, clocks, events, reports, set_up
from safety.models import AdverseEvent, ReferenceSafetyInformation, ReportClock
from tests.safety.events import codes, investigator_of, log, monitor_of, susar
from tests.world import World
from trials.actions import trials

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def germany(world: World) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)


def due(world: World, event: AdverseEvent) -> dict[str, str]:
    """What is due about the event, and of whom."""
    rows = seen_by(world.manager).filter(rule__startswith="safety.", subject_id=event.subject_id)
    return dict(rows.values_list("rule", "owner_role"))


def test_the_first_report_is_initial_and_meets_the_clock_of_the_site(world: World) -> None:
    event = log(world, "hospital")
    first = reports.send_report(event, by=world.coordinator, is_final=True)
    assert (first.name, first.version) == ("Initial report", 1)
    assert first.content["term"] == "Acute appendicitis"
    assert first.content["criteria"] == ["hospital"]
    assert event.clocks.get().met_at == first.sent_at
    second = reports.send_report(event, by=world.coordinator)
    final = reports.send_report(event, by=world.coordinator, is_final=True)
    assert (second.name, final.name) == ("Follow-up 1", "Final report")
    with pytest.raises(ConflictError, match="nothing is new since"):
        reports.send_report(event, by=world.coordinator)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"study_drug": ""}, "Still missing: study drug."),
        ({"study_drug": "", "reporter": ""}, "Still missing: study drug and reporter."),
    ],
)
def test_a_report_needs_the_four_minimum_items(world: World, changes: dict, said: str) -> None:
    event = log(world, "death", **changes)
    with pytest.raises(RefusedError, match=said) as refused:
        reports.send_report(event, by=world.coordinator)
    assert refused.value.url == reverse("safety:change_event", args=[event.pk])


def test_only_serious_events_are_reported(world: World) -> None:
    with pytest.raises(RefusedError, match="Mark it as serious first"):
        reports.send_report(log(world), by=world.coordinator)


def test_a_late_report_says_why(world: World) -> None:
    event = log(world, "hospital")
    with time_machine.travel(event.aware_at + DAY + timedelta(minutes=1), tick=False):
        with pytest.raises(RefusedError, match="The 24 h are over"):
            reports.send_report(event, by=world.coordinator)
        sent = reports.send_report(event, by=world.coordinator, late_reason="Line was down")
    assert sent.late_reason == "Line was down"


def test_no_clock_of_an_authority_runs_before_the_sponsor_finds_it_unexpected(
    world: World, germany: None
) -> None:
    event = log(world, "hospital")
    reports.send_report(event, by=world.coordinator)
    assert codes(event) == set()


def test_a_susar_has_15_days_from_the_day_of_the_report(world: World, germany: None) -> None:
    event = susar(world)
    assert codes(event) == {"eu_15"}
    clock = event.clocks.get(code="eu_15")
    assert clock.started_at == event.reports.get().sent_at
    assert (clock.ends_at.date() - clock.started_at.date()).days == 15


def test_the_sponsor_does_not_overrule_the_investigator(world: World, germany: None) -> None:
    event = susar(world)
    assert (event.is_related, event.sponsor_is_related, event.is_suspected) == (True, False, True)
    assert codes(event) == {"eu_15"}


def test_what_the_sponsor_suspects_is_suspected(world: World) -> None:
    event = log(world, "hospital")
    event.is_related, event.sponsor_is_related = False, True
    assert event.is_suspected is True
    event.sponsor_is_related = None
    assert event.is_suspected is False


def test_an_event_that_becomes_fatal_starts_7_days_of_its_own(world: World, germany: None) -> None:
    event = susar(world)
    first = event.reports.get().sent_at
    with time_machine.travel(first + 3 * DAY, tick=False):
        now = timezone.now()
        events.mark_serious(event, criteria=["death"], aware_at=now, by=world.coordinator)
        reports.send_report(event, by=world.coordinator)
    assert codes(event) == {"eu_15", "eu_7_worse", "eu_7_worse_follow_up"}
    assert event.clocks.get(code="eu_7_worse").started_at == now


def test_each_follow_up_has_a_clock_of_its_own_at_fda(world: World) -> None:
    trials.add_country(world.trial, code="US", name="United States", by=world.admin)
    event = susar(world)
    for days in (1, 2):
        with time_machine.travel(event.reports.earliest("pk").sent_at + days * DAY, tick=False):
            reports.send_report(event, by=world.coordinator)
    assert event.clocks.filter(code="us_follow_up", is_running=True).count() == 2
    assert codes(event) == {"us_15", "us_follow_up"}


def test_found_to_be_expected_after_all_the_clock_stops(world: World, germany: None) -> None:
    event = susar(world)
    assessments.assess_for_sponsor(event, is_related=True, is_expected=True, by=monitor_of(world))
    assert codes(event) == set()
    assert ReportClock.objects.get(code="eu_15").is_running is False


def test_days_are_counted_where_the_safety_desk_is(world: World, germany: None) -> None:
    event, monitor = susar(world), monitor_of(world)
    assert event.clocks.get(code="eu_15").zone == "UTC"
    desk = set_up.set_up_desk(
        world.trial, name="Halden Safety", time_zone="Pacific/Auckland", by=monitor
    )
    clock = event.clocks.get(code="eu_15")
    assert (clock.zone, str(desk)) == ("Pacific/Auckland", "Halden Safety")
    assert clock.ends_at.astimezone(clock.time_zone).hour == 23
    with pytest.raises(RefusedError, match="reason for another zone"):
        set_up.set_up_desk(world.trial, name="Halden", time_zone="UTC", by=monitor)


def test_expected_means_by_the_version_in_force_at_onset(world: World) -> None:
    monitor, event = monitor_of(world), log(world, "hospital")
    with pytest.raises(RefusedError, match="No reference safety information was in force"):
        assessments.assess_for_sponsor(event, is_related=True, is_expected=True, by=monitor)
    for version, on in (("IB 5", date(2020, 1, 1)), ("IB 6", event.onset_to + DAY)):
        set_up.add_reference(world.trial, version=version, from_on=on, by=monitor)
    held = assessments.assess_for_sponsor(event, is_related=True, is_expected=True, by=monitor)
    assert str(held.reference) == "IB 5"
    with pytest.raises(ConflictError, match="recorded already"):
        set_up.add_reference(world.trial, version="IB 5", from_on=date(2021, 1, 1), by=monitor)
    assert ReferenceSafetyInformation.objects.visible_to(world.coordinator).count() == 2


def test_a_version_that_changes_within_the_possible_days_is_not_guessed(world: World) -> None:
    year = timezone.localdate().year
    monitor, event = monitor_of(world), log(world, "hospital", onset=PartialDate(year))
    for version, on in (("IB 5", date(2020, 1, 1)), ("IB 6", date(year, 1, 2))):
        set_up.add_reference(world.trial, version=version, from_on=on, by=monitor)
    with pytest.raises(RefusedError, match="IB 6 came into force within"):
        assessments.in_force_at_onset(event)


def test_causality_is_signed_and_a_later_change_shows(world: World) -> None:
    event, investigator = log(world, "hospital"), investigator_of(world)
    accounts.set_password(investigator, password="a long password", by=world.admin)

    def sign() -> None:
        shown = assessments.sign_causality.hash_of(AdverseEvent.objects.get())
        proof = Proof(investigator.username, "a long password", shown)
        with coming_from(source=Source.PAGE):
            assessments.sign_causality(AdverseEvent.objects.get(), proof=proof, by=investigator)

    with pytest.raises(RefusedError, match="Say first whether"):
        sign()
    assessments.assess_causality(event, is_related=False, by=investigator)
    sign()
    assert Signature.objects.get().subject_id == event.subject_id
    assessments.assess_causality(event, is_related=True, by=investigator)
    (held,) = signatures(AdverseEvent.objects.get(), assessments.causality_content)
    assert not held.is_intact


def test_a_coordinator_does_not_assess(world: World) -> None:
    event = log(world)
    with pytest.raises(PermissionDenied):
        assessments.assess_causality(event, is_related=True, by=world.coordinator)
    with pytest.raises(PermissionDenied):
        assessments.assess_for_sponsor(
            event, is_related=True, is_expected=True, by=world.coordinator
        )


def test_a_report_is_acknowledged_once(world: World) -> None:
    monitor, event = monitor_of(world), log(world, "hospital")
    sent = reports.send_report(event, by=world.coordinator)
    reports.acknowledge(sent, by=monitor)
    assert sent.acknowledged_by_name == monitor.get_full_name()
    with pytest.raises(ConflictError, match="acknowledged it already"):
        reports.acknowledge(sent, by=monitor)
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
        type(sent).objects.update(version=2)


def test_a_submission_meets_its_clock_once(world: World, germany: None) -> None:
    event, monitor = susar(world), monitor_of(world)
    clock, own = event.clocks.get(code="eu_15"), event.clocks.get(code="site_24h")
    at = timezone.now()
    for when in (at + DAY, clock.started_at - DAY):
        with pytest.raises(RefusedError, match="Give the time of submission"):
            clocks.record_submission(clock, at=when, note="", by=monitor)
    clocks.record_submission(clock, at=at, note=" EU-EC-1 ", by=monitor)
    assert (clock.met_at, clock.note, codes(event)) == (at, "EU-EC-1", set())
    with pytest.raises(RefusedError, match="runs no longer"):
        clocks.record_submission(clock, at=at, note="", by=monitor)
    with pytest.raises(RefusedError, match="met by the SAE report"):
        clocks.record_submission(own, at=at, note="", by=monitor)


def test_a_case_is_reconciled_by_its_number(world: World) -> None:
    monitor, event = monitor_of(world), log(world, "hospital")
    with pytest.raises(RefusedError, match="number of the case"):
        reports.reconcile(event, case_number=" ", by=monitor)
    held = reports.reconcile(event, case_number="HT-2026-114", by=monitor)
    assert held.reconciled_on == timezone.localdate()


def test_what_is_due_comes_and_goes_by_itself(world: World, germany: None) -> None:
    event, investigator, monitor = log(world, "hospital"), investigator_of(world), monitor_of(world)
    site = {"safety.report_due": "coordinator", "safety.causality": "investigator"}
    sponsor = {"safety.acknowledge": "medical_monitor", "safety.assess": "medical_monitor"}
    assert due(world, event) == site
    assessments.assess_causality(event, is_related=True, by=investigator)
    assert set(due(world, event)) == {"safety.report_due"}
    sent = reports.send_report(event, by=world.coordinator)
    assert due(world, event) == sponsor
    reports.acknowledge(sent, by=monitor)
    set_up.add_reference(world.trial, version="IB 6", from_on=date(2020, 1, 1), by=monitor)
    assessments.assess_for_sponsor(event, is_related=True, is_expected=False, by=monitor)
    assert due(world, event) == {"safety.clock": "medical_monitor"}
    asked = seen_by(monitor).get(rule="safety.clock")
    assert asked.detail == "SUSAR to EudraVigilance within 15 days, TMR-204"
    events.change_event(event, values={"outcome": "recovered"}, by=world.coordinator)
    assert set(due(world, event)) == {"safety.clock", "safety.follow_up"}
    reports.send_report(event, by=world.coordinator)
    clocks.record_submission(event.clocks.get(code="eu_15"), at=timezone.now(), note="", by=monitor)
    assert set(due(world, event)) == {"safety.acknowledge"}


def test_the_duty_of_24_hours_is_an_instant_and_a_day_at_the_site(world: World) -> None:
    event = log(world, "hospital")
    before = seen_by(world.manager).get(rule="safety.report_due")
    assert before.due_at == event.aware_at + DAY
    assert before.due_on == before.due_at.astimezone(world.place.zone).date()
    assert before.label == f"Send SAE report {event.number}"
    refresh_everything()
    assert seen_by(world.manager).get(rule="safety.report_due").pk == before.pk


def test_a_downgrade_ends_what_was_due_and_is_reported(world: World, germany: None) -> None:
    event = susar(world)
    events.downgrade(event, reason="Planned stay", by=world.coordinator)
    assert set(due(world, event)) == {"safety.acknowledge", "safety.follow_up"}
    reports.send_report(event, by=world.coordinator)
    assert set(due(world, event)) == {"safety.acknowledge"}


def test_clocks_of_a_country_that_joins_run_for_the_events_there_are(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    event = susar(world)
    assert not any(code.startswith("us_") for code in codes(event))
    with django_capture_on_commit_callbacks(execute=True):
        trials.add_country(world.trial, code="US", name="United States", by=world.manager)
    assert "us_15" in codes(event)
    said = Event.objects.get(verb="recount clocks")
    assert (said.source, said.acting_for_id) == (Source.TASK, world.manager.pk)
    with django_capture_on_commit_callbacks(execute=True):
        trials.add_country(world.trial, code="CA", name="Canada", by=world.manager)
    assert len([code for code in codes(event) if code == "us_15"]) == 1


def test_a_country_of_a_trial_without_serious_events_recounts_nothing(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        trials.add_country(world.trial, code="US", name="United States", by=world.manager)
    assert not Event.objects.filter(verb="recount clocks").exists()
