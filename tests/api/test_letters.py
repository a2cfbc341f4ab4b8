"""Safety letters over REST: sent to every active site, acknowledged by a person of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.test_safety import posting
from tests.safety.events import monitor_of
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_letter_is_sent_read_and_acknowledged(world: World, client: Client) -> None:
    send, at_site = posting(monitor_of(world)), posting(world.coordinator)
    today = timezone.localdate()
    letter = {
        "trial": world.trial.code, "title": "Liver", "text": "Test ALT.",
        "due_on": f"{today + timedelta(days=7)}",
    }  # fmt: skip
    assert at_site("safety-letters/", letter).status_code == 403
    assert send("safety-letters/", letter | {"due_on": "2020-01-01"}).status_code == 422
    made = send("safety-letters/", letter)
    assert made.status_code == 201, made.content

    client.force_login(world.coordinator)
    (row,) = client.get(f"/api/v1/safety-letters/?trial={world.trial.code}").json()["results"]
    assert (row["title"], row["text"]) == ("Liver", "Test ALT.")
    shown = client.get(f"/api/v1/letter-receipts/?letter={row['id']}").json()["results"]
    held = {receipt["role"]: receipt["id"] for receipt in shown}
    assert set(held) == {"coordinator", "investigator"}
    act = f"letter-receipts/{held['coordinator']}/acknowledge-letter/"
    done = at_site(act, {})
    assert done.json()["acknowledged_by_name"] == world.coordinator.get_full_name()
    assert at_site(act, {}).status_code == 409
