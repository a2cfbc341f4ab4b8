"""From a claim or an earned stipend to the bank statement: approved by somebody else, paid, reconciled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from budgets.actions.numbers import next_numbers
from budgets.models import Method, PaymentKind, PaymentStatus, SubjectPayment
from budgets.models.payment import GONE
from budgets.queries import earned, unearned, unproven, with_recorder
from budgets.words import holds_bank_data
from core import notices
from core.actions import RefusedError, action
from core.dates import show_day
from core.flow import begin_all
from core.obligations import Within
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.models import Site
from subjects.models import Visit

S = PaymentStatus
REFUSED = notices.kind("budgets.refused", "Claim refused", icon="wallet")


def _of_site(payment: SubjectPayment, **_: object) -> Within:
    """Payments are made and reconciled by site, so one of them changes what is due at its site."""
    return Within(site_id=payment.site_id)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A payment that stays as it is, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} {self.why}."


@action(Permission.CLAIM_APPROVE, "approve stipends")
def approve_stipends(site: Site, *, visits: Iterable[Visit], by: User) -> list[Refusal]:
    """Approve what completed visits of a site earned; nobody approves the visits they recorded."""
    agreed = {"approved_by": by, "approved_at": timezone.now()}
    return _settle(site, visits, S.APPROVED, by, **agreed)


@action(Permission.CLAIM_APPROVE, "decline stipends")
def decline_stipends(
    site: Site, *, visits: Iterable[Visit], reason: str, by: User
) -> list[Refusal]:
    """Say that completed visits of a site are not paid, for example because the subject wants no money."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    return _settle(site, visits, S.REFUSED, by, note=reason.strip()[:200])


def _settle(
    site: Site, visits: Iterable[Visit], status: PaymentStatus, by: User, **fields: Any
) -> list[Refusal]:
    """Make a payment of what each visit earned, approved or refused; those that cannot be are told."""
    held = lock(site)
    due, refused = _due(held, {visit.pk: visit for visit in visits}, by)
    if not due:
        raise RefusedError(" ".join(["Nothing was changed.", *map(str, refused)]))
    made = SubjectPayment.objects.bulk_create(
        SubjectPayment(
            site=held, subject_id=row.subject_id, visit=row, terms_id=row.terms_id, number=number,
            kind=PaymentKind.STIPEND, status=status, on=row.performed_on, amount=row.amount,
            nights=row.nights or None, currency=row.currency, requested_by_id=row.recorder, **fields,
        )
        for row, number in zip(due, next_numbers(held, len(due)), strict=True)
    )  # fmt: skip
    rows = SubjectPayment.objects.filter(pk__any=[one.pk for one in made])
    begin_all(rows, on=_today(held), by=by)
    return refused


def _due(site: Site, chosen: Mapping[int, Visit], by: User) -> tuple[list[Any], list[Refusal]]:
    """Of these visits, those whose stipend may be approved, and why the others stay."""
    rows = with_recorder(earned().filter(site=site, pk__any=list(chosen)))
    found = list(rows.order_by("performed_on", "pk"))
    own = [row for row in found if row.recorder == by.pk]
    gone = chosen.keys() - {row.pk for row in found}
    refused = [
        *(Refusal(str(row), "was recorded by you, so somebody else approves it") for row in own),
        *(Refusal(str(chosen[pk]), "has no stipend to approve any more") for pk in gone),
    ]
    return [row for row in found if row not in own], refused


@action(Permission.CLAIM_APPROVE, "approve claims")
def approve(site: Site, *, payments: Iterable[SubjectPayment], by: User) -> list[Refusal]:
    """Approve claims that somebody else requested, and that their receipts prove."""
    bare = set(unproven().filter(site=site, status=S.REQUESTED).values_list("pk", flat=True))

    def why_not(held: SubjectPayment) -> str:
        if held.status != S.REQUESTED:
            return f"is {held.get_status_display().lower()} already"
        if held.requested_by_id == by.pk:
            return "was requested by you, so somebody else approves it"
        is_bare = held.pk in bare
        return "has no receipt of its own: its file is voided or proves another" if is_bare else ""

    fields = {"approved_by": by, "approved_at": timezone.now()}
    return _move_all(site, payments, why_not, S.APPROVED, by=by, on=_today(site), **fields)


@action(Permission.CLAIM_APPROVE, "refuse claim")
def refuse(payment: SubjectPayment, *, reason: str, by: User) -> SubjectPayment:
    """Say no to a claim; who requested it is told why."""
    held = lock(payment)
    SubjectPayment.flow.move(held, S.REFUSED, by=by, on=_today(held.site), reason=reason.strip())
    requester = held.requested_by
    if requester is not None and requester != by:
        words = notices.Words(
            f"{held} of {held.subject.number} refused", reason.strip(), held.get_absolute_url()
        )
        one = notices.Recipient(requester.pk, requester.get_full_name(), Role.COORDINATOR)
        notices.tell(held, REFUSED, words, [one])
    return held


