"""Every page answers: 200 for those who may, 404 for strangers, the log-in for everybody else."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Grant, User
from sites.actions import places
from sites.models import Delegation, Task
from subjects.actions import bookings, subjects
from subjects.models import DeviationDraft, Subject, Visit
from tests import look, markup
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def pages(world: World) -> list[str]:
    subject = screen(world)
    return [
        reverse("subjects:today"),
        *(reverse("subjects:schedule", args=["northgate"]) + f"?view={view}" for view in ("day", "week", "agenda")),
        reverse("subjects:day_sheet", args=["northgate"]),
        reverse("subjects:waiting", args=["northgate"]),
        reverse("subjects:slots", args=[visit(subject, "W2").pk]),
        reverse("subjects:complete", args=[visit(subject, "W2").pk]),
        reverse("subjects:outcome", args=[visit(subject, "W2").pk, "miss"]),
        reverse("subjects:screen", args=[world.site.pk]),
        *(
            reverse(f"subjects:{verb}", args=[subject.pk])
            for verb in ("enrol", "end", "contact", "identify", "prefer")
        ),
        reverse("subjects:visit", args=[visit(subject, "W2").pk]),
        *(reverse(f"subjects:{verb}", args=[subject.pk]) for verb in ("anchors", "find_again", "rescreen", "add_visit")),
        reverse("subjects:step", args=[subject.pk, "eligible"]),
        reverse("subjects:find_caller", args=["northgate"]),
        reverse("subjects:screening_log", args=[world.site.pk]) + "?outcome=failed",
        reverse("inbox:work"),
        reverse("inbox:notices"),
        reverse("workspace:trials"),
        reverse("workspace:trial", args=["tmr-204"]),
        reverse("trials:set_up", args=["tmr-204"]),
        reverse("trials:schedule", args=["tmr-204"]),
        reverse("trials:schedule", args=["tmr-204", "1.0"]),
        reverse("workspace:sites", args=["tmr-204"]) + "?q=1042&sort=-active&status=open&filter=yes",
        reverse("trials:schedule", args=["tmr-204", "1.0"]) + "?day_1=2026-06-15&against=",
        reverse("sites:effect", args=["tmr-204", "1.0"]),
        reverse("workspace:all_sites"),
        reverse("workspace:site", args=["tmr-204", "1042"]),
        reverse("workspace:site_subjects", args=["tmr-204", "1042"]) + "?need=late&filter=yes",
        reverse("workspace:site_activity", args=["tmr-204", "1042"]) + "?filter=yes",
        reverse("views:views"),
        reverse("workspace:subjects", args=["tmr-204"]) + "?sort=next&status=screening&columns=status,due&filter=yes",
        reverse("workspace:all_subjects"),
        reverse("workspace:place_subjects", args=["northgate"]),
        reverse("subjects:place_screening", args=["northgate"]),
        reverse("workspace:subject", args=["tmr-204", subject.number]),
        reverse("workspace:subject_visits", args=["tmr-204", subject.number]),
        reverse("workspace:subject_deviations", args=["tmr-204", subject.number]),
        reverse("workspace:subject_activity", args=["tmr-204", subject.number]),
        reverse("workspace:subject", args=["tmr-204", subject.number]) + "?zoom=30",
        reverse("audit:record", args=["subjects.subject", subject.pk]),
        reverse("audit:record", args=["sites.site", world.site.pk]),
        reverse("audit:record", args=["sites.site", world.site.pk]) + "?at=2026-06-11T10:00&signed=on",
        reverse("workspace:search") + "?q=1042",
        *place_pages(world),
    ]  # fmt: skip


def place_pages(world: World) -> list[str]:
    """The place with its records, and every form about it."""
    closure = places.close(
        world.place, start=at(date(2030, 1, 2), 9), end=at(date(2030, 1, 2), 12), reason="Paint",
        by=world.coordinator,
    )  # fmt: skip
    absence = places.add_absence(
        world.person, start=at(date(2030, 1, 3), 9), end=at(date(2030, 1, 3), 12),
        by=world.coordinator,
    )  # fmt: skip
    device = places.add_equipment(world.place, name="MAC", kind="ECG", by=world.coordinator)
    delegation = Delegation.objects.get(person=world.person, task=Task.VISITS)
    at_place = [
        "sites:place", "sites:change_place", "sites:hours", "sites:close", "sites:delegations",
        "sites:delegate", "sites:rooms", "sites:add_room", "sites:equipment",
        "sites:add_equipment", "sites:staff", "sites:add_person", "subjects:feeds",
    ]  # fmt: skip
    return [
        reverse("sites:places"),
        reverse("sites:holidays"),
        *(reverse(name, args=["northgate"]) for name in at_place),
        *(reverse(name, args=["tmr-204", "1042"]) for name in ("sites:status", "sites:schedules")),
        reverse("sites:change_room", args=["northgate", world.room.pk]),
        reverse("sites:change_equipment", args=["northgate", device.pk]),
        reverse("sites:change_person", args=["northgate", world.person.pk]),
        reverse("sites:change_closure", args=[closure.pk]),
        reverse("sites:close_room", args=[world.room.pk]),
        reverse("sites:add_absence", args=[world.person.pk]),
        reverse("sites:change_absence", args=[absence.pk]),
        reverse("sites:end_delegation", args=[delegation.pk]),
    ]


def test_the_coordinator_sees_every_page_well_made(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    for path in pages(world):
        response = client.get(path)
        assert response.status_code == 200, path
        assert_well_made(response.content.decode(), path)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def assert_well_made(text: str, path: str) -> None:
    """Valid HTML of classes that have rules, without inline script or style."""
    assert markup.faults(text) == [], path
    assert markup.classes(text) - look.styled() == set(), path
    assert "style=" not in text, path
    assert " onclick" not in text, path


def administration(world: World) -> list[str]:
    person = world.cra.pk
    grant = Grant.objects.get(user=world.cra).pk
    return [
        reverse("accounts:people") + "?q=a&role=cra&scope=1042&state=idle&filter=yes",
        reverse("accounts:set_up"),
        reverse("accounts:invite"),
        reverse("accounts:person", args=[person]),
        reverse("accounts:change", args=[person]),
        reverse("accounts:disable", args=[person]),
        reverse("accounts:help_sign_in", args=[person, "end-pause"]),
        reverse("accounts:help_sign_in", args=[person, "reopen"]),
        reverse("accounts:give", args=[person]),
        reverse("accounts:give", args=[person]) + "?role=cra&q=1042",
        reverse("accounts:access", args=["site", world.site.pk]),
        reverse("accounts:give_here", args=["site", world.site.pk]),
        reverse("accounts:end", args=[grant]),
    ]


def test_everybody_opens_their_own_pages(world: World, client: Client) -> None:
    accounts.set_password(world.cra, password="a long password", by=world.admin)
    for name in ("accounts:settings", "account_change_password", "mfa_activate_totp"):
        client.logout()
        assert client.get(reverse(name)).status_code == 302, name
        client.force_login(User.objects.get(pk=world.cra.pk))
        response = client.get(reverse(name), follow=True)
        assert response.status_code == 200, name
        assert_well_made(response.content.decode(), name)


def test_people_and_access_are_for_administrators(world: World, client: Client) -> None:
    for path in administration(world):
        client.logout()
        assert client.get(path).status_code == 302, path
        client.force_login(world.coordinator)
        assert client.get(path).status_code in {403, 404}, path
        client.force_login(world.admin)
        response = client.get(path)
        assert response.status_code == 200, path
        assert_well_made(response.content.decode(), path)


def test_without_signing_in_there_is_only_the_log_in(world: World, client: Client) -> None:
    for path in pages(world):
        response = client.get(path)
        assert response.status_code == 302, path
        assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_stranger_finds_nothing(world: World, client: Client) -> None:
    stranger = User.objects.create(username="stranger", email="s@example.org")
    client.force_login(stranger)
    lists = {
        "/today/", "/my-work/", "/notices/", "/trials/", "/sites/", "/subjects/", "/search/", "/places/",
        "/views/",
    }  # fmt: skip
    for path in pages(world):
        expected = 200 if path.split("?")[0] in lists else 404
        response = client.get(path)
        assert response.status_code == expected, path
        assert "1042-001" not in response.content.decode(), path


def test_signing_in_with_a_password_leads_to_today(world: World, client: Client) -> None:
    world.coordinator.set_password("a long password")
    world.coordinator.save()
    response = client.post(
        reverse("account_login"),
        {"login": world.coordinator.username, "password": "a long password"},
        follow=True,
    )
    assert response.redirect_chain[-1][0] == reverse("subjects:today")


def test_a_wrong_password_says_so_and_keeps_the_name(world: World, client: Client) -> None:
    response = client.post(reverse("account_login"), {"login": "nobody", "password": "wrong"})
    assert response.status_code == 200
    assert "nobody" in response.content.decode()


def test_booking_out_of_window_asks_for_a_reason_and_then_drafts_a_deviation(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="dose", by=world.coordinator
    )
    held = visit(subject, "W2")
    day = weekday_from(held.latest_on + timedelta(days=3))
    data = {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk, "person": ""}
    url = reverse("subjects:slots", args=[held.pk])
    refused = client.post(url, data)
    assert refused.status_code == 422
    assert "after the window (window" in refused.content.decode()
    assert Visit.objects.get(pk=held.pk).status == "planned"
    kept = client.post(url, {**data, "reason": "Subject unable to attend"})
    assert kept.status_code == 302
    assert DeviationDraft.objects.get(visit=held).reason == "Subject unable to attend"


def test_a_taken_slot_answers_409_with_free_ones(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    first, second = screen(world), screen(world)
    day = weekday_from(visit(first, "W2").target_on)
    wanted = bookings.Wanted(at(day, 9), 60, world.room, None)
    bookings.book(visit(first, "W2"), wanted=wanted, by=world.coordinator)
    response = client.post(
        reverse("subjects:slots", args=[visit(second, "W2").pk]),
        {"start": f"{day}T09:00", "minutes": 60, "room": world.room.pk, "person": ""},
    )
    assert response.status_code == 409
    assert "Room 1 is booked 09:00 to 10:00" in response.content.decode()


def test_the_monitor_reads_numbers_and_never_names(world: World, client: Client) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Jo Doe", "phone": "0113"}, by=world.coordinator)
    url = reverse("workspace:subject", args=["tmr-204", subject.number])
    client.force_login(world.coordinator)
    assert "Jo Doe" in client.get(url).content.decode()
    client.force_login(world.cra)
    text = client.get(url).content.decode()
    assert subject.number in text
    assert "Jo Doe" not in text
    trail = client.get(reverse("audit:record", args=["subjects.subject", subject.pk]))
    assert "Jo Doe" not in trail.content.decode()


def test_the_trail_of_a_record_says_who_did_what(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    text = client.get(
        reverse("audit:record", args=["subjects.subject", subject.pk])
    ).content.decode()
    assert "Add to screening" in text
    assert world.coordinator.get_full_name() in text
    assert client.get(reverse("audit:record", args=["no.such", 1])).status_code == 404
    assert client.get(reverse("audit:record", args=["core.draft", 1])).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("path", ["/trials/tmr-204/subjects/", "/trials/tmr-204/sites/"])
def test_lists_run_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int, path: str
) -> None:
    for _ in range(count):
        screen(world)
    client.force_login(world.coordinator)
    client.get(path)
    with django_assert_max_num_queries(9):
        assert client.get(path).status_code == 200


def test_a_day_is_lived_from_today(world: World, client: Client) -> None:
    subject = screen(world)
    today = timezone.localdate(timezone=world.place.zone)
    held = visit(subject, "SCR")
    with time_machine.travel(at(weekday_from(today), 7), tick=False):
        client.force_login(world.coordinator)  # a log-in of Saturday is over on Monday
        bookings.book(
            held,
            wanted=bookings.Wanted(at(weekday_from(today), 9), 60, world.room, None),
            reason="in test",
            by=world.coordinator,
        )
        for verb, status in (("check_in", "arrived"), ("start", "in_progress")):
            assert (
                reverse(f"subjects:{verb}", args=[held.pk])
                in client.get("/today/").content.decode()
            )
            client.post(reverse(f"subjects:{verb}", args=[held.pk]), {"next": "/today/"})
            assert Visit.objects.get(pk=held.pk).status == status
        done = client.post(
            reverse("subjects:complete", args=[held.pk]),
            {"on": weekday_from(today).isoformat(), "reason": "as booked"},
        )
        assert done.status_code == 302
    assert Visit.objects.get(pk=held.pk).status == "completed"


def test_a_coordinator_screens_enrols_and_ends_in_the_browser(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    form = {"screened_on": today, "sex": "f", "birth_year": 1970, "name": "Zoë <b>Hart</b>"}
    made = client.post(reverse("subjects:screen", args=[world.site.pk]), form, follow=True)
    subject = Subject.objects.get()
    text = made.content.decode()
    assert subject.number in text
    assert "Zoë &lt;b&gt;Hart&lt;/b&gt;" in text
    client.post(reverse("subjects:enrol", args=[subject.pk]), {"on": today})
    contact = {"channel": "phone", "result": "reached", "summary": "will come"}
    client.post(reverse("subjects:contact", args=[subject.pk]), contact)
    assert subject.contacts.get().by_name == world.coordinator.get_full_name()
    leave = reverse("subjects:end", args=[subject.pk])
    refused = client.post(leave, {"status": "withdrawn", "on": today})
    assert refused.status_code == 422
    assert "Give a reason" in refused.content.decode()
    client.post(leave, {"status": "withdrawn", "on": today, "reason": "moved away"})
    subject.refresh_from_db()
    assert (subject.status, subject.status_reason) == ("withdrawn", "moved away")


def test_the_monitor_may_not_change_subjects(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.cra)
    for verb in ("enrol", "end", "contact", "identify", "prefer"):
        url = reverse(f"subjects:{verb}", args=[subject.pk])
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code == 403
    assert client.get(reverse("subjects:screen", args=[world.site.pk])).status_code == 403
