"""Writing over REST: the actions of the pages, with their refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from core.models import Event, StatusChange
from sites.actions import places
from sites.models import Room
from subjects.actions import bookings, subjects
from subjects.models import Booking, DeviationDraft, Subject, Visit
from tests.api.conftest import JSON, Caller
from tests.world import World, at, make_place, make_site, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def booking_of(world: World, day: date, **changes: Any) -> dict[str, Any]:
    """The body that books an hour at nine."""
    return {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk} | changes


def anchored(world: World) -> Visit:
    """A visit in two weeks whose window is six days wide."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="dose", by=world.coordinator
    )
    return visit(subject, "W2")


def test_a_subject_lives_over_the_api(world: World, edc: Caller) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    body = {"site": world.site.pk, "screened_on": today, "sex": "f", "birth_year": 1970}
    made = edc.post("subjects/", body)
    assert made.status_code == 201, made.content
    subject = made.json()
    assert made.headers["Location"].endswith(f"/api/v1/subjects/{subject['id']}/")
    assert (subject["number"], subject["status"]) == ("1042-001", "screening")
    path = f"subjects/{subject['id']}/"
    for verb, status in [("enrol", "enrolled"), ("start-treatment", "on_treatment")]:
        answer = edc.post(f"{path}{verb}/", {"on": today})
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.headers["ETag"] == edc.get(path).headers["ETag"]
    refused = edc.post(f"{path}enrol/", {"on": today})
    assert refused.status_code == 409
    assert "cannot become enrolled" in refused.json()["detail"]
    refused = edc.post(f"{path}end/", {"status": "withdrawn", "on": today})
    assert refused.status_code == 422
    assert "reason" in refused.json()["detail"]
    ended = edc.post(f"{path}end/", {"status": "withdrawn", "on": today, "reason": "moved"})
    assert (ended.json()["status"], ended.json()["status_reason"]) == ("withdrawn", "moved")
    told = Event.objects.filter(subject_id=subject["id"], verb="end participation").get()
    assert (told.source, told.reason) == ("api", "moved")
    assert told.actor_role == "Service account"


def test_a_visit_is_booked_moved_and_done(world: World, edc: Caller) -> None:
    held = anchored(world)
    day = weekday_from(held.target_on)
    path = f"visits/{held.pk}/"
    booked = edc.post(f"{path}book/", booking_of(world, day, person=world.person.pk)).json()
    assert (booked["status"], booked["room"], booked["person"]) == (
        "booked", world.room.pk, world.person.pk,
    )  # fmt: skip
    assert datetime.fromisoformat(booked["starts_at"]) == at(day, 9)
    assert edc.post(f"{path}confirm/").json()["confirmation"] == "confirmed"
    moved = edc.post(f"{path}move/", booking_of(world, day, start=at(day, 11).isoformat())).json()
    assert datetime.fromisoformat(moved["starts_at"]) == at(day, 11)
    assert moved["confirmation"] == "unconfirmed"
    assert edc.post(f"{path}unbook/", {"reason": "room broken"}).json()["status"] == "planned"
    assert edc.post(f"{path}confirm/").status_code == 409
    edc.post(f"{path}book/", booking_of(world, day))
    with time_machine.travel(at(day, 12), tick=False):
        assert edc.post(f"{path}check-in/").json()["status"] == "arrived"
        assert edc.post(f"{path}start/").json()["status"] == "in_progress"
        done = edc.post(f"{path}complete/", {"on": day.isoformat()}).json()
    assert (done["status"], done["performed_on"]) == ("completed", day.isoformat())


def test_visits_without_outcome_get_one(world: World, edc: Caller) -> None:
    subject = screen(world)
    for code, verb, status in [
        ("W2", "miss", "missed"), ("W4", "cancel", "cancelled"), ("SCR", "skip", "skipped"),
    ]:  # fmt: skip
        path = f"visits/{visit(subject, code).pk}"
        refused = edc.post(f"{path}/{verb}/")
        assert refused.status_code == 422
        assert "reason" in refused.json()["errors"]
        assert edc.post(f"{path}/{verb}/", {"reason": "unwell"}).json()["status"] == status
    body = {"subject": subject.pk, "name": "Safety call", "on": timezone.localdate().isoformat()}
    added = edc.post("visits/", body)
    assert (added.status_code, added.json()["kind"]) == (201, "unscheduled")
    path = f"visits/{visit(subject, 'W2').pk}"
    assert edc.post(f"{path}/reopen/", {"reason": "came after all"}).json()["status"] == "planned"


