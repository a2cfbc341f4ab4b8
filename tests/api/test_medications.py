"""Medications besides the study drug over REST."""

from __future__ import annotations

import pytest

from tests.api.conftest import Caller
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def test_a_program_logs_changes_and_finds_them(world: World, edc: Caller) -> None:
    subject = screen(world)
    body = {
        "subject": subject.pk, "name": "Omeprazole", "started": "2026-03", "indication": "history",
        "condition": "Reflux",
    }  # fmt: skip
    made = edc.post("medications/", body)
    assert made.status_code == 201, made.content
    path = f"medications/{made.json()['id']}/"
    assert made.json()["started_to"] == "2026-03-31"
    ended = edc.post(
        f"{path}change-medication/",
        {"ended": "2026-05-02", "is_ongoing": False, "reason": "Stopped"},
    )
    assert ended.json()["ended_from"] == "2026-05-02"
    refused = edc.post(f"{path}change-medication/", {"condition": "", "reason": "typo"})
    assert refused.status_code == 422
    assert "Say what it is taken for" in refused.json()["detail"]
    assert edc.post(f"{path}void-medication/", {"reason": "Wrong subject"}).status_code == 200
    assert edc.post(f"{path}void-medication/", {"reason": "again"}).status_code == 409
    (found,) = edc.get(f"medications/?subject={subject.pk}&is_ongoing=false").json()["results"]
    assert found["void_reason"] == "Wrong subject"
