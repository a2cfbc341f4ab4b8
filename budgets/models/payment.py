"""Payments to subjects: stipends for visits and costs they get back, from request to the bank statement."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from budgets.models.terms import PaymentTerms
from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from documents.models import Document
from sites.models import Site
from subjects.models import Subject, Visit


class PaymentKind(models.TextChoices):
    """What is paid."""

    STIPEND = "stipend", "Stipend"
    MILEAGE = "mileage", "Journey by own car"
    TRAVEL = "travel", "Train, bus or taxi"
    MEAL = "meal", "Meal"
    OTHER = "other", "Other cost"


class PaymentStatus(models.TextChoices):
    """How far a payment is."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    PAID = "paid", "Paid"
    RECONCILED = "reconciled", "Reconciled"
    VOIDED = "voided", "Voided"


class Method(models.TextChoices):
    """How the money goes to the subject."""

    CARD = "card", "Payment card"
    TRANSFER = "transfer", "Bank transfer"
    CASH = "cash", "Cash"
    VOUCHER = "voucher", "Voucher"


S, K = PaymentStatus, PaymentKind
GONE = (S.PAID, S.RECONCILED)
DROPPED = (S.REFUSED, S.VOIDED)
CAPS = {K.MILEAGE: "trip_cap", K.TRAVEL: "trip_cap", K.MEAL: "meal_cap", K.OTHER: "other_cap"}


class SubjectPayment(ScopedModel):
    """Money for a subject, known by number: earned by a visit, or claimed for a cost.

    Who requested it never approves it. The amount stays as it was approved.
    """

    Status, Kind = PaymentStatus, PaymentKind
    scope = "site"
    view_permission = Permission.STIPEND_VIEW
    flow = Flow(
        {
            S.REQUESTED: {S.APPROVED, S.REFUSED, S.VOIDED},
            S.APPROVED: {S.PAID, S.VOIDED},
            S.PAID: {S.RECONCILED, S.APPROVED},
            S.RECONCILED: {S.APPROVED},
            S.REFUSED: {S.VOIDED},
        },
        reasons={S.REFUSED, S.VOIDED},
    )

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="subject_payments")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="payments")
    visit = models.ForeignKey(
        Visit, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    terms = models.ForeignKey(PaymentTerms, on_delete=models.PROTECT, related_name="payments")
    number = models.CharField(max_length=40, editable=False)
    kind = models.CharField(max_length=10, choices=PaymentKind.choices)
    status = models.CharField(
        max_length=12, choices=PaymentStatus.choices, default=PaymentStatus.REQUESTED
    )
    on = models.DateField("day of the visit or cost")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    distance = models.PositiveIntegerField("distance by own car", null=True, blank=True)
    nights = models.PositiveSmallIntegerField("nights in a bed", null=True, editable=False)
    cap = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        editable=False,
        help_text="the limit that was in force",
    )
    over_cap_reason = models.CharField("why it is above the limit", max_length=200, blank=True)
    receipt = models.OneToOneField(
        Document, null=True, editable=False, on_delete=models.PROTECT, related_name="payment"
    )
    no_receipt_reason = models.CharField("why there is no receipt", max_length=200, blank=True)
    note = models.CharField("what for", max_length=200, blank=True, help_text="No names.")
    requested_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="who claimed it, or recorded the visit that earned it",
    )  # fmt: skip
    requested_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=10, choices=Method.choices, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    paid_on = models.DateField(null=True)
    statement = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "payment"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "number"], name="payment_number_once"),
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(kind=K.STIPEND) & ~Q(status=S.VOIDED),
                name="payment_of_a_visit_once",
            ),
            models.UniqueConstraint(
                fields=["subject", "on"],
                condition=Q(kind=K.MILEAGE) & ~Q(status__in=DROPPED),
                name="payment_of_a_journey_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=K.STIPEND) | Q(requested_by__isnull=False),
                name="payment_claimed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | Q(requested_by=None)
                | ~Q(approved_by=F("requested_by")),
                name="payment_requester_is_not_the_approver",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.APPROVED, *GONE], approved_by__isnull=False)
                & Q(approved_at__isnull=False)
                | Q(status__in=[S.REQUESTED, S.REFUSED], approved_by=None, approved_at=None)
                | Q(status=S.VOIDED),
                name="payment_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status__in=GONE, paid_on__isnull=False)
                & ~Q(method="")
                & ~Q(reference="")
                | ~Q(status__in=GONE) & Q(method="", reference="", paid_on=None),
                name="payment_paid_somehow",
            ),
            models.CheckConstraint(
                condition=Q(paid_on=None) | Q(paid_on__gte=F("on")),
                name="payment_not_paid_before_its_day",
            ),
            models.CheckConstraint(
                condition=Q(status=S.RECONCILED) & ~Q(statement="")
                | ~Q(status=S.RECONCILED) & Q(statement=""),
                name="payment_reconciled_with_a_statement",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_of_something"),
            models.CheckConstraint(
                condition=Q(cap=None) | Q(amount__lte=F("cap")) | ~Q(over_cap_reason=""),
                name="payment_above_the_cap_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind=K.STIPEND, visit__isnull=False, receipt=None)
                | Q(kind=K.MILEAGE, distance__gt=0)
                | Q(kind__in=[K.TRAVEL, K.MEAL, K.OTHER], receipt__isnull=False)
                | Q(kind__in=[K.TRAVEL, K.MEAL, K.OTHER]) & ~Q(no_receipt_reason=""),
                name="payment_is_proven",
            ),
            models.CheckConstraint(
                condition=Q(distance=None) | Q(kind=K.MILEAGE), name="payment_drives_a_car"
            ),
            models.CheckConstraint(
                condition=Q(nights=None) | Q(kind=K.STIPEND, nights__gt=0),
                name="payment_for_nights_is_a_stipend",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(method__in=["", *Method.values]), name="payment_method_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["on", "id"], name="payment_by_day"),
            models.Index(fields=["site", "status"], name="payment_of_site"),
            models.Index(fields=["subject", "paid_on"], name="payment_of_subject"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the payment."""
        return address("budgets:payment", self.site.trial.code, self.number)

    @property
    def is_declined(self) -> bool:
        """Whether it is a stipend of which somebody said that it is not paid."""
        return self.kind == PaymentKind.STIPEND and self.status == PaymentStatus.REFUSED

    @property
    def money(self) -> str:
        """The amount with its currency."""
        return f"{self.amount:,.2f} {self.currency}"
