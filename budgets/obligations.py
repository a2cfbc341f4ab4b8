"""What is due about payments to subjects: to approve, to pay, to reconcile, to get back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Count, F, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from accounts.roles import Role
from budgets.models import PaymentStatus, PaymentTerms, StipendRate, SubjectPayment
from budgets.models.payment import GONE
from budgets.queries import earned, unearned
from core.given import Moment
from core.obligations import Within, rule
from sites.models import Site
from subjects.models import Leave, Stay, Subject, Visit

S = PaymentStatus
APPROVED_WITHIN, PAID_WITHIN, RECONCILED_WITHIN = (timedelta(days=days) for days in (7, 14, 45))
TEXT, KEY = models.TextField(), models.BigIntegerField()


def _days_after(day: Combinable, more: timedelta) -> Combinable:
    later = models.ExpressionWrapper(day + Value(more), output_field=models.DateTimeField())
    return Cast(later, models.DateField())


def _payments(rows: QuerySet[Any], within: Within, label: str, due_on: Combinable) -> QuerySet[Any]:
    """Payments as duties, in the columns of the obligations table."""
    columns: dict[str, Any] = {
        "trial_id": F("site__trial_id"),
        "place_id": F("site__place_id"),
        "label": Concat(Value(f"{label} "), F("number"), output_field=TEXT),
        "detail": Concat(
            F("subject__number"), Value(", "), Cast("amount", TEXT), Value(" "), F("currency"),
            Value(", "), F("site__trial__protocol_number"), output_field=TEXT,
        ),
        "url": Concat(
            Value("/trials/"), F("site__trial__code"), Value("/subject-payments/"), F("number"),
            Value("/"), output_field=TEXT,
        ),
        "due_on": due_on,
    }  # fmt: skip
    return within.narrow(rows.annotate(**columns))


def _sites(
    of_site: QuerySet[Any], within: Within, label: str, page: str, first: str, more: timedelta
) -> QuerySet[Any]:
    """One duty for all rows of a site, due so long after the first of them."""
    grouped = of_site.filter(site=OuterRef("pk")).order_by().values("site")
    rows = Site.objects.filter(trial__in=PaymentTerms.objects.values("trial")).annotate(
        total=Subquery(grouped.annotate(n=Count("pk")).values("n")[:1]),
        first=Subquery(grouped.annotate(n=Min(first)).values("n")[:1]),
    )
    columns: dict[str, Any] = {
        "site_id": F("pk"),
        "subject_id": Value(None, KEY),
        "label": Concat(
            Value(f"{label} at "), F("number"), Value(": "), Cast("total", TEXT), output_field=TEXT
        ),
        "detail": F("trial__protocol_number"),
        "url": Concat(
            Value("/trials/"), F("trial__code"), Value(f"/{page}site="), F("number"),
            output_field=TEXT,
        ),
        "due_on": _days_after(F("first"), more),
    }  # fmt: skip
    return within.narrow(rows.filter(total__gt=0).annotate(**columns), site_id="pk")


@rule(
    "payment.earned", "Stipends to approve", owner=Role.TRIAL_MANAGER, ball="sponsor",
    icon="wallet", reads=(SubjectPayment, PaymentTerms, StipendRate),
)  # fmt: skip
def stipends_to_approve(within: Within, now: Moment) -> QuerySet[Site]:
    """Sites at which completed visits earned stipends that nobody approved."""
    return _sites(
        earned(), within, "Approve stipends", "stipends/?", "performed_on", APPROVED_WITHIN
    )


@rule(
    "payment.approve", "Claim to approve", owner=Role.TRIAL_MANAGER, ball="sponsor",
    icon="wallet", reads=(SubjectPayment,),
)  # fmt: skip
def claim_to_approve(within: Within, now: Moment) -> QuerySet[SubjectPayment]:
    """Claims that wait for somebody else's yes or no."""
    rows = SubjectPayment.objects.filter(status=S.REQUESTED)
    return _payments(rows, within, "Approve claim", _days_after(F("requested_at"), APPROVED_WITHIN))


@rule(
    "payment.pay", "Payments to subjects to make", owner=Role.FINANCE, ball="sponsor",
    icon="wallet", reads=(SubjectPayment,),
)  # fmt: skip
def payments_to_make(within: Within, now: Moment) -> QuerySet[Site]:
    """Sites with approved payments that did not go to their subjects."""
    rows = SubjectPayment.objects.filter(status=S.APPROVED).exclude(pk__in=unearned().values("pk"))
    page = "subject-payments/?status=approved&"
    return _sites(rows, within, "Pay subjects", page, "approved_at", PAID_WITHIN)


@rule(
    "payment.reconcile", "Payments to subjects to reconcile", owner=Role.FINANCE, ball="sponsor",
    icon="wallet", reads=(SubjectPayment,),
)  # fmt: skip
def payments_to_reconcile(within: Within, now: Moment) -> QuerySet[Site]:
    """Sites with payments that nobody has found on a statement."""
    rows = SubjectPayment.objects.filter(status=S.PAID)
    page = "subject-payments/?status=paid&"
    return _sites(rows, within, "Reconcile payments", page, "paid_on", RECONCILED_WITHIN)


@rule(
    "payment.unearned", "Stipend earned otherwise now", owner=Role.TRIAL_MANAGER, ball="sponsor",
    icon="alert", reads=(SubjectPayment, Visit, Subject, Stay, Leave),
)  # fmt: skip
def stipend_to_void(within: Within, now: Moment) -> QuerySet[SubjectPayment]:
    """Approved stipends whose visit is not completed any more, or has other nights now."""
    rows = unearned().filter(status=S.APPROVED)
    return _payments(
        rows, within, "Visit or nights changed: void", Cast(F("approved_at"), models.DateField())
    )


@rule(
    "payment.recover", "Paid stipend earned otherwise now", owner=Role.FINANCE, ball="sponsor",
    icon="alert", reads=(SubjectPayment, Visit, Subject, Stay, Leave),
)  # fmt: skip
def stipend_to_recover(within: Within, now: Moment) -> QuerySet[SubjectPayment]:
    """Paid stipends whose visit is not completed any more, or has other nights now."""
    rows = unearned().filter(status__in=GONE)
    return _payments(rows, within, "Visit or nights changed: recover", F("paid_on"))
