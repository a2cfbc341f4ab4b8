"""Reads for Today and Schedule: one dataclass per row, few queries however long the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields.ranges import DateTimeRangeField
from django.db.models import (
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Lower, Upper
from django.utils import timezone

from accounts.models import User
from core.access import SCOPES, ScopeKind, reached
from core.dates import show_clock, show_day, start_of, study_day
from core.kept import kept
from core.lists.order import first_where
from core.permissions import Permission
from sites.models import Closure, Person, Place, Site
from subjects.models import Booking, SubjectAnchor, SubjectIdentity, VisitStatus
from subjects.models.visit import CALLS
from subjects.planning import window_text
from subjects.queries import CLASH
from trials.models import AnchorKind

SUBJECT_CHIPS = {
    "screening": "info", "eligible": "info", "enrolled": "ok", "on_treatment": "ok",
    "follow_up": "ok", "screen_failed": "", "completed": "", "withdrawn": "warn",
    "terminated": "warn", "lost": "warn", "deceased": "crit",
}  # fmt: skip
TYPICAL_MINUTES = 60  # of a visit whose protocol does not say
CHIPS = {
    "completed": ("ok", "Completed"),
    "in_progress": ("info", "In progress"),
    "arrived": ("info", "Arrived"),
    "booked": ("", "Unconfirmed"),
    "confirmed": ("", "Confirmed"),
    "planned": ("", "To book"),
    "missed": ("crit", "Missed"),
    "cancelled": ("", "Cancelled"),
    "skipped": ("", "Skipped"),
    "not_applicable": ("", "Not applicable"),
}
IN_CONFLICT = "crit", "In conflict"
NEXT_STEP = {
    "booked": ("subjects:check_in", "Check in"),
    "arrived": ("subjects:start", "Start visit"),
    "in_progress": ("subjects:complete", "Complete"),
}
CALL = ("subjects:start", "Start call")
BEFORE_CALL = {VisitStatus.BOOKED, VisitStatus.ARRIVED}


@dataclass(frozen=True, slots=True)
class Window:
    """A protocol window with what is booked in it, ready for the window bar."""

    earliest: date | None
    target: date | None
    latest: date | None
    booked: date | None
    state: str

    @property
    def is_out(self) -> bool:
        """Whether what is booked lies outside."""
        if self.booked is None or self.earliest is None or self.latest is None:
            return False
        return not self.earliest <= self.booked <= self.latest

    @property
    def is_last_day(self) -> bool:
        """Whether what is booked cannot be put off inside the window."""
        return self.booked is not None and self.booked == self.latest

    @property
    def words(self) -> str:
        """Offset from the target and the allowed days, as in "+2 d of −3 / +3"."""
        if self.target is None or self.earliest is None or self.latest is None:
            return "No window"
        bounds = f"−{(self.target - self.earliest).days} / +{(self.latest - self.target).days}"
        if self.booked is None:
            return f"{show_day(self.target)}, {bounds}"
        off = (self.booked - self.target).days
        return f"{'±0' if off == 0 else f'{off:+d}'.replace('-', '−')} d of {bounds}"

    @property
    def days(self) -> str:
        """First and last day and the target, as in "window 7-11 Jun, target 9 Jun"."""
        if self.target is None or self.earliest is None or self.latest is None:
            return "no window"
        return window_text(self.earliest, self.latest, self.target)


@dataclass(frozen=True, slots=True)
class Block:
    """One booking in a diary; one I may not see is only a time in which something is busy."""

    booking_id: int
    start: datetime
    end: datetime
    on: date
    is_busy: bool = False
    is_mine: bool = False
    is_unconfirmed: bool = False
    visit_id: int = 0
    subject_id: int = 0
    number: str = ""
    name: str = ""
    url: str = ""
    trial: str = ""
    colour: int = 5
    visit: str = ""
    code: str = ""
    day: str = ""
    status: str = ""
    chip: tuple[str, str] = ("", "")
    step: tuple[str, str] | None = None
    note: str = ""
    clash: str = ""
    room_id: int | None = None
    room: str = ""
    person_id: int | None = None
    person: str = ""
    modality: str = ""
    revision: int = 0
    window: Window = field(default_factory=lambda: Window(None, None, None, None, ""))

    @property
    def times(self) -> str:
        """From when to when, in the zone of the place."""
        return f"{show_clock(self.start)}–{show_clock(self.end)}"

    @property
    def is_call(self) -> bool:
        """Whether the subject is called and does not come."""
        return self.modality in CALLS

    @property
    def minutes(self) -> int:
        """How long it takes, also where the clocks change meanwhile."""
        return round((self.end.timestamp() - self.start.timestamp()) / 60)


COLUMNS = (
    "pk", "on", "confirmation", "room_id", "room__name", "person_id", "person__name",
    "person__user_id", "revision",
    "visit_id", "visit__name", "visit__code", "visit__status", "visit__note",
    "visit__earliest_on", "visit__target_on", "visit__latest_on", "visit__site_id",
    "visit__subject_id", "visit__subject__number", "visit__subject__trial__code",
    "visit__subject__trial__protocol_number", "visit__subject__trial__colour",
    "visit__definition__modality", "visit__subject__preference__fasting",
    "visit__subject__preference__interpreter", "visit__subject__preference__transport",
)  # fmt: skip


@cache
def _diary() -> QuerySet[Any, dict[str, Any]]:
    """What is read of every booking: put together once, narrowed for each place and stretch."""
    day_1 = SubjectAnchor.objects.filter(
        subject=OuterRef("visit__subject_id"), code=AnchorKind.DAY_1
    )
    rows: Any = Booking.objects.filter(is_live=True).annotate(
        lower=Lower("period", output_field=DateTimeRangeField.base_field()),
        upper=Upper("period", output_field=DateTimeRangeField.base_field()),
        day_1=Subquery(day_1.values("on")[:1]),
        clash=CLASH,
    )
    found: QuerySet[Any, dict[str, Any]] = rows.order_by("period", "pk").values(
        *COLUMNS, "lower", "upper", "day_1", "clash"
    )
    return found


def blocks(place: Place, first: date, last: date, user: User) -> list[Block]:
    """The diary of a place from one day to another, in order of time."""
    rows = _diary().filter(place=place, on__range=(first, last))
    mine = reached(user, Permission.SUBJECT_VIEW, SCOPES[ScopeKind.SITE])
    found = list(rows)
    seen = [row for row in found if mine is None or row["visit__site_id"] in mine]
    names = names_of({row["visit__subject_id"] for row in seen}, user)
    shown = {row["pk"] for row in seen}
    return [
        _block(row, place, user, names) if row["pk"] in shown else _busy(row, place)
        for row in found
    ]


def names_of(subject_ids: Iterable[int], user: User) -> dict[int, str]:
    """The names of these subjects, where the user may see them: at their site only."""
    rows = SubjectIdentity.objects.visible_to(user).filter(subject__pk__any=list(subject_ids))
    return dict(rows.values_list("subject_id", "name"))


def _busy(row: dict[str, Any], place: Place) -> Block:
    return Block(
        row["pk"], row["lower"].astimezone(place.zone), row["upper"].astimezone(place.zone),
        row["on"], is_busy=True, room_id=row["room_id"], room=row["room__name"] or "",
        person_id=row["person_id"], person=row["person__name"] or "",
    )  # fmt: skip


NOTES = (
    "visit__note", "visit__subject__preference__fasting",
    "visit__subject__preference__interpreter", "visit__subject__preference__transport",
)  # fmt: skip


def _block(row: dict[str, Any], place: Place, user: User, names: dict[int, str]) -> Block:
    status, modality = row["visit__status"], row["visit__definition__modality"] or ""
    trial, number = row["visit__subject__trial__code"], row["visit__subject__number"]
    is_booked = status == VisitStatus.BOOKED
    return replace(
        _busy(row, place), is_busy=False, is_mine=row["person__user_id"] == user.pk,
        is_unconfirmed=is_booked and row["confirmation"] != Booking.Confirmation.CONFIRMED,
        visit_id=row["visit_id"], subject_id=row["visit__subject_id"], number=number,
        name=names.get(row["visit__subject_id"], ""),
        url=f"/trials/{trial}/subjects/{number}/",
        trial=row["visit__subject__trial__protocol_number"],
        colour=row["visit__subject__trial__colour"],
        visit=row["visit__name"], code=row["visit__code"], day=_study_day(row),
        status=status, chip=_chip(row), step=_next_step(row, place), note=_note(row),
        clash=row["clash"] if is_booked else "", modality=modality, revision=row["revision"],
        window=Window(
            row["visit__earliest_on"], row["visit__target_on"], row["visit__latest_on"],
            row["on"], "done" if status == VisitStatus.COMPLETED else "booked",
        ),
    )  # fmt: skip


def _study_day(row: dict[str, Any]) -> str:
    return f"D{study_day(row['day_1'], row['on'])}".replace("-", "−") if row["day_1"] else ""


def _chip(row: dict[str, Any]) -> tuple[str, str]:
    status = row["visit__status"]
    if status != VisitStatus.BOOKED:
        return CHIPS[status]
    return IN_CONFLICT if row["clash"] else CHIPS.get(row["confirmation"], CHIPS[status])


def _next_step(row: dict[str, Any], place: Place) -> tuple[str, str] | None:
    """What follows; of whom is booked for a later day, nothing follows today."""
    status = row["visit__status"]
    if status == VisitStatus.BOOKED and row["on"] > timezone.localdate(timezone=place.zone):
        return None
    is_to_call = row["visit__definition__modality"] in CALLS and status in BEFORE_CALL
    return CALL if is_to_call else NEXT_STEP.get(status)


def _note(row: dict[str, Any]) -> str:
    clash: str = row["clash"] if row["visit__status"] == VisitStatus.BOOKED else ""
    notes = [clash[:1].upper() + clash[1:], *(row[name] for name in NOTES)]
    return " · ".join(note for note in notes if note)


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch of time in which a place sees nobody."""

    start: datetime
    end: datetime
    reason: str


