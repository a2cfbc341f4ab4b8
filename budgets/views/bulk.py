"""Steps for the payments ticked in a list: each site's in one go, and what refuses is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from budgets.actions import payments
from budgets.actions.payments import Refusal
from budgets.forms import ApproveForm, PayForm, ReasonForm, ReconcileForm
from budgets.models import SubjectPayment
from budgets.queries import earned
from budgets.words import sums_of
from core.access import require_anywhere
from core.actions import RefusedError
from core.drafts import page_of
from core.permissions import Permission
from core.web import BOTH, Request, back, find, page, say, whole
from trials.models import Trial

P = Permission
MOST = 500
Act = Callable[..., list[Refusal]]


@BOTH
def approve_stipends(request: Request, code: str) -> HttpResponse:
    """Approve the stipends that are ticked."""
    trial, ticked = _stipends(request, code)
    return _answer(
        request, trial, ApproveForm, ("Approve stipends", "approved"), ticked,
        lambda site, chosen, **_: payments.approve_stipends(
            site, visits=chosen, by=request.user
        ),
        to="stipends",
    )  # fmt: skip


@BOTH
def decline_stipends(request: Request, code: str) -> HttpResponse:
    """Say that the stipends that are ticked are not paid."""
    trial, ticked = _stipends(request, code)
    return _answer(
        request, trial, ReasonForm, ("Do not pay", "declined"), ticked,
        lambda site, chosen, **said: payments.decline_stipends(
            site, visits=chosen, by=request.user, **said
        ),
        to="stipends",
    )  # fmt: skip


@BOTH
def approve_all(request: Request, code: str) -> HttpResponse:
    """Approve the claims that are ticked."""
    trial, ticked = _payments(request, code, P.CLAIM_APPROVE)
    return _answer(
        request, trial, ApproveForm, ("Approve claims", "approved"), ticked,
        lambda site, chosen, **_: payments.approve(site, payments=chosen, by=request.user),
    )  # fmt: skip


@BOTH
def pay_all(request: Request, code: str) -> HttpResponse:
    """Record that what is ticked was paid."""
    trial, ticked = _payments(request, code, P.CLAIM_PAY)
    return _answer(
        request, trial, PayForm, ("Record payment", "recorded as paid"), ticked,
        lambda site, chosen, **said: payments.pay(
            site, payments=chosen, by=request.user, **said
        ),
    )  # fmt: skip


@BOTH
def reconcile_all(request: Request, code: str) -> HttpResponse:
    """Say on which statement what is ticked was found."""
    trial, ticked = _payments(request, code, P.CLAIM_PAY)
    return _answer(
        request, trial, ReconcileForm, ("Reconcile", "reconciled"), ticked,
        lambda site, chosen, **said: payments.reconcile(
            site, payments=chosen, by=request.user, **said
        ),
    )  # fmt: skip


def _trial(request: Request, code: str, need: Permission) -> Trial:
    """The trial, for whoever may do this at one of its sites."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, need)
    return trial


def _stipends(request: Request, code: str) -> tuple[Trial, list[Any]]:
    trial = _trial(request, code, P.CLAIM_APPROVE)
    rows = earned().visible_to(request.user, P.CLAIM_APPROVE).filter(site__trial=trial)
    return trial, list(_ticked(request, rows))


def _payments(request: Request, code: str, need: Permission) -> tuple[Trial, list[SubjectPayment]]:
    trial = _trial(request, code, need)
    rows = SubjectPayment.objects.visible_to(request.user, need).filter(site__trial=trial)
    return trial, list(_ticked(request, rows.select_related("subject")))


def _ticked(request: Request, rows: Any) -> Any:
    """The rows that are ticked, by their sites."""
    given = request.POST or request.GET
    keys = [key for text in given.getlist("row")[:MOST] if (key := whole(text))]
    found = rows.filter(pk__in=keys).select_related("site__place", "site__trial", "subject")
    return found.order_by("site", "pk")


def _answer(
    request: Request, trial: Trial, shape: type[forms.Form], words: tuple[str, str],
    ticked: Sequence[Any],
    act: Act, to: str = "subject_payments",
) -> HttpResponse:  # fmt: skip
    """The form of a step, in the list or on a page of its own; then what was done and what was not."""
    form, (verb, done) = shape(request.POST or None), words
    if not form.is_bound:
        return _shown(request, trial, form, verb, ticked)
    if not ticked:
        raise RefusedError("Tick at least one row of the list that you may do this with.")
    if not form.is_valid():
        return _shown(request, trial, form, verb, ticked, status=422)
    with transaction.atomic():
        refused = [
            refusal
            for site, chosen in groupby(ticked, key=lambda row: row.site)
            for refusal in act(site, list(chosen), **form.cleaned_data)
        ]
    _tell(request, done, len(ticked) - len(refused), refused)
    return back(request, reverse(f"budgets:{to}", args=[trial.code]))


def _shown(
    request: Request, trial: Trial, form: forms.Form, verb: str, ticked: Sequence[Any],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "trial": trial, "form": form, "verb": verb, "ticked": ticked, "sums": sums_of(ticked),
        "next": request.POST.get("next") or page_of(request),
    }  # fmt: skip
    return page(request, "budgets/bulk.html", context, partial="menu", status=status)


def _tell(request: Request, done: str, count: int, refused: Sequence[Refusal]) -> None:
    rows = "1 payment" if count == 1 else f"{count} payments"
    say(request, f"{rows} {done}.")
    if refused:
        messages.warning(request, " ".join([f"Not {done}:", *map(str, refused)]))
