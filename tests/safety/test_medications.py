"""Medications besides the study drug: logged as far as known, changed with a reason, voided, and kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.actions import RefusedError
from core.audit import under_event
from core.dates import PartialDate
from core.versions import ConflictError
from safety.actions import medications
from safety.models import Medication
from tests.safety.events import log, medication
from tests.test_pages import assert_well_made
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def taken(world: World, **changes: Any) -> Medication:
    return medications.log_medication(
        screen(world), values=medication(**changes), by=world.coordinator
    )


def typed(**changes: str) -> dict[str, str]:
    """The form of what goes on since March."""
    return {
        "name": "Omeprazole", "dose": "20 mg", "frequency": "Once daily", "route": "By mouth",
        "started": "Mar 2026", "ended": "", "is_ongoing": "on", "indication": "history",
        "event": "", "condition": "Reflux",
    } | changes  # fmt: skip


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_it_is_logged_changed_and_voided_on_its_pages(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    page = reverse("workspace:subject_medications", args=["tmr-204", subject.number])
    form = reverse("safety:log_medication", args=[subject.pk])
    assert form in text_of(client.get(page))
    assert_well_made(client.get(form).content.decode(), "log medication")
    shown = text_of(client.post(form, typed(), follow=True))
    assert "Omeprazole, 20 mg" in shown
    assert "Since Mar 2026, day unknown" in shown
    assert "Ongoing" in shown
    held = Medication.objects.get()
    change = reverse("safety:change_medication", args=[held.pk])
    assert 'value="Mar 2026"' in text_of(client.get(change))
    unsaid = client.post(change, typed(is_ongoing="", ended="2 May 2026"))
    assert unsaid.status_code == 422
    client.post(
        change, typed(is_ongoing="", ended="2 May 2026", reason="Stopped", revision="1")
    )  # fmt: skip
    assert "until 2 May 2026" in text_of(client.get(page))
    stale = client.post(change, typed(reason="Late", revision="1"))
    assert stale.status_code == 409


def test_a_voided_one_is_struck_through_wherever_it_is_read(world: World, client: Client) -> None:
    held = taken(world)
    client.force_login(world.coordinator)
    void = reverse("safety:void_medication", args=[held.pk])
    client.post(void, {"reason": "Wrong subject"})
    final = client.get(held.get_absolute_url())
    assert_well_made(final.content.decode(), "medications")
    assert "<s>Omeprazole</s>" in "".join(final.content.decode().split())
    assert "Voided: Wrong subject" in text_of(final)
    listed = text_of(client.get(reverse("safety:medications", args=["tmr-204"])))
    assert "<s>Omeprazole</s>" in listed
    file = client.get(reverse("safety:export_medications", args=["tmr-204", "csv"]))
    said = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Omeprazole,Yes,20 mg" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"started": PartialDate(2099)}, "a day that has not come yet"),
        ({"ended": PartialDate(2099), "is_ongoing": False}, "Say that it is ongoing"),
        ({"ended": PartialDate(2026, 4)}, "It has an end, so it is not ongoing"),
        ({"is_ongoing": False, "ended": PartialDate(2026, 2)}, "before it began Mar 2026"),
        ({"indication": "event", "condition": ""}, "Choose the adverse event"),
        ({"condition": " "}, "Say what it is taken for"),
    ],
)
def test_what_cannot_be_is_refused(world: World, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        taken(world, **changes)
    assert not Medication.objects.exists()


def test_it_is_taken_for_an_event_of_the_same_subject(world: World) -> None:
    event, other = log(world), log(world)
    of_event = {"indication": "event", "condition": ""}
    held = medications.log_medication(
        event.subject, values=medication(event=event, **of_event), by=world.coordinator
    )
    assert held.taken_for == f"{event}: Acute appendicitis"
    with pytest.raises(RefusedError, match="is an event of another subject"):
        medications.log_medication(
            event.subject, values=medication(event=other, **of_event), by=world.coordinator
        )
    with pytest.raises(RefusedError, match="choose that as its indication"):
        medications.log_medication(
            event.subject, values=medication(event=event), by=world.coordinator
        )
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
        Medication.objects.filter(pk=held.pk).update(event=other)


def test_a_voided_one_stays_as_it_is(world: World) -> None:
    held, by = taken(world), world.coordinator
    with pytest.raises(RefusedError, match="Give the reason"):
        medications.void_medication(held, reason=" ", by=by)
    with pytest.raises(RefusedError, match="Give the reason"):
        medications.change_medication(held, values={"dose": "40 mg"}, reason="", by=by)
    medications.void_medication(held, reason="Wrong subject", by=by)
    for again in (
        lambda: medications.void_medication(held, reason="again", by=by),
        lambda: medications.change_medication(held, values={}, reason="again", by=by),
    ):
        with pytest.raises(ConflictError, match="is voided: Wrong subject"):
            again()
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
        Medication.objects.filter(pk=held.pk).update(dose="40 mg")


def test_pages_take_as_many_queries_for_five_as_for_one(world: World, client: Client) -> None:
    event = log(world)
    client.force_login(world.coordinator)
    subject, asked = event.subject, []
    pages = [
        reverse("workspace:subject_medications", args=["tmr-204", subject.number]),
        reverse("safety:medications", args=["tmr-204"]),
    ]
    for more in (1, 4):
        for _ in range(more):
            medications.log_medication(
                subject, values=medication(indication="event", event=event, condition=""),
                by=world.coordinator,
            )  # fmt: skip
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(page)
            asked.append(len(queries))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 22