def closures(place: Place, first: date, last: date) -> list[Closed]:
    """When the place is closed between two days."""
    days = start_of(first, place.zone), start_of(last + timedelta(days=1), place.zone)
    rows = (
        Closure.objects.filter(place=place, period__overlap=days)
        .annotate(
            begins=Lower("period", output_field=DateTimeRangeField.base_field()),
            ends=Upper("period", output_field=DateTimeRangeField.base_field()),
        )
        .order_by("begins")
    )
    return [Closed(*row) for row in rows.values_list("begins", "ends", "reason")]


def places_of(user: User, slug: str = "") -> QuerySet[Place]:
    """The places a site person works at, the one asked for first; with the numbers of their sites."""
    post = Person.objects.filter(place=OuterRef("pk"), user=user, is_active=True)
    held = Place.objects.visible_to(user, Permission.DIARY_VIEW)
    sites = Site.objects.visible_to(user).filter(place=OuterRef("pk")).order_by("number")
    rows: QuerySet[Place] = Place.objects.visible_to(user).annotate(
        has_post=Exists(post), numbers=ArraySubquery(sites.values("number"))
    )
    rows = rows.filter(Q(has_post=True) | Q(pk__in=held.values("pk")))
    return rows.order_by(first_where(Q(slug=slug)), first_where(Q(has_post=True)), "pk")


def place_of(user: User, slug: str = "") -> Place | None:
    """The place whose day a site person runs: the one asked for, if it is theirs, else their own."""
    return kept(user, ("place", slug), lambda: places_of(user, slug).first())
