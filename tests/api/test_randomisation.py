"""Randomisations over REST: recorded, corrected and voided, blinded."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.api.conftest import Caller
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def test_a_randomisation_is_recorded_corrected_and_voided(world: World, edc: Caller) -> None:
    subject, today = screen(world), timezone.localdate().isoformat()
    body = {"subject": subject.pk, "on": today, "number": "R-1", "reason": "IRT down"}
    made = edc.post("randomisations/", body | {"kit": "K-1"})
    assert made.status_code == 201, made.content
    (held,) = edc.get(f"randomisations/?subject={subject.pk}&number=R-1").json()["results"]
    assert (held["subject_number"], held["kit"], held["on"]) == (subject.number, "K-1", today)
    again = edc.post("randomisations/", body)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    path = f"randomisations/{held['id']}/"
    correction = {"on": today, "number": "R-2", "kit": "K-2", "reason": "Misread"}
    assert edc.post(f"{path}correct-randomisation/", correction).status_code == 200
    voided = edc.post(f"{path}void-randomisation/", {"reason": "Wrong subject"})
    assert (voided.json()["number"], voided.json()["void_reason"]) == ("R-2", "Wrong subject")
    assert edc.get("allocations/").status_code == 404
