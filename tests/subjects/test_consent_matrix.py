"""The consents of a site: its subjects against its versions, and the same as a file."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sites.models import Site
from subjects.actions import consents, visits
from subjects.consent_matrix import Cell, Matrix, matrix_of
from subjects.models import Subject
from tests.subjects.consented import DAY, main_form, photo, record, version
from tests.test_pages import assert_well_made
from tests.world import World, screen, visit

pytestmark = pytest.mark.django_db


def matrix(world: World) -> Matrix:
    return matrix_of(Site.objects.get(pk=world.site.pk), world.coordinator, timezone.now())


def reconsent_due(world: World) -> Subject:
    """A subject who signed v3.0, with v4.0 in use since yesterday within five days."""
    type_, today = main_form(world), timezone.localdate()
    first = version(world, type_, "3.0")
    subject = screen(world, today - 3 * DAY)
    record(world, subject, first, subject.screened_on, signer="witness")
    version(world, type_, "4.0", today - DAY, must="active", days=5)
    return subject


def test_a_row_tells_what_was_signed_and_what_is_due(world: World) -> None:
    subject, part = reconsent_due(world), photo(world)
    record(world, subject, part, decision="refused")
    found = matrix(world)
    (row,) = found.rows
    assert [head.name for head in found.heads] == ["v3.0", "v4.0"]
    assert [head.is_current for head in found.heads] == [False, True]
    held, due, said = row.cells
    assert (held.state, held.note) == ("held", "en · Priya Nair, witness")
    assert due == Cell("Due in 4 days", "within 5 days", "due")
    assert (said.text, said.note) == ("No", "v1.0")
    assert (row.due, row.defect) == ("in 4 days", "")
    assert [len(found.under(tab)) for tab in ("", "due", "defects", "screening")] == [1, 1, 0, 1]
    signed = {one.version.number: (one.signed, one.chip[1]) for one in found.in_use}
    assert signed == {"1.0": (1, "Current"), "3.0": (1, "Replaced"), "4.0": (0, "Current")}


def test_signing_anew_makes_the_version_before_an_old_one(world: World) -> None:
    subject = reconsent_due(world)
    new = world.trial.consent_types.get().versions.get(number="4.0")
    made = record(world, subject, new)
    (row,) = matrix(world).rows
    assert [cell.state for cell in row.cells] == ["old", "held"]
    consents.withdraw_consent(made, what=["data"], on=made.signed_on, by=world.coordinator)
    (row,) = matrix(world).rows
    assert row.cells[1].text == "Withdrawn"


def test_who_signed_nothing_is_to_sign_and_a_visit_without_is_a_defect(world: World) -> None:
    subject = screen(world, timezone.localdate() - DAY)
    visits.complete(
        visit(subject, "SCR"), on=timezone.localdate(), by=world.coordinator, reason="early"
    )
    version(world, main_form(world), "3.0")
    (row,) = matrix(world).rows
    assert row.cells == [Cell("To be signed", "needed before visits", "due")]
    assert row.defect == "Visit without consent"


def test_a_copy_that_was_not_given_is_a_defect(world: World) -> None:
    first = version(world, main_form(world), "3.0")
    record(world, screen(world), first, is_copy_given=False)
    assert [row.defect for row in matrix(world).under("defects")] == ["Copy not given"]


def test_the_page_is_well_made_in_every_part_and_leads_to_recording(
    world: World, client: Client
) -> None:
    page = reverse("subjects:consents", args=["tmr-204", "1042"])
    client.force_login(world.coordinator)
    assert "No version is in use here yet" in client.get(page).content.decode()
    subject = reconsent_due(world)
    for shown in ("", "due", "defects", "screening", "unknown"):
        answer = client.get(f"{page}?show={shown}&after=x")
        assert answer.status_code == 200
        assert_well_made(answer.content.decode(), shown)
    text = client.get(page).content.decode()
    assert reverse("subjects:record_consent", args=[subject.pk]) in text
    client.force_login(world.cra)
    assert reverse("subjects:record_consent", args=[subject.pk]) not in (
        client.get(page).content.decode()
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_consents_of_a_site_are_a_file(world: World, client: Client, kind: str) -> None:
    subject = reconsent_due(world)
    client.force_login(world.coordinator)
    answer = client.get(reverse("subjects:export_consents", args=["tmr-204", "1042", kind]))
    assert answer.status_code == 200
    if kind == "csv":
        text = b"".join(answer).decode()
        assert f"{subject.number},In screening,Main consent,3.0,en,Given" in text
    wrong = reverse("subjects:export_consents", args=["tmr-204", "1042", "pdf"])
    assert client.get(wrong).status_code == 404


def test_five_subjects_take_as_many_queries_as_one(world: World) -> None:
    subject = reconsent_due(world)
    first = subject.consents.get().version
    part = photo(world)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            matrix(world)
        return len(queries)

    record(world, subject, part)
    asked()
    one = asked()
    for _ in range(4):
        other = screen(world, timezone.localdate() - 3 * DAY)
        record(world, other, first, other.screened_on)
        record(world, other, part)
    assert asked() == one
    assert len(matrix(world).under("due")) == 5


def test_the_sites_of_a_place_and_of_a_trial_tell_what_is_due(world: World, client: Client) -> None:
    subject = reconsent_due(world)
    client.force_login(world.coordinator)
    for name, key in (
        ("subjects:place_consents", "northgate"),
        ("subjects:trial_consents", "tmr-204"),
    ):
        answer = client.get(reverse(name, args=[key]))
        assert_well_made(answer.content.decode(), name)
        (row,) = answer.context["sites"]
        assert (row.consents, row.due) == (1, 1)
        assert row.first == timezone.localdate() + 4 * DAY
    assert reverse("subjects:consents", args=["tmr-204", "1042"]) in answer.content.decode()
    assert subject.consents.count() == 1


def test_the_page_of_a_subject_tells_what_is_due_and_what_was_signed(
    world: World, client: Client
) -> None:
    subject = reconsent_due(world)
    client.force_login(world.coordinator)
    page = reverse("workspace:subject_consents", args=["tmr-204", subject.number])
    answer = client.get(page)
    assert_well_made(answer.content.decode(), page)
    text = answer.content.decode()
    assert "Main consent v3.0" in text
    assert "Record v4.0" in text
    story = client.get(subject.get_absolute_url()).context["story"]
    assert "Consents" in [lane.name for lane in story.lanes]
    made = subject.consents.get()
    consents.void_consent(made, reason="Another subject", by=world.coordinator)
    assert "Voided" in client.get(page).content.decode()
    story = client.get(subject.get_absolute_url()).context["story"]
    assert "Consents" not in [lane.name for lane in story.lanes]
