"""The trail searched: by trial, site, person, kind, day, verb and signature, as far as one may know."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts import second_factor
from accounts.roles import Role
from core.audit import coming_from, note, under_event
from core.models import Deployment, Event, Source
from core.signing import Proof
from sites.actions import places
from subjects.actions import subjects
from tests.world import World, make_place, make_site, screen, user_with
from trials.actions import drafts, schedules, trials

pytestmark = pytest.mark.django_db

SEARCH = reverse("audit:search")
PASSWORD = "a long password"


@pytest.fixture
def auditor(world: World, client: Client) -> Client:
    client.force_login(user_with(Role.AUDITOR, Deployment.objects.get(), world.admin))
    return client


def found(client: Client, **asked: object) -> list[tuple[str, str]]:
    """What was done to what, as the page shows it."""
    response = client.get(SEARCH, asked)
    assert response.status_code == 200, response.context["form"].errors
    return [(entry.verb, entry.target) for entry in response.context["trail"].entries]


def values_of(client: Client, verb: str) -> set[tuple[str, str]]:
    """What the page tells of values before and after."""
    entries = client.get(SEARCH, {"verb": verb}).context["trail"].entries
    return {(change.old, change.new) for entry in entries for change in entry.changes}


def signed(world: World, number: str) -> None:
    """A new version that the manager has signed."""
    accounts.set_password(world.manager, password=PASSWORD, by=world.admin)
    version = drafts.copy(world.version, number=number, by=world.manager)
    proof = Proof(world.manager.username, PASSWORD, schedules.approve.hash_of(version))
    with coming_from(source=Source.PAGE):
        schedules.approve(version, proof=proof, by=world.manager)


def test_the_newest_stands_first_and_each_filter_narrows(world: World, auditor: Client) -> None:
    """6.2: 8 searchable by study, site, person, date and type."""
    subject = screen(world)
    place = make_place("southgate", world.admin)
    other = make_site(world.trial, place, "1043", world.admin, world.manager)
    everything = found(auditor)
    assert everything[0] == ("set site status", str(other))
    assert ("add to screening", subject.number) in everything
    assert found(auditor, site="1042", kind="subjects.subject") == [
        ("add to screening", subject.number)
    ]
    assert found(auditor, subject=subject.number, verb="add to screening") == [
        ("add to screening", subject.number)
    ]
    assert found(auditor, subject=subject.number, trial="tmr-204", verb="add site") == []
    assert found(auditor, subject="1042-999") == []
    assert found(auditor, trial="tmr-204", verb="add site") == [
        ("add site", str(other)), ("add site", str(world.site)),
    ]  # fmt: skip
    by_her = found(auditor, person=world.coordinator.last_name)
    assert {verb for verb, _ in by_her} == {
        "add to screening", "add room", "add person", "delegate",
    }  # fmt: skip
    today = timezone.localdate(timezone=world.coordinator.zone)
    assert found(auditor, since=today, until=today) == everything
    assert found(auditor, until=today - timedelta(days=1)) == []
    assert found(auditor, person="nobody of this name") == []


def test_signatures_only(world: World, auditor: Client) -> None:
    signed(world, "2.0")
    assert found(auditor, signed="on") == [("approve schedule", "Schedule 2.0")]
    text = " ".join(auditor.get(SEARCH, {"signed": "on"}).content.decode().split())
    assert "· Page · TMR-204" in text
    assert f"Approval, signed by {world.manager.get_full_name()} on" in text


def test_security_events_stand_together(world: World, auditor: Client) -> None:
    note("refuse sign-in", target=world.cra, by=world.cra)
    assert found(auditor, verb="security") == [("refuse sign-in", str(world.cra))]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "yesterday"}, "Enter a valid date"),
        ({"since": "2026-06-12", "until": "2026-06-11"}, "The last day is before the first"),
        ({"site": "9999"}, "No site 9999 whose trail you may read"),
        ({"verb": "'; drop table"}, "Select a valid choice"),
        ({"trial": "no-such"}, "Select a valid choice"),
        ({"kind": "core.draft"}, "Select a valid choice"),
        ({"person": "x" * 151}, "at most 150 characters"),
    ],
)
def test_a_wrong_filter_says_what_is_wrong_and_shows_nothing(
    world: World, auditor: Client, asked: dict[str, str], said: str
) -> None:
    response = auditor.get(SEARCH, asked)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert response.context["trail"].entries == []
    assert auditor.get(reverse("audit:export"), asked).status_code == 422


def test_a_site_number_of_two_trials_asks_for_the_trial(world: World, auditor: Client) -> None:
    second = trials.add_trial(
        world.sponsor, values={"code": "bsl-305", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    make_site(second, world.place, "1042", world.admin, world.manager)
    response = auditor.get(SEARCH, {"site": "1042"})
    assert "Several trials have a site 1042. Choose the trial." in response.content.decode()
    assert found(auditor, site="1042", trial="bsl-305", verb="add site")


def test_each_reads_the_trail_of_their_own_scope(world: World, client: Client) -> None:
    place = make_place("southgate", world.admin)
    other = make_site(world.trial, place, "1043", world.admin, world.manager)
    screen(world)
    client.force_login(world.cra)
    targets = {target for _, target in found(client)}
    assert str(world.site) in targets
    assert str(other) not in targets
    assert world.cra.get_full_name() not in targets
    client.force_login(user_with(Role.DATA_REVIEWER, world.trial, world.admin))
    assert client.get(SEARCH).status_code == 403
    assert client.get(reverse("audit:export")).status_code == 403


def test_who_sees_no_subjects_reads_nothing_about_them(world: World, client: Client) -> None:
    """6.2: 33, 62 the administrator reads no subject, the monitor no name."""
    subject = screen(world)
    values = {"name": "Jo Doe", "phone": "0113"}
    subjects.identify(subject, values=values, by=world.coordinator)
    client.force_login(world.admin)
    shown = client.get(SEARCH).content.decode()
    assert subject.number not in shown
    assert "/api/" not in shown
    events = client.get("/api/v1/events/").json()["results"]
    assert [event for event in events if event["subject"]] == []
    client.force_login(world.cra)
    shown = client.get(SEARCH).content.decode()
    assert subject.number in shown
    assert "Jo Doe" not in shown
    assert "hidden for your role" in shown
    client.force_login(world.coordinator)
    assert "Jo Doe" in client.get(SEARCH).content.decode()


def test_what_was_deleted_is_as_private_as_it_was(world: World, auditor: Client) -> None:
    start = timezone.now() + timedelta(days=1)
    end = start + timedelta(hours=1)
    absence = places.add_absence(world.person, start=start, end=end, by=world.coordinator)
    places.end_absence(absence, by=world.coordinator)
    assert values_of(auditor, "end absence") == {("", "hidden for your role")}
    auditor.force_login(world.coordinator)
    told = values_of(auditor, "end absence")
    assert (str(world.person), "") in told
    assert any(old.startswith(f"{start:%-d %b %Y %H:%M} UTC to ") for old, _ in told)


def test_secrets_of_second_factors_are_nobodys_to_read(world: World, auditor: Client) -> None:
    with under_event("test"):
        second_factor.set_up(world.cra, "CTMSDEMOCTMSDEMOCTMSDEMOCTMSDEMO")
        note("set up authenticator app", target=world.cra, by=world.cra)
    assert Event.objects.filter(verb="set up authenticator app").exists()
    assert "gAAAA" not in auditor.get(SEARCH).content.decode()


def test_the_list_goes_on_by_key(world: World, auditor: Client) -> None:
    for number in range(60):
        note(f"step {number}", target=world.site, by=world.admin)
    first = auditor.get(SEARCH, {"site": "1042"})
    older = first.context["trail"].next_before
    assert f"before={older}" in first.content.decode()
    assert "site=1042&amp;before=" in first.content.decode()
    second = auditor.get(SEARCH, {"site": "1042", "before": older}, headers={"HX-Request": "true"})
    assert "<html" not in second.content.decode()
    verbs = [entry.verb for page in (first, second) for entry in page.context["trail"].entries]
    assert verbs[:60] == [f"step {number}" for number in reversed(range(60))]
    assert len(set(verbs[:60])) == 60
    assert auditor.get(SEARCH, {"before": "x"}).status_code == 200


def test_the_file_says_what_was_asked_and_holds_each_change(world: World, auditor: Client) -> None:
    """6.2: 8 exported with the filter and the time, 60."""
    signed(world, "2.0")
    places.change_place(world.place, values={"name": '=HYPERLINK("x")'}, by=world.coordinator)
    response = auditor.get(reverse("audit:export"), {"trial": "tmr-204", "signed": "on"})
    said, heads, *rows = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")))
    assert said[0].startswith("Audit trail; signed: on, trial: tmr-204; ")
    changed = {row[heads.index("Field")]: row[heads.index("After")] for row in rows}
    assert changed["status"] == "Approved"
    assert {row[heads.index("Signature")].split(",")[0] for row in rows} == {"approval"}
    assert Event.objects.get(verb="export audit trail").reason.endswith("trial: tmr-204")
    whole = auditor.get(reverse("audit:export")).getvalue().decode("utf-8-sig")
    assert "'=HYPERLINK" in whole


@pytest.mark.parametrize("name", ["export", "export_record"])
def test_a_file_ends_where_its_export_begins(world: World, auditor: Client, name: str) -> None:
    """Neither its own export nor what happens while it is sent; the next file tells both."""
    args = ["trials.trial", world.trial.pk] if name == "export_record" else []
    url = reverse(f"audit:{name}", args=args)
    sent = auditor.get(url)
    note("look", target=world.trial, by=world.admin)
    later = {"look", "export audit trail"}
    assert later & verbs_in(sent) == set()
    assert later <= verbs_in(auditor.get(url))


def verbs_in(file: Any) -> set[str]:
    """What was done, as a file tells it."""
    _, heads, *rows = csv.reader(StringIO(file.getvalue().decode("utf-8-sig")))
    assert rows
    return {row[heads.index("What was done")] for row in rows}


def test_a_record_tells_part_of_its_story(world: World, auditor: Client) -> None:
    """6.2: 7, and S46: by person, field, day and signature."""
    signed(world, "2.0")
    version = world.trial.schedules.get(number="2.0")
    url = reverse("audit:record", args=["trials.scheduleversion", version.pk])

    def verbs(**asked: str) -> list[str]:
        return [entry.verb for entry in auditor.get(url, asked).context["trail"].entries]

    assert verbs()[0] == "approve schedule"
    assert verbs(signed="on") == ["approve schedule"]
    assert verbs(field="scheduleversion.approved_at") == ["approve schedule"]
    assert verbs(field="scheduleversion.number") == ["draft schedule"]
    assert verbs(person=world.cra.last_name) == []
    assert auditor.get(url, {"field": "scheduleversion.password"}).status_code == 422
    rows = (
        auditor.get(
            reverse("audit:export_record", args=["trials.scheduleversion", version.pk]),
            {"signed": "on"},
        )
        .getvalue()
        .decode("utf-8-sig")
    )
    assert "approve schedule" in rows
    assert "draft schedule" not in rows
    drawer = auditor.get(url, headers={"HX-Request": "true", "HX-Target": "drawer"})
    assert 'hx-target="#drawer"' in drawer.content.decode()


@pytest.mark.parametrize("path", [SEARCH, "/audit/sites.site/{site}/"])
def test_the_trail_runs_a_fixed_number_of_queries(world: World, auditor: Client, path: str) -> None:
    path = path.format(site=world.site.pk)
    counts = []
    for count in (1, 5):
        for _ in range(count):
            screen(world)
        auditor.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert auditor.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
