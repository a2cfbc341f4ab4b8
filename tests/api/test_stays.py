"""Stays overnight and reminders over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.api.conftest import Caller
from tests.subjects.stayed import DAY, HOUR, book, to_stay, with_nights
from tests.world import LONDON, World

pytestmark = pytest.mark.django_db


def test_a_program_books_a_bed_admits_and_discharges(world: World, edc: Caller) -> None:
    first, second = with_nights(world, timezone.localdate() - 5 * DAY)
    held, other = to_stay(world), to_stay(world)
    start = timezone.now().astimezone(LONDON).replace(microsecond=0) - 6 * HOUR

    def at(hours: float) -> str:
        return (start + timedelta(hours=hours)).isoformat()

    refused = edc.post(f"visits/{held.pk}/book/", {"start": at(0), "minutes": 60})
    assert (refused.status_code, refused.json()["code"]) == (422, "bed_needed")
    assert "Bed 1, Bed 2" in refused.json()["detail"]
    body = {"start": at(0), "minutes": 60, "bed": first.pk}
    assert edc.post(f"visits/{held.pk}/book/", body).status_code == 200
    taken = edc.post(f"visits/{other.pk}/book/", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "taken")
    assert edc.post(f"visits/{other.pk}/book/", {**body, "bed": second.pk}).status_code == 200
    assert edc.get("beds/?place=northgate").json()["results"][1]["unit"] == "Unit A"


def test_a_program_admits_and_discharges(world: World, edc: Caller) -> None:
    first, second = with_nights(world, timezone.localdate() - 5 * DAY)
    start = timezone.now().astimezone(LONDON).replace(microsecond=0) - 6 * HOUR
    held = book(world, to_stay(world), start, first)
    book(world, to_stay(world), start, second)

    def at(hours: float) -> str:
        return (start + timedelta(hours=hours)).isoformat()

    assert edc.post(f"visits/{held.pk}/admit/", {"at": at(0.5)}).status_code == 200
    (stay,) = edc.get(f"stays/?visit={held.pk}").json()["results"]
    assert (stay["status"], stay["ending"]) == ("admitted", "")
    path = f"stays/{stay['id']}/"

    def does(verb: str, **said: Any) -> int:
        return int(edc.post(f"{path}{verb}/", said).status_code)

    assert does("go-on-leave", at=at(1), expected_at=at(2), why="Walk") == 200
    assert does("come-back", at=at(2)) == 200
    assert does("come-back", at=at(2)) == 409
    assert does("change-bed", at=at(3), bed=second.pk) == 409
    assert does("plan-discharge", until=at(72)) == 200
    assert does("discharge", at=at(4)) == 422
    assert does("discharge", at=at(4), ending="early", reason="Well") == 200
    assert does("take-back-stay", reason="Wrong subject") == 200
    assert does("correct-stay", admitted_at=at(0.25), reason="Watch") == 200
    (leave,) = edc.get(f"leaves/?stay={stay['id']}").json()["results"]
    assert edc.post(f"leaves/{leave['id']}/void-leave/", {"reason": "None"}).status_code == 200
    (bed,) = edc.get(f"occupancies/?stay={stay['id']}").json()["results"]
    assert bed["bed_name"] == "Bed 1"
    assert edc.get("reminders/").json()["results"] == []
