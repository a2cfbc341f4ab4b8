"""Closures of places and rooms, holidays, and absences of staff: when, and what they hit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core.access import require
from core.dates import show_weekday
from core.pages import answer, ask_if_sure
from core.permissions import Permission
from core.web import BOTH, Request, find
from sites import queries
from sites.actions import places
from sites.forms import AbsenceForm, ClosureForm, PeriodForm, days_of
from sites.models import (
    Absence,
    Claim,
    ClaimKind,
    Closure,
    Holiday,
    Person,
    Place,
    Room,
    RoomClosure,
)

SURE = "Save it all the same; the visits become duties to move"


def _answer(
    request: Request, form: PeriodForm, place: Place, act: Callable[..., object],
    hit: Callable[[DateTimeTZRange], QuerySet[Claim]], *, title: str, done: str,
) -> HttpResponse:  # fmt: skip
    """The page of a stretch of time, with the visits booked in it once it is known."""
    concerned = []
    if form.is_bound and form.is_valid():
        period = DateTimeTZRange(form.start, form.end, "[)")
        concerned = queries.concerned(hit(period), place, request.user)
        ask_if_sure(form, concerned, SURE)
    return answer(
        request, form, lambda: act(**form.given, by=request.user), title=title,
        verb=title.split(":", maxsplit=1)[0], back=place.get_absolute_url(),
        done=done, concerned=concerned, template="sites/period.html", frame="sites/frame.html",
        **queries.frame(place, request.user),
    )  # fmt: skip


@BOTH
def close(request: Request, slug: str) -> HttpResponse:
    """Close a place for a time; visits booked in it are listed first."""
    place = find(Place, request.user, to=Permission.PLACE_EDIT, slug=slug)
    form = ClosureForm(request.POST or None, zone=place.zone)
    return _answer(
        request, form, place, partial(places.close, place), partial(queries.closed_out, place),
        title="Close place", done=f"{place} will be closed.",
    )  # fmt: skip


@BOTH
def change_closure(request: Request, pk: int) -> HttpResponse:
    """Change when or why a place is closed."""
    closure = find(Closure, request.user, pk=pk)
    place = closure.place
    require(request.user, Permission.PLACE_EDIT, place)
    initial = {**days_of(closure.period, place.zone), "reason": closure.reason}
    form = ClosureForm(request.POST or None, initial=initial, zone=place.zone)
    return _answer(
        request, form, place, partial(places.change_closure, closure),
        partial(queries.closed_out, place),
        title="Change closure", done="Closure changed.",
    )  # fmt: skip


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    """Open a place again, or take a closure to come back."""
    place = places.reopen(find(Closure, request.user, pk=pk), by=request.user)
    messages.success(request, f"{place} is open again.")
    return redirect(place)


@BOTH
def close_room(request: Request, pk: int) -> HttpResponse:
    """Close one room for a time; visits booked in it are listed first."""
    room = find(Room, request.user, to=Permission.PLACE_EDIT, pk=pk)
    form = ClosureForm(request.POST or None, zone=room.place.zone)
    return _answer(
        request, form, room.place, partial(places.close_room, room),
        partial(queries.booked, ClaimKind.ROOM, room.pk),
        title=f"Close room: {room}", done=f"{room} will be closed.",
    )  # fmt: skip


@require_POST
def open_room(request: Request, pk: int) -> HttpResponse:
    """Open a room again, or take its closure to come back."""
    room = places.open_room(find(RoomClosure, request.user, pk=pk), by=request.user)
    messages.success(request, f"{room} is open again.")
    return redirect(room.place)


@BOTH
def add_absence(request: Request, pk: int) -> HttpResponse:
    """Note that a person is away; visits booked with the person then are listed first."""
    person = find(Person, request.user, to=Permission.STAFF_EDIT, pk=pk)
    form = AbsenceForm(request.POST or None, zone=person.place.zone)
    return _answer(
        request, form, person.place, partial(places.add_absence, person),
        partial(queries.booked, ClaimKind.PERSON, person.pk),
        title=f"Add absence: {person}", done=f"Absence of {person} noted.",
    )  # fmt: skip


@BOTH
def change_absence(request: Request, pk: int) -> HttpResponse:
    """Change when a person is away."""
    absence = find(Absence, request.user, pk=pk)
    person: Any = absence.person
    require(request.user, Permission.STAFF_EDIT, person)
    initial = {**days_of(absence.period, person.place.zone), "note": absence.note}
    form = AbsenceForm(request.POST or None, initial=initial, zone=person.place.zone)
    return _answer(
        request, form, person.place, partial(places.change_absence, absence),
        partial(queries.booked, ClaimKind.PERSON, person.pk),
        title=f"Change absence: {person}", done=f"Absence of {person} changed.",
    )  # fmt: skip


@require_POST
def end_absence(request: Request, pk: int) -> HttpResponse:
    """A person is back, or does not go after all."""
    person = places.end_absence(find(Absence, request.user, pk=pk), by=request.user)
    messages.success(request, f"{person} is back.")
    return redirect(person.place)


@BOTH
def remove_holiday(request: Request, pk: int) -> HttpResponse:
    """Take a public holiday back: the places of its country see subjects on that day."""
    holiday = find(Holiday, request.user, to=Permission.DEPLOYMENT_EDIT, pk=pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    return answer(
        request, form, lambda: places.remove_holiday(holiday, by=request.user),
        title=f"Remove {holiday}, {show_weekday(holiday.on)}", verb="Remove holiday",
        back=reverse("sites:holidays"), done=f"{holiday} removed.",
    )  # fmt: skip
