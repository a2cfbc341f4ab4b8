"""Why subjects leave: chosen from the lists of the field, kept beside the words for it."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import under_event
from core.models import StatusChange
from subjects.actions import subjects
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow
from subjects.models import Subject
from subjects.models.reasons import coded
from tests.world import World, screen

pytestmark = pytest.mark.django_db
migration = import_module("subjects.migrations.0008_reasons_of_leaving")


def left(world: World, subject: Subject, status: str, **why: str) -> Subject:
    on = timezone.localdate(timezone=world.place.zone)
    return subjects.end(subject, status=status, on=on, by=world.coordinator, **why)


@pytest.mark.parametrize(
    ("status", "why", "refusal"),
    [
        ("screen_failed", {"reason": "BMI"}, "Choose the reason: Inclusion criterion not met"),
        ("screen_failed", {"reason_code": "progression"}, "Choose the reason"),
        ("screen_failed", {"reason_code": "other", "reason": " "}, "Say what the other reason is"),
        ("withdrawn", {"reason_code": "recovery", "reason": "x"}, "Nothing is to be chosen"),
        ("withdrawn", {}, "Give a reason"),
    ],
)
def test_a_reason_fits_the_way_of_leaving(
    world: World, status: str, why: dict[str, str], refusal: str
) -> None:
    with pytest.raises(RefusedError, match=refusal):
        left(world, screen(world), status, **why)


@pytest.mark.parametrize(
    ("status", "why", "code", "words"),
    [
        ("screen_failed", {"reason_code": "window"}, "window", "Screening window exceeded"),
        ("screen_failed", {"reason_code": "exclusion", "reason": "E2"}, "exclusion",
         "Exclusion criterion met: E2"),
        ("screen_failed", {"reason_code": "other", "reason": "moved"}, "other", "moved"),
        ("withdrawn", {"reason": "moved"}, "withdrawal", "moved"),
        ("deceased", {}, "death", ""),
    ],
)  # fmt: skip
def test_why_somebody_left_is_a_term_and_words(
    world: World, status: str, why: dict[str, str], code: str, words: str
) -> None:
    subject = left(world, screen(world), status, **why)
    subject.refresh_from_db()
    assert (subject.reason_code, subject.why_left) == (code, words)
    assert StatusChange.objects.filter(to_status=status).get().reason == words


def test_who_was_in_the_trial_ends_early_for_another_list_of_reasons(
    world: World, client: Client
) -> None:
    subject = screen(world)
    today = timezone.localdate(timezone=world.place.zone)
    subjects.enrol(subject, on=today, by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("subjects:end", args=[subject.pk])
    offered = client.get(url).content.decode()
    assert "Lack of efficacy" in offered
    assert "Screening window exceeded" not in offered
    assert "Needed for “Terminated early”." in offered
    client.post(url, {"status": "lost", "on": today, "reason": "no answer", "reason_code": "site"})
    subject.refresh_from_db()
    assert (subject.status, subject.reason_code) == ("lost", "lost")
    assert "reason_code" not in client.get(url).content.decode(), "nothing is to be chosen"
    subjects.find_again(
        subject, status="on_treatment", on=today, reason="called", by=world.coordinator
    )
    assert Subject.objects.get().reason_code == ""
    client.post(url, {"status": "terminated", "on": today, "reason_code": "efficacy"})
    assert Subject.objects.get().why_left == "Lack of efficacy"
    listed = client.get(reverse("workspace:all_subjects"), {"why": "efficacy", "columns": "why"})
    assert listed.content.decode().count("1042-001") >= 1
    other = client.get(reverse("workspace:all_subjects"), {"why": "recovery"})
    assert "1042-001" not in other.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "screen_failed", "reason_code": ""},
        {"status": "screen_failed", "reason_code": "progression"},
        {"status": "screen_failed", "reason_code": "other", "status_reason": ""},
        {"reason_code": "other", "status_reason": "x"},
    ],
)
def test_the_database_keeps_reasons_fitting(world: World, fields: dict[str, Any]) -> None:
    subject = screen(world)
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
        Subject.objects.filter(pk=subject.pk).update(ended_on=subject.screened_on, **fields)


@pytest.mark.parametrize(
    ("status", "text", "known"),
    [
        ("screen_failed", "exclusion criterion met: E2, biologic", ("exclusion", "E2, biologic")),
        ("screen_failed", "BMI above 35", ("other", "BMI above 35")),
        ("terminated", "Protocol violation", ("deviation", "Protocol violation")),
        ("terminated", "Other: moved", ("other", "Other: moved")),
        ("lost", "no answer", ("lost", "no answer")),
        ("completed", "", ("", "")),
    ],
)
def test_a_text_of_a_list_is_coded(
    world: World, status: str, text: str, known: tuple[str, str]
) -> None:
    assert coded(status, text) == known
    on = timezone.localdate() - timedelta(days=30)
    row = SubjectRow(
        site_id=world.site.pk, number="1042-050", screening_number="1042-050", status=status,
        screened_on=on, enrolled_on=on, ended_on=on, status_reason=text,
    )  # fmt: skip
    import_subjects(world.site, rows=[row], by=world.coordinator)
    made = Subject.objects.get()
    assert (made.reason_code, made.status_reason) == known


def test_rows_from_before_the_lists_are_coded_by_their_words(world: World) -> None:
    made = [screen(world) for _ in range(4)]
    left(world, made[0], "screen_failed", reason_code="other", reason="Adverse Event: rash")
    left(world, made[1], "screen_failed", reason_code="other", reason="BMI above 35")
    left(world, made[2], "withdrawn", reason="moved")
    with under_event("in test"), connection.cursor() as cursor:
        cursor.execute(migration.BY_STATUS)
        cursor.execute(migration.BY_TEXT)
    assert list(
        Subject.objects.order_by("number").values_list("reason_code", "status_reason")
    ) == [
        ("adverse_event", "rash"), ("other", "BMI above 35"), ("withdrawal", "moved"), ("", ""),
    ]  # fmt: skip
