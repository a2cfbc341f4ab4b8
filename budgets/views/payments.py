"""Pages of payments to subjects: lists, one payment, a claim, and every step of a payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.actions import claims, payments
from budgets.forms import ClaimForm, ReasonForm
from budgets.lists import CHIPS, PAYMENTS, STIPENDS, YEARS
from budgets.models import PaymentStatus, SubjectPayment
from budgets.models.payment import GONE
from budgets.queries import earned, terms_at, unearned, year_of
from core import lists
from core.access import has_anywhere, require_anywhere
from core.flow import ToldStep
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page
from documents.models import Document
from documents.queries import versions_of
from sites.models import Place
from subjects.models import Subject
from trials.models import Trial

P, S = Permission, PaymentStatus
ALONG = (
    "site__place", "site__trial", "subject__trial", "visit", "terms", "receipt", "requested_by",
    "approved_by",
)  # fmt: skip
FORM = "budgets/form.html"


def _trial(request: Request, code: str) -> Trial:
    """The trial, for whoever sees payments somewhere."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, P.STIPEND_VIEW)
    return trial


def subject_payments(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The payments to subjects of a trial."""
    trial = _trial(request, code)
    rows = SubjectPayment.objects.visible_to(request.user).filter(site__trial=trial)
    steps = (
        (P.CLAIM_APPROVE, "Approve", "check-circle", "approve_all"),
        (P.CLAIM_PAY, "Record payment", "wallet", "pay_all"),
        (P.CLAIM_PAY, "Reconcile", "link", "reconcile_all"),
    )
    bulk = [
        lists.Bulk(text, icon, reverse(f"budgets:{name}", args=[trial.code]))
        for permission, text, icon, name in steps
        if has_anywhere(request.user, permission)
    ]
    listing = lists.Listing(request, PAYMENTS, rows, of=trial, bulk=bulk)
    return lists.answer(listing, request, "budgets/payments.html", {"trial": trial}, kind)


def place_payments(request: Request, slug: str, kind: str = "") -> HttpResponseBase:
    """The payments to subjects of a place across its trials."""
    place = find(Place, request.user, slug=slug)
    require_anywhere(request.user, P.STIPEND_VIEW)
    rows = SubjectPayment.objects.visible_to(request.user).filter(site__place=place)
    listing = lists.Listing(request, PAYMENTS, rows, of=place)
    return lists.answer(listing, request, "budgets/payments.html", {"place": place}, kind)


def stipends(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """What completed visits of a trial earned and nobody approved."""
    trial = _trial(request, code)
    rows = earned().visible_to(request.user, P.STIPEND_VIEW).filter(site__trial=trial)
    steps = (
        ("Approve", "check-circle", "approve_stipends"), ("Do not pay", "x", "decline_stipends"),
    )  # fmt: skip
    bulk = [
        lists.Bulk(text, icon, reverse(f"budgets:{name}", args=[trial.code]))
        for text, icon, name in steps
        if has_anywhere(request.user, P.CLAIM_APPROVE)
    ]
    listing = lists.Listing(request, STIPENDS, rows, of=trial, bulk=bulk)
    return lists.answer(listing, request, "budgets/stipends.html", {"trial": trial}, kind)


def stipend_years(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The stipends of each subject of a trial this year and last, against the tax threshold."""
    trial = _trial(request, code)
    paid = SubjectPayment.objects.filter(kind=SubjectPayment.Kind.STIPEND, site__trial=trial)
    rows = Subject.objects.visible_to(request.user, P.STIPEND_VIEW)
    listing = lists.Listing(request, YEARS, rows.filter(pk__in=paid.values("subject")), of=trial)
    return lists.answer(listing, request, "budgets/years.html", {"trial": trial}, kind)


@require_safe
def payment(request: Request, code: str, number: str) -> HttpResponse:
    """One payment: what for, how proven, by whom approved, how paid."""
    held = find(
        SubjectPayment, request.user, along=ALONG, site__trial__code=code, number=number
    )  # fmt: skip
    user, today = request.user, timezone.localdate(timezone=held.site.place.zone)
    receipt = Document.objects.visible_to(user).filter(payment=held).first()
    context = {
        "payment": held, "subject": held.subject, "trial": held.site.trial, "site": held.site,
        "chip": (CHIPS[held.status], held.get_status_display()),
        "receipt": receipt, "versions": versions_of(receipt, user) if receipt else (),
        "year": year_of(held.subject_id, terms_at(held.site, today) or held.terms, today.year),
        "steps": [_step(told) for told in SubjectPayment.flow.told(held)],
        "is_unearned": unearned().filter(pk=held.pk).exists(),
        "is_own": held.requested_by_id == user.pk,
    }  # fmt: skip
    return page(request, "budgets/payment.html", context | _offers(held, request))


def _step(told: ToldStep) -> dict[str, Any]:
    labels = dict(PaymentStatus.choices)
    step = told.step
    return {
        "label": labels[PaymentStatus(step.to_status)], "on": step.on, "by": step.actor_name,
        "reason": step.reason,
    }  # fmt: skip


def _offers(held: SubjectPayment, request: Request) -> dict[str, bool]:
    """What may be done with a payment now."""
    user = request.user
    may_approve = allowed(user, P.CLAIM_APPROVE, held)
    may_pay = allowed(user, P.CLAIM_PAY, held)
    is_requested = held.status == S.REQUESTED
    return {
        "may_decide": is_requested and may_approve,
        "may_withdraw": is_requested and allowed(user, P.CLAIM_REQUEST, held),
        "may_void": may_approve and (held.status == S.APPROVED or held.is_declined),
        "may_pay": held.status == S.APPROVED and may_pay,
        "may_reconcile": held.status == S.PAID and may_pay,
        "may_take_back": held.status in GONE and may_pay,
    }


@BOTH
def claim(request: Request, pk: int) -> HttpResponse:
    """Ask that a subject gets a cost back."""
    subject = find(
        Subject, request.user, to=P.CLAIM_REQUEST,
        along=("site__place", "site__trial", "trial"), pk=pk,
    )  # fmt: skip
    today = timezone.localdate(timezone=subject.site.place.zone)
    terms = terms_at(subject.site, today)
    form = ClaimForm(request.POST or None, request.FILES or None, subject=subject, terms=terms)
    back = reverse("workspace:subject_payments", args=[subject.trial.code, subject.number])

    def ask() -> str:
        values = dict(form.cleaned_data)
        receipt, is_identifying = values.pop("receipt"), values.pop("is_identifying")
        made = claims.claim(
            subject, values=values, receipt=receipt, is_identifying=is_identifying, by=request.user
        )
        return f"{made} claimed: {made.money}. Somebody else approves it."

    return answer(
        request, form, ask, title=f"Claim costs of {subject}", verb="Claim costs", back=back,
        template="budgets/claim.html", subject=subject, trial=subject.trial, terms=terms,
    )  # fmt: skip


def _reasoned(
    request: Request, pk: int, need: Permission, act: Callable[..., object], verb: str, done: str,
    effect: str,
) -> HttpResponse:  # fmt: skip
    """The page of a step for which a reason is given."""
    held = find(SubjectPayment, request.user, to=need, along=ALONG, pk=pk)
    form: forms.Form = ReasonForm(request.POST or None)
    return answer(
        request, form, lambda: act(held, by=request.user, **form.cleaned_data),
        title=f"{verb} {held}", verb=verb, done=f"{held} {done}", effect=effect, template=FORM,
        payment=held, subject=held.subject, trial=held.site.trial, back=held.get_absolute_url(),
    )  # fmt: skip


@BOTH
def refuse(request: Request, pk: int) -> HttpResponse:
    """Say no to a claim."""
    return _reasoned(
        request, pk, P.CLAIM_APPROVE, payments.refuse, "Refuse", "is refused.",
        "Who requested it is told why. The cost can be claimed anew.",
    )  # fmt: skip


@BOTH
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take a claim back that was made by mistake."""
    return _reasoned(
        request, pk, P.CLAIM_REQUEST, payments.withdraw, "Withdraw", "is voided.",
        "It stays to be read, struck through.",
    )  # fmt: skip


@BOTH
def void(request: Request, pk: int) -> HttpResponse:
    """Set aside what was approved by mistake."""
    return _reasoned(
        request, pk, P.CLAIM_APPROVE, payments.void, "Void", "is voided.",
        "It stays to be read. A visit that is completed earns its stipend again.",
    )  # fmt: skip


@BOTH
def take_back(request: Request, pk: int) -> HttpResponse:
    """The money came back, or never went."""
    return _reasoned(
        request, pk, P.CLAIM_PAY, payments.take_back, "Take back", "is approved and not paid.",
        "The payment is to be made again, or voided by whoever approves.",
    )  # fmt: skip
