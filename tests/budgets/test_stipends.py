"""What completed visits earn: by the terms of their day, once, and only while they took place."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from budgets.actions import payments
from budgets.models import PaymentTerms, SubjectPayment
from budgets.queries import Year, earned, terms_at, unearned, year_of
from core.actions import RefusedError
from core.audit import under_event
from core.models import Obligation
from core.obligations import refresh_everything
from core.versions import ConflictError
from sites.actions import sites
from subjects.actions import visits
from subjects.models import Subject, Visit
from tests import kept_world
from tests.budgets.paid import claimed, done, finance_of, paid, set_up, stipend
from tests.subjects.test_same_moment import at_once
from tests.world import World, make_version, screen, user_with
from trials.models import VisitDefinition

DAY = timedelta(days=1)


def owed() -> dict[str, Decimal]:
    """What each visit earned, by its name."""
    return dict(earned().values_list("name", "amount"))


def took_back(held: Visit, by: User) -> None:
    """The visit is not completed any more."""
    with under_event("wrong subject"):
        step = Visit.flow.last(held)
        assert step
        Visit.flow.take_back(
            held, step, by=by, on=timezone.localdate(), reason="wrong subject", frozen_at=None
        )


@pytest.mark.django_db
def test_a_visit_earns_by_what_it_is_and_by_the_terms_of_its_day(world: World) -> None:
    subject = screen(world)
    done(world, "SCR", subject)
    done(world, "W2", subject)
    extra = visits.add_unscheduled(
        subject, name="Extra", on=timezone.localdate(), by=world.coordinator
    )
    visits.complete(extra, on=timezone.localdate(), by=world.coordinator)
    assert owed() == {}
    lineage = VisitDefinition.objects.get(version=world.version, code="W2").lineage
    tomorrow = timezone.localdate() + DAY
    later = set_up(world, from_on=tomorrow)
    assert owed() == {}
    set_up(world, country=world.site.country, rates={lineage: Decimal(90)})
    assert owed() == {"SCR": 60, "W2": 90, "Extra": 30}
    held = terms_at(world.site, timezone.localdate())
    assert held
    with under_event("in test"):
        held.rates.update(amount=None)
    assert owed()["W2"] == 60
    with under_event("in test"):
        PaymentTerms.objects.filter(pk=held.pk).update(unscheduled_amount=0)
    assert set(owed()) == {"SCR", "W2"}
    assert {visit.terms_id for visit in earned()} == {held.pk} != {later.pk}


@pytest.mark.django_db
def test_a_call_earns_what_calls_earn(world: World) -> None:
    version = make_version(world.trial, "1.1", world.manager, calls={"W2"})
    sites.put_into_effect(
        world.site, version=version, from_on=timezone.localdate() - 20 * DAY, by=world.manager
    )
    set_up(world)
    done(world)
    assert owed() == {"W2": 15}


@pytest.mark.django_db
def test_an_approved_stipend_keeps_its_amount_and_is_earned_once(world: World) -> None:
    set_up(world)
    held = stipend(world)
    assert (held.amount, held.currency, held.requested_by) == (60, "GBP", world.coordinator)
    assert (held.number, str(held), held.money) == ("PAY-1042-0001", "PAY-1042-0001", "60.00 GBP")
    assert [str(told.step.to_status) for told in SubjectPayment.flow.told(held)] == ["approved"]
    assert owed() == {}
    set_up(world, from_on=timezone.localdate(), visit_amount=Decimal(99))
    held.refresh_from_db()
    assert held.amount == 60
    with pytest.raises(RefusedError, match=r"Nothing was changed. W2 of .* no stipend"):
        payments.approve_stipends(world.site, visits=[held.visit], by=world.manager)
    with pytest.raises(IntegrityError, match="payment_of_a_visit_once"), transaction.atomic():
        SubjectPayment.objects.bulk_create([copy_of(held, "PAY-1042-0009")])
    payments.void(held, reason="Wrong rate", by=world.manager)
    assert owed() == {"W2": 99}


def copy_of(held: SubjectPayment, number: str) -> SubjectPayment:
    """The same payment under another number."""
    values = {field.attname: getattr(held, field.attname) for field in held._meta.concrete_fields}
    return SubjectPayment(**values | {"id": None, "number": number})


@pytest.mark.django_db
def test_who_recorded_a_visit_does_not_approve_its_stipend(world: World) -> None:
    set_up(world)
    subject = screen(world)
    own, other = done(world, "SCR", subject), done(world, "W2", subject)
    investigator = user_with(Role.INVESTIGATOR, world.site, world.admin)
    mine = visits.complete(
        visits.add_unscheduled(
            subject, name="Mine", on=timezone.localdate(), by=world.coordinator
        ),
        on=timezone.localdate(), by=investigator,
    )  # fmt: skip
    refused = payments.approve_stipends(world.site, visits=[own, other, mine], by=investigator)
    assert [str(one) for one in refused] == [
        f"Mine of {subject.number} was recorded by you, so somebody else approves it."
    ]
    assert SubjectPayment.objects.count() == 2
    with pytest.raises(RefusedError, match="Nothing was changed"):
        payments.approve_stipends(world.site, visits=[mine], by=investigator)
    assert owed() == {"Mine": 30}


@pytest.mark.django_db
def test_a_subject_may_want_no_money(world: World) -> None:
    set_up(world)
    held = done(world)
    with pytest.raises(RefusedError, match="Give the reason"):
        payments.decline_stipends(world.site, visits=[held], reason=" ", by=world.manager)
    payments.decline_stipends(world.site, visits=[held], reason="Wants none", by=world.manager)
    made = SubjectPayment.objects.get()
    assert (made.status, made.note, made.approved_by) == ("refused", "Wants none", None)
    assert owed() == {}
    payments.void(made, reason="Changed their mind", by=world.manager)
    assert owed() == {"W2": 60}


@pytest.mark.django_db
def test_a_visit_that_is_taken_back_makes_its_stipend_a_duty(world: World) -> None:
    set_up(world)
    finance = finance_of(world)
    first, second = stipend(world), paid(world, stipend(world), finance)
    assert not unearned().exists()
    for held in (first, second):
        took_back(held.visit, world.manager)
    assert set(unearned()) == {first, second}
    refresh_everything()
    duties = Obligation.objects.filter(met_at=None, rule__startswith="payment.")
    assert {(duty.rule, duty.object_id, duty.owner_role) for duty in duties} == {
        ("payment.unearned", first.pk, "trial_manager"),
        ("payment.recover", second.pk, "finance"),
        ("payment.reconcile", world.site.pk, "finance"),
    }
    payments.take_back(second, reason="Came back", by=finance)
    for held in (first, second):
        payments.void(held, reason="Visit taken back", by=world.manager)
    assert not unearned().exists()
    refresh_everything()
    assert not duties.filter(met_at=None).exists()


@pytest.mark.django_db
def test_a_stipend_is_not_paid_for_a_visit_that_was_taken_back(world: World) -> None:
    set_up(world)
    held, finance = stipend(world), finance_of(world)
    took_back(held.visit, world.manager)
    with pytest.raises(ConflictError, match="a visit or nights that changed, so it is voided"):
        paid(world, held, finance)
    assert not SubjectPayment.objects.filter(status="paid").exists()


@pytest.mark.django_db
def test_a_reconciled_stipend_without_its_visit_is_recovered(world: World) -> None:
    set_up(world)
    finance = finance_of(world)
    held = paid(world, stipend(world), finance)
    payments.reconcile(world.site, payments=[held], statement="May", by=finance)
    took_back(held.visit, world.manager)
    refresh_everything()
    assert Obligation.objects.get(rule="payment.recover", met_at=None).object_id == held.pk
    payments.take_back(held, reason="Came back", by=finance)
    payments.void(held, reason="Visit taken back", by=world.manager)
    refresh_everything()
    assert not Obligation.objects.filter(rule="payment.recover", met_at=None).exists()


@pytest.mark.django_db
def test_a_subject_entered_in_error_earns_nothing(world: World) -> None:
    set_up(world)
    held = done(world)
    assert owed() == {"W2": 60}
    with under_event("in test"):
        Subject.flow.move(
            held.subject, "in_error", by=world.manager, reason="twice",
            ended_on=timezone.localdate(), status_reason="twice",
        )  # fmt: skip
    assert owed() == {}


@pytest.mark.django_db
def test_a_year_is_counted_against_the_tax_threshold(world: World) -> None:
    terms, finance = set_up(world), finance_of(world)
    subject, year = screen(world), timezone.localdate().year
    held = stipend(world, "SCR", subject)
    claimed(world, subject)
    now = year_of(subject.pk, terms, year)
    assert (now.paid, now.to_pay, now.chip, now.words) == (0, 60, None, "60.00 GBP of 100.00 GBP")
    paid(world, held, finance)
    stipend(world, "W2", subject)
    now = year_of(subject.pk, terms, year)
    assert (now.paid, now.to_pay, now.chip) == (60, 60, ("warn", "Reaches the tax threshold"))
    assert year_of(subject.pk, terms, year - 1).paid == 0


@pytest.mark.parametrize(
    ("paid_sum", "threshold", "chip"),
    [
        (79, 100, None),
        (80, 100, "Near the tax threshold"),
        (100, 100, "Tax threshold reached"),
        (500, None, None),
    ],
)
def test_the_standing_of_a_year(paid_sum: int, threshold: int | None, chip: str | None) -> None:
    limit = None if threshold is None else Decimal(threshold)
    year = Year(2026, Decimal(paid_sum), Decimal(0), limit, "GBP")
    assert (year.chip and year.chip[1]) == chip


@pytest.mark.django_db
def test_visits_under_a_later_version_keep_their_rate(world: World) -> None:
    lineage = VisitDefinition.objects.get(version=world.version, code="W2").lineage
    set_up(world, rates={lineage: Decimal(90)})
    held = done(world)
    make_version(world.trial, "2.0", world.manager)
    assert earned().get(pk=held.pk).amount == 90
    assert held.performed_on >= date(2020, 1, 1)


def test_two_managers_approving_the_same_stipend(committed_db: str) -> None:
    world = kept_world.committed()
    set_up(world)
    held = done(world)
    other = user_with(Role.TRIAL_MANAGER, world.trial, world.admin)
    outcomes = at_once(
        *(
            lambda by=by: payments.approve_stipends(world.site, visits=[held], by=by)
            for by in (world.manager, other)
        )
    )
    assert sorted(said.split(".")[0] for said in outcomes) == ["Nothing was changed", "done"]
    assert SubjectPayment.objects.count() == 1


def test_two_people_paying_the_same_payment(committed_db: str) -> None:
    world = kept_world.committed()
    set_up(world)
    held = stipend(world)
    one, two = finance_of(world), finance_of(world)
    outcomes = at_once(lambda: paid(world, held, one), lambda: paid(world, held, two))
    assert sorted(outcomes) == [
        "Nothing was changed. PAY-1042-0001 is paid, not approved.", "done",
    ]  # fmt: skip
    with pytest.raises(ConflictError, match="is paid, not approved"):
        paid(world, held, one)
