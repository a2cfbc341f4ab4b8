"""The pages of consents: recorded, corrected, voided and taken back, and the forms of the trial."""

from __future__ import annotations

import html
from datetime import date

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sites.models import ConsentApproval
from subjects.actions import visits
from subjects.models import Consent, ConsentNote
from tests.subjects.consented import DAY, main_form, photo, record, version
from tests.test_pages import assert_well_made
from tests.world import World, screen, visit
from trials.actions import consents as forms
from trials.models import ConsentVersion

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> str:
    """The words of a page, on one line."""
    return " ".join(html.unescape(answer.content.decode()).split())


@pytest.fixture
def coordinator(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


def filled(world: World, of: ConsentVersion, **more: object) -> dict[str, object]:
    """What the form of a consent sends."""
    approval = ConsentApproval.objects.get(version=of, language="en")
    return {
        "approval": approval.pk, "signed_on": timezone.localdate().isoformat(), "clock": "",
        "explainer": world.person.pk, "signer": "subject", "decision": "given",
        "is_copy_given": "on", "note": "", **more,
    }  # fmt: skip


def test_a_visit_that_waits_for_a_consent_leads_to_the_form_and_then_starts(
    world: World, coordinator: Client
) -> None:
    first = version(world, main_form(world), "3.0")
    subject = screen(world)
    held = visits.check_in(visit(subject, "SCR"), by=world.coordinator)
    start = reverse("subjects:start", args=[held.pk])
    refused = coordinator.post(start)
    to_record = reverse("subjects:record_consent", args=[subject.pk])
    assert refused.status_code == 422
    assert f'href="{to_record}"' in said(refused)
    assert f'href="{to_record}"' in said(coordinator.post(start, headers={"HX-Request": "true"}))
    form = coordinator.get(to_record)
    assert_well_made(form.content.decode(), to_record)
    assert "Main consent v3.0 (en)" in said(form)
    answer = coordinator.post(to_record, filled(world, first, note="Time to ask", clock="00:00"))
    assert answer.status_code == 302
    assert ConsentNote.objects.get().text == "Time to ask"
    assert coordinator.post(start).status_code == 302


def test_the_form_proposes_the_version_that_is_needed(world: World, coordinator: Client) -> None:
    type_ = main_form(world)
    first = version(world, type_, "3.0", languages=("en", "pl"))
    subject = screen(world, timezone.localdate() - 3 * DAY)
    record(world, subject, first, subject.screened_on, language="pl", signer="witness")
    version(world, type_, "4.0", timezone.localdate(), must="active", languages=("en", "pl"))
    form = coordinator.get(reverse("subjects:record_consent", args=[subject.pk])).context["form"]
    wanted = ConsentApproval.objects.get(version__number="4.0", language="pl")
    assert (form["approval"].value(), form["signer"].value()) == (wanted.pk, "witness")


def test_what_is_wrong_is_said_in_the_form(world: World, coordinator: Client) -> None:
    first = version(world, main_form(world), "3.0")
    path = reverse("subjects:record_consent", args=[screen(world).pk])
    ahead = (timezone.localdate() + DAY).isoformat()
    answer = coordinator.post(path, filled(world, first, signed_on=ahead))
    assert (answer.status_code, Consent.objects.count()) == (422, 0)
    assert "signed on a day that has not come yet" in said(answer)
    gap = coordinator.post(path, filled(world, first, signed_on="2025-03-30", clock="01:30"))
    assert "01:30 does not exist on 30 Mar 2025" in said(gap)


def test_a_consent_is_corrected_withdrawn_and_voided(world: World, coordinator: Client) -> None:
    first = version(world, main_form(world), "3.0")
    made = record(world, screen(world), first)
    page = reverse("subjects:consent", args=[made.pk])
    correct = reverse("subjects:correct_consent", args=[made.pk])
    assert_well_made(coordinator.get(correct).content.decode(), correct)
    changed = filled(world, first, signer="witness", reason="Overlooked", revision=made.revision)
    assert coordinator.post(correct, changed).status_code == 302
    assert coordinator.post(correct, changed).status_code == 409
    withdraw = reverse("subjects:withdraw_consent", args=[made.pk])
    assert_well_made(coordinator.get(withdraw).content.decode(), withdraw)
    on = timezone.localdate().isoformat()
    partly = coordinator.post(withdraw, {"what": ["samples"], "on": on})
    assert partly.headers["Location"] == page
    wholly = coordinator.post(withdraw, {"what": ["all"], "on": on})
    end = f"{reverse('subjects:end', args=[made.subject_id])}?status=withdrawn"
    assert wholly.headers["Location"] == end
    assert '<option value="withdrawn" selected>' in coordinator.get(end).content.decode()
    void = reverse("subjects:void_consent", args=[made.pk])
    assert coordinator.post(void, {"reason": "Another subject"}).status_code == 302
    shown = coordinator.get(page)
    assert_well_made(shown.content.decode(), page)
    assert "Voided on" in said(shown)
    assert "Use of samples" in said(shown)


def test_the_sponsor_sees_the_consent_and_not_the_note(world: World, client: Client) -> None:
    first = version(world, main_form(world), "3.0")
    made = record(world, screen(world), first)
    ConsentNote.objects.create(consent=made, text="Jo Doe asked twice")
    page = reverse("subjects:consent", args=[made.pk])
    client.force_login(world.cra)
    shown = client.get(page)
    assert shown.status_code == 200
    assert "Jo Doe" not in said(shown)
    assert "Process note" not in said(shown)


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.manager)
    return client


