"""Stays overnight: the beds of a place, and one stay from its bed to the discharge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.dates import local_day
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, page, whole
from sites.models import Place
from sites.queries import frame
from subjects import stays
from subjects.actions import leaves
from subjects.actions import stays as actions
from subjects.beds import free_beds, nights_from, stay_of, staying_in
from subjects.forms import ReasonForm
from subjects.forms.stays import (
    AdmitForm,
    BackForm,
    ChangeBedForm,
    CorrectLeaveForm,
    CorrectStayForm,
    DischargeForm,
    LeaveForm,
    ReserveForm,
    UntilForm,
)
from subjects.models import Leave, Stay, Visit
from subjects.presence import say
from subjects.views.visits import day_in

BOOK, CONDUCT = Permission.VISIT_BOOK, Permission.VISIT_CONDUCT
AT_VISIT = ("site__place", "subject__trial", "definition")
AT_STAY = ("place", "visit__site__place", "visit__subject__trial", "visit__definition")


@require_safe
def bed_board(request: Request, slug: str) -> HttpResponse:
    """The beds of a place over two weeks: free, reserved, taken."""
    place = find(Place, request.user, slug=slug)
    now = timezone.now()
    first = day_in(request.GET.get("from", ""), local_day(now, place.zone))
    board = stays.board(place, first, request.user, now)
    context = frame(place, request.user, "bed_board") | board
    return page(request, "subjects/bed_board.html", context)


@require_safe
def stay(request: Request, pk: int) -> HttpResponse:
    """One stay: its bed and times, what is due by its clock, its leaves."""
    visit = find(Visit, request.user, along=AT_VISIT, pk=pk)
    return page(request, "subjects/stay.html", stays.page_of(visit, request.user, timezone.now()))


def _form(
    request: Request, visit: Visit, form: forms.BaseForm, act: Callable[[], object], verb: str,
    done: str, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form about a stay."""
    return answer(
        request, form, act, title=f"{verb}: {visit.name}", verb=verb, done=done,
        back=Stay(visit=visit).get_absolute_url(), template="subjects/outcome.html",
        visit=visit, **more,
    )  # fmt: skip


def _now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@BOTH
def reserve_bed(request: Request, pk: int) -> HttpResponse:
    """Reserve a bed for a booked visit, or another one."""
    visit = find(Visit, request.user, to=BOOK, along=AT_VISIT, pk=pk)
    period, (_, bed) = _planned(visit), staying_in(visit)
    form = ReserveForm(
        request.POST or None, zone=visit.site.place.zone, start={"until": period.upper},
        beds=free_beds(visit.site.place, period, visit),
        initial={"bed": bed},
    )  # fmt: skip
    return _form(
        request, visit, form,
        lambda: actions.reserve_bed(visit, by=request.user, **form.cleaned_data),
        "Reserve bed", "Bed reserved.", effect=_taken(visit, period),
    )  # fmt: skip


def _planned(visit: Visit) -> DateTimeTZRange:
    """When the visit needs its bed, as reserved or as booked; from now on without either."""
    held = stay_of(visit)
    if held is not None:
        return DateTimeTZRange(held.planned_from, held.planned_until, "[)")
    booking = visit.bookings.filter(is_live=True).first()
    period: Any = booking.period if booking else DateTimeTZRange(_now(), None)
    return nights_from(visit, period.lower, period.upper or period.lower)


def _taken(visit: Visit, period: DateTimeTZRange) -> str:
    """For which time the beds on offer are free."""
    zone = visit.site.place.zone
    upper: Any = period.upper
    return f"Free from {say(period.lower, zone)} to {say(upper, zone)}." if period.lower else ""


@BOTH
def admit(request: Request, pk: int) -> HttpResponse:
    """The subject is in the house from now on."""
    visit = find(Visit, request.user, to=CONDUCT, along=AT_VISIT, pk=pk)
    period, (_, bed) = _planned(visit), staying_in(visit)
    upper: Any = period.upper
    form = AdmitForm(
        request.POST or None, zone=visit.site.place.zone, start={"at": _now(), "until": upper},
        beds=free_beds(visit.site.place, period, visit),
        initial={"bed": bed},
    )  # fmt: skip
    return _form(
        request, visit, form, lambda: actions.admit(visit, by=request.user, **form.cleaned_data),
        "Admit", f"{visit.subject} is in house.",
    )  # fmt: skip


def _stay(request: Request, pk: int, to: Permission) -> Stay:
    return find(Stay, request.user, to=to, along=AT_STAY, pk=pk)


@BOTH
def discharge(request: Request, pk: int) -> HttpResponse:
    """The subject leaves for good."""
    held = _stay(request, pk, CONDUCT)
    form = DischargeForm(request.POST or None, zone=held.place.zone, start={"at": _now()})
    return _form(
        request, held.visit, form,
        lambda: actions.discharge(held, by=request.user, **form.cleaned_data),
        "Discharge", f"{held.visit.subject} is discharged.",
    )  # fmt: skip


