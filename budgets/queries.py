"""What visits have earned, under which terms, and what a subject got in a year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from budgets.models import PaymentKind, PaymentStatus, PaymentTerms, StipendRate, SubjectPayment
from budgets.models.payment import DROPPED, GONE
from budgets.words import show_money
from core.models import Event, StatusChange
from documents.models import DocumentVersion
from sites.models import Site
from subjects.models import Stay, SubjectStatus, Visit, VisitStatus
from subjects.models.visit import CALLS
from subjects.presence import Nights
from trials.models import ScheduleVersion, Trial, VisitDefinition

# A visit that took place, of a subject that was not entered in error.
DONE = Q(status=VisitStatus.COMPLETED) & ~Q(subject__status=SubjectStatus.IN_ERROR)
NEAR = Decimal("0.8")  # of the threshold, from which it is said


def in_force(trial: Any, country: Any, day: Any) -> QuerySet[PaymentTerms]:
    """The terms of a day in a country: its own before those of the whole trial."""
    rows: QuerySet[PaymentTerms] = PaymentTerms.objects.filter(trial=trial, during__contains=day)
    rows = rows.filter(Q(country=None) | Q(country=country))
    return rows.order_by(F("country").asc(nulls_last=True))


def terms_at(site: Site, day: date) -> PaymentTerms | None:
    """The terms that are in force at a site on a day."""
    return in_force(site.trial_id, site.country_id, day).first()


def earned() -> Any:
    """Completed visits that earned a stipend and have none yet, with its nights, amount and terms."""
    paid = SubjectPayment.objects.filter(visit=OuterRef("pk"), kind=PaymentKind.STIPEND)
    terms = in_force(
        OuterRef("site__trial_id"), OuterRef("site__country_id"), OuterRef("performed_on")
    )
    of_terms = PaymentTerms.objects.filter(pk=OuterRef("terms_id"))
    special = StipendRate.objects.filter(terms=OuterRef("terms_id"), lineage=OuterRef("lineage"))

    def said(name: str) -> Subquery:
        return Subquery(of_terms.values(name)[:1])

    usual = Case(
        When(kind=Visit.Kind.UNSCHEDULED, then=said("unscheduled_amount")),
        When(definition__modality__in=CALLS, then=said("call_amount")),
        default=said("visit_amount"),
        output_field=models.DecimalField(max_digits=10, decimal_places=2),
    )
    rows: QuerySet[Any] = Visit.objects.filter(
        ~Exists(paid.exclude(status=PaymentStatus.VOIDED)), DONE,
        site__trial__in=PaymentTerms.objects.values("trial"),
    ).annotate(terms_id=Subquery(terms.values("pk")[:1]))  # fmt: skip
    rows = rows.annotate(nights=Nights("pk"), currency=said("currency")).annotate(
        amount=Coalesce(Subquery(special.values("amount")[:1]), usual)
        + F("nights") * said("night_amount")
    )
    return rows.filter(amount__gt=0)


def with_recorder(rows: Any) -> Any:
    """The visits with who recorded that they are completed."""
    step = StatusChange.objects.filter(
        flow="subjects.visit", object_id=OuterRef("pk"), to_status=VisitStatus.COMPLETED
    ).order_by("-pk")
    event = Event.objects.filter(pk=OuterRef("step"))
    return rows.annotate(step=Subquery(step.values("event_id")[:1])).annotate(
        recorder=Subquery(event.values("actor_id")[:1])
    )


def unearned() -> QuerySet[SubjectPayment]:
    """Stipends, approved or paid, whose visit is not completed any more or has other nights now."""
    rows: QuerySet[SubjectPayment] = SubjectPayment.objects.filter(
        kind=PaymentKind.STIPEND, status__in=[PaymentStatus.APPROVED, *GONE]
    )
    in_error = Q(visit__subject__status=SubjectStatus.IN_ERROR)
    rows = rows.alias(
        stayed=Exists(Stay.objects.filter(visit=OuterRef("visit"))), slept=Nights("visit")
    )
    other_nights = Q(stayed=True) & ~Q(slept=Coalesce("nights", 0))
    return rows.filter(~Q(visit__status=VisitStatus.COMPLETED) | in_error | other_nights)


def unproven() -> QuerySet[SubjectPayment]:
    """Claims whose receipt was set aside, or is the same file as that of another payment."""
    files = DocumentVersion.objects.filter(voided_at=None)
    own = files.filter(document=OuterRef("receipt"))
    others = files.filter(sha256=OuterRef("sha256"), document__payment__isnull=False).exclude(
        Q(document=OuterRef("document")) | Q(document__payment__status__in=DROPPED)
    )
    rows: QuerySet[SubjectPayment] = SubjectPayment.objects.filter(receipt__isnull=False)
    return rows.filter(~Exists(own) | Exists(own.filter(Exists(others))))


def visits_of(trial: Trial) -> list[VisitDefinition]:
    """The visits of the newest approved schedule of a trial, for rates of their own."""
    version = ScheduleVersion.objects.filter(trial=trial, status="approved").order_by("-pk").first()
    return list(version.visits.order_by("position")) if version else []


@dataclass(frozen=True, slots=True)
class Year:
    """The stipends of one subject in one calendar year, against the threshold of taxes."""

    year: int
    paid: Decimal
    to_pay: Decimal
    threshold: Decimal | None
    currency: str

    @property
    def total(self) -> Decimal:
        """What was paid and will be."""
        return self.paid + self.to_pay

    @property
    def chip(self) -> tuple[str, str] | None:
        """How it stands to the threshold, where that is worth saying."""
        if self.threshold is None or self.total < self.threshold * NEAR:
            return None
        if self.paid >= self.threshold:
            return "crit", "Tax threshold reached"
        if self.total >= self.threshold:
            return "warn", "Reaches the tax threshold"
        return "warn", "Near the tax threshold"

    @property
    def words(self) -> str:
        """What of how much."""
        of = f" of {show_money(self.threshold, self.currency)}" if self.threshold else ""
        return f"{show_money(self.total, self.currency)}{of}"


Owed = dict[tuple[int, str], dict[str, Decimal]]


def years_of(subjects: Iterable[int], year: int) -> Owed:
    """Stipends paid in a year and approved but not paid, by subject and currency: one query."""
    rows = SubjectPayment.objects.filter(
        subject__in=list(subjects), kind=PaymentKind.STIPEND
    ).values("subject", "currency")
    found = rows.annotate(
        paid=Sum("amount", filter=Q(status__in=GONE, paid_on__year=year)),
        to_pay=Sum("amount", filter=Q(status=PaymentStatus.APPROVED)),
    )
    return {
        (row["subject"], row["currency"]): {
            name: row[name] or Decimal(0) for name in ("paid", "to_pay")
        }
        for row in found
    }


def year_from(sums: Mapping[str, Decimal], terms: PaymentTerms | None, year: int) -> Year:
    """The sums of a subject in a year under the terms that are in force, if there are any."""
    return Year(
        year, sums.get("paid", Decimal(0)), sums.get("to_pay", Decimal(0)),
        terms.tax_threshold if terms else None, terms.currency if terms else "",
    )  # fmt: skip


def year_of(subject_id: int, terms: PaymentTerms, year: int) -> Year:
    """The stipends of a subject in a year, in the currency of the terms."""
    sums = years_of([subject_id], year).get((subject_id, terms.currency), {})
    return year_from(sums, terms, year)
