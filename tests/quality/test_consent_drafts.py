"""A visit that turns out to have taken place without consent is drafted as a deviation."""

from __future__ import annotations

from datetime import date, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subjects.actions import consents, visits
from subjects.models import DeviationDraft, Subject, Visit
from tests.quality.test_issues import due
from tests.subjects.consented import main_form, record, version
from tests.world import World, screen, visit
from trials.models import ConsentVersion

DAY = timedelta(days=1)


def ago() -> date:
    """The day of screening."""
    return timezone.localdate() - 5 * DAY


def screened(world: World) -> tuple[Subject, Visit, ConsentVersion]:
    """A subject who signed, and whose screening visit is completed."""
    form = version(world, main_form(world), "1.0")
    subject = screen(world, ago())
    record(world, subject, form, ago())
    held = visits.complete(visit(subject, "SCR"), on=ago() + DAY, by=world.coordinator)
    return subject, held, form


def test_a_consent_that_is_voided_leaves_a_deviation_to_report(
    world: World, client: Client
) -> None:
    subject, held, _ = screened(world)
    consents.void_consent(subject.consents.get(), reason="Wrong subject", by=world.coordinator)
    draft = DeviationDraft.objects.get(kind="consent")
    assert (draft.visit, draft.state, draft.reason) == (held, "occurred", "Wrong subject")
    assert draft.description == "SCR took place without Main consent."
    assert len(due("quality.report")) == 1
    client.force_login(world.coordinator)
    form = client.get(reverse("quality:report_draft", args=[draft.pk]))
    assert form.context["form"].initial["category"] == "consent_late"


def test_a_consent_signed_in_time_withdraws_it(world: World) -> None:
    subject, _, form = screened(world)
    consents.void_consent(subject.consents.get(), reason="Typed twice", by=world.coordinator)
    record(world, subject, form, ago() + DAY)
    assert DeviationDraft.objects.get(kind="consent").state == "withdrawn"
    assert due("quality.report") == []


def test_another_consent_that_covers_the_visit_leaves_nothing(world: World) -> None:
    subject, _, form = screened(world)
    second = version(world, form.type, "2.0", ago() + DAY)
    record(world, subject, second, ago() + DAY)
    first = subject.consents.get(version=form)
    consents.void_consent(first, reason="Typed twice", by=world.coordinator)
    assert not DeviationDraft.objects.filter(kind="consent").exists()
