"""The lists of stipends that were earned, of payments to subjects, and of what each got in a year; no names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString

from budgets.models import Method, PaymentKind, PaymentStatus, PaymentTerms
from budgets.queries import earned, unearned, year_from, years_of
from budgets.words import show_money
from core.dates import show_day
from core.links import address
from core.lists import (
    Choices,
    Column,
    Conditions,
    Days,
    List,
    Reader,
    Row,
    day,
    lead,
    state,
    two_lines,
    value,
)
from core.lists.columns import NOTHING
from core.markup import markup
from core.templatetags import ui

KINDS, STATUSES, METHODS = (
    {str(value): str(label) for value, label in each.choices}
    for each in (PaymentKind, PaymentStatus, Method)
)
CHIPS = {
    "requested": "warn", "approved": "info", "refused": "", "paid": "ok", "reconciled": "ok",
    "voided": "",
}  # fmt: skip
SITE = ("site__number", "site__place__short_name")
OF_SITE = Column(
    "site", "Site", SITE, lambda row: two_lines(row["site__number"], row["site__place__short_name"]),
    files=(("Site", value("site__number")),),
)  # fmt: skip
BY_SITE = Choices("site", "Site", "site__number", reads=SITE)


def _money(row: Row) -> str:
    return show_money(row["amount"], row["currency"]) if row["amount"] else NOTHING


def _named(row: Row) -> SafeString:
    url = address("budgets:payment", row["site__trial__code"], row["number"])
    is_dropped = row["status"] in {PaymentStatus.VOIDED, PaymentStatus.REFUSED}
    number = markup("<s>{}</s>", row["number"]) if is_dropped else row["number"]
    return lead(url, number, KINDS[row["kind"]])


def _driven(row: Row) -> str:
    return f"{row['distance']} {row['terms__distance_unit']}" if row["distance"] else ""


def _proof(row: Row) -> SafeString | str:
    if row["receipt"]:
        return ui.chip("ok", "Receipt")
    reason = row["no_receipt_reason"]
    return two_lines("None", reason) if reason else _driven(row) or NOTHING


def _proof_words(row: Row) -> str:
    return "Receipt" if row["receipt"] else row["no_receipt_reason"] or _driven(row)


def _sum(row: Row) -> SafeString | str:
    over = "above the limit" if row["over_cap_reason"] else ""
    return two_lines(show_money(row["amount"], row["currency"]), over)


def _how(row: Row) -> SafeString | str:
    if row["paid_on"] is None:
        return NOTHING
    return two_lines(f"{METHODS[row['method']]}, {show_day(row['paid_on'])}", row["reference"])


PAYMENTS = List(
    title="Payments to subjects", one="payment", many="payments",
    named=value("number"),
    sort="-on",
    columns=(
        Column("number", "Payment", ("number", "kind", "status", "site__trial__code"), _named,
            files=(("Payment", value("number")), ("Kind", lambda row: KINDS[row["kind"]]))),
        Column("subject", "Subject", ("subject__number", "visit__name"),
            lambda row: two_lines(row["subject__number"], row["visit__name"] or ""),
            files=(("Subject", value("subject__number")), ("Visit", value("visit__name"))), css="text-nowrap"),
        Column("amount", "Amount", ("amount", "currency", "over_cap_reason"), _sum,
            files=(("Amount", value("amount")), ("Currency", value("currency")), ("Above the limit", value("over_cap_reason"))),
            css="text-end number text-nowrap"),
        OF_SITE,
        day("on", "Day", order="on"),
        Column("proof", "Proof", ("receipt", "no_receipt_reason", "distance", "terms__distance_unit"), _proof,
            files=(("Proof", _proof_words),)),
        state("status", "Status", STATUSES, CHIPS),
        Column("paid", "Paid", ("method", "reference", "paid_on"), _how,
            files=(("Method", lambda row: METHODS.get(row["method"], "")),
                ("Reference", value("reference")), ("Paid on", value("paid_on")))),
        Column("statement", "Statement", ("statement",), lambda row: row["statement"] or NOTHING,
            files=(("Statement", value("statement")),), is_shown=False),
    ),
    search=lambda words: Q(number__icontains=words) | Q(subject__number__istartswith=words)
    | Q(reference__icontains=words),
    search_label="Payment, subject or reference",
    filters=(
        Choices("status", "Status", "status", STATUSES),
        Choices("kind", "Kind", "kind", KINDS),
        Choices("method", "Method", "method", METHODS, empty="Not paid"),
        Conditions("is", "Condition", {
            "capped": ("Above the limit", lambda _: ~Q(over_cap_reason="")),
            "bare": ("Without receipt", lambda _: ~Q(no_receipt_reason="")),
            "unearned": ("Visit or nights changed", lambda _: Q(pk__in=unearned().values("pk"))),
        }),
        BY_SITE,
        Days("on", "Day", "on"),
        Days("paid", "Paid", "paid_on"),
    ),
    views=(("To approve", "status=requested"), ("To pay", "status=approved"),
        ("To reconcile", "status=paid"), ("Visit or nights changed", "is=unearned")),
    empty="No payment yet. Costs are claimed on the page of a subject; stipends follow from completed visits.",
)  # fmt: skip


def _earn(rows: list[Row], reader: Reader) -> None:
    """What each visit earned: one query."""
    found = earned().filter(pk__in=[row["pk"] for row in rows])
    amounts = {row["pk"]: row for row in found.values("pk", "nights", "amount", "currency")}
    none = {"nights": None, "amount": None, "currency": ""}
    for row in rows:
        row.update(amounts.get(row["pk"], none))


STIPENDS = List(
    title="Stipends to approve", one="stipend", many="stipends",
    named=lambda row: f"{row['name']} of {row['subject__number']}",
    sort="on",
    finish=_earn,
    columns=(
        Column("subject", "Subject", ("subject__number", "subject__trial__code", "name"),
            lambda row: lead(
                address("workspace:subject_payments", row["subject__trial__code"], row["subject__number"]),
                row["subject__number"], row["name"],
            ),
            files=(("Subject", value("subject__number")), ("Visit", value("name")))),
        OF_SITE,
        day("on", "Visit done", "performed_on", order="performed_on"),
        Column("nights", "Nights", (), lambda row: row["nights"] or NOTHING,
            files=(("Nights", value("nights")),), css="text-end number"),
        Column("amount", "Stipend", (), _money,
            files=(("Amount", value("amount")), ("Currency", value("currency"))),
            css="text-end number text-nowrap"),
    ),
    search=lambda words: Q(subject__number__istartswith=words) | Q(name__icontains=words),
    search_label="Subject or visit",
    filters=(BY_SITE, Days("on", "Visit done", "performed_on")),
    empty="No stipend waits. They follow from completed visits and the payment terms of the trial.",
)  # fmt: skip


def _count(rows: list[Row], reader: Reader) -> None:
    """The stipends of each subject in this year and the last, against the threshold: three queries."""
    pks, year = [row["pk"] for row in rows], reader.today.year
    now, before = years_of(pks, year), years_of(pks, year - 1)
    terms = PaymentTerms.objects.filter(
        trial__in={row["trial_id"] for row in rows}, during__contains=reader.today
    )
    held = {(one.trial_id, one.country_id): one for one in terms}
    for row in rows:
        own = held.get((row["trial_id"], row["site__country_id"]))
        found = own or held.get((row["trial_id"], None))
        key = (row["pk"], found.currency if found else "")
        row["year"] = year_from(now.get(key, {}), found, year)
        row["last_year"] = before.get(key, {}).get("paid", Decimal(0))


def _of_year(name: str) -> Any:
    def show(row: Row) -> str:
        return show_money(getattr(row["year"], name), row["year"].currency)

    return show


def _standing(row: Row) -> SafeString | str:
    chip = row["year"].chip
    return ui.chip(*chip) if chip else NOTHING


YEARS = List(
    title="Stipends by subject and year", one="subject", many="subjects",
    named=value("number"),
    sort="number",
    finish=_count,
    columns=(
        Column("number", "Subject", ("number", "trial__code", "trial_id", "site__country_id"),
            lambda row: lead(
                address("workspace:subject_payments", row["trial__code"], row["number"]), row["number"]
            ), order="number", files=(("Subject", value("number")),)),
        OF_SITE,
        Column("last", "Paid last year", (),
            lambda row: show_money(row["last_year"], row["year"].currency),
            files=(("Paid last year", value("last_year")),), css="text-end number text-nowrap"),
        Column("paid", "Paid this year", (), _of_year("paid"),
            files=(("Paid this year", lambda row: row["year"].paid),), css="text-end number text-nowrap"),
        Column("to_pay", "Approved, to pay", (), _of_year("to_pay"),
            files=(("Approved, to pay", lambda row: row["year"].to_pay),), css="text-end number text-nowrap"),
        Column("threshold", "Tax threshold", (),
            lambda row: show_money(row["year"].threshold, row["year"].currency) if row["year"].threshold else NOTHING,
            files=(("Tax threshold", lambda row: row["year"].threshold), ("Currency", lambda row: row["year"].currency)),
            css="text-end number text-nowrap"),
        Column("standing", "Standing", (), _standing,
            files=(("Standing", lambda row: (row["year"].chip or ("", ""))[1]),)),
    ),
    search=lambda words: Q(number__istartswith=words),
    search_label="Subject",
    filters=(BY_SITE,),
    empty="No subject has a stipend yet.",
)  # fmt: skip
