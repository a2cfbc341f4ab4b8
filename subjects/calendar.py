"""The calendar of a place: windows, free slots and what to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from core.dates import show_clock, show_weekday
from sites.models import Bed, Person, Place, Room, Site
from subjects import diary, unbooked
from subjects.actions.bookings import TakenError, Wanted
from subjects.availability import (
    Availability,
    Offer,
    around,
    at_that_time,
    best,
    minutes_of,
)
from subjects.beds import staying_in
from subjects.forms import BookForm
from subjects.models import Booking, Visit, VisitStatus

AHEAD = 42


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A visit to book with the first slot that fits."""

    item: unbooked.ToBook
    offer: Offer | None
    minutes: int


def wanted(values: Mapping[str, Any]) -> Wanted:
    """What a booking form asks for."""
    return Wanted(
        values["start"], values["minutes"], values["room"], values["person"], values["bed"]
    )


def assigned(visit: Visit, values: Mapping[str, Any]) -> Wanted:
    """The time a booking form asks for, with whichever room and delegated person are free."""
    start, room, person = values["start"], values["room"], values["person"]
    free = at_that_time(visit, start, timezone.now())
    if free is None:
        local = start.astimezone(visit.site.place.zone)
        lack = "No bed, or no room" if visit.is_overnight else "No room"
        raise TakenError(f"{lack} with a delegated person is free at {show_clock(local)}.")
    return Wanted(
        start, minutes_of(visit), room or Room.objects.filter(pk=free.room_id or 0).first(),
        person or Person.objects.filter(pk=free.person_id or 0).first(),
        Bed.objects.filter(pk=free.bed_id or 0).first(),
    )  # fmt: skip


def outlook(place: Place, now: datetime) -> Availability:
    """What is free at a place from Monday of this week on."""
    today = now.astimezone(place.zone).date()
    monday = today - timedelta(days=today.weekday())
    return Availability(place, monday, today + timedelta(days=AHEAD), now)


def with_first_slot(items: Sequence[unbooked.ToBook], held: Availability) -> list[Suggestion]:
    """Visits to book, each with the first slot that fits."""
    first = best([item.record for item in items], held, limit=1)
    return [
        Suggestion(item, next(iter(first[item.visit_id]), None), item.minutes) for item in items
    ]


def as_typed(booking: Booking | None) -> dict[str, Any]:
    """The fields to begin with when a booked visit is moved by hand."""
    if booking is None:
        return {}
    period: Any = booking.period
    _, bed = staying_in(booking.visit)
    return {
        "start": f"{period.lower.astimezone(booking.place.zone):%Y-%m-%dT%H:%M}",
        "minutes": round((period.upper - period.lower).total_seconds() / 60),
        "room": booking.room_id, "person": booking.person_id, "bed": bed and bed.pk,
    }  # fmt: skip


def time_of(booking: Booking | None) -> str:
    """When and where a visit is booked, in a sentence."""
    if booking is None:
        return "It has no time now."
    period: Any = booking.period
    local = period.lower.astimezone(booking.place.zone)
    room = f" in {booking.room}" if booking.room else ""
    return f"It is booked for {show_weekday(local.date())}, {show_clock(local)}{room} now."


def slot_choice(
    visit: Visit, booking: Booking | None, form: BookForm, problem: Exception | None, now: datetime
) -> dict[str, Any]:
    """What the page that books or moves a visit shows."""
    held = around(visit, now)
    return {
        "visit": visit,
        "place": held.place,
        "booking": booking,
        "form": form,
        "problem": problem,
        "window": window_of(visit, booking.on if booking else None),
        "today": now.astimezone(held.place.zone).date(),
        "offers": best([visit], held)[visit.pk],
        "minutes": minutes_of(visit),
        "rooms": held.rooms,
        "beds": held.beds.names if visit.is_overnight else {},
        "nights": visit.definition.nights if visit.definition else 0,
        "people": held.people_of(visit.site_id),
        "nobody": bool(held.people) and not held.people_of(visit.site_id),
        "told": _told(visit.site),
    }


def _told(site: Site) -> str:
    """Who hears of a visit outside its window, by name."""
    investigator = f"{site.investigator_name or 'the investigator'} (PI)"
    return f"{investigator} and {site.cra.get_full_name()} (CRA)" if site.cra else investigator


def window_of(visit: Visit, booked_on: date | None) -> diary.Window:
    """The window of a visit with the day it was done or is booked for, if any."""
    return diary.Window(
        visit.earliest_on, visit.target_on, visit.latest_on, visit.performed_on or booked_on,
        "done" if visit.performed_on else "booked" if booked_on else "open",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """How full a day is: visits booked, visits that still fit, windows that end unbooked."""

    on: date
    visits: int
    free: int
    is_today: bool
    is_past: bool
    ending: int = 0

    @property
    def label(self) -> str:
        """The day, short."""
        return f"{self.on:%a} {self.on.day}"

    @property
    def percent(self) -> int:
        """Share of the day that is taken."""
        return round(100 * self.visits / (self.visits + self.free)) if self.visits else 0

    @property
    def is_pressing(self) -> bool:
        """Whether a window ends that day with nothing booked in it."""
        return bool(self.ending) and not self.is_past

    @property
    def state(self) -> str:
        """Over, full, or neither."""
        if self.is_past:
            return "past"
        return "full" if self.visits and not self.free else ""

    @property
    def words(self) -> str:
        """What to know about the day."""
        if self.is_past:
            return "Done" if self.visits else "None"
        if self.ending:
            return f"{self.ending} must book"
        if self.free:
            return f"{self.free} free"
        return "Full" if self.visits else "Closed"

    @property
    def summary(self) -> str:
        """The day in one sentence."""
        booked = f"{self.visits} {'visit' if self.visits == 1 else 'visits'} booked"
        return booked if self.is_past else f"{booked}, {self.free} free, {self.ending} must book"


def load(held: Availability, today: date, days: int = 14) -> list[Load]:
    """The strip of working days around today, with what is booked and what still fits."""
    place, last = held.place, held.first + timedelta(days=days - 1)
    booked = dict(
        Booking.objects.filter(place=place, is_live=True, on__range=(held.first, last))
        .order_by()
        .values_list("on")
        .annotate(n=Count("pk"))
    )
    ending = dict(
        Visit.objects.filter(
            site__place=place, status=VisitStatus.PLANNED, latest_on__range=(today, last)
        )
        .order_by()
        .values_list("latest_on")
        .annotate(n=Count("pk"))
    )
    return [
        Load(
            on, booked.get(on, 0), held.free_on(on, diary.TYPICAL_MINUTES) if on >= today else 0,
            on == today, on < today, ending.get(on, 0),
        )
        for on in (held.first + timedelta(days=step) for step in range(days))
        if held.openings.get(on) or booked.get(on)
    ]  # fmt: skip


def day_to_show(held: Availability, strip: Sequence[Load], today: date) -> date:
    """Today; while the place is closed and nobody comes, the next day on which it opens."""
    keeps_hours = any(held.openings.values())
    ahead = (day.on for day in strip if day.on >= today)
    return next(ahead, today) if keeps_hours else today
