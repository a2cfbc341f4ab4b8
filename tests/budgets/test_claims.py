"""Costs that subjects get back: what is refused with a way out, and what the database holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.roles import Role
from budgets.actions import payments
from budgets.models import SubjectPayment
from budgets.words import holds_bank_data
from core.actions import RefusedError
from core.audit import under_event
from core.models import Notice, Obligation
from core.versions import ConflictError
from documents.actions import add_version, void_version
from documents.models import DocumentVersion
from sites.models import Site
from tests.budgets.paid import approved, claimed, done, finance_of, paid, set_up
from tests.documents.papers import PDF, content
from tests.world import World, screen, user_with

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "stipend"}, "Stipends follow from completed visits"),
        ({"on": timezone.localdate() + 2 * DAY}, "has not come yet"),
        ({"kind": "mileage", "amount": None, "distance": None}, "how far the journey"),
        ({"distance": 12}, "Only a journey by own car"),
        ({"amount": None}, "Say how much"),
        ({"amount": Decimal("80.01")}, "above the limit of 80.00 GBP. Claim at most that, or say"),
        ({"kind": "meal", "amount": Decimal(13)}, "above the limit of 12.00 GBP"),
        ({"raw": None}, "Choose the receipt, or say why there is none"),
        ({"on": timezone.localdate() - 4000 * DAY}, "No payment terms are in force"),
    ],
)
def test_what_is_refused(world: World, values: dict[str, Any], said: str) -> None:
    set_up(world)
    with pytest.raises(RefusedError, match=said):
        claimed(world, **values)
    assert not SubjectPayment.objects.exists()
    assert not DocumentVersion.objects.exists()


def test_a_claim_comes_with_receipt_limit_and_the_terms_of_its_day(world: World) -> None:
    held_terms = set_up(world)
    subject = screen(world)
    taxi = claimed(world, subject)
    assert (taxi.status, taxi.cap, taxi.currency, taxi.terms) == (
        "requested",
        80,
        "GBP",
        held_terms,
    )
    assert taxi.receipt
    assert taxi.receipt.title == "Receipt of PAY-1042-0001"
    assert taxi.receipt.current.is_identifying
    over = claimed(
        world, subject, amount=Decimal(95), over_cap_reason="Strike, no train", note="Taxi home"
    )
    assert (over.number, over.over_cap_reason) == ("PAY-1042-0002", "Strike, no train")
    within = claimed(world, subject, over_cap_reason="needless", no_receipt_reason="needless")
    assert (within.over_cap_reason, within.no_receipt_reason) == ("", "")
    car = claimed(world, subject, kind="mileage", amount=None, distance=37, raw=None)
    assert (car.amount, car.receipt) == (Decimal("16.65"), None)
    lost = claimed(world, subject, kind="other", raw=None, no_receipt_reason="Machine was broken")
    assert lost.cap is None
    visit = done(world, "W2", subject)
    assert claimed(world, subject, visit=visit).visit == visit
    with pytest.raises(RefusedError, match="visit of another subject"):
        claimed(world, visit=visit)


def test_journeys_by_car_may_be_worth_nothing(world: World) -> None:
    set_up(world, distance_amount=Decimal(0))
    with pytest.raises(RefusedError, match="pay nothing for journeys"):
        claimed(world, kind="mileage", amount=None, distance=12, raw=None)


def test_a_receipt_proves_one_payment(world: World) -> None:
    set_up(world)
    raw = PDF + b"taxi 4711"
    first = claimed(world, raw=raw)
    with pytest.raises(ConflictError, match=r"This receipt is there already.*PAY-1042-0001"):
        claimed(world, raw=raw)
    payments.withdraw(first, reason="Wrong day", by=world.coordinator)
    assert claimed(world, raw=raw).number == "PAY-1042-0002"


def test_a_receipt_set_aside_proves_nothing_and_is_free_for_another_claim(world: World) -> None:
    set_up(world)
    raw = PDF + b"taxi 4712"
    first = claimed(world, raw=raw)
    assert first.receipt
    assert first.receipt.current
    void_version(first.receipt.current, reason="That of the meal", by=world.coordinator)
    with pytest.raises(ConflictError, match="has no receipt of its own: its file is voided"):
        payments.approve(world.site, payments=[first], by=world.manager)
    second = claimed(world, kind="meal", amount=Decimal(9), raw=raw)
    add = {"content": content("again.pdf", raw), "is_identifying": True, "by": world.coordinator}
    add_version(first.receipt, **add)
    with pytest.raises(ConflictError, match="or proves another"):
        payments.approve(world.site, payments=[first, second], by=world.manager)
    payments.withdraw(first, reason="Twice", by=world.coordinator)
    assert approved(world, second).status == "approved"


def test_journeys_of_a_day_are_claimed_once(world: World) -> None:
    set_up(world, distance_amount=Decimal("0.725"))
    subject = screen(world)
    car = {"kind": "mileage", "amount": None, "raw": None}
    first = claimed(world, subject, distance=37, **car)
    assert first.amount == Decimal("26.83")
    said = (
        r"PAY-1042-0001 is for the journey .* withdraw PAY-1042-0001 and claim the whole distance"
    )
    with pytest.raises(ConflictError, match=said):
        claimed(world, subject, distance=12, **car)
    again = {"pk": None, "number": "PAY-1042-0009"}
    with pytest.raises(IntegrityError, match="payment_of_a_journey_once"), transaction.atomic():
        SubjectPayment.objects.bulk_create([replaced(first, **again)])
    payments.withdraw(first, reason="Two journeys", by=world.coordinator)
    assert claimed(world, subject, distance=49, **car).amount == Decimal("35.53")
    assert claimed(world, subject, distance=1, on=timezone.localdate() - DAY, **car)


def replaced(held: SubjectPayment, **values: Any) -> SubjectPayment:
    """The same payment, but for some of its values."""
    found = SubjectPayment.objects.get(pk=held.pk)
    for name, value in values.items():
        setattr(found, name, value)
    return found


def test_nothing_is_paid_before_its_day(world: World) -> None:
    set_up(world)
    held, finance = approved(world), finance_of(world)
    with pytest.raises(ConflictError, match=r"PAY-1042-0001 is of .* and was not paid before"):
        payments.pay(
            world.site, payments=[held], method="cash", reference="1",
            on=held.on - 365 * DAY, by=finance,
        )  # fmt: skip


def test_a_site_without_a_number_pays_nothing(world: World) -> None:
    set_up(world)
    Site.objects.filter(pk=world.site.pk).update(status="identified", number="")
    with pytest.raises(RefusedError, match="Give the number first"):
        claimed(world)


def test_who_requests_does_not_approve_and_who_is_refused_is_told(world: World) -> None:
    set_up(world)
    investigator = user_with(Role.INVESTIGATOR, world.site, world.admin)
    subject = screen(world)
    first, second = claimed(world, subject), claimed(world, subject)
    own_yes = {"approved_by": world.coordinator, "approved_at": timezone.now()}
    broken = "requester_is_not_the_approver"
    with pytest.raises(IntegrityError, match=broken), transaction.atomic(), under_event("past"):
        SubjectPayment.flow.move(first, "approved", by=world.coordinator, **own_yes)
    own = payments_of(investigator, subject, world)
    with pytest.raises(ConflictError, match="requested by you, so somebody else"):
        payments.approve(world.site, payments=[own], by=investigator)
    refused = payments.approve(world.site, payments=[own, first], by=investigator)
    assert [one.what for one in refused] == [own.number]
    first.refresh_from_db()
    assert (first.status, first.approved_by) == ("approved", investigator)
    with pytest.raises(ConflictError, match="is approved already"):
        payments.approve(world.site, payments=[first], by=world.manager)
    with pytest.raises(RefusedError, match="Give a reason"):
        payments.refuse(second, reason=" ", by=world.manager)
    payments.refuse(second, reason="No receipt for the way back", by=world.manager)
    told = Notice.objects.get(kind="budgets.refused")
    assert (told.recipient_id, told.detail) == (world.coordinator.pk, "No receipt for the way back")
    payments.refuse(own, reason="Not mine after all", by=investigator)
    assert Notice.objects.filter(kind="budgets.refused").count() == 1


def payments_of(by: Any, subject: Any, world: World) -> SubjectPayment:
    """A claim that somebody else than the coordinator makes."""
    return claimed(replace(world, coordinator=by), subject)


def test_from_request_to_statement_and_back(world: World) -> None:
    set_up(world)
    finance, held = finance_of(world), approved(world)
    for reference, on, said in (
        ("GB29 NWBK 6016 1331 9268 19", timezone.localdate(), "account or a card"),
        ("4111 1111 1111 1111", timezone.localdate(), "account or a card"),
        ("RUN-1", timezone.localdate() + 2 * DAY, "has not come yet"),
    ):
        with pytest.raises(RefusedError, match=said):
            payments.pay(
                world.site, payments=[held], method="card", reference=reference, on=on, by=finance
            )
    with pytest.raises(ConflictError, match="is approved, not paid"):
        payments.reconcile(world.site, payments=[held], statement="9", by=finance)
    with pytest.raises(ConflictError, match="only what is paid"):
        payments.take_back(held, reason="late", by=finance)
    held = paid(world, held, finance)
    assert (held.method, held.reference, held.paid_on) == (
        "transfer",
        "RUN-7",
        timezone.localdate(),
    )
    with pytest.raises(RefusedError, match="Give the reason"):
        payments.take_back(held, reason="", by=finance)
    with pytest.raises(ConflictError, match="is paid, not approved"):
        payments.void(held, reason="late", by=world.manager)
    payments.take_back(held, reason="Account was closed", by=finance)
    held = paid(world, held, finance)
    with pytest.raises(RefusedError, match="number of an account"):
        payments.reconcile(world.site, payments=[held], statement="123456789012", by=finance)
    payments.reconcile(world.site, payments=[held], statement="2026-06 p. 4", by=finance)
    held.refresh_from_db()
    assert (held.status, held.statement) == ("reconciled", "2026-06 p. 4")
    held = payments.take_back(held, reason="Card was never used", by=finance)
    assert (held.status, held.statement, held.paid_on) == ("approved", "", None)
    steps = [told.step.to_status for told in SubjectPayment.flow.told(held)]
    assert steps[3:] == ["approved", "paid", "reconciled", "approved"]


def test_what_was_made_by_mistake_is_withdrawn_or_voided(world: World) -> None:
    set_up(world)
    held = claimed(world)
    with pytest.raises(ConflictError, match="is requested, not approved"):
        payments.void(held, reason="late", by=world.manager)
    held = approved(world, held)
    with pytest.raises(ConflictError, match="is approved, not requested"):
        payments.withdraw(held, reason="late", by=world.coordinator)
    with pytest.raises(RefusedError, match="Give a reason"):
        payments.void(held, reason=" ", by=world.manager)
    payments.void(held, reason="Wrong subject", by=world.manager)
    assert not Obligation.objects.filter(rule__startswith="payment.", met_at=None).exists()


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("amount = 1", "stays as it was requested"),
        ("currency = 'EUR'", "stays as it was requested"),
        ("status = 'paid'", "payment_paid_somehow|payment_approved_by_somebody"),
        ("status = 'approved'", "payment_approved_by_somebody"),
        ("status = 'lost'", "payment_status_known|payment_approved_by_somebody"),
        ("method = 'cash'", "payment_paid_somehow"),
        ("statement = 'x'", "payment_reconciled_with_a_statement"),
        ('paid_on = "on" - 1', "payment_not_paid_before_its_day|payment_paid_somehow"),
    ],
)
def test_the_database_keeps_a_payment(world: World, change: str, broken: str) -> None:
    set_up(world)
    held = claimed(world)
    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        run(f"UPDATE budgets_subjectpayment SET {change} WHERE id = {held.pk}")
    with pytest.raises(IntegrityError, match="A payment is kept"), transaction.atomic():
        run("DELETE FROM budgets_subjectpayment")


def run(sql: str) -> None:
    """Write past the actions."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({"amount": 0}, "payment_is_of_something"),
        ({"amount": 81}, "payment_above_the_cap_has_a_reason"),
        ({"receipt": None}, "payment_is_proven"),
        ({"distance": 3}, "payment_drives_a_car"),
        ({"kind": "stipend", "receipt": None}, "payment_is_proven"),
        ({"kind": "bribe"}, "payment_is_proven"),
        ({"currency": "EUR"}, "of another currency"),
        ({"requested_by": None}, "payment_claimed_by_somebody"),
        ({"nights": 2}, "payment_for_nights_is_a_stipend"),
    ],
)
def test_the_database_lets_no_wrong_payment_in(
    world: World, values: dict[str, Any], broken: str
) -> None:
    set_up(world)
    held = claimed(world)
    for name, value in ({"pk": None, "number": "PAY-1042-0009"} | values).items():
        setattr(held, name, value)
    if "receipt" not in values:
        held.receipt, held.no_receipt_reason = None, "lost"
    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        SubjectPayment.objects.bulk_create([held])


@pytest.mark.parametrize(
    ("text", "is_bank"),
    [
        ("RUN-2026-0412", False), ("Voucher 88123", False), ("2026-06-11 batch 4", False),
        ("DE89 3704 0044 0532 0130 00", True), ("gb29nwbk60161331926819", True),
        ("5500-0000-0000-0004", True),
    ],
)  # fmt: skip
def test_bank_data_are_known_by_their_looks(text: str, is_bank: bool) -> None:  # noqa: FBT001
    assert holds_bank_data(text) is is_bank
