"""The safety set-up of a trial: the safety desk, versions of what is expected, and what follows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.models import Obligation
from safety.actions import assessments, reports, set_up
from safety.models import AdverseEvent, ReferenceSafetyInformation, SafetyDesk
from tests.safety.events import codes, investigator_of, log, monitor_of, susar
from tests.test_pages import assert_well_made
from tests.world import World
from trials.actions import trials

pytestmark = pytest.mark.django_db
PAGE, DESK, ADD = (
    reverse(name, args=["tmr-204"])
    for name in ("safety:set_up", "safety:set_up_desk", "safety:add_reference")
)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def to_assess(event: AdverseEvent) -> bool:
    duties = Obligation.objects.filter(rule="safety.assess", met_at=None)
    return duties.filter(object_id=event.pk).exists()


def test_the_15_days_start_from_pages_alone(world: World, client: Client) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    event, monitor = log(world, "hospital"), monitor_of(world)
    assessments.assess_causality(event, is_related=True, by=investigator_of(world))
    reports.send_report(event, by=world.coordinator)
    client.force_login(monitor)
    assert "No version yet" in text_of(client.get(PAGE))
    judged = {"is_related": "yes", "is_expected": "no"}
    page = reverse("safety:assess_for_sponsor", args=[event.pk])
    assert "No reference safety information was in force" in text_of(client.get(page))
    assert client.post(page, judged).status_code == 422
    for url in (DESK, ADD):
        assert_well_made(client.get(url).content.decode(), url)
    client.post(DESK, {"name": "Halden Safety", "time_zone": "Europe/Berlin", "reason": ""})
    client.post(ADD, {"version": "IB edition 6.0", "from_on": "1 Jan 2020"})
    shown = client.get(PAGE)
    assert_well_made(shown.content.decode(), PAGE)
    for words in ("IB edition 6.0", "1 Jan 2020", "In force", "Europe/Berlin", "EudraVigilance"):
        assert words in text_of(shown)
    assert "By IB edition 6.0, in force from 1 Jan 2020." in text_of(client.get(page))
    assert "Unexpected" in text_of(client.post(page, judged, follow=True))
    assert codes(event) == {"eu_15"}
    assert event.clocks.get(code="eu_15").zone == "Europe/Berlin"


def test_a_newer_version_supersedes_from_its_day(world: World, client: Client) -> None:
    monitor, today = monitor_of(world), timezone.localdate()
    for version, on in (
        ("IB 5", date(2020, 1, 1)), ("IB 6", date(2021, 3, 1)), ("IB 7", today + timedelta(days=9)),
    ):  # fmt: skip
        set_up.add_reference(world.trial, version=version, from_on=on, by=monitor)
    client.force_login(world.coordinator)
    shown = text_of(client.get(PAGE))
    for words in ("Superseded", "28 Feb 2021", "To come"):
        assert words in shown
    assert "Add version" not in shown
    assert client.get(ADD).status_code == 403
    client.force_login(monitor)
    again = client.post(ADD, {"version": "IB 6", "from_on": "2 Mar 2022"})
    assert again.status_code == 409
    assert "recorded already" in text_of(again)


def test_a_correction_says_why_and_asks_for_another_judgement(world: World, client: Client) -> None:
    event, monitor = susar(world), monitor_of(world)
    assert not to_assess(event)
    newer = set_up.add_reference(
        world.trial, version="IB 7", from_on=event.onset_to + timedelta(days=1), by=monitor
    )
    assert not to_assess(event)
    with pytest.raises(RefusedError, match="reason for the correction"):
        set_up.correct_reference(
            newer, version="IB 7", from_on=event.onset_from, reason=" ", by=monitor
        )
    client.force_login(monitor)
    page = reverse("safety:correct_reference", args=[newer.pk])
    assert_well_made(client.get(page).content.decode(), page)
    done = client.post(
        page,
        {
            "version": "IB 7", "from_on": event.onset_from.isoformat(), "revision": newer.revision,
            "reason": "Letter of the sponsor",
        }, follow=True,
    )  # fmt: skip
    assert "IB 7 corrected" in text_of(done)
    assert to_assess(event)
    assessments.assess_for_sponsor(event, is_related=True, is_expected=True, by=monitor)
    assert not to_assess(event)
    stale = {"version": "IB 8", "from_on": "1 Jan 2020", "revision": "1", "reason": "typo"}
    assert client.post(page, stale).status_code == 409


def test_another_zone_of_the_desk_asks_why(world: World, client: Client) -> None:
    monitor = monitor_of(world)
    set_up.set_up_desk(world.trial, name="Halden Safety", time_zone="UTC", by=monitor)
    client.force_login(monitor)
    given = {"name": "Halden Safety", "time_zone": "Asia/Tokyo", "reason": ""}
    assert "reason for another zone" in text_of(client.post(DESK, given))
    client.post(DESK, given | {"reason": "Desk moved"})
    assert SafetyDesk.objects.get().time_zone == "Asia/Tokyo"


def test_the_page_runs_a_fixed_number_of_queries(world: World, client: Client) -> None:
    monitor = monitor_of(world)
    client.force_login(monitor)
    counts = []
    for year in (2020, 2021):
        for month in range(1, 4):
            on = date(year, month, 1)
            set_up.add_reference(world.trial, version=f"IB {on}", from_on=on, by=monitor)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as found:
            client.get(PAGE)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 16
    assert ReferenceSafetyInformation.objects.count() == 6


def test_the_set_up_of_the_trial_leads_there(world: World, client: Client) -> None:
    page = reverse("trials:set_up", args=["tmr-204"])
    client.force_login(world.coordinator)
    assert PAGE in text_of(client.get(page))
    client.force_login(world.admin)
    assert PAGE not in text_of(client.get(page))
    assert client.get(PAGE).status_code == 403
