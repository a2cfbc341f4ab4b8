"""Payments for tests."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from budgets.actions import claims, payments, terms
from budgets.models import PaymentTerms, SubjectPayment
from subjects.actions import subjects, visits
from subjects.models import Subject, Visit
from tests.documents.papers import PDF, content
from tests.world import World, screen, user_with, visit

DAY = timedelta(days=1)
VALUES: dict[str, Any] = {
    "currency": "GBP", "visit_amount": Decimal(60), "call_amount": Decimal(15),
    "unscheduled_amount": Decimal(30), "night_amount": Decimal(80), "distance_unit": "mi", "distance_amount": Decimal("0.45"),
    "trip_cap": Decimal(80), "meal_cap": Decimal(12), "other_cap": None,
    "tax_threshold": Decimal(100),
}  # fmt: skip


def set_up(world: World, *, from_on: date = date(2020, 1, 1), **more: Any) -> PaymentTerms:
    """The terms of the trial."""
    country, rates = more.pop("country", None), more.pop("rates", {})
    return terms.set_terms(
        world.trial, country=country, from_on=from_on, values=VALUES | more, rates=rates,
        by=world.manager,
    )  # fmt: skip


def done(world: World, code: str = "W2", subject: Subject | None = None) -> Visit:
    """A visit of a subject that is completed today."""
    subject = subject or screen(world)
    if code != "SCR" and not subject.anchors.filter(code="day_1").exists():
        subjects.set_anchor(
            subject, code="day_1", on=timezone.localdate() - 14 * DAY, by=world.coordinator
        )
    return visits.complete(visit(subject, code), on=timezone.localdate(), by=world.coordinator)


def claimed(world: World, subject: Subject | None = None, **more: Any) -> SubjectPayment:
    """A taxi with its receipt."""
    raw = more.pop("raw", PDF + str(timezone.now().timestamp()).encode())
    receipt = None if raw is None else content("taxi.pdf", raw)
    values = {"kind": "travel", "on": timezone.localdate(), "amount": Decimal("23.50"), **more}
    return claims.claim(
        subject or screen(world), values=values, receipt=receipt, by=world.coordinator
    )


def approved(world: World, held: SubjectPayment | None = None) -> SubjectPayment:
    """The same, approved by the manager."""
    held = held or claimed(world)
    payments.approve(world.site, payments=[held], by=world.manager)
    held.refresh_from_db()
    return held


def stipend(world: World, code: str = "W2", subject: Subject | None = None) -> SubjectPayment:
    """An approved stipend."""
    held = done(world, code, subject)
    payments.approve_stipends(world.site, visits=[held], by=world.manager)
    found: SubjectPayment = SubjectPayment.objects.get(
        visit=held, kind="stipend", status="approved"
    )
    return found


def finance_of(world: World) -> User:
    """Who pays."""
    return user_with(Role.FINANCE, world.trial, world.admin)


def paid(world: World, held: SubjectPayment, by: User) -> SubjectPayment:
    """The same, paid by transfer."""
    payments.pay(
        world.site, payments=[held], method="transfer", reference="RUN-7",
        on=timezone.localdate(), by=by,
    )  # fmt: skip
    held.refresh_from_db()
    return held
