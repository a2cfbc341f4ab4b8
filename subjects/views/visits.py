"""The schedule, visits and what is done with them: find, validate, one action."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.access import has_anywhere, require
from core.actions import RefusedError
from core.dates import show_clock, show_weekday
from core.models import Obligation, StatusChange
from core.pages import answer
from core.permissions import Permission
from core.versions import ConflictError
from core.web import BOTH, Request, back, day, find, page, say, typed
from sites.models import Place
from subjects import calendar, consequences, diary, grid, steps
from subjects.actions import bookings, visits
from subjects.beds import staying_in
from subjects.forms import BookForm, NoteForm, ReasonForm
from subjects.models import Booking, Visit
from subjects.queries import has_left_plan, in_conflict
from subjects.stays import Guest, guests


@require_safe
def schedule(request: Request, slug: str) -> HttpResponse:
    """The diary of a place by day, week or as a list."""
    place = find(Place, request.user, slug=slug)
    now = timezone.localtime(timezone=place.zone)
    view = request.GET.get("view", "week")
    if view not in {"day", "week", "agenda"}:
        raise Http404("No such view.")
    on = day_in(request.GET.get("week", "") or request.GET.get("day", ""), now.date())
    context = grid.schedule(place, on, view, request.user, request.GET, now)
    context["may_book"] = has_anywhere(request.user, Permission.VISIT_BOOK)
    return page(request, "subjects/schedule.html", context, partial="grid")


@require_safe
def day_sheet(request: Request, slug: str) -> HttpResponse:
    """The day or week to print, without names."""
    place = find(Place, request.user, slug=slug)
    now = timezone.localtime(timezone=place.zone)
    on = day_in(request.GET.get("day", ""), now.date())
    last = on + timedelta(days=6) if request.GET.get("span") == "week" else on
    blocks = [block for block in diary.blocks(place, on, last, request.user) if not block.is_busy]
    staying = guests(place, request.user, now) if on == now.date() else []
    context = {
        "place": place,
        "on": on,
        "last": last,
        "now": now,
        "sheets": _sheets(blocks, staying),
    }
    return page(request, "subjects/day_sheet.html", context)


def _sheets(
    blocks: list[diary.Block], staying: list[Guest]
) -> list[tuple[str, list[diary.Block], list[Guest]]]:
    """Of each trial the visits and who is in house."""
    trials = sorted({row.trial for row in blocks} | {guest.trial for guest in staying})
    return [
        (
            trial, [row for row in blocks if row.trial == trial],
            [guest for guest in staying if guest.trial == trial],
        )
        for trial in trials
    ]  # fmt: skip


@BOTH
def slots(request: Request, pk: int) -> HttpResponse:
    """Find a slot for a visit and book it, or move it when it is booked."""
    visit = find(Visit, request.user, to=Permission.VISIT_BOOK, pk=pk)
    booking = visit.bookings.filter(is_live=True).first()
    form = BookForm(
        request.POST or None, place=visit.site.place, initial=calendar.as_typed(booking)
    )
    status = 200
    problem: Exception | None = None
    if form.is_bound and form.is_valid():
        try:
            return _take(request, visit, booking, form.cleaned_data)
        except RefusedError as error:
            problem, status = error, 422
        except ConflictError as error:
            problem, status = error, 409
            visit = find(Visit, request.user, pk=pk)
            booking = visit.bookings.filter(is_live=True).first()
    elif form.is_bound:
        status = 422
    context = calendar.slot_choice(visit, booking, form, problem, timezone.now())
    return page(request, "subjects/slots.html", context, partial="panel", status=status)


def _take(
    request: Request, visit: Visit, booking: Booking | None, asked: dict[str, Any]
) -> HttpResponse:
    """Book the time asked for, or move the booking there; refused where the form is stale."""
    place = visit.site.place
    if asked["booking"] not in {None, getattr(booking, "pk", 0)}:
        raise ConflictError(f"{visit} changed while you had it open. {calendar.time_of(booking)}")
    wanted = calendar.assigned(visit, asked) if asked["is_assigned"] else calendar.wanted(asked)
    local = wanted.start.astimezone(place.zone)
    if (moved := consequences.of_doing(visit, local.date())) and not asked["confirmed"]:
        raise consequences.MovesOthersError(visit, moved)
    data = {name: asked[name] for name in ("reason", "tell", "revision")}
    if booking is None:
        bookings.book(visit, wanted=wanted, by=request.user, **data)
        done, undo = "booked for", reverse("subjects:unbook", args=[visit.pk])
    else:
        bookings.move(booking, wanted=wanted, by=request.user, **data)
        done, undo = "moved to", ""
    text = f"{visit} {done} {show_weekday(local.date())}, {show_clock(local)}."
    return _done(request, text, reverse("subjects:schedule", args=[place.slug]), undo)


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """The subject said yes to the time."""
    visit = find(Visit, request.user, pk=pk)
    bookings.confirm(visits.booking_of(visit), by=request.user)
    messages.success(request, f"{visit} confirmed.")
    return back(request, reverse("subjects:today"))


@require_POST
def unbook(request: Request, pk: int) -> HttpResponse:
    """Take the time of a visit away."""
    booking = visits.booking_of(find(Visit, request.user, pk=pk))
    visit = bookings.unbook(booking, by=request.user, reason=typed(request, "reason"))
    if visit.status == Visit.Status.PLANNED:
        text = f"{visit} waits to be booked again."
    else:
        text = f"{visit} is off: its schedule no longer has it."
    return _done(request, text, reverse("subjects:visit", args=[pk]))


@require_safe
def visit(request: Request, pk: int) -> HttpResponse:
    """One visit: its window, its time, what may become of it and what has."""
    record = find(Visit, request.user, pk=pk)
    zone = record.site.place.zone
    today = timezone.localdate(timezone=zone)
    booking = record.bookings.filter(is_live=True).select_related("room", "person").first()
    period: Any = booking.period if booking else None
    labels = dict(Visit.Status.choices)
    history = StatusChange.objects.filter(flow="subjects.visit", object_id=pk).order_by("-pk")
    stay, bed = staying_in(record)
    context = {
        "visit": record,
        "stay": stay,
        "bed": bed,
        "chip": diary.CHIPS[record.status],
        "booking": booking,
        "start": period and period.lower.astimezone(zone),
        "end": period and period.upper.astimezone(zone),
        "window": calendar.window_of(record, booking.on if booking else None),
        "moved": record.first_target_on not in (None, record.target_on),
        "today": today,
        "steps": steps.of_visit(record, booking, request.user, stay),
        "ways_out": steps.out_of_visit(record, request.user, today),
        "drafts": record.deviation_drafts.exclude(state="withdrawn"),
        "known": record.acknowledgements.order_by("at"),
        "clash": in_conflict().filter(pk=booking.pk).values_list("clash", flat=True).first()
        if booking and record.status == Visit.Status.BOOKED
        else "",
        "is_displaced": Obligation.objects.filter(
            rule="visit.displaced", object_id=pk, met_at=None
        ).exists(),
        "has_left_plan": has_left_plan(record),
        "history": [{"label": labels[step.to_status], **vars(step)} for step in history],
    }
    return page(request, "subjects/visit.html", context)


@require_POST
def check_in(request: Request, pk: int) -> HttpResponse:
    """The subject has arrived."""
    visit = visits.check_in(find(Visit, request.user, pk=pk), by=request.user)
    say(request, f"{visit} checked in.", undo=reverse("subjects:take_back_check_in", args=[pk]))
    return back(request, reverse("subjects:today"))


@require_POST
def take_back_check_in(request: Request, pk: int) -> HttpResponse:
    """The subject has not arrived after all."""
    visit = visits.take_back_check_in(find(Visit, request.user, pk=pk), by=request.user)
    say(request, f"{visit} is {visit.get_status_display().lower()} again.")
    return back(request, visit.get_absolute_url())


@require_POST
def start(request: Request, pk: int) -> HttpResponse:
    """The visit begins: on to its procedures."""
    visit = visits.start(find(Visit, request.user, pk=pk), by=request.user)
    return redirect(visit.conduct_url)


def _about(visit: Visit, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about a visit looks, and where it leads."""
    return {
        "visit": visit, "title": title, "verb": verb, "back": visit.get_absolute_url(),
        "template": "subjects/outcome.html",
    }  # fmt: skip


