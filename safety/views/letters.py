"""Pages of safety letters: what was sent, who has acknowledged it, and a new one."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.access import held_among, require
from core.dates.field import today
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, back, find, page, say
from safety.actions import letters as actions
from safety.forms import LetterForm
from safety.models import LetterReceipt, SafetyLetter
from safety.queries import letter_at_sites
from trials.models import Trial

P = Permission
WEEK = timedelta(days=7)


@require_safe
def letters(request: Request, code: str) -> HttpResponse:
    """The letters of a trial, the newest first, and how many acknowledgements are there."""
    trial = find(Trial, request.user, code=code)
    require(request.user, P.ADVERSE_EVENT_VIEW, SafetyLetter(trial=trial))
    mine = LetterReceipt.objects.visible_to(request.user).filter(letter__trial=trial)
    counted = mine.order_by().values_list("letter").annotate(
        total=Count("pk"), read=Count("pk", filter=Q(acknowledged_at__isnull=False))
    )  # fmt: skip
    counts = {letter: (total, read) for letter, total, read in counted}
    rows = SafetyLetter.objects.filter(trial=trial).order_by("-pk")
    context = {
        "trial": trial,
        "rows": [(letter, *counts.get(letter.pk, (0, 0))) for letter in rows],
        "today": today(),
        "may_send": allowed(request.user, P.SAFETY_HANDLE, trial),
    }
    return page(request, "safety/letters.html", context)


@BOTH
def send_letter(request: Request, code: str) -> HttpResponse:
    """Write a letter and send it to every active site."""
    trial = find(Trial, request.user, to=P.SAFETY_HANDLE, code=code)
    form = LetterForm(request.POST or None, initial={"due_on": today() + WEEK})
    return answer(
        request, form, lambda: actions.send_letter(trial, by=request.user, **form.cleaned_data),
        title="Write safety letter", verb="Send letter", trial=trial,
        back=reverse("safety:letters", args=[code]), done="Letter sent to every active site.",
        template="safety/letter_form.html",
    )  # fmt: skip


@require_safe
def letter(request: Request, pk: int) -> HttpResponse:
    """A letter, and who at each site has acknowledged it."""
    held = find(SafetyLetter, request.user, along=("trial",), pk=pk)
    receipts = LetterReceipt.objects.visible_to(request.user).filter(letter=held)
    found = list(receipts.select_related("site__place").order_by("site__number", "role"))
    keys = [receipt.pk for receipt in found]
    may = {
        "coordinator": held_among(receipts, keys, request.user, P.ADVERSE_EVENT_LOG),
        "investigator": held_among(receipts, keys, request.user, P.CAUSALITY_ASSESS),
    }
    rows = letter_at_sites(found, request.user, may)
    open_ones = sum(receipt.acknowledged_at is None for receipt in found)
    context = {
        "letter": held, "trial": held.trial, "rows": rows, "total": len(found),
        "read": len(found) - open_ones, "today": today(),
    }  # fmt: skip
    return page(request, "safety/letter.html", context)


@require_POST
def acknowledge_letter(request: Request, pk: int) -> HttpResponse:
    """Acknowledge a letter for a site."""
    receipt = find(
        LetterReceipt, request.user, to=P.ADVERSE_EVENT_LOG,
        along=("letter", "site__place"), pk=pk,
    )  # fmt: skip
    actions.acknowledge_letter(receipt, by=request.user)
    say(request, f"{receipt.letter} acknowledged.")
    return back(request, receipt.letter.get_absolute_url())
