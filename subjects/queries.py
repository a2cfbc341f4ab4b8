"""Reads over subjects, visits and the diary of a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast

from accounts.models import User
from accounts.roles import Role
from core.access import can, live
from core.dates import local_day, show_day
from core.links import address
from core.permissions import Permission
from sites.models import Claim, ClaimKind, Closure, Holiday, OpeningHours, Place
from sites.queries import SHOWN, Booked, describes
from subjects.models import Booking, DeviationDraft, Feed, Subject, SubjectSchedule, Transfer, Visit

_aside = Claim.objects.filter(holder="booking", holder_id=OuterRef("pk"), is_live=False)
_closed = Closure.objects.filter(place=OuterRef("place_id"), period__overlap=OuterRef("period"))
_holiday = Holiday.objects.filter(country=OuterRef("place__country"), on=OuterRef("on"))


def _there(end: str) -> Func:
    """The clocks of the place at one end of a booking."""
    instant = Func(OuterRef("period"), function=end, output_field=models.DateTimeField())
    return Func(
        OuterRef("place__time_zone"), instant, function="timezone",
        output_field=models.DateTimeField(),
    )  # fmt: skip


def _weekday(end: str) -> Func:
    return Func(
        _there(end), template="extract(isodow FROM %(expressions)s)::int - 1",
        output_field=models.IntegerField(),
    )  # fmt: skip


_hours = OpeningHours.objects.filter(place=OuterRef("place_id"))
_open = _hours.filter(
    weekday=_weekday("lower"), opens__lte=Cast(_there("lower"), models.TimeField()),
    closes__gte=Cast(_there("upper"), models.TimeField()),
).filter(weekday=_weekday("upper"))  # fmt: skip
CLASH = Case(
    When(Exists(_closed), then=Value("the place is closed then")),
    When(Exists(_holiday), then=Value("that day is a public holiday")),
    When(Exists(_hours) & ~Exists(_open), then=Value("the place is not open then")),
    When(room__is_active=False, then=Value("the room is out of use")),
    When(Exists(_aside.filter(kind=ClaimKind.ROOM)), then=Value("the room is closed then")),
    When(person__is_active=False, then=Value("the person has left")),
    When(Exists(_aside.filter(kind=ClaimKind.PERSON)), then=Value("the person is away then")),
    default=Value(""),
)


def in_conflict() -> QuerySet[Any]:
    """Live bookings whose place, room or person is not there then, with `clash` saying why."""
    found: QuerySet[Any] = Booking.objects.filter(is_live=True).annotate(clash=CLASH)
    return found.exclude(clash="")


_followed = SubjectSchedule.objects.filter(subject=OuterRef("subject_id")).order_by("-from_on")
NOT_PLANNED = ~Q(definition__version_id=Subquery(_followed.values("version_id")[:1]))


def has_left_plan(visit: Visit) -> bool:
    """Whether the schedule that the subject follows no longer has this visit of an earlier one."""
    rows = Visit.objects.filter(NOT_PLANNED, pk=visit.pk, kind=Visit.Kind.SCHEDULED)
    return rows.exists()


def planned_transfer(subject: Subject) -> Transfer | None:
    """The move to another site that waits for its day."""
    rows = Transfer.objects.filter(subject=subject, state=Transfer.State.PLANNED)
    return rows.select_related("to_site__place").first()


def planned_deviation(visit: Visit) -> DeviationDraft | None:
    """What is seen coming where the visit is booked outside its window, and told."""
    found: DeviationDraft | None = visit.deviation_drafts.filter(
        kind=DeviationDraft.Kind.OUT_OF_WINDOW, state=DeviationDraft.State.PLANNED,
        is_announced=True,
    ).first()  # fmt: skip
    return found


def acknowledging_as(user: User) -> list[str]:
    """As whom the person is told of planned deviations: investigator, CRA, or both."""
    return sorted({held.role for held in live(user)} & {Role.INVESTIGATOR, Role.CRA})


def may_acknowledge(visit: Visit, user: User) -> bool:
    """Whether a planned deviation waits for this person to say that it is known."""
    known = planned_deviation(visit)
    if known is None or not can(user, Permission.DEVIATION_ACKNOWLEDGE, visit):
        return False
    given = visit.acknowledgements.filter(description=known.description)
    return bool(set(acknowledging_as(user)) - set(given.values_list("role", flat=True)))


WIDEST = 6  # digits in the last part of a number


def match_number(text: str) -> Q:
    """Subjects whose number begins as typed; zeros of its last part may be left out."""
    typed = text.strip()
    head, _, last = typed.rpartition("-")
    found = Q(number__istartswith=typed) | Q(screening_number__istartswith=typed)
    if head and last.isdecimal():
        for width in range(2, WIDEST + 1):
            found |= Q(number__iexact=f"{head}-{last:0>{width}}")
    return found  # each part by an index over the upper case of a number


@describes("booking")
def booked_visits(booking_ids: Iterable[int], user: User) -> dict[int, Booked]:
    """The visits behind bookings, where the user may see them, with where to move them."""
    rows = Booking.objects.visible_to(user).filter(pk__any=list(booking_ids))
    found = rows.values_list(
        "pk", "visit_id", "visit__name", "visit__site_id", "visit__subject__number"
    )
    return {
        pk: Booked(f"{number} {name}", address("subjects:slots", visit_id), site_id)
        for pk, visit_id, name, site_id, number in found
    }


def secret_hash(secret: str) -> str:
    """What is kept of the secret part of a calendar address."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A calendar address in the list of a place."""

    pk: int
    name: str
    user: str
    made: str
    used: str
    is_live: bool


def feeds_at(place: Place, user: User) -> list[FeedRow]:
    """The addresses of this person, or of everybody for those who look after the staff."""
    rows = Feed.objects.visible_to(user).filter(place=place)
    if not can(user, Permission.STAFF_EDIT, place):
        rows = rows.filter(user=user)
    return [
        FeedRow(
            row.pk, str(row.person or row.place), row.user.get_full_name(),
            show_day(local_day(row.made_at, place.zone)),
            show_day(local_day(row.used_at, place.zone)) if row.used_at else "",
            row.revoked_at is None,
        )
        for row in rows.select_related("user", "person", "place").order_by(
            F("revoked_at").desc(nulls_first=True), "-pk"
        )[:SHOWN]
    ]  # fmt: skip