OUTCOMES = {
    "miss": (visits.miss, "Record missed visit"),
    "cancel": (visits.cancel, "Cancel visit"),
    "skip": (visits.skip, "Skip visit"),
    "reopen": (visits.reopen, "Reopen visit"),
}


@BOTH
def outcome(request: Request, pk: int, verb: str) -> HttpResponse:
    """A visit that does not take place, or after all does; always with the reason."""
    visit = find(Visit, request.user, pk=pk)
    act, title = OUTCOMES[verb]
    require(request.user, act.permission, visit)
    form = ReasonForm(request.POST or None)

    def settle() -> str:
        settled = act(visit, reason=form.cleaned_data["reason"], by=request.user)
        return f"{settled}: {settled.get_status_display().lower()}."

    return answer(request, form, settle, **_about(visit, f"{title}: {visit.name}", title))


@BOTH
def acknowledge(request: Request, pk: int) -> HttpResponse:
    """The investigator or the CRA knows that a visit is booked outside its window."""
    visit = find(Visit, request.user, to=visits.acknowledge.permission, pk=pk)
    form = NoteForm(None if request.method == "GET" else request.POST)
    title = f"Acknowledge that {visit.name} is booked outside its window"
    return answer(
        request, form,
        lambda: visits.acknowledge(visit, note=form.cleaned_data["note"], by=request.user),
        done=f"{visit}: acknowledged.", **_about(visit, title, "Acknowledge"),
    )  # fmt: skip


def day_in(text: str, default: date) -> date:
    """The day written in an address."""
    found = day(text) if text else default
    if found is None:
        raise Http404("Write days as 2026-06-11.")
    return found


def _done(request: Request, text: str, default: str, undo: str = "") -> HttpResponse:
    """Say what was done: to a page that asked from within itself, or on the page to go to."""
    say(request, text, undo=undo)
    return HttpResponse(status=204) if request.htmx else back(request, default)
