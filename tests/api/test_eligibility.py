"""Eligibility over REST: criteria answered and read, waivers decided; nobody signs by token."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.api.conftest import Caller
from tests.subjects.criteria import criterion, with_criteria
from tests.world import World, screen
from trials.actions import trials

pytestmark = pytest.mark.django_db


def test_criteria_are_answered_and_read(world: World, edc: Caller) -> None:
    version = with_criteria(world)
    subject = screen(world)
    rows = edc.get(f"criteria/?schedule={version.pk}").json()["results"]
    assert [row["identifier"] for row in rows] == ["I1", "2", "E1", "2"]
    path, today = f"subjects/{subject.pk}/", timezone.localdate().isoformat()
    said = {"answer": "met", "source": "Lab feed", "answered_on": today}
    body = {"answers": [{"criterion": rows[0]["id"], **said}]}
    assert edc.post(f"{path}answer-criteria/", body).status_code == 200
    (held,) = edc.get("criterion-answers/?trial=tmr-204").json()["results"]
    assert (held["subject_number"], held["answer"], held["source"]) == (
        subject.number, "met", "Lab feed",
    )  # fmt: skip
    (whole,) = edc.get(f"eligibilities/?subject={subject.pk}").json()["results"]
    assert (whole["is_current"], whole["decided_on"]) == (False, None)
    refused = edc.post(
        f"{path}answer-criteria/", {"answers": [{**said, "criterion": rows[2]["id"]}]}
    )
    assert refused.status_code == 422
    assert "is answered by one of" in refused.json()["detail"]
    enrol = edc.post(f"{path}enrol/", {"on": today})
    assert (enrol.status_code, enrol.json()["code"]) == (422, "eligibility_needed")


def test_waivers_are_asked_for_and_need_the_sponsor(world: World, edc: Caller) -> None:
    with_criteria(world)
    subject = screen(world)
    trials.change_trial(world.trial, values={"allows_waivers": True}, by=world.admin)
    key, path = criterion("I2").pk, f"subjects/{subject.pk}/"
    today = timezone.localdate().isoformat()
    failed = {"criterion": key, "answer": "not_met", "source": "W3", "answered_on": today}
    assert edc.post(f"{path}answer-criteria/", {"answers": [failed]}).status_code == 200
    asked = edc.post(f"{path}request-waiver/", {"criterion": key, "reason": "Close"})
    assert asked.status_code == 200, asked.content
    (waiver,) = edc.get(f"waivers/?subject={subject.pk}").json()["results"]
    assert (waiver["status"], waiver["reason"]) == ("requested", "Close")
    decided = edc.post(f"waivers/{waiver['id']}/approve-waiver/", {"reason": "Yes"})
    assert decided.status_code == 403
