"""Deviations are reported, assessed, explained, notified and closed, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.audit import under_event
from core.models import Obligation
from core.obligations import refresh_everything
from core.versions import ConflictError
from quality.actions import issues
from quality.models import Issue
from quality.queries import formerly
from sites.actions import sites
from subjects.actions.imports import EARLIER
from subjects.models import DeviationDraft
from tests.markup import faults
from tests.quality.reported import DAY, assessed, explained, missed, reported, values
from tests.world import World, make_place, make_site, screen, user_with


def due(rule: str) -> list[Obligation]:
    """The open duties of a rule."""
    return list(Obligation.objects.filter(rule=rule, met_at=None))


def test_a_deviation_has_a_number_of_its_site(world: World) -> None:
    first, second = reported(world), reported(world, screen(world))
    assert [first.number, second.number] == ["DEV-1042-001", "DEV-1042-002"]
    assert first.status == "reported"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"happened_on": 1, "aware_on": 1}, "happened on a day that has not come"),
        ({"aware_on": 1}, "became aware on a day that has not come"),
        ({"happened_on": 0, "aware_on": -1}, "became aware before it happened"),
    ],
)
def test_days_that_cannot_be_are_refused(world: World, wrong: dict[str, int], words: str) -> None:
    today = timezone.localdate()
    with pytest.raises(RefusedError, match=words):
        reported(world, **{name: today + days * DAY for name, days in wrong.items()})
    assert not Issue.objects.exists()


def test_the_database_keeps_the_order_of_days(world: World) -> None:
    held = reported(world)
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("test"):
        Issue.objects.filter(pk=held.pk).update(aware_on=held.happened_on - DAY)


def test_a_subject_of_another_site_is_refused(world: World) -> None:
    subject = screen(world)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1050", world.admin, world.manager)
    by = user_with(Role.COORDINATOR, place, world.admin)
    with pytest.raises(RefusedError, match="is not a subject of"):
        issues.report(there, subject=subject, values=values(), by=by)


def test_what_occurred_is_a_duty_until_it_is_reported_once(world: World) -> None:
    draft = missed(world)
    (duty,) = due("quality.report")
    assert "was missed" in duty.label
    held = issues.report(
        world.site, draft=draft, values=values(category="missed_visit"), by=world.coordinator
    )
    assert (held.subject, held.visit) == (draft.visit.subject, draft.visit)
    assert due("quality.report") == []
    with pytest.raises(ConflictError, match="reported already"):
        issues.report(world.site, draft=draft, values=values(), by=world.coordinator)


def test_another_class_than_proposed_has_a_reason(world: World) -> None:
    held = reported(world)
    assert len(due("quality.assess")) == 1
    with pytest.raises(RefusedError, match="reason for another class"):
        assessed(world, held, classification="major")
    assessed(world, held, classification="major", is_important=True, reason="Primary endpoint")
    held.refresh_from_db()
    assert (held.status, held.classification, held.is_important) == ("assessed", "major", True)
    assert due("quality.assess") == []
    assert len(due("quality.explain")) == 1


def test_a_suspected_serious_breach_runs_seven_days(world: World) -> None:
    held = reported(world)
    aware = timezone.now() - timedelta(hours=3)
    issues.suspect_breach(held, aware_at=aware, by=world.manager)
    (duty,) = due("quality.breach")
    assert duty.due_at == aware + timedelta(days=7)
    with pytest.raises(RefusedError, match="cannot start at a time that has not come"):
        issues.suspect_breach(held, aware_at=timezone.now() + DAY, by=world.manager)
    with pytest.raises(RefusedError, match=r"happened on .*, after that"):
        issues.suspect_breach(held, aware_at=timezone.now() - 90 * DAY, by=world.manager)
    with pytest.raises(RefusedError, match="after the sponsor became aware"):
        issues.notify_breach(held, at=aware - DAY, by=world.manager)
    issues.notify_breach(held, at=timezone.now(), by=world.manager)
    assert due("quality.breach") == []
    with pytest.raises(ConflictError, match="not suspected"):
        issues.dismiss_breach(held, reason="no", by=world.manager)


def test_a_breach_that_is_none_is_dismissed_with_a_reason(world: World) -> None:
    held = reported(world)
    issues.suspect_breach(held, aware_at=timezone.now(), by=world.manager)
    with pytest.raises(RefusedError, match="Give the reason"):
        issues.dismiss_breach(held, reason=" ", by=world.manager)
    issues.dismiss_breach(held, reason="No effect on rights", by=world.manager)
    assert due("quality.breach") == []


def test_it_is_closed_once_everything_is_said(world: World) -> None:
    held = reported(world)
    with pytest.raises(RefusedError, match="class is not confirmed, its root cause is not given"):
        issues.close(held, by=world.manager)
    today = timezone.localdate()
    with pytest.raises(RefusedError, match="Ethics is told on that day or later"):
        assessed(world, held, ethics_due_on=held.happened_on - DAY)
    assessed(world, held, ethics_due_on=today + 10 * DAY)
    explained(world, held)
    assert len(due("quality.ethics")) == 1
    with pytest.raises(RefusedError, match="ethics is not told"):
        issues.close(held, by=world.manager)
    with pytest.raises(RefusedError, match="it was told after it happened"):
        issues.report_to_ethics(held, on=today + DAY, by=world.coordinator)
    issues.report_to_ethics(held, on=today, by=world.coordinator)
    assert len(due("quality.close")) == 1
    issues.close(held, by=world.manager)
    with pytest.raises(ConflictError, match="Reopen it first"):
        explained(world, held)
    with pytest.raises(RefusedError, match="Give the reason"):
        issues.reopen(held, reason=" ", by=world.manager)
    issues.reopen(held, reason="One more subject", by=world.manager)
    held.refresh_from_db()
    assert held.status == "assessed"


def test_what_was_reported_in_error_is_voided_and_stays(world: World, client: Client) -> None:
    held = reported(world)
    with pytest.raises(RefusedError, match="Give a reason"):
        issues.void(held, reason="", by=world.coordinator)
    issues.void(held, reason="Twice", by=world.coordinator)
    assert due("quality.assess") == []
    assert Issue.objects.get().status == "voided"
    client.force_login(world.coordinator)
    assert "Twice. It stays to be read" in " ".join(
        client.get(held.get_absolute_url()).text.split()
    )


def test_the_way_through_the_pages(world: World, client: Client) -> None:
    draft = missed(world)
    client.force_login(world.coordinator)
    url = reverse("quality:report_draft", args=[draft.pk])
    form = client.get(url)
    assert "W2 was missed." in form.text
    today = timezone.localdate().isoformat()
    refused = client.post(url, {**values(), "happened_on": today, "aware_on": today, "effect": ""})
    assert refused.status_code == 422
    assert "DLQI was not done." in refused.text
    given = {**values(), "happened_on": today, "aware_on": today}
    assert client.post(url, given).status_code == 302
    held = Issue.objects.get()
    text = client.get(held.get_absolute_url()).text
    assert faults(text) == []
    assert "Give root cause" in " ".join(text.split())
    assert client.get(url).headers["Location"].endswith(held.get_absolute_url())
    subject = draft.visit.subject
    tab = client.get(reverse("workspace:subject_deviations", args=["tmr-204", subject.number])).text
    assert held.number in tab
    client.force_login(world.manager)
    assess = reverse("quality:assess", args=[held.pk])
    assert client.post(assess, {"classification": "critical"}).status_code == 422
    assert client.post(assess, {"classification": "minor"}).status_code == 302
    assert client.post(reverse("quality:close", args=[held.pk])).status_code in {409, 422}


def test_a_stale_form_says_who_was_first(world: World, client: Client) -> None:
    held = reported(world)
    client.force_login(world.coordinator)
    url = reverse("quality:explain", args=[held.pk])
    given = {
        "root_cause": "training",
        "why": "a",
        "correction": "b",
        "revision": 1,
    }
    assert client.post(url, given).status_code == 302
    late = client.post(url, {**given, "why": "other"})
    assert late.status_code == 409
    assert Issue.objects.get().why == "a"


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_asks_a_fixed_number_of_queries(
    world: World, client: Client, count: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(count):
        reported(world, screen(world))
    client.force_login(world.manager)
    url = reverse("quality:issues", args=["tmr-204"])
    client.get(url)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        text = client.get(url).text
    assert text.count("DEV-1042-0") >= count


def test_the_api_shows_and_assesses(world: World, client: Client) -> None:
    held = reported(world, screen(world))
    client.force_login(world.manager)
    rows = client.get("/api/v1/issues/?status=reported").json()["results"]
    assert [row["number"] for row in rows] == [held.number]
    done = client.post(
        f"/api/v1/issues/{held.pk}/assess/",
        {"classification": "minor", "is_important": False}, content_type="application/json",
    )  # fmt: skip
    assert done.status_code == 200
    held.refresh_from_db()
    assert held.status == "assessed"


OF_SITE = (
    "quality:change", "quality:retype", "quality:explain", "quality:assess", "quality:suspect_breach",
    "quality:notify_breach", "quality:dismiss_breach", "quality:report_to_ethics",
    "quality:reopen", "quality:void",
)  # fmt: skip


def test_every_page_is_well_made(world: World, client: Client) -> None:
    subject = screen(world)
    held = reported(world, subject)
    issues.suspect_breach(held, aware_at=timezone.now(), by=world.manager)
    client.force_login(world.manager)
    site = ["tmr-204", "1042"]
    urls = [
        *(reverse(name, args=[held.pk]) for name in OF_SITE),
        reverse("quality:issue", args=["tmr-204", held.number]),
        reverse("quality:report_at_site", args=site),
        reverse("quality:report_of_subject", args=[subject.pk]),
        reverse("quality:site_issues", args=site),
        reverse("quality:place_issues", args=["northgate"]),
    ]
    found = {url: (client.get(url).status_code, faults(client.get(url).text)) for url in urls}
    assert {url: answer for url, answer in found.items() if answer != (200, [])} == {}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_a_file(world: World, client: Client, kind: str) -> None:
    reported(world, screen(world))
    client.force_login(world.manager)
    names = (
        "quality:export_issues",
        "quality:export_site_issues",
        "quality:export_place_issues",
    )
    args = (["tmr-204", kind], ["tmr-204", "1042", kind], ["northgate", kind])
    for name, given in zip(names, args, strict=True):
        assert client.get(reverse(name, args=given)).status_code == 200


def test_an_issue_becomes_a_deviation_and_back_and_loses_nothing(
    world: World, client: Client
) -> None:
    held = reported(world, screen(world))
    assessed(world, held, classification="major", is_important=True, reason="Endpoint")
    issues.retype(held, kind="data", reason="The value was found", by=world.coordinator)
    held.refresh_from_db()
    kept = (held.number, held.category, held.classification, held.is_important, held.status)
    assert kept == ("DEV-1042-001", "missed_assessment", "major", True, "assessed")
    client.force_login(world.manager)
    text = client.get(held.get_absolute_url()).text
    assert "Data issue" in text
    assert "Missed assessment, from when it was a deviation" in " ".join(text.split())
    assert "The value was found" in text
    issues.retype(held, kind="deviation", reason="It was not", by=world.coordinator)
    held.refresh_from_db()
    assert (held.kind, held.category) == ("deviation", "missed_assessment")
    assert [one.kind for one in formerly(held)] == ["Protocol deviation", "Data issue"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "deviation", "reason": "It is"}, "A deviation has a category"),
        ({"kind": "complaint", "reason": "It is"}, "of this type already"),
        ({"kind": "data", "reason": " "}, "Give the reason"),
    ],
)
def test_a_type_that_cannot_be_is_refused(world: World, given: dict[str, str], words: str) -> None:
    held = reported(world, kind="complaint", category="")
    assert held.number == "ISS-1042-001"
    with pytest.raises(RefusedError, match=words):
        issues.retype(held, by=world.coordinator, **given)


def test_a_deviation_has_a_category_also_in_the_database(world: World) -> None:
    held = reported(world)
    with pytest.raises(RefusedError, match="A deviation has a category"):
        reported(world, category="")
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("test"):
        Issue.objects.filter(pk=held.pk).update(category="")


def test_a_site_without_a_number_reports_nothing_yet(world: World) -> None:
    site = sites.add_site(
        world.trial, country=world.site.country, place=make_place("southgate", world.admin),
        number="", by=world.manager,
    )  # fmt: skip
    with pytest.raises(RefusedError, match="Give the number first"):
        issues.report(site, values=values(), by=world.manager)


def test_several_are_assessed_at_once_and_each_refusal_is_named(
    world: World, client: Client
) -> None:
    subject = screen(world)
    minor, other, major = (
        reported(world, subject, proposed=proposed) for proposed in ("minor", "minor", "major")
    )
    voided = reported(world, subject)
    issues.void(voided, reason="Twice", by=world.coordinator)
    client.force_login(world.manager)
    url = reverse("quality:assess_all", args=["tmr-204"])
    rows = [held.pk for held in (minor, other, major, voided)]
    asked = client.get(url, {"row": rows})
    assert faults(asked.text) == []
    assert "is voided and stays as it is" in " ".join(asked.text.split())
    answer = client.post(url, {"row": rows, "classification": "minor"}, follow=True)
    assert "2 issues assessed." in answer.text
    assert f"{major} is major so far, so another class needs a reason." in answer.text
    assert f"{voided} is voided." in answer.text
    states = dict(Issue.objects.values_list("number", "status"))
    assert [states[held.number] for held in (minor, other, major, voided)] == [
        "assessed", "assessed", "reported", "voided",
    ]  # fmt: skip
    assert len(due("quality.assess")) == 1
    assert Issue.flow.told(minor)[-1].step.to_status == "assessed"
    refused = client.post(url, {"row": [voided.pk], "classification": "minor"})
    assert refused.status_code == 422
    assert client.post(url, {"classification": "minor"}).status_code == 422


@pytest.mark.parametrize("count", [1, 5])
def test_assessing_several_asks_a_fixed_number_of_queries(
    world: World, count: int, django_assert_max_num_queries: object
) -> None:
    held = [reported(world) for _ in range(count)]
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        issues.assess_all(
            world.trial, issues=held, classification="minor", is_important=False, by=world.manager
        )


def test_deviations_of_the_days_before_an_import_are_no_duties(world: World) -> None:
    draft = missed(world)
    assert len(due("quality.report")) == 1
    with under_event("test"):
        DeviationDraft.objects.filter(pk=draft.pk).update(reason=EARLIER)
    refresh_everything()
    assert due("quality.report") == []


def test_the_api_reports_retypes_and_explains(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    today = timezone.localdate().isoformat()
    given = {
        "site": world.site.pk, "subject": subject.pk, "kind": "data", "happened_on": today,
        "aware_on": today, "what": "Times in UTC", "effect": "None",
    }  # fmt: skip

    def post(path: str, body: object) -> Any:
        return client.post(f"/api/v1/issues/{path}", body, content_type="application/json")

    made = post("", given)
    assert (made.status_code, made.json()["number"]) == (201, "ISS-1042-001")
    one = f"{made.json()['id']}/"
    assert post(f"{one}retype/", {"kind": "deviation", "reason": "It is"}).status_code == 422
    changed = post(f"{one}retype/", {"kind": "deviation", "reason": "It is", "category": "source"})
    assert (changed.json()["kind"], changed.json()["number"]) == ("deviation", "ISS-1042-001")
    why = {"root_cause": "training", "why": "New", "correction": "Trained"}
    assert post(f"{one}explain/", why).json()["root_cause"] == "training"
    assert post(f"{one}change/", {"what": "All times"}).json()["effect"] == "None"
