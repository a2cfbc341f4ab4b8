"""Payments to subjects over REST: terms, claims, and the steps of a payment, by subject number."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from budgets.actions import claims, payments
from budgets.models import Method, PaymentKind, PaymentStatus, PaymentTerms, SubjectPayment
from budgets.models.payment import CAPS
from core.api.resources import Act, Addable, Resource, WithHistory, step
from core.api.shapes import LARGEST_KEY, Changing, Seen, Shape, Why, many_of
from documents.api import FileShape
from subjects.models import Subject, Visit


class TermsFilters(Changing):
    """Filters of payment terms."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")
    country = serializers.CharField(source="country__code", required=False)
    on = serializers.DateField(
        source="during__contains", required=False, help_text="In force on this day."
    )


class PaymentTermsResource(Resource):
    """What subjects of a trial, or of one country of it, are paid while the terms are in force."""

    model = PaymentTerms
    filters = TermsFilters
    columns = {
        "id": "pk", "trial": "trial__code", "country": "country__code",
        "from_on": "during__startswith", "until": "during__endswith", "currency": "currency",
        "visit_amount": "visit_amount", "call_amount": "call_amount",
        "unscheduled_amount": "unscheduled_amount",
        "night_amount": "night_amount", "distance_unit": "distance_unit",
        "distance_amount": "distance_amount", "trip_cap": "trip_cap", "meal_cap": "meal_cap",
        "other_cap": "other_cap", "tax_threshold": "tax_threshold",
    }  # fmt: skip


class Claim(Shape):
    """A cost that a subject gets back; its amount follows from the distance of a journey by own car."""

    subject = Seen(queryset=Subject.objects.all())
    visit = Seen(queryset=Visit.objects.all(), required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=[(str(kind), kind.label) for kind in CAPS])
    on = serializers.DateField()
    amount = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=claims.CENT, required=False
    )
    distance = serializers.IntegerField(required=False, min_value=1, max_value=5000)
    note = serializers.CharField(required=False, max_length=200, help_text="No names.")
    receipt = FileShape(required=False)
    is_identifying = serializers.BooleanField(
        default=True, help_text="The receipt shows who the subject is, and stays at the site."
    )
    no_receipt_reason = serializers.CharField(required=False, max_length=200)
    over_cap_reason = serializers.CharField(required=False, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The claim as the action takes it."""
        given = {name: attrs.pop(name) for name in ("subject", "is_identifying")}
        return given | {"receipt": attrs.pop("receipt", None), "values": attrs}


class OfOne(Shape):
    """A step that a site takes with many payments, taken with one."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The step as the action takes it."""
        return attrs | {"payments": [self.context["record"]]}


class Paying(OfOne):
    """How and when the money went to the subject."""

    method = serializers.ChoiceField(choices=Method.choices)
    reference = serializers.CharField(max_length=60, help_text="No account numbers.")
    on = serializers.DateField()


class Found(OfOne):
    """The statement on which the payment was found."""

    statement = serializers.CharField(max_length=60, help_text="No account numbers.")


class PaymentFilters(Changing):
    """Filters of payments to subjects."""

    trial = serializers.CharField(source="site__trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    number = serializers.CharField(required=False)
    kind = many_of(PaymentKind, "kind__in")
    status = many_of(PaymentStatus, "status__in")
    paid_from = serializers.DateField(source="paid_on__gte", required=False)
    paid_to = serializers.DateField(source="paid_on__lte", required=False)


class SubjectPaymentResource(WithHistory, Addable):
    """Money for a subject: earned by a visit, or claimed for a cost."""

    model = SubjectPayment
    filters = PaymentFilters
    adding, adding_shape, parent = claims.claim, Claim, "subject"
    columns = {
        "id": "pk", "trial": "site__trial__code", "site": "site_id", "site_number": "site__number",
        "subject": "subject_id", "subject_number": "subject__number", "visit": "visit_id",
        "number": "number", "kind": "kind", "status": "status", "on": "on", "amount": "amount",
        "currency": "currency", "distance": "distance", "nights": "nights", "cap": "cap",
        "over_cap_reason": "over_cap_reason", "receipt": "receipt_id",
        "no_receipt_reason": "no_receipt_reason", "note": "note", "requested_by": "requested_by_id",
        "approved_by": "approved_by_id", "approved_at": "approved_at", "method": "method",
        "reference": "reference", "paid_on": "paid_on", "statement": "statement",
    }  # fmt: skip

    approve = step(payments.approve, OfOne)
    pay = step(payments.pay, Paying)
    reconcile = step(payments.reconcile, Found)
    refuse = step(payments.refuse, Why)
    withdraw = step(payments.withdraw, Why)
    void = step(payments.void, Why)
    take_back = step(payments.take_back, Why)

    def target(self, act: Act, record: Any) -> Any:
        """The payment, or its site where the step is one of the site."""
        return record.site if act in OF_SITE else record


OF_SITE = (payments.approve, payments.pay, payments.reconcile)
