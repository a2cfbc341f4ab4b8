"""Randomisations over REST: recorded, corrected and voided, blinded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from subjects.actions import randomisation
from tests.api.conftest import Caller
from tests.subjects.criteria import break_blind, investigator
from tests.subjects.test_randomisation import randomise
from tests.world import World, screen, user_with

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


def test_an_accident_is_recorded_and_who_broke_the_blind_is_read_without_the_treatment(
    world: World, edc: Caller
) -> None:
    held = randomise(world, screen(world))
    pharmacist = user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)
    randomisation.allocate(held, treatment="Active 40 mg", by=pharmacist)
    break_blind(held, investigator(world))
    body = {
        "randomisation": held.pk, "learnt_at": timezone.now().isoformat(),
        "learnt_by": "The coordinator", "reason": "Open letter",
    }  # fmt: skip
    made = edc.post("unblindings/", body)
    assert (made.status_code, made.json()["kind"]) == (201, "accident")
    late = body | {"learnt_at": (timezone.now() + timedelta(hours=1)).isoformat()}
    assert edc.post("unblindings/", late).status_code == 422
    shown = edc.get(f"unblindings/?trial={world.trial.code}")
    assert [row["kind"] for row in shown.json()["results"]] == ["emergency", "accident"]
    assert "Active" not in shown.content.decode()
