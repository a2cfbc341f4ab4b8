"""Adverse events over REST: logged, found serious, judged, reported, with the refusals of the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.models import Event, Notice
from safety.actions import set_up
from safety.models import AdverseEvent
from tests.api.conftest import JSON, Caller
from tests.safety.events import investigator_of, log, monitor_of, susar
from tests.world import World, make_place, make_site, screen
from trials.actions import trials

pytestmark = pytest.mark.django_db
WORD = "adverse-events"


def facts(world: World, **changes: Any) -> dict[str, Any]:
    """The body that logs an event of which the month of the onset is known."""
    aware_at = timezone.now() - timedelta(hours=1)
    return {
        "subject": screen(world).pk, "term": "Acute appendicitis", "grading_term": "Appendicitis",
        "grade": 3, "onset": f"{aware_at.year - 1}-06", "aware_at": aware_at.isoformat(),
        "study_drug": "Dose 6", "reporter": "Relative",
    } | changes  # fmt: skip


def posting(user: User) -> Callable[..., Any]:
    """A person at a browser who calls the API."""
    client = Client()
    client.force_login(user)
    return lambda path, data: client.post(f"/api/v1/{path}", json.dumps(data), content_type=JSON)


def test_an_event_is_logged_found_serious_and_reported(world: World, edc: Caller) -> None:
    answer = edc.post(f"{WORD}/", facts(world))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer.headers["Location"].endswith(f"/api/v1/{WORD}/{made['id']}/")
    assert (made["grading_term"], made["grade"], made["is_serious"]) == ("Appendicitis", 3, False)
    assert made["onset_from"].endswith("-06-01")
    assert made["onset_to"].endswith("-06-30")
    path = f"{WORD}/{made['id']}/"
    unknown = edc.post(
        f"{path}mark-serious/", {"criteria": ["fever"], "aware_at": made["aware_at"]}
    )
    assert unknown.status_code == 422
    body = {"criteria": ["hospital", "death"], "aware_at": timezone.now().isoformat()}
    serious = edc.post(f"{path}mark-serious/", body).json()
    assert serious["criteria"] == ["death", "hospital"]
    assert Notice.objects.filter(target_id=made["id"]).exists()
    (clock,) = edc.get(f"report-clocks/?event={made['id']}&is_running=true").json()["results"]
    assert (clock["code"], clock["met_at"]) == ("site_24h", None)
    edc.post(f"{path}send-report/", {"is_final": False})
    (report,) = edc.get(f"safety-reports/?event={made['id']}&is_acknowledged=false").json()[
        "results"
    ]
    assert (report["kind"], report["content"]["criteria"]) == ("initial", ["death", "hospital"])
    read = edc.post(f"safety-reports/{report['id']}/acknowledge/")
    assert read.json()["acknowledged_by_name"]
    assert edc.post(f"safety-reports/{report['id']}/acknowledge/").status_code == 409
    case = edc.post(f"{path}reconcile/", {"case_number": "HT-1"})
    assert case.json()["case_number"] == "HT-1"
    assert Event.objects.filter(verb="mark as serious").get().source == "api"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grade": 1}, "Grade 1 is not defined for Appendicitis"),
        ({"grading_term": "Fever of unknown"}, "does not exist"),
        ({"onset": "31 Feb 2026"}, "not a day of the calendar"),
        ({"aware_at": "2026-06-10T16:20"}, "with its offset"),
        ({"aware_at": "2199-06-10T16:20Z"}, "cannot become aware in the future"),
        ({"expectedness": "yes"}, "Not known here"),
        ({"subject": 0}, "does not exist"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    world: World, edc: Caller, changes: dict[str, Any], said: str
) -> None:
    answer = edc.post(f"{WORD}/", facts(world, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not AdverseEvent.objects.exists()


def test_a_change_touches_what_is_given_and_says_why(world: World, edc: Caller) -> None:
    event = log(world, "hospital")
    path = f"{WORD}/{event.pk}/"
    changed = edc.post(f"{path}change-event/", {"outcome": "recovered", "ended": None}).json()
    assert (changed["outcome"], changed["term"]) == ("recovered", "Acute appendicitis")
    refused = edc.post(f"{path}change-event/", {"severity": "mild"})
    assert (refused.status_code, refused.json()["detail"]) == (
        422, "Give the reason for another grade.",
    )  # fmt: skip
    assert edc.post(f"{path}change-event/", {"severity": "mild", "reason": "typo"}).json()[
        "severity"
    ] == "mild"  # fmt: skip
    tag = edc.get(path).headers["ETag"]
    edc.post(f"{path}downgrade/", {"reason": "Planned stay"})
    stale = edc.post(f"{path}change-event/", {"outcome": "unknown"}, **{"If-Match": tag})
    assert stale.status_code == 412


def test_investigator_and_sponsor_judge_each_for_themselves(world: World, edc: Caller) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    event, monitor = log(world, "hospital"), monitor_of(world)
    path = f"{WORD}/{event.pk}/"
    judged = {"is_related": True, "is_expected": False}
    assert edc.post(f"{path}assess-for-sponsor/", judged).status_code == 403
    assert edc.post(f"{path}assess-causality/", {"is_related": True}).status_code == 403
    of_sponsor, of_site = posting(monitor), posting(investigator_of(world))
    refused = of_sponsor(f"{path}assess-for-sponsor/", judged)
    assert refused.status_code == 422
    assert "No reference safety information" in refused.json()["detail"]
    set_up.add_reference(world.trial, version="IB 6", from_on=event.onset_from, by=monitor)
    said = of_site(f"{path}assess-causality/", {"is_related": False, "causality": "unlikely"})
    assert said.json()["causality"] == "unlikely"
    seen = of_sponsor(f"{path}assess-for-sponsor/", judged).json()
    assert (seen["is_related"], seen["sponsor_is_related"], seen["reference"]) == (
        False, True, "IB 6",
    )  # fmt: skip


def test_a_submission_meets_its_clock(world: World, edc: Caller) -> None:
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    clock = susar(world).clocks.get(code="eu_15")
    path = f"report-clocks/{clock.pk}/record-submission/"
    body = {"at": timezone.now().isoformat(), "note": "EC-7"}
    assert edc.post(path, body).json()["note"] == "EC-7"
    again = edc.post(path, body)
    assert (again.status_code, "runs no longer" in again.json()["detail"]) == (422, True)


def test_filters_narrow_and_others_see_nothing(
    world: World, edc: Caller, caller: Callable[..., Caller]
) -> None:
    event, mild = log(world, "hospital"), log(world, severity="mild")
    found = edc.get(f"{WORD}/?is_serious=true&trial=tmr-204&outcome=unknown").json()["results"]
    assert [row["id"] for row in found] == [event.pk]
    before = f"onset_to={event.onset_from - timedelta(days=1)}"
    assert edc.get(f"{WORD}/?{before}").json()["results"] == []
    there = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    elsewhere = caller("cra", there)
    assert elsewhere.get(f"{WORD}/").json()["results"] == []
    assert elsewhere.get(f"{WORD}/{mild.pk}/").status_code == 404
    assert elsewhere.post(f"{WORD}/{mild.pk}/downgrade/", {"reason": "no"}).status_code == 404
    here = caller("cra", world.site)
    assert here.post(f"{WORD}/{event.pk}/downgrade/", {"reason": "no"}).status_code == 403