def test_outside_the_window_a_reason_is_needed_and_free_times_are_offered(
    world: World, edc: Caller
) -> None:
    held = anchored(world)
    body = booking_of(world, weekday_from(held.latest_on + timedelta(days=3)))
    refused = edc.post(f"visits/{held.pk}/book/", body)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "outside_window")
    assert "after the window" in problem["detail"]
    days = {datetime.fromisoformat(offer["start"]).date() for offer in problem["offers"]}
    assert days
    assert all(held.earliest_on <= day <= held.latest_on for day in days)
    offer = problem["offers"][0]
    offered = {"start": offer["start"], "room": offer["room"], "person": offer["person"]}
    assert not DeviationDraft.objects.exists()
    assert edc.post(f"visits/{held.pk}/book/", {**body, "reason": "holiday"}).status_code == 200
    assert DeviationDraft.objects.get().reason == "holiday"
    assert edc.post(f"visits/{held.pk}/move/", offered).status_code == 200
    assert DeviationDraft.objects.get().state == "withdrawn"


def test_a_taken_time_is_a_conflict_with_free_times(world: World, edc: Caller) -> None:
    first, second = anchored(world), anchored(world)
    day = weekday_from(first.target_on)
    edc.post(f"visits/{first.pk}/book/", booking_of(world, day))
    refused = edc.post(f"visits/{second.pk}/book/", booking_of(world, day))
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "taken")
    assert "Room 1 is booked 09:00 to 10:00" in problem["detail"]
    assert len(problem["offers"]) > 1
    slots = edc.get(f"visits/{second.pk}/slots/").json()["results"]
    assert slots == problem["offers"]


def test_who_read_an_older_state_is_stopped(world: World, edc: Caller) -> None:
    held = anchored(world)
    path, day = f"visits/{held.pk}/", weekday_from(held.target_on)
    tag = edc.get(path).headers["ETag"]
    booked = edc.post(f"{path}book/", booking_of(world, day), **{"If-Match": tag})
    assert booked.status_code == 200
    bookings.confirm(Booking.objects.get(), by=world.coordinator)
    later = booking_of(world, day, start=f"{day}T14:00")
    stale = edc.post(f"{path}move/", later, **{"If-Match": booked.headers["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert Booking.objects.get().period.lower == at(day, 9)
    fresh = edc.get(f"{path}?fields=id").headers["ETag"]
    assert edc.post(f"{path}move/", later, **{"If-Match": fresh}).status_code == 200


def test_a_site_goes_through_its_life(world: World, edc: Caller) -> None:
    path = f"sites/{world.site.pk}/set-status/"
    refused = edc.post(path, {"status": "archived"})
    assert refused.status_code == 409
    assert "Possible now" in refused.json()["detail"]
    assert edc.post(path, {"status": "no such"}).json()["errors"]["status"]
    day = timezone.localdate()
    held = edc.post(path, {"status": "on_hold", "on": day.isoformat(), "reason": "audit"}).json()
    assert (held["status"], held["status_on"]) == ("on_hold", day.isoformat())
    assert StatusChange.objects.filter(flow="sites.site", reason="audit").get().on == day


BAD_TIMES = ["", None, 7, "soon", "2026-13-01T09:00", "2026-03-29T01:30", "2026-10-25T01:30",
             "9999-12-31T23:59:59+00:00x", "9999-12-31T23:59", {"at": 1}]  # fmt: skip


@pytest.mark.parametrize("start", BAD_TIMES, ids=str)
def test_a_time_that_is_none_is_refused(world: World, edc: Caller, start: Any) -> None:
    held = anchored(world)
    answer = edc.post(f"visits/{held.pk}/book/", {"start": start})
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"]["start"]
    assert not Booking.objects.exists()


def test_clock_times_are_those_of_the_place_also_when_clocks_change(
    world: World, caller: Callable[..., Caller]
) -> None:
    with time_machine.travel(at(date(2027, 3, 15), 9), tick=False):
        edc, first, second = caller(), anchored(world), anchored(world)
        summer = edc.post(f"visits/{first.pk}/book/", booking_of(world, date(2027, 3, 29))).json()
        assert summer["starts_at"] == "2027-03-29T08:00:00+00:00"
        winter = edc.post(f"visits/{second.pk}/book/", booking_of(world, date(2027, 3, 26))).json()
        assert winter["starts_at"] == "2027-03-26T09:00:00+00:00"
        assert winter["time_zone"] == "Europe/London"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"minutes": 4}, "minutes"), ({"minutes": 1441}, "minutes"), ({"minutes": "x"}, "minutes"),
        ({"minutes": 1e30}, "minutes"), ({"room": 10**25}, "room"), ({"room": "x"}, "room"),
        ({"room": True}, "room"), ({"person": [1]}, "person"), ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\0b"}, "reason"), ({"reason": {"a": 1}}, "reason"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_field_is_named(
    world: World, edc: Caller, change: dict[str, Any], field: str
) -> None:
    held = anchored(world)
    body = booking_of(world, weekday_from(held.target_on)) | change
    answer = edc.post(f"visits/{held.pk}/book/", body)
    assert answer.status_code == 422, answer.content
    assert list(answer.json()["errors"]) == [field]
    assert not Booking.objects.exists()


