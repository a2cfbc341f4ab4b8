"""Reading over REST: lists, records, filters, pages, entity tags."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from ctms.api import RESOURCES
from subjects.actions import bookings, subjects
from tests.api.conftest import Caller
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def test_a_visit_shows_its_window_and_its_booking(world: World, edc: Caller) -> None:
    held = visit(screen(world), "W2")
    shown = edc.get(f"visits/{held.pk}/").json()
    assert shown["target_on"] == held.target_on.isoformat()
    assert (shown["status"], shown["starts_at"], shown["room"]) == ("planned", None, None)
    day = weekday_from(held.target_on)
    wanted = bookings.Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    shown = edc.get(f"visits/{held.pk}/").json()
    assert (shown["status"], shown["room"], shown["booked_on"]) == (
        "booked", world.room.pk, day.isoformat(),
    )  # fmt: skip
    assert datetime.fromisoformat(shown["starts_at"]) == wanted.start
    bookings.unbook(bookings.Booking.objects.get(), by=world.coordinator)
    assert edc.get(f"visits/{held.pk}/").json()["starts_at"] is None


def test_nothing_of_a_person_is_shown(world: World, edc: Caller) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Jo Doe", "phone": "0113"}, by=world.coordinator)
    for word in RESOURCES:
        text = edc.get(f"{word}/").content.decode()
        assert "Jo Doe" not in text, word
        assert "0113" not in text, word
    assert edc.get(f"trails/subjects.subjectidentity/{subject.identity.pk}/").status_code == 404


def test_field_history_is_as_private_as_the_record(world: World, edc: Caller) -> None:
    today, by = timezone.localdate(), world.coordinator
    subject = screen(world)
    subjects.identify(subject, values={"name": "Jo Doe"}, by=by)
    subjects.end(subject, status="screen_failed", on=today, reason_code="exclusion", by=by)
    again = subjects.rescreen(subject, on=today, consented_on=today, by=by)
    text = edc.get(f"trails/subjects.subject/{again.pk}/").content.decode()
    assert "hidden for your role" in text
    assert "Jo Doe" not in text
    client = Client()
    client.force_login(world.coordinator)
    assert "Jo Doe" in client.get(f"/api/v1/trails/subjects.subject/{again.pk}/").content.decode()


def test_pages_follow_each_other_without_gap_or_repeat(world: World, edc: Caller) -> None:
    made = [screen(world).number for _ in range(5)]
    found: list[str] = []
    path = "subjects/?limit=2&trial=tmr-204"
    while path:
        answer = edc.get(path).json()
        assert len(answer["results"]) <= 2
        found += [row["number"] for row in answer["results"]]
        path = (answer["next"] or "").partition("/api/v1/")[2]
    assert found == made


def test_only_the_columns_wanted(world: World, edc: Caller) -> None:
    subject = screen(world)
    assert edc.get("subjects/?fields=number,status").json()["results"] == [
        {"number": subject.number, "status": "screening"}
    ]
    assert edc.get(f"subjects/{subject.pk}/?fields=site_number").json() == {"site_number": "1042"}
    refused = edc.get("subjects/?fields=number,name")
    assert refused.status_code == 422
    assert "name" in refused.json()["errors"]["fields"][0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=screening", 2),
        ("status=enrolled&status=screening", 3),
        ("status=enrolled", 1),
        ("trial=tmr-204&place=northgate&site_number=1042", 3),
        ("trial=TMR-204", 0),
        (f"screened_from={timezone.localdate() + timedelta(days=1)}", 0),
        (f"screened_to={timezone.localdate() + timedelta(days=1)}", 3),
        ("number=" + quote("1042-001"), 1),
        ("number=" + quote("\U0001f600 ' OR 1=1 --"), 0),
    ],
)
def test_filters_narrow(world: World, edc: Caller, query: str, count: int) -> None:
    first, *_ = [screen(world) for _ in range(3)]
    subjects.enrol(first, on=timezone.localdate(), by=world.coordinator)
    assert len(edc.get(f"subjects/?{query}").json()["results"]) == count


@pytest.mark.parametrize(
    "query",
    ["status=nonsense", "limit=0", "limit=501", "limit=x", "after=-1", "after=99999999999999999999",
     "site=99999999999999999999", "screened_from=2026-02-30", "colour=red", "number=%00",
     "changed_since=yesterday", "as_of=never", "fields=,x"],
)  # fmt: skip
def test_a_wrong_filter_is_refused_and_named(world: World, edc: Caller, query: str) -> None:
    answer = edc.get(f"subjects/?{query}")
    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert query.split("=", maxsplit=1)[0] in answer.json()["errors"]


def test_what_changed_since_is_found_also_below(world: World, edc: Caller) -> None:
    held, other = visit(screen(world), "W2"), visit(screen(world), "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    booking = bookings.book(held, wanted=wanted, by=world.coordinator)
    instant = quote(timezone.now().isoformat())
    assert edc.get(f"visits/?changed_since={instant}").json()["results"] == []
    bookings.confirm(booking, by=world.coordinator)
    found = edc.get(f"visits/?changed_since={instant}").json()["results"]
    assert [row["id"] for row in found] == [held.pk]
    assert other.pk not in [row["id"] for row in found]


def test_who_has_it_already_is_sent_nothing(world: World, edc: Caller) -> None:
    subject = screen(world)
    for path in (f"subjects/{subject.pk}/", "subjects/"):
        first = edc.get(path)
        tag = first.headers["ETag"]
        again = edc.get(path, **{"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        subjects.prefer(subject, values={"availability": "late"}, by=world.coordinator)
        assert edc.get(path, **{"If-None-Match": tag}).status_code == 304
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    assert edc.get(f"subjects/{subject.pk}/", **{"If-None-Match": tag}).status_code == 200


def test_status_history_is_dated(world: World, edc: Caller) -> None:
    steps = edc.get(f"sites/{world.site.pk}/history/?limit=3").json()
    assert [row["to_status"] for row in steps["results"]] == ["identified", "selected", "start_up"]
    rest = edc.get(steps["next"].partition("/api/v1/")[2]).json()
    assert [row["to_status"] for row in rest["results"]][-1] == "open"
    assert edc.get("sites/999999/history/").status_code == 404


def test_the_schedule_of_activities(world: World, edc: Caller) -> None:
    schedule = edc.get("schedules/?trial=tmr-204&status=approved").json()["results"][0]
    visits = edc.get(f"visit-definitions/?schedule={schedule['id']}").json()["results"]
    assert [(row["code"], row["days"], row["early_days"]) for row in visits] == [
        ("SCR", -14, 0), ("D1", 0, 0), ("W2", 14, 3), ("W4", 28, 3),
    ]  # fmt: skip
    assert edc.get(f"procedure-definitions/?schedule={schedule['id']}").json()["results"] == []
    assert edc.get(f"visit-procedures/?schedule={schedule['id']}").json()["results"] == []
    assert edc.get("trials/tmr-204/").json()["protocol_number"] == "TMR-204"
    assert edc.get("places/northgate/").json()["time_zone"] == "Europe/London"


def test_the_trail_of_a_record_as_on_the_page(world: World, edc: Caller) -> None:
    subject = screen(world)
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    entries = edc.get(f"trails/subjects.subject/{subject.pk}/").json()["entries"]
    assert [entry["verb"] for entry in entries][:2] == ["enrol", "add to screening"]
    assert {
        "record": "Subject",
        "field": "status",
        "old": "In screening",
        "new": "Enrolled",
    } in entries[0]["changes"]
    older = edc.get(f"trails/subjects.subject/{subject.pk}/?before={entries[0]['id']}").json()
    assert older["entries"][0]["verb"] == "add to screening"
    assert edc.get(f"trails/subjects.subject/{subject.pk}/?before=x").status_code == 422
    assert edc.get("trails/no.such/1/").status_code == 404
    events = edc.get(f"events/?subject={subject.pk}").json()["results"]
    assert [event["verb"] for event in events] == ["enrol", "add to screening"]


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("word", [*RESOURCES])
def test_lists_run_few_queries_however_many_rows(
    world: World,
    caller: Callable[..., Caller],
    django_assert_max_num_queries,
    count: int,
    word: str,
) -> None:
    for _ in range(count):
        screen(world)
    edc = caller()
    with django_assert_max_num_queries(7):
        assert edc.get(f"{word}/").status_code == 200
    path = f"trails/subjects.subject/{screen(world).pk}/"
    with django_assert_max_num_queries(23):
        assert edc.get(path).status_code == 200
