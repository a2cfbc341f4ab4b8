"""Costs that subjects get back: claimed with a receipt, within the limits of the terms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from budgets.actions.numbers import next_numbers
from budgets.models import PaymentKind, PaymentTerms, SubjectPayment
from budgets.models.payment import CAPS, DROPPED
from budgets.queries import terms_at
from budgets.words import show_money
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from documents.actions import add_document
from documents.content import Content
from documents.models import DocumentKind
from documents.store import hash_of
from subjects.models import Subject

CENT = Decimal("0.01")


@action(Permission.CLAIM_REQUEST, "claim costs")
def claim(
    subject: Subject, *, values: Mapping[str, Any], by: User, receipt: Content | None = None,
    is_identifying: bool = True,
) -> SubjectPayment:  # fmt: skip
    """Ask that a subject gets a cost back; somebody else approves it."""
    site = lock(subject.site)
    made = SubjectPayment(subject=subject, site=site, requested_by=by, **values)
    _refuse_unclear(made)
    terms = _terms(made)
    made.terms, made.currency = terms, terms.currency
    if made.kind == PaymentKind.MILEAGE:
        made.amount = _driven(made, terms)
        _refuse_twice(made)
    _refuse_uncapped(made, terms)
    (made.number,) = next_numbers(site, 1)
    _prove(made, receipt, is_identifying=is_identifying, by=by)
    made.save()
    SubjectPayment.flow.begin(made, on=timezone.localdate(timezone=site.place.zone), by=by)
    return made


def _refuse_unclear(made: SubjectPayment) -> None:
    today = timezone.localdate(timezone=made.site.place.zone)
    if made.kind not in CAPS:
        raise RefusedError("Stipends follow from completed visits. Claim a cost.")
    if made.on > today:
        raise RefusedError("That day has not come yet. Choose the day on which it was paid.")
    if made.visit is not None and made.visit.subject_id != made.subject_id:
        raise RefusedError(f"{made.visit} is a visit of another subject.")
    _refuse_unmeasured(made)


def _refuse_unmeasured(made: SubjectPayment) -> None:
    """A journey by own car has a distance, everything else an amount."""
    if made.kind == PaymentKind.MILEAGE:
        if not made.distance:
            raise RefusedError("Say how far the journey by own car was, there and back.")
        return
    if made.distance:
        raise RefusedError("Only a journey by own car has a distance. Leave it empty.")
    if not made.amount or made.amount <= 0:
        raise RefusedError("Say how much it was.")


def _terms(made: SubjectPayment) -> PaymentTerms:
    terms = terms_at(made.site, made.on)
    if terms is None:
        raise RefusedError(
            f"No payment terms are in force at {made.site} on {show_day(made.on)}."
            " The trial manager or finance sets them in the set-up of the trial."
        )
    return terms


def _driven(made: SubjectPayment, terms: PaymentTerms) -> Decimal:
    """What a journey by own car comes to: a cent at least."""
    if not terms.distance_amount:
        raise RefusedError("The terms pay nothing for journeys by own car.")
    driven: Decimal = (made.distance or 0) * terms.distance_amount
    return max(driven.quantize(CENT, ROUND_HALF_UP), CENT)


def _refuse_twice(made: SubjectPayment) -> None:
    """Journeys by own car have no receipt that proves one, so a day has one claim for all of them."""
    same = SubjectPayment.objects.filter(subject=made.subject, on=made.on, kind=made.kind)
    if (other := same.exclude(status__in=DROPPED).first()) is not None:
        raise ConflictError(
            f"{other} is for the journey by own car of {show_day(made.on)} already. Where there was"
            f" another one on that day, withdraw {other} and claim the whole distance."
        )


def _refuse_uncapped(made: SubjectPayment, terms: PaymentTerms) -> None:
    """What is above the limit of its kind needs a reason; what is not has none."""
    made.cap = getattr(terms, CAPS[PaymentKind(made.kind)])
    if made.cap is None or made.amount <= made.cap:
        made.over_cap_reason = ""
    elif not made.over_cap_reason.strip():
        raise RefusedError(
            f"{made.money} is above the limit of {show_money(made.cap, made.currency)}."
            " Claim at most that, or say why it had to be more."
        )


def _prove(
    made: SubjectPayment, receipt: Content | None, *, is_identifying: bool, by: User
) -> None:
    """Keep the receipt; one file proves one payment."""
    if receipt is None:
        if made.kind != PaymentKind.MILEAGE and not made.no_receipt_reason.strip():
            raise RefusedError("Choose the receipt, or say why there is none.")
        return
    same = SubjectPayment.objects.filter(
        receipt__versions__sha256=hash_of(receipt.raw), receipt__versions__voided_at=None
    )
    if (other := same.exclude(status__in=DROPPED).first()) is not None:
        raise ConflictError(
            f"This receipt is there already, with another payment of site {other.site.number}:"
            f" {other}. Choose the receipt of this cost."
        )
    made.no_receipt_reason = ""
    made.receipt = add_document(
        made.site, kind=DocumentKind.RECEIPT, title=f"Receipt of {made}", content=receipt,
        is_identifying=is_identifying, by=by,
    )  # fmt: skip
