"""What subjects are paid: since when, where, and how it is put right."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.actions import terms
from budgets.models import PaymentTerms, StipendRate
from budgets.queries import terms_at
from core.actions import RefusedError
from core.audit import under_event
from core.models import AuditRow
from core.versions import ChangedError, ConflictError
from tests.budgets.paid import VALUES, claimed, finance_of, set_up
from tests.test_pages import assert_well_made
from tests.world import World
from trials.actions import trials
from trials.models import Country, VisitDefinition

pytestmark = pytest.mark.django_db
JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 1)
DAY = timedelta(days=1)


def test_new_terms_end_those_before_and_countries_have_their_own(world: World) -> None:
    first = set_up(world, from_on=JANUARY)
    second = set_up(world, from_on=JUNE, visit_amount=Decimal(75))
    first.refresh_from_db()
    assert (first.during.lower, first.during.upper, first.last_on) == (JANUARY, JUNE, JUNE - DAY)
    assert terms_at(world.site, JUNE - DAY) == first
    assert terms_at(world.site, JUNE) == second
    assert terms_at(world.site, JANUARY - DAY) is None
    own = set_up(world, from_on=JUNE + DAY, country=world.site.country, currency="EUR")
    assert terms_at(world.site, JUNE) == second
    assert terms_at(world.site, JUNE + DAY) == own
    assert [one.chip_on(JUNE)[1] for one in (first, second, own)] == [
        "Ended",
        "In force",
        "To come",
    ]
    with pytest.raises(ConflictError, match=r"Terms are there from 1 Jun 2026.*another day"):
        set_up(world, from_on=JUNE)


def test_terms_set_for_a_wrong_day_bar_no_others(world: World) -> None:
    wrong = set_up(world, from_on=JANUARY + 730 * DAY)
    first = set_up(world, from_on=JANUARY)
    between = set_up(world, from_on=JUNE)
    for held in (wrong, first, between):
        held.refresh_from_db()
    assert first.last_on == JUNE - DAY
    assert between.last_on == wrong.during.lower - DAY
    assert wrong.last_on is None


def test_the_database_lets_no_two_terms_be_in_force(world: World) -> None:
    held = set_up(world)
    elsewhere = trials.add_trial(
        world.sponsor, values={"code": "tmr-205", "protocol_number": "TMR-205", "name": "T"},
        by=world.admin,
    )  # fmt: skip
    foreign = trials.add_country(elsewhere, code="FR", name="France", by=world.admin)
    for country, during, broken in (
        (None, (JUNE, None), "payment_terms_no_overlap"),
        (foreign, (JUNE, None), "one of another trial"),
        (world.site.country, (JUNE, JUNE), "payment_terms_begin"),
    ):
        with pytest.raises(IntegrityError, match=broken), transaction.atomic():
            PaymentTerms.objects.create(trial=world.trial, country=country, during=during, **VALUES)
    for values, broken in (
        ({"visit_amount": -1}, "payment_terms_take_nothing"),
        ({"currency": "gb"}, "payment_terms_currency_is_coded"),
        ({"meal_cap": 0}, "payment_terms_meal_cap"),
        ({"distance_unit": "ft"}, "payment_terms_unit_known"),
    ):
        with pytest.raises(IntegrityError, match=broken), transaction.atomic(), under_event("why"):
            PaymentTerms.objects.filter(pk=held.pk).update(**values)


def test_a_correction_has_a_reason_and_meets_no_stale_form(world: World) -> None:
    held = set_up(world)
    with pytest.raises(RefusedError, match="Give the reason"):
        terms.correct_terms(held, values=VALUES, rates={}, reason=" ", by=world.manager)
    said = "reason is needed"
    with pytest.raises(IntegrityError, match=said), transaction.atomic(), under_event(""):
        PaymentTerms.objects.filter(pk=held.pk).update(visit_amount=1)
    week_2 = VisitDefinition.objects.get(version=world.version, code="W2").lineage
    changed = VALUES | {"visit_amount": Decimal(65)}
    terms.correct_terms(
        held, values=changed, rates={week_2: Decimal(90)}, reason="typo", revision=held.revision,
        by=world.manager,
    )  # fmt: skip
    with pytest.raises(ChangedError):
        terms.correct_terms(
            held, values=VALUES, rates={}, reason="typo", revision=held.revision, by=world.manager
        )
    rate = StipendRate.objects.get()
    assert (rate.name, rate.amount) == ("W2", 90)
    terms.correct_terms(
        held, values=changed, rates={week_2: None}, reason="As others", by=world.manager
    )
    rate.refresh_from_db()
    assert rate.amount is None
    assert AuditRow.objects.filter(tbl="budgets_stipendrate", op="U").count() == 1
    claimed(world)
    with pytest.raises(RefusedError, match="Payments were made in GBP"):
        terms.correct_terms(
            held, values=VALUES | {"currency": "EUR"}, rates={}, reason="r", by=world.manager
        )


def typed(**more: Any) -> dict[str, Any]:
    """What the form sends."""
    said = {name: "" if value is None else str(value) for name, value in VALUES.items()}
    return said | {"from_on": "1 Jan 2026", "country": ""} | more


def test_pages_set_and_correct_terms(world: World, client: Client) -> None:
    client.force_login(finance_of(world))
    url, add = (reverse(name, args=["tmr-204"]) for name in ("budgets:terms", "budgets:set_terms"))
    assert "No payment terms yet" in client.get(url).content.decode()
    lineage = lineage_of(world, "W4")
    for wrong, said in (
        ({"visit_amount": "-1"}, "greater than or equal to 0"),
        ({"tax_threshold": "0"}, "greater than or equal to 0.01"),
        ({"currency": "pounds"}, "at most 3"),
        ({"currency": "12"}, "three letters"),
        ({f"visit_{lineage}": "-5"}, "greater than or equal to 0"),
        ({"visit_amount": "99999999999"}, "10 digits"),
    ):
        refused = client.post(add, typed(**wrong))
        assert refused.status_code == 422
        assert said in refused.content.decode(), wrong
    assert (
        client.post(add, typed(**{f"visit_{lineage}": "120", "currency": "gbp"})).status_code == 302
    )
    held = PaymentTerms.objects.get()
    assert (held.currency, held.rates.get().amount) == ("GBP", 120)
    page = client.get(url).content.decode()
    assert "120.00 GBP" in page
    assert_well_made(page, url)
    form = client.get(add).content.decode()
    assert 'value="60.00"' in form
    assert_well_made(form, add)
    assert client.post(add, typed()).status_code == 409


def lineage_of(world: World, code: str) -> object:
    """A visit in every version of the schedule."""
    return VisitDefinition.objects.get(version=world.version, code=code).lineage


def test_pages_correct_terms_and_show_them_to_the_site(world: World, client: Client) -> None:
    held = set_up(world, rates={lineage_of(world, "W4"): Decimal(120)})
    client.force_login(finance_of(world))
    url, add = (reverse(name, args=["tmr-204"]) for name in ("budgets:terms", "budgets:set_terms"))
    correct = reverse("budgets:correct_terms", args=[held.pk])
    assert 'value="120.00"' in client.get(correct).content.decode()
    assert client.post(correct, typed(visit_amount="70")).status_code == 422
    answer = client.post(correct, typed(visit_amount="70", reason="typo", revision=held.revision))
    assert answer.status_code == 302
    held.refresh_from_db()
    assert (held.visit_amount, held.rates.get().amount) == (70, None)
    client.force_login(world.coordinator)
    assert "70.00 GBP" in client.get(url).content.decode()
    assert client.get(add).status_code == 403
    client.force_login(world.cra)
    assert client.get(url).status_code == 403
    assert Country.objects.count() == 1
    assert held.chip_on(timezone.localdate()) == ("ok", "In force")
