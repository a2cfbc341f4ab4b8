"""A visit as it is done: its procedures answered one by one, and completed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.actions import RefusedError
from core.dates import local_day
from core.pages import answer as answer_form
from core.permissions import Permission
from core.versions import ConflictError
from core.web import BOTH, Request, find, page, typed, whole
from sites.models import Person
from subjects import conducted, consequences
from subjects.actions import bookings, procedures, visits
from subjects.actions.closing import Gap
from subjects.actions.procedures import Answer
from subjects.conduct import Conduct, Step, conduct_of
from subjects.conduct_forms import AnswerForm, CompleteForm, UnplannedForm
from subjects.forms import NoteForm
from subjects.models import OtherAnswer, ProcedureRecord, Visit
from subjects.views.course import ask_first

ALONG = ("site__place", "subject__trial", "definition")


@require_safe
def conduct(request: Request, pk: int) -> HttpResponse:
    """A visit that is being done: its procedures, what is missing, what comes next."""
    return _show(request, find(Visit, request.user, along=ALONG, pk=pk))


@require_safe
def worksheet(request: Request, pk: int) -> HttpResponse:
    """The procedures of a visit to print and fill in by hand, without names."""
    visit = find(Visit, request.user, along=ALONG, pk=pk)
    context = conducted.worksheet_of(visit, timezone.now())
    return page(request, "subjects/worksheet.html", context)


def _show(request: Request, visit: Visit, status: int = 200, **problem: Any) -> HttpResponse:
    """The page; with what was refused in its row, and what was typed there."""
    slug = problem.get("wrong_slug", "")
    typed = conducted.Typed(slug, request.POST.dict()) if slug else conducted.Typed()
    context = conducted.page_of(visit, request.user, timezone.now(), typed) | problem
    return page(request, "subjects/conduct.html", context, partial="conduct", status=status)


@require_POST
def answer(request: Request, pk: int, slug: str) -> HttpResponse:
    """What became of a procedure; wrong input is said in its row, and stays in it."""
    visit = find(Visit, request.user, to=Permission.VISIT_CONDUCT, along=ALONG, pk=pk)
    step = conduct_of(visit).step(slug)
    if step is None:
        raise Http404("No such procedure at this visit.")
    form = _form(request, visit, step)
    if not form.is_valid():
        said = " ".join(str(errors[0]) for errors in form.errors.values())
        return _show(request, visit, 422, wrong_slug=slug, wrong=said)
    try:
        made = procedures.answer(
            visit, slug=slug, said=_said(form), revision=whole(request.POST.get("revision", "")),
            reason=form.cleaned_data["reason"], by=request.user,
        )  # fmt: skip
    except RefusedError as error:
        return _show(request, visit, 422, wrong_slug=slug, wrong=error)
    except ConflictError as error:
        return _show(request, visit, 409, wrong_slug=slug, wrong=error)
    if isinstance(made, OtherAnswer):
        text = f"{made.record.name} was answered by somebody else meanwhile. Both answers are kept."
        wrong = f"{text} Say which holds."
        return _show(request, visit, 409, wrong_slug=slug, wrong=wrong, is_both=True)
    said = f"{made.name}: {made.get_outcome_display().lower()}."
    if request.htmx:
        return _show(request, visit, said=said)
    messages.success(request, said)
    return redirect(f"{visit.conduct_url}#procedures")


def _form(request: Request, visit: Visit, step: Step) -> AnswerForm:
    booking = visit.bookings.filter(is_live=True).select_related("person").first()
    today = local_day(timezone.now(), visit.site.place.zone)
    people = list(Person.objects.filter(place=visit.site.place_id, is_active=True))
    return AnswerForm(
        request.POST, visit=visit, step=step, day=conducted.day_of(visit, booking, today),
        mine=conducted.mine_of(people, request.user, booking),
    )  # fmt: skip


def _said(form: AnswerForm) -> Answer:
    """The answer of a form as the action takes it."""
    values = form.cleaned_data
    names = [value.field for value in form.step.values]
    return Answer(
        outcome=values["outcome"], done_at=values.get("done_at"),
        performer=values["performer"] or form.mine, equipment=values["equipment"],
        why_not=values["why_not"], note=values["note"], is_pending=values["is_pending"],
        values={name: values[name] for name in names if values[name] is not None},
        kept={name: text for name in names if (text := values[f"kept-{name}"].strip())},
    )  # fmt: skip


@require_POST
def settle(request: Request, pk: int) -> HttpResponse:
    """Of two answers to a procedure, which holds."""
    other = find(OtherAnswer, request.user, to=Permission.VISIT_CONDUCT, pk=pk)
    procedures.settle(
        other, is_taken=request.POST.get("take") == "second", by=request.user,
        reason=typed(request, "reason"),
    )  # fmt: skip
    messages.success(request, f"{other.record.name}: settled.")
    return redirect(other.record)


@BOTH
def add_procedure(request: Request, pk: int) -> HttpResponse:
    """A procedure that the protocol does not ask for at this visit."""
    visit = find(Visit, request.user, to=procedures.add_unplanned.permission, along=ALONG, pk=pk)
    form = UnplannedForm(request.POST or None)
    return answer_form(
        request, form,
        lambda: procedures.add_unplanned(visit, by=request.user, **form.cleaned_data),
        title=f"Add a procedure to {visit.name}", verb="Add procedure", visit=visit,
        back=visit.conduct_url, template="subjects/outcome.html", done="Procedure added.",
    )  # fmt: skip


@BOTH
def receive(request: Request, pk: int) -> HttpResponse:
    """The awaited result of a procedure is here."""
    record = find(ProcedureRecord, request.user, to=procedures.receive.permission, pk=pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    return answer_form(
        request, form,
        lambda: procedures.receive(record, note=form.cleaned_data["note"], by=request.user),
        title=f"Result of {record.name}", verb="Record result", visit=record.visit,
        back=record.visit.conduct_url, template="subjects/outcome.html",
        done=f"Result of {record.name} recorded.",
    )  # fmt: skip


@BOTH
def complete(request: Request, pk: int) -> HttpResponse:
    """The visit is done; gaps are explained, and outside its window a reason is asked for."""
    visit = find(Visit, request.user, to=visits.complete.permission, along=ALONG, pk=pk)
    held = conduct_of(visit) if visit.status == Visit.Status.IN_PROGRESS else None
    form = CompleteForm(
        request.POST or None, conduct=held,
        initial={} if request.method == "POST" else {"on": _day_of(visit, held)},
    )  # fmt: skip
    verb = "Complete visit"
    to = visit.conduct_url if held is not None else visit.get_absolute_url()

    def do() -> str | HttpResponse:
        values = form.cleaned_data
        found = consequences.of_doing(visit, values["on"])
        if found and "confirmed" not in request.POST:
            return ask_first(request, visit.subject, form, found, f"{visit} done", verb)
        try:
            done = visits.complete(
                visit, on=values["on"], reason=values["reason"], gaps=_gaps(values),
                by=request.user,
            )  # fmt: skip
        except bookings.OutsideWindowError as error:
            text = f"{error} Give the reason; a deviation is drafted with it."
            raise ValidationError({"reason": text}) from error
        return f"{done} completed."

    return answer_form(
        request, form, do, title=f"Complete {visit.name}", verb=verb, visit=visit, back=to,
        template="subjects/complete.html",
    )  # fmt: skip


def _day_of(visit: Visit, held: Conduct | None) -> date:
    """The day on which a visit is most likely done: that of its first procedure, if there is one."""
    if held is not None and held.first_done is not None:
        return local_day(held.first_done[0], visit.site.place.zone)
    booking = visit.bookings.filter(is_live=True).first()
    return conducted.day_of(visit, booking, local_day(timezone.now(), visit.site.place.zone))


def _gaps(values: dict[str, Any]) -> dict[str, Gap]:
    """What the form says of each procedure that was not done as planned."""
    slugs = [name.partition("-")[2] for name in values if name.startswith("deviates-")]
    return {
        slug: Gap(why_not=values.get(f"why-{slug}", ""), deviates=values[f"deviates-{slug}"])
        for slug in slugs
    }
