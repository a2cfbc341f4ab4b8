"""What subjects are paid: set from a day on, corrected with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.models import User
from budgets.models import PaymentTerms, StipendRate
from budgets.queries import visits_of
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from trials.models import Country, Trial

Rates = Mapping[UUID, Decimal | None]


@action(Permission.STIPEND_EDIT, "set payment terms")
def set_terms(
    trial: Trial, *, country: Country | None, from_on: date, values: Mapping[str, Any],
    rates: Rates, by: User,
) -> PaymentTerms:  # fmt: skip
    """Say what subjects are paid from a day on, until other terms begin; those before end on the day before."""
    lock(trial)
    rows = PaymentTerms.objects.filter(trial=trial, country=country)
    later = rows.filter(during__startswith__gte=from_on).order_by("during").first()
    until = later and later.during.lower
    if until == from_on:
        raise ConflictError(
            f"Terms are there from {show_day(from_on)}. Correct those, or choose another day."
        )
    for before in rows.filter(during__contains=from_on):
        before.during = DateRange(before.during.lower, from_on, "[)")
        before.save(update_fields=["during"])
    made: PaymentTerms = PaymentTerms.objects.create(
        trial=trial, country=country, during=DateRange(from_on, until, "[)"), **values
    )
    _rate(made, rates)
    return made


@action(Permission.STIPEND_EDIT, "correct payment terms")
def correct_terms(
    terms: PaymentTerms, *, values: Mapping[str, Any], rates: Rates, reason: str, by: User,
    revision: int | None = None,
) -> PaymentTerms:  # fmt: skip
    """Put right what was set wrongly; what was approved stays, what was not is computed anew."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = lock(terms, revision)
    if values["currency"] != held.currency and held.payments.exists():
        raise RefusedError(
            f"Payments were made in {held.currency} under these terms."
            " Set new terms for another currency."
        )
    for name, value in values.items():
        setattr(held, name, value)
    held.save()
    _rate(held, rates)
    return held


def _rate(terms: PaymentTerms, rates: Rates) -> None:
    """Visits that are paid otherwise than the rest; one that no longer is keeps an empty rate."""
    names = {visit.lineage: visit.name for visit in visits_of(terms.trial)}
    there = {rate.lineage: rate for rate in terms.rates.all()}
    for lineage, amount in rates.items():
        rate = there.get(lineage)
        if rate is None and amount is not None:
            StipendRate.objects.create(
                terms=terms, lineage=lineage, name=names[lineage], amount=amount
            )
        elif rate is not None and rate.amount != amount:
            rate.amount = amount
            rate.save(update_fields=["amount"])