def test_forms_are_added_at_their_page(world: World, manager: Client) -> None:
    page = reverse("sites:consent_forms", args=["tmr-204"])
    assert "No consent form yet" in said(manager.get(page))
    add = reverse("sites:add_consent_type", args=["tmr-204"])
    assert_well_made(manager.get(add).content.decode(), add)
    values = {"kind": "main", "name": "Main consent", "is_required": "on"}
    assert manager.post(add, values).status_code == 302
    assert manager.post(add, values).status_code == 409
    assert "No visit starts before one is in use" in said(manager.get(page))


def test_versions_are_added_at_their_page(world: World, manager: Client) -> None:
    path = reverse("sites:add_consent_version", args=["tmr-204", main_form(world).pk])
    assert_well_made(manager.get(path).content.decode(), path)
    values = {"number": "4.0", "dated": "2026-01-10", "must_reconsent": "active"}
    unsaid = manager.post(path, values)
    assert "Say by when subjects sign again" in said(unsaid)
    days = values | {"reconsent_rule": "days", "reconsent_days": "30"}
    assert manager.post(path, days).status_code == 302
    made = ConsentVersion.objects.get()
    assert made.who_signs_again == "All active subjects, within 30 days"


def test_approvals_are_recorded_for_a_country_and_for_a_site(world: World, manager: Client) -> None:
    made = forms.add_consent_version(
        main_form(world), number="4.0", dated=date(2026, 1, 10), by=world.manager
    )
    approve = reverse("sites:approve_consent", args=[made.pk])
    assert_well_made(manager.get(approve).content.decode(), approve)
    given = {
        "where": f"country-{world.site.country_id}", "languages": "en, pl",
        "approved_on": "2026-01-12", "from_on": "2026-02-01",
    }  # fmt: skip
    assert "ISO codes" in said(manager.post(approve, given | {"languages": "English"}))
    assert manager.post(approve, given).status_code == 302
    at_site = given | {"where": f"site-{world.site.pk}", "languages": "de"}
    assert manager.post(approve, at_site).status_code == 302
    languages = ConsentApproval.objects.order_by("language").values_list("language", flat=True)
    assert list(languages) == ["de", "en", "pl"]
    page = reverse("sites:consent_forms", args=["tmr-204"])
    shown = manager.get(page)
    assert_well_made(shown.content.decode(), page)
    assert "1 site" in said(shown)


def test_the_page_of_forms_asks_as_often_for_one_version_as_for_five(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    page, made = reverse("sites:consent_forms", args=["tmr-204"]), photo(world)
    client.get(page)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        return len(queries)

    one = asked()
    for number in ("2.0", "3.0", "4.0", "5.0"):
        forms.add_consent_version(made.type, number=number, dated=made.dated, by=world.manager)
    assert asked() == one
