"""What was wrong is put right: an event entered in error, another awareness, an undefined grade."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import under_event
from core.models import Notice, Obligation
from core.versions import ConflictError
from safety.actions import assessments, events, reports
from safety.models import AdverseEvent, Regrading
from tests.safety.events import HOUR, codes, investigator_of, log, monitor_of, susar, term
from tests.test_pages import assert_well_made
from tests.world import World
from trials.actions import trials

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def due(event: AdverseEvent) -> set[str]:
    rows = Obligation.objects.filter(subject_id=event.subject_id, met_at=None)
    return set(rows.filter(rule__startswith="safety.").values_list("rule", flat=True))


def test_an_event_entered_in_error_stays_and_counts_no_more(world: World) -> None:
    event = log(world, "hospital")
    with pytest.raises(RefusedError, match="entered in error"):
        events.void_event(event, reason=" ", by=world.coordinator)
    held = events.void_event(event, reason="Wrong subject", by=world.coordinator)
    assert (held.void_reason, codes(held), due(held)) == ("Wrong subject", set(), set())
    assert held.is_serious
    assert Notice.objects.latest("pk").label == f"SAE {held.number}: entered in error"
    after = events.log_event(
        held.subject, values={**_facts(held), "term": "Other"}, by=world.coordinator
    )
    assert after.number.endswith("-02")


def _facts(event: AdverseEvent) -> dict[str, Any]:
    return {"severity": "mild", "onset": event.onset, "aware_at": event.aware_at}


def test_what_is_voided_is_not_changed_by_anybody(world: World) -> None:
    event, monitor, by = log(world, "hospital"), monitor_of(world), world.coordinator
    investigator = investigator_of(world)
    events.void_event(event, reason="Wrong subject", by=by)
    now = timezone.now()
    for change in (
        lambda: events.change_event(event, values={}, by=by),
        lambda: events.mark_serious(event, criteria=["death"], aware_at=now, by=by),
        lambda: events.downgrade(event, reason="no", by=by),
        lambda: events.correct_awareness(event, aware_at=now, reason="no", by=by),
        lambda: events.void_event(event, reason="again", by=by),
        lambda: assessments.assess_causality(event, is_related=True, by=investigator),
        lambda: assessments.assess_for_sponsor(
            event, is_related=True, is_expected=True, by=monitor
        ),
        lambda: reports.send_report(event, by=by),
        lambda: reports.reconcile(event, case_number="HT-1", by=monitor),
    ):
        with pytest.raises(ConflictError, match="is voided: Wrong subject"):
            change()
    for changes in ({"void_reason": ""}, {"voided_at": None}, {"term": "Other"}):
        with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
            AdverseEvent.objects.filter(pk=event.pk).update(**changes)


def test_a_mild_event_is_voided_without_a_word_to_anybody(world: World) -> None:
    events.void_event(log(world), reason="Typed twice", by=world.coordinator)
    assert not Notice.objects.exists()


def test_what_was_reported_is_taken_back_by_a_follow_up(world: World) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    event = susar(world)
    assert "eu_15" in codes(event)
    held = events.void_event(event, reason="Wrong subject", by=world.coordinator)
    assert codes(held) == set()
    assert due(held) == {"safety.follow_up", "safety.acknowledge"}
    sent = reports.send_report(held, by=world.coordinator)
    assert sent.content["void_reason"] == "Wrong subject"
    assert due(held) == {"safety.acknowledge"}


def test_awareness_after_an_upgrade_is_corrected_with_the_reason(world: World) -> None:
    event = log(world)
    heard = event.aware_at + HOUR / 2
    held = events.mark_serious(event, criteria=["death"], aware_at=heard, by=world.coordinator)
    right = event.aware_at + HOUR / 4
    with pytest.raises(RefusedError, match="another time of awareness"):
        events.correct_awareness(held, aware_at=right, reason="", by=world.coordinator)
    with pytest.raises(RefusedError, match="before it knew of it"):
        events.correct_awareness(
            held, aware_at=event.aware_at - HOUR, reason="Log", by=world.coordinator
        )
    held = events.correct_awareness(held, aware_at=right, reason="Log", by=world.coordinator)
    clock = held.clocks.get()
    assert (held.serious_aware_at, held.aware_at) == (right, event.aware_at)
    assert (clock.started_at, clock.ends_at) == (right, right + DAY)
    with pytest.raises(RefusedError, match="is not serious"):
        events.correct_awareness(log(world), aware_at=right, reason="Log", by=world.coordinator)


def test_a_met_clock_moves_with_awareness_and_stays_one(world: World) -> None:
    event = log(world, "hospital")
    sent = reports.send_report(event, by=world.coordinator)
    later = event.aware_at + HOUR / 2
    held = events.correct_awareness(event, aware_at=later, reason="Log", by=world.coordinator)
    assert (held.clocks.get().started_at, held.clocks.get().met_at) == (later, sent.sent_at)
    first = event.aware_at
    held = events.correct_awareness(held, aware_at=first, reason="Log", by=world.coordinator)
    assert held.clocks.get().ends_at == first + DAY


def test_the_database_knows_which_grades_are_defined(world: World) -> None:
    event = log(world, grading_term=term("Aplastic anemia"), grade=2)
    for rows in (AdverseEvent.objects.all(), Regrading.objects.all()):
        with (
            pytest.raises(IntegrityError, match="Grade 1 is not defined"),
            transaction.atomic(),
            under_event("in test"),
        ):
            rows.update(grade=1)
    with under_event("in test"):
        AdverseEvent.objects.filter(pk=event.pk).update(grade=3)


def test_voiding_and_correcting_go_by_pages(world: World, client: Client) -> None:
    event = log(world, "hospital")
    client.force_login(world.coordinator)
    wrong, right = (
        reverse(name, args=[event.pk]) for name in ("safety:void_event", "safety:correct_awareness")
    )
    shown = client.get(event.get_absolute_url())
    assert_well_made(shown.content.decode(), "event")
    for words in ("Void event", "Correct awareness", "Running", "of 24 h used", "can go now"):
        assert words in text_of(shown)
    for url in (wrong, right):
        assert_well_made(client.get(url).content.decode(), url)
    local = (event.aware_at - HOUR).astimezone(world.place.zone)
    early = {
        "aware_on": local.date().isoformat(), "aware_clock": f"{local:%H:%M}", "reason": "Log",
    }  # fmt: skip
    refused = client.post(right, early)
    assert refused.status_code == 422
    done = client.post(wrong, {"reason": "Wrong subject"}, follow=True)
    assert_well_made(done.content.decode(), "voided")
    assert f">{event.number}</s>" in text_of(done)
    assert "Wrong subject. It stays to be read" in text_of(done)
    assert "Void event" not in text_of(done)
    listing = reverse("safety:events", args=["tmr-204"])
    assert f"<s>{event.number}</s>" in text_of(client.get(listing))
    assert event.number not in text_of(client.get(f"{listing}?is=serious"))
    assert event.number in text_of(client.get(f"{listing}?is=voided"))
    assert client.post(wrong, {"reason": "again"}).status_code == 409
    subject = client.get(event.subject.get_absolute_url())
    assert f"SAE {event.term}" not in text_of(subject)


def test_other_criteria_leave_awareness_as_it_is(world: World, client: Client) -> None:
    event = log(world, "hospital")
    client.force_login(world.coordinator)
    page = reverse("safety:mark_serious", args=[event.pk])
    shown = client.get(page)
    assert_well_made(shown.content.decode(), page)
    assert "Site became aware" not in text_of(shown)
    done = client.post(page, {"criteria": ["hospital", "death"], "reason": "Died"}, follow=True)
    assert "Criteria of SAE" in text_of(done)
    held = AdverseEvent.objects.get()
    assert (held.criteria, held.serious_aware_at) == (["death", "hospital"], event.aware_at)


def test_the_sponsor_reads_what_the_investigator_says(world: World, client: Client) -> None:
    event = log(world, "hospital")
    client.force_login(monitor_of(world))
    page = reverse("safety:assess_for_sponsor", args=[event.pk])
    assert "The investigator has not said yet." in text_of(client.get(page))
    assessments.assess_causality(
        event, is_related=True, causality="possible", by=investigator_of(world)
    )
    assert "The investigator says yes, possible." in text_of(client.get(page))


def test_the_last_report_is_of_the_day_where_the_reader_is(world: World, client: Client) -> None:
    event = log(world, "hospital")
    sent = reports.send_report(event, by=world.coordinator)
    client.force_login(world.coordinator)
    shown = text_of(client.get(reverse("safety:events", args=["tmr-204"])))
    local = sent.sent_at.astimezone(world.coordinator.zone)
    assert f"{local:%-d %b %Y}" in shown
