"""Breaking the blind of a subject, and the page that says who knows the treatment, when and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.access import require
from core.dates import show_moment
from core.pages import answer
from core.permissions import Permission
from core.signing.pages import sign_page
from core.web import BOTH, Request, allowed, find, page
from subjects.actions import unblinding as actions
from subjects.forms.unblinding import BreakBlindForm, UnblindingForm
from subjects.models import Randomisation, Unblinding
from subjects.views.randomisation import found
from subjects.views.subjects import about

ALONG = ("subject__site__place", "subject__trial")


def _page_of(record: Randomisation) -> str:
    return reverse("subjects:unblinding", args=[record.pk])


def _shown(request: Request, record: Randomisation, **more: object) -> HttpResponse:
    rows = Unblinding.objects.visible_to(request.user).filter(randomisation=record)
    zone = record.subject.site.place.zone
    held = about(record.subject, f"Blind of {record.subject}", "")
    context = {
        "frame": "pages/frame.html", "record": record, "reader": request.user.pk,
        "rows": [(row, show_moment(row.learnt_at, zone)) for row in rows.order_by("-pk")],
        "may_break": allowed(request.user, Permission.BLIND_BREAK, record),
        "may_record": allowed(request.user, Permission.DEVIATION_REPORT, record),
    }  # fmt: skip
    response = page(request, "subjects/unblinding.html", held | context | more)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def unblinding(request: Request, pk: int) -> HttpResponse:
    """Who knows what a subject is allocated to before the trial is unblinded."""
    return _shown(request, found(request, pk, None))


@BOTH
def break_blind(request: Request, pk: int) -> HttpResponse:
    """Sign that the treatment has to be known now."""
    record = found(request, pk, Permission.BLIND_BREAK)
    return sign_page(
        request, record, actions.break_blind, title=f"Break the blind of {record.subject}",
        verb="Break the blind", back=_page_of(record),
        done="The blind is broken. Show the treatment below.", frame="pages/frame.html",
        template="subjects/break_blind.html", asking=BreakBlindForm, subject=record.subject,
    )  # fmt: skip


@BOTH
def record_unblinding(request: Request, pk: int) -> HttpResponse:
    """Say that somebody learnt of a treatment by accident."""
    record = found(request, pk, Permission.DEVIATION_REPORT)
    form = UnblindingForm(request.POST or None, place=record.subject.site.place)
    held = about(record.subject, f"Record unblinding of {record.subject}", "Record unblinding")
    return answer(
        request, form,
        lambda: actions.record_unblinding(record, by=request.user, **form.cleaned_data),
        done="Unblinding recorded. Report it as a deviation too, where the protocol was not followed.",
        **held | {"back": _page_of(record)},
    )  # fmt: skip


@require_POST
def read_allocation(request: Request, pk: int) -> HttpResponse:
    """Show the treatment to whoever broke the blind; each time is on the trail."""
    along = tuple(f"randomisation__{step}" for step in ALONG)
    held = find(Unblinding, request.user, along=along, pk=pk, reader=request.user)
    require(request.user, Permission.BLIND_BREAK, held)
    treatment = actions.read_allocation(held, by=request.user)
    return _shown(request, held.randomisation, read=held, treatment=treatment)
