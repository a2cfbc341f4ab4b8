"""What subjects are paid for which visit, and up to which amount they get costs back, since when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

from core.access import ScopedModel
from core.links import address
from core.permissions import Permission
from sites.models.place import same
from trials.models import Country, Trial

NAUGHT = Decimal(0)


class Unit(models.TextChoices):
    """In what distances are told."""

    KILOMETRE = "km", "kilometre"
    MILE = "mi", "mile"


def amount(name: str, **more: Any) -> models.DecimalField[Any, Any]:
    """A column for an amount of money with its cents."""
    return models.DecimalField(name, max_digits=10, decimal_places=2, **more)


def _same_country() -> tuple[Func, str]:
    """Equality of the country, where none is a country of its own."""
    key = Coalesce(F("country_id"), Value(0))
    return Func(key, key, Value("[]"), function="int8range"), RangeOperators.OVERLAPS


class PaymentTerms(ScopedModel):
    """What subjects of a trial, or of one country of it, are paid while the terms are in force."""

    scope = "trial"
    shared_below = True  # subjects are told of it in their consent form
    view_permission = Permission.STIPEND_VIEW
    reasoned = (
        "currency", "visit_amount", "call_amount", "unscheduled_amount", "night_amount", "distance_unit",
        "distance_amount", "trip_cap", "meal_cap", "other_cap", "tax_threshold",
    )  # fmt: skip

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="payment_terms")
    country = models.ForeignKey(
        Country, null=True, blank=True, on_delete=models.PROTECT, related_name="payment_terms"
    )
    during = DateRangeField("in force", help_text="an open end while they last")
    currency = models.CharField(max_length=3, help_text="ISO 4217, for example GBP.")
    visit_amount = amount("for a visit")
    call_amount = amount("for a phone or video visit", default=NAUGHT)
    unscheduled_amount = amount("for an unscheduled visit", default=NAUGHT)
    night_amount = amount(
        "for a night in a bed", default=NAUGHT, help_text="Besides what the visit is paid."
    )
    distance_unit = models.CharField(
        "distances in", max_length=2, choices=Unit.choices, default=Unit.KILOMETRE
    )
    distance_amount = models.DecimalField(
        "for each of them by own car", max_digits=10, decimal_places=3, default=NAUGHT,
        help_text="Such rates go below the cent, for example 0.725.",
    )  # fmt: skip
    trip_cap = amount(
        "most for one journey", null=True, blank=True, help_text="Empty where there is no limit."
    )
    meal_cap = amount("most for one meal", null=True, blank=True)
    other_cap = amount("most for other costs", null=True, blank=True)
    tax_threshold = amount(
        "tax threshold of a year", null=True, blank=True,
        help_text="Stipends of a subject in a calendar year from which they are reported for tax.",
    )  # fmt: skip
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "payment terms"
        constraints: ClassVar = [
            ExclusionConstraint(
                name="payment_terms_no_overlap",
                expressions=[
                    same("trial_id"), _same_country(), ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False),
                name="payment_terms_begin",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="payment_terms_currency_is_coded"
            ),
            models.CheckConstraint(
                condition=Q(
                    visit_amount__gte=0, call_amount__gte=0, unscheduled_amount__gte=0,
                    night_amount__gte=0, distance_amount__gte=0,
                ),
                name="payment_terms_take_nothing",
            ),
            models.CheckConstraint(
                condition=Q(distance_unit__in=Unit.values), name="payment_terms_unit_known"
            ),
            *(
                models.CheckConstraint(
                    condition=Q((name, None)) | Q((f"{name}__gt", 0)),
                    name=f"payment_terms_{name}_leaves_something",
                )
                for name in ("trip_cap", "meal_cap", "other_cap", "tax_threshold")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Payment terms of {self.country.name if self.country else self.trial}"

    @property
    def distance_rate(self) -> str:
        """What is paid for a mile or kilometre: below the cent only where it goes there."""
        return f"{self.distance_amount:.3f}".removesuffix("0")

    @property
    def last_on(self) -> date | None:
        """The last day on which they are in force, if there is one."""
        return self.during.upper and self.during.upper - timedelta(days=1)

    def chip_on(self, day: date) -> tuple[str, str]:
        """Whether they are in force on a day."""
        if day in self.during:
            return "ok", "In force"
        return ("", "Ended") if self.last_on and self.last_on < day else ("info", "To come")

    def get_absolute_url(self) -> str:
        """The page of the terms of the trial."""
        return address("budgets:terms", self.trial.code)


class StipendRate(ScopedModel):
    """What is paid for one visit of the schedule, where that differs from other visits."""

    scope = "terms__trial"
    part_of = "terms"
    shared_below = True
    view_permission = Permission.STIPEND_VIEW
    reasoned = ("amount",)

    terms = models.ForeignKey(PaymentTerms, on_delete=models.PROTECT, related_name="rates")
    lineage = models.UUIDField(help_text="of the visit, the same in all versions of the schedule")
    name = models.CharField(max_length=200)
    amount = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Empty: like other visits.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["terms", "lineage"], name="stipend_rate_once"),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="stipend_rate_takes_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.terms}"
