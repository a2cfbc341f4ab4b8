"""Pages of what subjects of a trial are paid: the terms in force, new ones, and corrections."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.actions import terms as actions
from budgets.forms import CorrectTermsForm, NewTermsForm
from budgets.models import PaymentTerms
from budgets.queries import visits_of
from core.access import require_anywhere
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page, whole
from trials.models import Trial

EDIT = Permission.STIPEND_EDIT


@require_safe
def terms(request: Request, code: str) -> HttpResponse:
    """What subjects of a trial are paid, now, before and later."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, Permission.STIPEND_VIEW)
    rows = PaymentTerms.objects.visible_to(request.user).filter(trial=trial)
    shown = rows.select_related("country").prefetch_related("rates")
    today = timezone.localdate()
    context = {
        "trial": trial,
        "terms": [(one, one.chip_on(today)) for one in shown.order_by("country__name", "-during")],
        "may_edit": allowed(request.user, EDIT, trial),
    }
    return page(request, "budgets/terms.html", context)


def _about(trial: Trial, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about payment terms looks, and where it leads."""
    return {
        "title": title, "verb": verb, "trial": trial, "template": "budgets/terms_form.html",
        "back": reverse("budgets:terms", args=[trial.code]),
    }  # fmt: skip


@BOTH
def set_terms(request: Request, code: str) -> HttpResponse:
    """Say what subjects are paid from a day on, beginning with what they are paid now."""
    trial = find(Trial, request.user, to=EDIT, code=code)
    now = PaymentTerms.objects.filter(trial=trial, country=None, during__upper_inf=True).first()
    form = NewTermsForm(
        request.POST or None, trial=trial, visits=visits_of(trial), instance=now,
        initial={"from_on": timezone.localdate()},
    )  # fmt: skip
    return answer(
        request, form, lambda: actions.set_terms(trial, by=request.user, **form.cleaned_data),
        done="Payment terms set. Stipends follow from them.",
        **_about(trial, "Set payment terms", "Set terms"),
    )  # fmt: skip


@BOTH
def correct_terms(request: Request, pk: int) -> HttpResponse:
    """Put right what was set wrongly."""
    held = find(PaymentTerms, request.user, to=EDIT, along=("trial", "country"), pk=pk)
    given = request.POST.get("revision", "")
    form = CorrectTermsForm(request.POST or None, visits=visits_of(held.trial), instance=held)
    return answer(
        request, form,
        lambda: actions.correct_terms(
            held, by=request.user, revision=whole(given), **form.cleaned_data
        ),
        done="Payment terms corrected. What was approved before stays as it was.",
        revision=given or held.revision,
        **_about(held.trial, f"Correct {held}", "Correct terms"),
    )  # fmt: skip
