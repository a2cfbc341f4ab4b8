"""Consents over REST: recorded, read, put right, taken back and set aside by the pages' actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import Role
from sites.actions import places
from subjects.models import Subject
from tests.api.conftest import Caller
from tests.subjects.consented import main_form, version
from tests.world import World, screen
from trials.models import ConsentVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(world: World) -> ConsentVersion:
    return version(world, main_form(world), "3.0")


def body(world: World, subject: Subject, of: ConsentVersion, **more: Any) -> dict[str, Any]:
    return {
        "subject": subject.pk, "version": of.pk, "language": "en",
        "signed_on": timezone.localdate().isoformat(), "explainer": world.person.pk, **more,
    }  # fmt: skip


def test_a_consent_lives_over_the_api(world: World, first: ConsentVersion, edc: Caller) -> None:
    subject = screen(world)
    made = edc.post("consents/", body(world, subject, first, signer="witness"))
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["form"], told["version_number"], told["signer"]) == (
        "Main consent", "3.0", "witness",
    )  # fmt: skip
    again = edc.post("consents/", body(world, subject, first))
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    path = f"consents/{told['id']}/"
    right = body(world, subject, first, reason="Overlooked")
    del right["subject"]
    corrected = edc.post(f"{path}correct-consent/", right, **{"If-Match": made.headers["ETag"]})
    assert (corrected.status_code, corrected.json()["signer"]) == (200, "subject")
    stale = edc.post(f"{path}void-consent/", {"reason": "x"}, **{"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    on = timezone.localdate().isoformat()
    withdrawn = edc.post(f"{path}withdraw-consent/", {"what": ["samples"], "on": on})
    assert withdrawn.status_code == 200
    rows = edc.get(f"consent-withdrawals/?consent={told['id']}").json()["results"]
    assert [(row["what"], row["subject_number"]) for row in rows] == [("samples", subject.number)]
    voided = edc.post(f"{path}void-consent/", {"reason": "Another subject"}).json()
    assert voided["void_reason"] == "Another subject"


def test_what_is_wrong_is_refused_with_the_way_out(
    world: World, first: ConsentVersion, edc: Caller
) -> None:
    subject = screen(world)
    refused = edc.post("consents/", body(world, subject, first, language="pl"))
    assert refused.status_code == 422
    assert "In use that day: v3.0 (en)" in refused.json()["detail"]
    stranger = places.add_person(world.place, values={"name": "Nobody"}, by=world.coordinator)
    refused = edc.post("consents/", body(world, subject, first, explainer=stranger.pk))
    assert (refused.status_code, set(refused.json()["errors"])) == (422, {"explainer"})


def test_versions_and_approvals_say_what_can_be_signed(
    world: World, first: ConsentVersion, edc: Caller, caller: Callable[..., Caller]
) -> None:
    (held,) = edc.get("consent-versions/?trial=tmr-204").json()["results"]
    assert (held["id"], held["is_required"]) == (first.pk, True)
    today = timezone.localdate().isoformat()
    path = f"consent-approvals/?site={world.site.pk}&in_use_on={today}"
    (there,) = edc.get(path).json()["results"]
    assert (there["version"], there["language"], there["in_use_before"]) == (first.pk, "en", None)
    monitor = caller(Role.CRA, world.site)
    subject = screen(world)
    assert monitor.post("consents/", body(world, subject, first)).status_code in {403, 422}
    edc.post("consents/", body(world, subject, first))
    assert len(monitor.get("consents/").json()["results"]) == 1
