"""The shape of input about payments to subjects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.validators import MinValueValidator

from budgets.models import Method, PaymentTerms, SubjectPayment
from budgets.models.payment import CAPS
from core.dates.field import DayField, today
from documents.forms import ContentField
from subjects.models import Subject, Visit, VisitStatus
from trials.models import Trial, VisitDefinition

NAUGHT, CENT = Decimal(0), Decimal("0.01")
LIMITS = {"trip_cap", "meal_cap", "other_cap", "tax_threshold"}
MONEY: dict[str, Any] = {"max_digits": 10, "decimal_places": 2, "required": False}


class ClaimForm(forms.ModelForm[SubjectPayment]):
    """What was paid on which day, and the receipt."""

    class Meta:
        model = SubjectPayment
        fields = (
            "kind", "on", "visit", "amount", "distance", "note", "no_receipt_reason",
            "over_cap_reason",
        )  # fmt: skip
        labels: ClassVar = {"no_receipt_reason": "Why there is no receipt"}
        help_texts: ClassVar = {
            "note": "For example: taxi home after the biopsy. No names.",
            "over_cap_reason": "Only where the cost is above the limit of the terms.",
        }

    kind = forms.ChoiceField(
        choices=[("", "Choose"), *((kind.value, kind.label) for kind in CAPS)], label="Cost"
    )
    on = DayField(label="Paid on")
    amount = forms.DecimalField(label="Amount", min_value=CENT, **MONEY)
    distance = forms.IntegerField(required=False, min_value=1, max_value=5000)
    receipt = ContentField(required=False)
    is_identifying = forms.BooleanField(
        required=False, initial=True, label="The receipt shows who the subject is",
        help_text="Then only the site opens it. Black out names, then untick this, for finance to see it.",
    )  # fmt: skip
    field_order = (
        "kind", "on", "visit", "amount", "distance", "note", "receipt", "is_identifying",
        "no_receipt_reason", "over_cap_reason",
    )  # fmt: skip

    def __init__(self, *args: Any, subject: Subject, terms: PaymentTerms | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        done = Visit.objects.filter(subject=subject, status=VisitStatus.COMPLETED)
        visit: Any = self.fields["visit"]
        visit.queryset, visit.empty_label = done.order_by("-performed_on", "-pk"), "None"
        visit.label_from_instance = lambda one: one.name
        self.fields["on"].initial = today()
        if terms is None:
            return
        self.fields["amount"].label = f"Amount in {terms.currency}"
        unit = terms.get_distance_unit_display()
        self.fields["distance"].label = f"Distance by own car, in {unit}s"
        self.fields["distance"].help_text = (
            f"There and back. {terms.distance_rate} {terms.currency} for a {unit}; the amount"
            " follows from it."
        )

    def _post_clean(self) -> None:
        """The action judges the claim; the form only reads it."""


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)


class PayForm(forms.Form):
    """How and when the money went to the subjects."""

    method = forms.ChoiceField(choices=[("", "Choose"), *Method.choices])
    on = DayField(label="Paid on")
    reference = forms.CharField(
        max_length=60, help_text="The number of the payment run or voucher. No account numbers."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class ReconcileForm(forms.Form):
    """Where the payments were found."""

    statement = forms.CharField(
        max_length=60, help_text="The number of the bank or card statement. No account numbers."
    )


class ApproveForm(forms.Form):
    """A yes; there is nothing to say with it."""


class TermsForm(forms.ModelForm[PaymentTerms]):
    """What is paid for which visit, and up to which amount costs are paid back."""

    class Meta:
        model = PaymentTerms
        fields = (
            "currency", "visit_amount", "call_amount", "unscheduled_amount", "night_amount", "distance_unit",
            "distance_amount", "trip_cap", "meal_cap", "other_cap", "tax_threshold",
        )  # fmt: skip

    def __init__(self, *args: Any, visits: Iterable[VisitDefinition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.instance
        rates: dict[UUID, Decimal | None] = (
            {rate.lineage: rate.amount for rate in held.rates.all()} if held.pk else {}
        )
        self.visits = {f"visit_{visit.lineage}": visit for visit in visits}
        for name, field in self.fields.items():
            if isinstance(field, forms.DecimalField):
                field.validators.append(MinValueValidator(CENT if name in LIMITS else NAUGHT))
        for name, visit in self.visits.items():
            self.fields[name] = forms.DecimalField(
                label=visit.name, min_value=NAUGHT, initial=rates.get(visit.lineage), **MONEY
            )

    def clean_currency(self) -> str:
        """A code in capitals."""
        code = str(self.cleaned_data["currency"]).strip().upper()
        if not re.fullmatch("[A-Z]{3}", code):
            raise forms.ValidationError("Write the three letters of the currency, as in GBP.")
        return code

    def clean(self) -> dict[str, Any]:
        """The fields of the terms, and the rates of single visits by lineage."""
        super().clean()
        values = self.cleaned_data
        rates = {visit.lineage: values.pop(name, None) for name, visit in self.visits.items()}
        return {
            "rates": rates,
            "values": {name: values[name] for name in self.Meta.fields if name in values},
        } | {name: values[name] for name in ("country", "from_on", "reason") if name in values}

    def _post_clean(self) -> None:
        """The action judges the terms; the form only reads them."""

    def of_visits(self) -> list[forms.BoundField]:
        """The rates of single visits."""
        return [self[name] for name in self.visits]


class NewTermsForm(TermsForm):
    """The same, with where and from when."""

    country = forms.ModelChoiceField(
        Trial.objects.none(), required=False, label="For", empty_label="The whole trial"
    )
    from_on = DayField(
        label="From",
        help_text="Terms that are in force then end on the day before; those that begin later stay.",
    )
    field_order = ("country", "from_on")

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.queryset = trial.countries.order_by("name")
        country.label_from_instance = lambda one: one.name


class CorrectTermsForm(TermsForm):
    """The same, with the reason."""

    reason = forms.CharField(max_length=200, label="Reason for correction")