@action(Permission.CLAIM_PAY, "record payments")
def pay(
    site: Site, *, payments: Iterable[SubjectPayment], method: str, reference: str, on: date,
    by: User,
) -> list[Refusal]:  # fmt: skip
    """Record that approved payments of a site went to their subjects."""
    if on > _today(site):
        raise RefusedError("That day has not come yet. Choose the day on which it was paid.")
    if holds_bank_data(reference):
        raise RefusedError(
            "That looks like the number of an account or a card. Bank data of subjects are not"
            " kept here: give the number of the payment."
        )

    lost = set(unearned().filter(site=site, status=S.APPROVED).values_list("pk", flat=True))

    def why_not(held: SubjectPayment) -> str:
        if held.status != S.APPROVED:
            return f"is {held.get_status_display().lower()}, not approved"
        if held.pk in lost:
            return "was approved for a visit or nights that changed, so it is voided and not paid"
        return f"is of {show_day(held.on)} and was not paid before" if on < held.on else ""

    return _move_all(
        site, payments, why_not, S.PAID, by=by, on=on, method=Method(method),
        reference=reference.strip(), paid_on=on,
    )  # fmt: skip


@action(Permission.CLAIM_PAY, "reconcile payments")
def reconcile(
    site: Site, *, payments: Iterable[SubjectPayment], statement: str, by: User
) -> list[Refusal]:
    """Say on which statement paid payments of a site were found."""
    if holds_bank_data(statement):
        raise RefusedError("That looks like the number of an account. Give that of the statement.")

    def why_not(held: SubjectPayment) -> str:
        status = held.get_status_display().lower()
        return "" if held.status == S.PAID else f"is {status}, not paid"

    return _move_all(
        site, payments, why_not, S.RECONCILED, by=by, on=_today(site), statement=statement.strip()
    )  # fmt: skip


@action(Permission.CLAIM_PAY, "take payment back", within=_of_site)
def take_back(payment: SubjectPayment, *, reason: str, by: User) -> SubjectPayment:
    """The money came back, or never went: the payment is approved and to be paid again, or voided."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = lock(payment)
    if held.status not in GONE:
        raise ConflictError(
            f"{held} is {held.get_status_display().lower()}; only what is paid can come back."
        )
    SubjectPayment.flow.move(
        held, S.APPROVED, by=by, on=_today(held.site), reason=reason.strip(), method="",
        reference="", paid_on=None, statement="",
    )  # fmt: skip
    return held


@action(Permission.CLAIM_REQUEST, "withdraw claim")
def withdraw(payment: SubjectPayment, *, reason: str, by: User) -> SubjectPayment:
    """Take a claim back that was made by mistake and that nobody has approved."""
    return _void(payment, S.REQUESTED, reason, by)


@action(Permission.CLAIM_APPROVE, "void payment", within=_of_site)
def void(payment: SubjectPayment, *, reason: str, by: User) -> SubjectPayment:
    """Set aside what was approved, or a stipend that was declined; a completed visit earns it again."""
    return _void(payment, S.REFUSED if payment.is_declined else S.APPROVED, reason, by)


def _void(payment: SubjectPayment, status: PaymentStatus, reason: str, by: User) -> SubjectPayment:
    held = lock(payment)
    if held.status != status:
        raise ConflictError(
            f"{held} is {held.get_status_display().lower()}, not {status.label.lower()}."
        )
    SubjectPayment.flow.move(held, S.VOIDED, by=by, on=_today(held.site), reason=reason.strip())
    return held


WhyNot = Callable[[SubjectPayment], str]


def _move_all(
    site: Site, payments: Iterable[SubjectPayment], why_not: WhyNot, to: PaymentStatus, *,
    by: User, on: date, **fields: Any,
) -> list[Refusal]:  # fmt: skip
    """Take payments of a site one step further; those that refuse it are told, and stay."""
    keys = [payment.pk for payment in payments]
    chosen = SubjectPayment.objects.filter(site=site, pk__any=keys)
    held: Sequence[SubjectPayment] = list(chosen.select_for_update(of=("self",)).order_by("pk"))
    refused = [Refusal(str(one), why) for one in held if (why := why_not(one))]
    left = [one.pk for one in held if not why_not(one)]
    if not left:
        raise ConflictError(" ".join(["Nothing was changed.", *map(str, refused)]))
    SubjectPayment.flow.move_all(
        SubjectPayment.objects.filter(pk__any=left), to, by=by, on=on, **fields
    )
    return refused


def _today(site: Site) -> date:
    return timezone.localdate(timezone=site.place.zone)