def test_rooms_of_other_places_do_not_exist_here(world: World, edc: Caller) -> None:
    elsewhere = places.add_room(make_place("southgate", world.admin), name="Vault", by=world.admin)
    held = anchored(world)
    told = [
        edc.post(f"visits/{held.pk}/book/", booking_of(world, held.target_on, room=key)).json()
        for key in (elsewhere.pk, Room.objects.latest("pk").pk + 1)
    ]
    assert "Vault" not in str(told)
    assert told[0]["errors"]["room"][0].replace(str(elsewhere.pk), "") == told[1]["errors"]["room"][
        0
    ].replace(str(Room.objects.latest("pk").pk + 1), "")


BODIES = [
    (b"", 422), (b"{", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b"NaN", 400),
    (b"[" * 100_000, 400), (b'{"on": "' + b"x" * 1_000_001 + b'"}', 413), (b'{"on": "\xff"}', 400),
    (b'{"on": "\\ud800"}', 400), (b'{"on": 1, "on": 2}', 422), (b'{"on": "2026-02-30"}', 422),
    (b'{"on": "0001-01-01"}', 422), (b'{"on": "9999-12-31"}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda held: str(held)[:20])
def test_a_broken_body_is_refused(world: World, edc: Caller, body: bytes, status: int) -> None:
    subject = screen(world)
    answer = edc.client.post(f"/api/v1/subjects/{subject.pk}/enrol/", body, content_type=JSON)
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert Subject.objects.get(pk=subject.pk).status == "screening"


def test_other_kinds_of_body_are_refused(world: World, edc: Caller) -> None:
    path = f"/api/v1/subjects/{screen(world).pk}/enrol/"
    assert edc.client.post(path, {"on": "2026-01-01"}).status_code == 422
    assert edc.client.post(path, b"on=1", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("number", ["Ж-001", "<b>1", "1042 007", "'; DROP TABLE"])
def test_odd_numbers_are_kept_and_found_as_they_are(world: World, edc: Caller, number: str) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    body = {"site": world.site.pk, "screened_on": today, "number": number}
    assert edc.post("subjects/", body).status_code == 201
    found = edc.client.get("/api/v1/subjects/", {"number": number}).json()["results"]
    assert [row["number"] for row in found] == [number]
    again = edc.post("subjects/", body)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("number", ["a/b", "1?", "1#2", "100%"])
def test_a_number_whose_page_nobody_could_reach_is_refused(
    world: World, edc: Caller, number: str
) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    body = {"site": world.site.pk, "screened_on": today, "number": number}
    assert edc.post("subjects/", body).status_code == 422


def test_who_may_not_add_here_is_not_told_what_is_here(world: World, edc: Caller) -> None:
    body = {"site": 10**9, "screened_on": "2026-01-01"}
    assert edc.post("subjects/", body).json()["errors"]["site"]
    client = Client()
    client.force_login(world.cra)
    body["site"] = world.site.pk
    refused = client.post("/api/v1/subjects/", body, content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert not Subject.objects.exists()


def test_a_repeated_post_is_carried_out_once(world: World, edc: Caller) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    body = {"site": world.site.pk, "screened_on": today}
    first, again = (edc.post("subjects/", body, **{"Idempotency-Key": "a1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Subject.objects.count() == 1
    other = edc.post("subjects/", body | {"sex": "f"}, **{"Idempotency-Key": "a1"})
    assert other.status_code == 422
    assert edc.post("subjects/", body, **{"Idempotency-Key": "a2"}).status_code == 201
    assert Subject.objects.count() == 2


def test_a_fact_that_is_not_known_is_refused_not_lost(world: World, edc: Caller) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    refused = edc.post(
        "subjects/", {"site": world.site.pk, "screened_on": today, "concented": today}
    )
    assert refused.status_code == 422
    assert "Not known here. Known: site, screened_on" in refused.json()["errors"]["concented"][0]
    assert not Subject.objects.exists()


def test_a_subject_leaves_is_taken_back_and_moves(world: World, edc: Caller) -> None:
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    subject = screen(world)
    path = f"subjects/{subject.pk}/"
    refused = edc.post(f"{path}end/", {"status": "screen_failed", "on": today, "reason": "BMI"})
    assert (refused.status_code, "Choose the reason" in refused.json()["detail"]) == (422, True)
    body = {"status": "screen_failed", "on": today, "reason_code": "exclusion", "reason": "BMI"}
    ended = edc.post(f"{path}end/", body).json()
    assert (ended["reason_code"], ended["status_reason"]) == ("exclusion", "BMI")
    assert len(edc.get("subjects/?reason_code=exclusion").json()["results"]) == 1
    stale = edc.post(f"{path}take-back/", {"status": "enrolled", "reason": "mixed up"})
    assert stale.status_code == 409
    back = edc.post(f"{path}take-back/", {"status": "screen_failed", "reason": "mixed up"}).json()
    assert (back["status"], back["reason_code"], back["ended_on"]) == ("screening", "", None)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    moved = edc.post(f"{path}transfer/", {"to": there.pk, "on": today, "reason": "moved house"})
    assert moved.json()["site_number"] == "1043"
