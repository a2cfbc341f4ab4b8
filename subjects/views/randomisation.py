"""Randomisation entered by hand, and the page of the allocation for unblinded people."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from core.access import require
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, whole
from subjects.actions import randomisation as actions
from subjects.forms import ReasonForm
from subjects.forms.randomisation import AllocationForm, RandomiseForm
from subjects.models import Allocation, Randomisation, Subject
from subjects.views.subjects import about

ALONG = ("site__place", "trial")
RECORD = Permission.RANDOMISATION_RECORD


@BOTH
def randomise(request: Request, pk: int) -> HttpResponse:
    """Record that a subject was randomised; whoever is eligible is enrolled by it."""
    subject = find(Subject, request.user, to=RECORD, along=ALONG, pk=pk)
    today = timezone.localdate(timezone=subject.site.place.zone)
    form = RandomiseForm(request.POST or None, initial={"on": today})
    return answer(
        request, form,
        lambda: actions.randomise(subject, by=request.user, **form.cleaned_data),
        done=f"{subject} is randomised.",
        **about(subject, f"Record randomisation of {subject}", "Record randomisation"),
    )  # fmt: skip


def found(request: Request, pk: int, to: Permission | None = RECORD) -> Randomisation:
    """The randomisation, with the subject and where it is, for whoever may do this with it."""
    along = tuple(f"subject__{step}" for step in ALONG)
    return find(Randomisation, request.user, to=to, along=along, pk=pk)


@BOTH
def correct_randomisation(request: Request, pk: int) -> HttpResponse:
    """Put right what was typed wrong of a randomisation."""
    record = found(request, pk)
    given = request.POST.get("revision", "")
    form = RandomiseForm(
        request.POST or None,
        initial={"on": record.on, "number": record.number, "kit": record.kit},
    )
    form.fields["reason"].label = "Reason for the correction"
    form.fields["reason"].help_text = "Never what is in the kit."
    return answer(
        request, form,
        lambda: actions.correct_randomisation(
            record, revision=whole(given), by=request.user, **form.cleaned_data
        ),
        done=f"{record} corrected.", revision=given or str(record.revision),
        **about(record.subject, f"Correct: {record}", "Save correction"),
    )  # fmt: skip


@BOTH
def void_randomisation(request: Request, pk: int) -> HttpResponse:
    """Set aside a randomisation that was recorded by mistake."""
    record = found(request, pk)
    form = ReasonForm(request.POST or None)
    kept = "It stays to be read, its number and kit are free again, and visits no longer count from it."
    return answer(
        request, form,
        lambda: actions.void_randomisation(record, by=request.user, **form.cleaned_data),
        done=f"{record} is voided.", effect=kept,
        **about(record.subject, f"Void: {record}", "Void randomisation"),
    )  # fmt: skip


@BOTH
def allocation(request: Request, pk: int) -> HttpResponse:
    """What a subject is allocated to, for unblinded people; nobody else gets here."""
    record = found(request, pk, Permission.ALLOCATION_VIEW)
    if request.method == "POST":
        require(request.user, Permission.ALLOCATION_RECORD, record)
    rows = Allocation.objects.visible_to(request.user).filter(randomisation=record)
    kept = list(rows.order_by("-pk"))
    shown = request.POST.get("revision", str(kept[0].pk if kept else 0))
    subject = record.subject
    form = AllocationForm(request.POST or None, trial=subject.trial)
    response = answer(
        request, form,
        lambda: actions.allocate(
            record, shown=whole(shown), by=request.user, **form.cleaned_data
        ),
        done=f"Allocation of {subject} kept.", kept=kept, record=record, revision=shown,
        may_record=allowed(request.user, Permission.ALLOCATION_RECORD, record),
        **about(subject, f"Allocation of {subject}", "Keep allocation")
        | {"template": "subjects/allocation.html"},
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response
