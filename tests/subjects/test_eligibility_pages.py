"""The pages of eligibility: criteria on one page, answered in one form, signed by the investigator."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.audit import coming_from
from core.models import Source
from subjects.actions import eligibility, subjects
from subjects.eligibility import sheet_of
from subjects.models import Eligibility, Subject, Waiver
from tests.subjects.criteria import (
    PASSWORD,
    answer,
    criterion,
    investigator,
    sign,
    with_criteria,
)
from tests.test_pages import assert_well_made
from tests.world import World, screen, user_with
from trials.actions import trials
from trials.models import Trial

pytestmark = pytest.mark.django_db


def said(response: HttpResponse) -> str:
    """The words of a page, on one line."""
    return " ".join(html.unescape(response.content.decode()).split())


@pytest.fixture
def subject(world: World) -> Subject:
    with_criteria(world)
    return screen(world)


def at(client: Client, user: User, path: str) -> HttpResponse:
    client.force_login(user)
    shown = client.get(path)
    assert shown.status_code == 200, path
    assert_well_made(shown.content.decode(), path)
    return shown


def page_of(subject: Subject) -> str:
    return reverse("workspace:subject_eligibility", args=["tmr-204", subject.number])


def filled(**answers: str) -> dict[str, Any]:
    """What the form of all criteria sends."""
    sent: dict[str, Any] = {"reason": "", "revision": "0"}
    for label, text in answers.items():
        pk = criterion(label).pk
        sent |= {
            f"answer_{pk}": text,
            f"source_{pk}": "Worksheet",
            f"on_{pk}": "",
            f"note_{pk}": "",
        }
    return sent


ALL = {"I1": "met", "I2": "met", "E1": "absent", "E2": "pending"}


def test_criteria_are_answered_in_one_form_and_shown(
    world: World, subject: Subject, client: Client
) -> None:
    path = reverse("subjects:answer_criteria", args=[subject.pk])
    at(client, world.coordinator, page_of(subject))
    at(client, world.coordinator, path)
    answered = client.post(path, filled(**ALL), follow=True)
    assert "1 to settle" in said(answered)
    sheet = sheet_of(subject)
    assert sheet is not None
    assert (sheet.settled, sheet.pending) == (3, 1)
    assert {line.answered_on for line in sheet.lines} == {timezone.localdate(), None}
    stale = client.post(path, filled(**ALL))
    assert stale.status_code == 409
    shown = at(client, world.coordinator, page_of(subject) + "?show=open")
    assert "E2 is pending" in said(shown)
    assert "Age 18 or more" not in said(shown)


def test_the_investigator_reviews_and_signs(world: World, subject: Subject, client: Client) -> None:
    signer = investigator(world)
    answer(world, subject, E2="pending")
    path = reverse("subjects:decide_eligible", args=[subject.pk])
    assert "cannot be found eligible: E2 is pending" in said(at(client, signer, path))
    answer(world, subject)
    before = said(at(client, signer, page_of(subject)))
    assert "Decide and sign" in before
    assert "Record randomisation" not in before
    form = at(client, signer, path)
    proof = {
        "signer": signer.username, "password": PASSWORD,
        "shown_hash": form.context["form"]["shown_hash"].value(),
    }  # fmt: skip
    wrong = client.post(path, proof | {"password": "no"})
    assert wrong.status_code == 422
    assert client.post(path, proof).headers["Location"] == page_of(subject)
    shown = at(client, signer, page_of(subject))
    assert f"{signer.get_full_name()} found the subject eligible" in said(shown)
    assert "meaning: eligibility" in said(shown)
    assert "Record randomisation" in said(shown)
    assert "Enrol without randomisation" in said(shown)
    with coming_from(source=Source.PAGE):
        eligibility.answer_criteria(subject, answers=[], by=world.coordinator, reason="nothing")
        answer(world, subject, "Result came", E2="present")
    shown = at(client, signer, page_of(subject))
    assert "It is signed again before enrolment" in said(shown)
    assert "Enrol without randomisation" not in said(shown)
    assert "Record screen failure" in said(shown)


def test_enrolment_without_the_decision_says_the_way_out(
    world: World, subject: Subject, client: Client
) -> None:
    client.force_login(world.coordinator)
    path = reverse("subjects:enrol", args=[subject.pk])
    refused = client.post(path, {"on": timezone.localdate().isoformat(), "confirmed": "on"})
    assert refused.status_code == 422
    assert "has not signed that it is eligible" in said(refused)


def test_a_waiver_is_asked_for_and_decided_at_pages(
    world: World, subject: Subject, client: Client
) -> None:
    answer(world, subject, I2="not_met")
    monitor = user_with(Role.MEDICAL_MONITOR, world.sponsor, world.admin)
    ask = reverse("subjects:request_waiver", args=[subject.pk, criterion("I2").pk])
    assert "Request waiver" not in said(at(client, world.coordinator, page_of(subject)))
    trials.change_trial(
        Trial.objects.get(pk=world.trial.pk), values={"allows_waivers": True}, by=world.admin
    )
    assert "Request waiver" in said(at(client, world.coordinator, page_of(subject)))
    at(client, world.coordinator, ask)
    assert client.post(ask, {"reason": "Close"}).headers["Location"] == page_of(subject)
    waiver = Waiver.objects.get()
    assert "Approve" in said(at(client, monitor, page_of(subject)))
    refuse = reverse("subjects:decide_waiver", args=[waiver.pk, "refuse"])
    decide = reverse("subjects:decide_waiver", args=[waiver.pk, "approve"])
    at(client, monitor, decide)
    assert client.post(decide, {"reason": "Agreed"}).status_code == 302
    assert "Not met, waived" in said(at(client, monitor, page_of(subject)))
    assert client.post(refuse, {"reason": "After all not"}).status_code == 302
    waiver.refresh_from_db()
    assert (waiver.status, waiver.decision_reason) == ("refused", "After all not")


def test_a_trial_without_criteria_has_no_such_page(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    assert client.get(page_of(subject)).status_code == 404
    assert client.get(reverse("subjects:answer_criteria", args=[subject.pk])).status_code == 404
    assert "Eligibility" not in said(client.get(subject.get_absolute_url()))


def test_the_screening_log_shows_how_far_each_is_and_why_others_failed(
    world: World, subject: Subject, client: Client
) -> None:
    answer(world, subject, E2="pending")
    failed, plain = screen(world), screen(world)
    answer(world, failed, I2="not_met")
    subjects.end(
        failed, status="screen_failed", on=timezone.localdate(), reason_code="inclusion",
        by=world.coordinator,
    )  # fmt: skip
    path = reverse("subjects:screening_log", args=[world.site.pk])
    shown = said(at(client, world.coordinator, path))
    assert "3 of 4 settled" in shown
    assert "I2 IGA 3 or 4" in shown.replace('</span><span class="item-meta" ><span>', " ") or (
        "IGA 3 or 4" in shown
    )
    assert plain.number in shown
    export = client.get(reverse("subjects:export_screening_log", args=[world.site.pk]))
    assert b"3 of 4 settled" in b"".join(export)  # type: ignore[call-overload]


def test_pages_take_as_many_queries_for_one_as_for_five(
    world: World, subject: Subject, client: Client
) -> None:
    path = reverse("subjects:screening_log", args=[world.site.pk])
    client.force_login(world.coordinator)
    answer(world, subject)

    def asked(of: str) -> int:
        client.get(of)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(of).status_code == 200
        return len(queries)

    one, page = asked(path), asked(page_of(subject))
    for _ in range(4):
        answer(world, screen(world))
    assert asked(path) == one
    assert page <= 25
    signer = investigator(world)
    with coming_from(source=Source.PAGE):
        sign(subject, signer)
    assert asked(page_of(subject)) <= 25
    assert Eligibility.objects.count() == 5