@BOTH
def release_bed(request: Request, pk: int) -> HttpResponse:
    """Give a reserved bed back."""
    held = _stay(request, pk, BOOK)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held.visit, form,
        lambda: actions.release_bed(held, by=request.user, **form.cleaned_data),
        "Release bed", "The bed is free.",
    )  # fmt: skip


@BOTH
def change_bed(request: Request, pk: int) -> HttpResponse:
    """Move a subject in house to another bed."""
    held = _stay(request, pk, CONDUCT)
    period = DateTimeTZRange(_now(), max(held.planned_until, timezone.now()), "[)")
    form = ChangeBedForm(
        request.POST or None, zone=held.place.zone, start={"at": _now()},
        beds=free_beds(held.place, period),
    )  # fmt: skip
    return _form(
        request, held.visit, form,
        lambda: actions.change_bed(held, by=request.user, **form.cleaned_data),
        "Move to another bed", f"{held.visit.subject} has another bed.",
    )  # fmt: skip


@BOTH
def plan_discharge(request: Request, pk: int) -> HttpResponse:
    """Expect the discharge at another time."""
    held = _stay(request, pk, CONDUCT)
    form = UntilForm(
        request.POST or None, zone=held.place.zone, start={"until": held.planned_until}
    )
    return _form(
        request, held.visit, form,
        lambda: actions.plan_discharge(held, by=request.user, **form.cleaned_data),
        "Plan discharge", "The bed is held until then.",
    )  # fmt: skip


@BOTH
def go_on_leave(request: Request, pk: int) -> HttpResponse:
    """The subject leaves the house for a while."""
    held = _stay(request, pk, CONDUCT)
    form = LeaveForm(request.POST or None, zone=held.place.zone, start={"at": _now()})
    return _form(
        request, held.visit, form,
        lambda: leaves.go_on_leave(held, by=request.user, **form.cleaned_data),
        "Record leave", "Leave recorded.",
    )  # fmt: skip


@BOTH
def come_back(request: Request, pk: int) -> HttpResponse:
    """The subject is in the house again."""
    held = _stay(request, pk, CONDUCT)
    form = BackForm(request.POST or None, zone=held.place.zone, start={"at": _now()})
    return _form(
        request, held.visit, form,
        lambda: leaves.come_back(held, by=request.user, **form.cleaned_data),
        "Back from leave", f"{held.visit.subject} is in house.",
    )  # fmt: skip


@BOTH
def correct_stay(request: Request, pk: int) -> HttpResponse:
    """Put times of a stay right."""
    held = _stay(request, pk, CONDUCT)
    given = request.POST.get("revision", "")
    form = CorrectStayForm(
        request.POST or None, zone=held.place.zone,
        start={"admitted_at": held.admitted_at, "discharged_at": held.discharged_at},
    )  # fmt: skip
    return _form(
        request, held.visit, form,
        lambda: actions.correct_stay(
            held, by=request.user, revision=whole(given), **form.cleaned_data
        ),
        "Correct times", "Times corrected.", revision=given or held.revision,
    )  # fmt: skip


@BOTH
def take_back_stay(request: Request, pk: int) -> HttpResponse:
    """Undo an admission or a discharge."""
    held = _stay(request, pk, CONDUCT)
    form = ReasonForm(request.POST or None)
    what = "discharge" if held.discharged_at else "admission"
    return _form(
        request, held.visit, form,
        lambda: leaves.take_back_stay(held, by=request.user, **form.cleaned_data),
        f"Take back {what}", f"The {what} is taken back.",
    )  # fmt: skip


def _leave(request: Request, pk: int) -> Leave:
    along = ("stay__place", *(f"stay__{path}" for path in AT_STAY[1:]))
    return find(Leave, request.user, to=CONDUCT, along=along, pk=pk)


@BOTH
def correct_leave(request: Request, pk: int) -> HttpResponse:
    """Put the times of a leave right."""
    held = _leave(request, pk)
    form = CorrectLeaveForm(
        request.POST or None, zone=held.stay.place.zone,
        start={
            "left_at": held.left_at, "expected_at": held.expected_at,
            "returned_at": held.returned_at,
        },
    )  # fmt: skip
    return _form(
        request, held.stay.visit, form,
        lambda: leaves.correct_leave(held, by=request.user, **form.cleaned_data),
        "Correct leave", "Leave corrected.",
    )  # fmt: skip


@BOTH
def void_leave(request: Request, pk: int) -> HttpResponse:
    """Say why there was no such leave."""
    held = _leave(request, pk)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held.stay.visit, form,
        lambda: leaves.void_leave(held, by=request.user, **form.cleaned_data),
        "Void leave", "The leave is voided. It stays to be read.",
    )  # fmt: skip
