"""The pages of adverse events: from the log to the acknowledged report, without a script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from safety.actions import events
from safety.models import AdverseEvent, Seriousness
from safety.words import left_in_words
from tests.safety.events import investigator_of, log, monitor_of, susar
from tests.test_pages import assert_well_made
from tests.world import World, screen
from trials.actions import trials

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def to(name: str, *args: object) -> str:
    return reverse(name, args=args)


def typed(**changes: str) -> dict[str, Any]:
    """A form of an event of this morning."""
    local = timezone.now().astimezone(timezone.get_fixed_timezone(0)) - timedelta(hours=26)
    return {
        "term": "Acute appendicitis", "grading_term": "appendicitis", "grade": "3", "severity": "",
        "onset": str(local.year - 1), "aware_on": local.date().isoformat(), "aware_clock": "09:20",
        "outcome": "recovering", "action_taken": "interrupted", "study_drug": "Dose 6",
        "reporter": "Relative", "narrative": "Fever since the morning.",
    } | changes  # fmt: skip


def test_an_event_is_logged_and_shown(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    assert to("safety:log_event", subject.pk) in text_of(client.get(subject.get_absolute_url()))
    form = client.get(to("safety:log_event", subject.pk))
    assert_well_made(form.content.decode(), "log")
    made = client.post(to("safety:log_event", subject.pk), typed(), follow=True)
    event = AdverseEvent.objects.get()
    assert made.redirect_chain[-1][0] == to("safety:event", "tmr-204", event.number)
    assert_well_made(made.content.decode(), "event")
    shown = text_of(made)
    assert "Grade 3, CTCAE 6.0: Appendicitis" in shown
    assert "day and month unknown" in shown
    assert "Mark as serious" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grading_term": "Appendi"}, "is not a term of CTCAE 6.0. Near: Appendicitis"),
        ({"grading_term": "xyz"}, "“xyz” is not a term of CTCAE 6.0."),
        ({"grade": "1"}, "Grade 1 is not defined for Appendicitis"),
        ({"onset": "31 Feb 2026"}, "not a day of the calendar"),
        ({"ended": "2001"}, "before it began"),
        ({"aware_on": "2199-01-01"}, "cannot become aware in the future"),
        ({"aware_on": "2026-03-29", "aware_clock": "01:30"}, "does not exist on 29 Mar 2026"),
        ({"aware_on": "", "aware_clock": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(
    world: World, client: Client, changes: dict[str, str], said: str
) -> None:
    client.force_login(world.coordinator)
    answer = client.post(to("safety:log_event", screen(world).pk), typed(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "Fever since the morning." in answer.content.decode()


def test_an_event_marked_serious_shows_its_clock_at_once(world: World, client: Client) -> None:
    event = log(world)
    client.force_login(world.coordinator)
    local = timezone.now().astimezone(world.place.zone)
    given = {
        "criteria": ["hospital"], "aware_on": local.date().isoformat(),
        "aware_clock": f"{local:%H:%M}",
    }  # fmt: skip
    if local - event.aware_at < timedelta(minutes=59):
        pytest.skip("the hour has just begun")
    shown = client.post(to("safety:mark_serious", event.pk), given, follow=True)
    assert_well_made(shown.content.decode(), "serious")
    assert "Report to the sponsor within 24 h" in text_of(shown)
    assert "23 h" in text_of(shown)
    assert "Hospital stay or longer stay" in text_of(shown)


def test_a_late_clock_and_what_is_missing_are_said(world: World, client: Client) -> None:
    event = log(world, "hospital", reporter="")
    with time_machine.travel(event.aware_at + timedelta(hours=25), tick=False):
        client.force_login(world.coordinator)
        shown = client.get(event.get_absolute_url())
    assert_well_made(shown.content.decode(), "late")
    for words in ("Overdue", "1 h 0 min", "All 24 h are used", "Reporter, missing", "waits for"):
        assert words in text_of(shown)


def test_a_report_goes_its_way(world: World, client: Client) -> None:
    event, monitor = log(world, "hospital"), monitor_of(world)
    client.force_login(world.coordinator)
    sent = client.post(to("safety:send_report", event.pk), {}, follow=True)
    assert "Report of SAE" in text_of(sent)
    assert "Not acknowledged" in text_of(sent)
    client.force_login(monitor)
    seen = client.get(event.get_absolute_url())
    assert_well_made(seen.content.decode(), "monitor")
    report = event.reports.get()
    done = client.post(to("safety:acknowledge", report.pk), {}, follow=True)
    assert "Initial report acknowledged" in text_of(done)
    case = client.post(to("safety:reconcile", event.pk), {"case_number": "HT-1"}, follow=True)
    assert "Case HT-1 in the safety database, reconciled" in text_of(case)


def test_the_sponsor_judges_and_records_the_submission(world: World, client: Client) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    event, monitor = susar(world), monitor_of(world)
    client.force_login(monitor)
    judged = client.post(
        to("safety:assess_for_sponsor", event.pk),
        {"is_related": "yes", "is_expected": "no", "causality": "possible"}, follow=True,
    )  # fmt: skip
    assert "Unexpected" in text_of(judged)
    assert "EU CTR Art 42(2)(b)" in text_of(judged)
    clock = event.clocks.get(code="eu_15")
    local = timezone.now().astimezone(clock.time_zone) + timedelta(minutes=1)
    form = client.get(to("safety:record_submission", clock.pk))
    assert_well_made(form.content.decode(), "submission")
    early = client.post(
        to("safety:record_submission", clock.pk), {"on": "2001-01-01", "clock": "10:00", "note": ""}
    )
    assert "after the clock started" in text_of(early)
    late = {"on": local.date().isoformat(), "clock": f"{local:%H:%M}", "note": "EC-7"}
    answer = client.post(to("safety:record_submission", clock.pk), late)
    assert answer.status_code in {302, 422}


def test_the_investigator_assesses_and_signs(world: World, client: Client) -> None:
    event, investigator = log(world, "hospital"), investigator_of(world)
    accounts.set_password(investigator, password="a long password", by=world.admin)
    client.force_login(User.objects.get(pk=investigator.pk))
    asked = client.post(
        to("safety:assess_causality", event.pk),
        {"is_related": "no", "causality": "unlikely"},
        follow=True,
    )
    assert_well_made(asked.content.decode(), "sign")
    assert "No, unlikely" in text_of(asked)
    proof = {
        "signer": investigator.username, "password": "a long password",
        "shown_hash": asked.context["shown_hash"],
    }  # fmt: skip
    signed = client.post(to("safety:sign_causality", event.pk), proof, follow=True)
    assert "meaning: causality" in text_of(signed)
    assert_well_made(signed.content.decode(), "signed")


def test_changes_and_a_downgrade_say_why(world: World, client: Client) -> None:
    event = log(world, "hospital")
    client.force_login(world.coordinator)
    form = client.get(to("safety:change_event", event.pk))
    assert_well_made(form.content.decode(), "change")
    initial = {
        name: bound.value() or "" for name in form.context["form"].fields
        if (bound := form.context["form"][name])
    }  # fmt: skip
    initial |= {"aware_on": str(initial["aware_on"]), "is_special_interest": ""}
    initial["aware_clock"] = f"{initial['aware_clock']:%H:%M}"
    kept = client.post(
        to("safety:change_event", event.pk), initial | {"outcome": "recovered"}, follow=True
    )
    assert "Recovered" in text_of(kept)
    graded = client.post(to("safety:change_event", event.pk), initial | {"severity": "mild"})
    assert "Give the reason for another grade" in text_of(graded)
    down = client.post(to("safety:downgrade", event.pk), {"reason": "Planned stay"}, follow=True)
    assert "Found not to be serious" in text_of(down)
    assert "Stopped: its conditions hold no longer" in text_of(down)


LISTS = {
    "safety:events": ("safety:export_events", ["tmr-204"]),
    "safety:site_events": ("safety:export_site_events", ["tmr-204", "1042"]),
    "safety:place_events": ("safety:export_place_events", ["northgate"]),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_runs_as_many_queries_for_five_as_for_one(
    name: str, world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    url = to(name, *LISTS[name][1])
    counts = []
    for more in (1, 4):
        for _ in range(more):
            log(world, "hospital", "death")
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            shown = client.get(url + "?filter=yes")
        counts.append(len(found))
    assert counts[0] == counts[1] <= 16
    assert_well_made(shown.content.decode(), name)
    assert "left" in text_of(shown)
    assert "Severe" in text_of(shown)


def test_a_list_is_filtered_and_had_as_a_file(world: World, client: Client) -> None:
    event, mild = log(world, "hospital"), log(world, severity="mild", term="Headache")
    client.force_login(world.coordinator)
    found = client.get(to("safety:events", "tmr-204") + "?is=serious&need=report")
    assert event.number in text_of(found)
    assert mild.number not in text_of(found)
    for export, at in LISTS.values():
        sent: Any = client.get(to(export, *at, "csv"))
        lines = sent.getvalue().decode()
        assert "Headache" in lines
        assert event.clocks.get().ends_at.isoformat() in lines
    words = client.get(to("safety:events", "tmr-204") + "?q=heada")
    assert mild.number in text_of(words)


def test_the_page_of_an_event_runs_a_fixed_number_of_queries(world: World, client: Client) -> None:
    event = log(world, "hospital")
    client.force_login(world.coordinator)
    counts = []
    for _ in range(2):
        client.get(event.get_absolute_url())
        with CaptureQueriesContext(connection) as found:
            client.get(event.get_absolute_url())
        counts.append(len(found))
        for code in Seriousness.values[:4]:
            events.mark_serious(
                event, criteria=[code], aware_at=timezone.now(), by=world.coordinator
            )
    assert counts[0] == counts[1] <= 25


def test_who_sees_no_events_is_told_so(world: World, client: Client) -> None:
    client.force_login(world.admin)
    for url in (to("safety:events", "tmr-204"), to("safety:place_events", "northgate")):
        assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=5, minutes=38), "5 h 38 min left"), (timedelta(days=9), "9 days left"),
        (timedelta(hours=-2, minutes=-5), "2 h 5 min late"), (timedelta(), "0 h 0 min left"),
    ],
)  # fmt: skip
def test_what_is_left_is_said_in_words(left: timedelta, said: str) -> None:
    assert left_in_words(left) == said
