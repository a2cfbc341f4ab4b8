"""What subjects of Northgate earned, claimed and got, and the signed forms that lie with the site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from budgets.actions import claims, payments, terms
from budgets.models import SubjectPayment
from budgets.queries import earned
from core.dates import local_day, show_day
from ctms.demo.days import DAY
from ctms.demo.lists import rows_of
from ctms.demo.papers import paper
from documents.content import Content
from sites.models import Site
from subjects.actions import consents
from subjects.models import Consent, Subject
from trials.models import VisitDefinition

SINCE, CHANGED = 440, 120  # days since the first terms, and since those in force
FIRST: dict[str, Any] = {
    "currency": "GBP", "visit_amount": Decimal(60), "call_amount": Decimal(15),
    "unscheduled_amount": Decimal(35), "night_amount": Decimal(85), "distance_unit": "mi",
    "distance_amount": Decimal("0.45"),
    "trip_cap": Decimal(60), "meal_cap": Decimal(15), "other_cap": Decimal(50),
    "tax_threshold": Decimal(600),
}  # fmt: skip
NOW = FIRST | {"visit_amount": Decimal(65)}
LONG_DAY, FOR_IT = "D1", Decimal(140)  # a visit that takes all day
WAITING, UNPAID, UNRECONCILED = 16, 34, 62  # days; what is younger is not approved, paid, found
REFUSED = "Day tickets are on the card of the subject since May"
SCANNED = ("1042-001", "1042-004", "1042-007", "1042-012")


def settle(site: Site, people: Mapping[str, User], now: datetime) -> None:
    """The terms, the stipends of the past year, and the claims of the last weeks."""
    today = local_day(now, site.place.zone)
    long_day = VisitDefinition.objects.filter(version__trial=site.trial, code=LONG_DAY).first()
    rates = {long_day.lineage: FOR_IT} if long_day else {}
    for days, values in ((SINCE, FIRST), (CHANGED, NOW)):
        terms.set_terms(
            site.trial, country=site.country, from_on=today - days * DAY, values=values, rates=rates,
            by=people["nadia"],
        )  # fmt: skip
    due = earned().filter(site=site, performed_on__lte=today - WAITING * DAY)
    payments.approve_stipends(site, visits=due, by=people["amara"])
    held = SubjectPayment.objects.filter(site=site)
    _pay(site, held.filter(on__lte=today - UNPAID * DAY), today, people["nadia"])
    for row in rows_of("northgate/claims.csv"):
        _claim(site, row, today, people)
    _scan(site, people["priya"])


def _pay(site: Site, rows: Any, today: date, by: User) -> None:
    """Two runs: an old one that was found on the statement, and the last one."""
    old = rows.filter(on__lte=today - UNRECONCILED * DAY)
    for number, run, days in ((1, old, 55), (2, rows.difference(old), 20)):
        chosen = list(run)
        payments.pay(
            site, payments=chosen, method="card", reference=f"RUN-{number:03d}",
            on=today - days * DAY, by=by,
        )  # fmt: skip
    payments.reconcile(site, payments=old, statement=f"Cards, {today - 30 * DAY:%B %Y}", by=by)


def _claim(site: Site, row: Mapping[str, str], today: date, people: Mapping[str, User]) -> None:
    """A claim of the coordinator, and how far it came."""
    subject, on = (
        Subject.objects.get(site=site, number=row["number"]),
        today - int(row["days"]) * DAY,
    )
    values: dict[str, Any] = {
        "kind": row["kind"], "on": on, "note": row["note"],
        "amount": Decimal(row["amount"]) if row["amount"] else None,
        "distance": int(row["distance"]) if row["distance"] else None,
        "no_receipt_reason": row["no_receipt"], "over_cap_reason": row["over"],
    }  # fmt: skip
    held = claims.claim(
        subject, values=values, receipt=_receipt(row, on), by=people["priya"],
        is_identifying=row["named"] == "yes",
    )  # fmt: skip
    if row["end"] == "refused":
        payments.refuse(held, reason=REFUSED, by=people["amara"])
    elif row["end"] != "requested":
        payments.approve(site, payments=[held], by=people["hannah"])
    if row["end"] in {"paid", "reconciled"}:
        payments.pay(
            site, payments=[held], method="transfer", reference=f"FP-{held.pk:05d}",
            on=on + 5 * DAY, by=people["nadia"],
        )  # fmt: skip
    if row["end"] == "reconciled":
        payments.reconcile(site, payments=[held], statement="Bank, page 12", by=people["nadia"])


def _receipt(row: Mapping[str, str], on: date) -> Content | None:
    if not row["receipt"]:
        return None
    lines = ["RECEIPT", row["receipt"], row["note"], show_day(on), f"GBP {row['amount']}"]
    return paper(f"{row['receipt']} {on:%d%m}.pdf", lines)


def _scan(site: Site, by: User) -> None:
    """The signed forms of some subjects."""
    rows = Consent.objects.filter(
        subject__site=site, subject__number__in=SCANNED, type__is_required=True, voided_at=None
    )
    for consent in rows.select_related("version__type", "subject").order_by("pk"):
        lines = [
            "INFORMED CONSENT", str(consent.version), f"Subject {consent.subject.number}",
            "Signed: ____________________", show_day(consent.signed_on),
        ]  # fmt: skip
        scan = paper(f"consent {consent.version.number}.pdf", lines)
        consents.attach_scan(consent, content=scan, by=by)
