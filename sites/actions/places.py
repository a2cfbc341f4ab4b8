"""Places: their facts, rooms, equipment, hours and closures; staff, absences and delegations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.models import Deployment
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.actions.claims import cut, end, give_up, take
from sites.models import (
    Absence,
    Closure,
    Delegation,
    Equipment,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    RoomClosure,
    Site,
)
from sites.models.place import RESERVED_SLUGS
from sites.queries import ahead


def _lasting(start: datetime, end: datetime) -> DateTimeTZRange:
    if end <= start:
        raise RefusedError("The end is not after the start. Check both times.")
    return DateTimeTZRange(start, end, "[)")


def _visits(count: int) -> str:
    return "1 visit is" if count == 1 else f"{count} visits are"


@action(Permission.PLACE_ADD, "add place")
def add_place(deployment: Deployment, *, values: Mapping[str, Any], by: User) -> Place:
    """Add an institution; its word in addresses comes from its short name."""
    given = dict(values)
    given["slug"] = given.get("slug") or free_slugs([given["short_name"]])[0]
    place = Place(**given)
    place.full_clean(exclude=["permission_rows"])
    place.save()
    return place


def free_slugs(names: Iterable[str]) -> list[str]:
    """A word in addresses for each name, none of them taken."""
    taken = {*RESERVED_SLUGS, *Place.objects.values_list("slug", flat=True)}
    found = []
    for name in names:
        word = slugify(name)[:70] or "place"
        free, number = word, 2
        while free in taken:
            free, number = f"{word}-{number}", number + 1
        taken.add(free)
        found.append(free)
    return found


@action(Permission.PLACE_EDIT, "change place")
def change_place(
    place: Place, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> Place:
    """Change facts of a place; its time zone only while nothing is booked."""
    held = lock(place, revision)
    count = ahead(held).count()
    if values.get("time_zone", held.time_zone) != held.time_zone and count:
        raise RefusedError(
            f"{_visits(count)} booked in {held.time_zone}; another time zone would change what"
            " the clock says. Move or cancel the visits first."
        )
    Place.objects.filter(pk=held.pk).update(**values)
    held.refresh_from_db()
    return held


@action(Permission.PLACE_EDIT, "set opening hours")
def set_hours(place: Place, *, hours: Iterable[tuple[int, time, time]], by: User) -> Place:
    """Replace the week of a place."""
    week = sorted(hours)
    for (day, opens, closes), (other, again, _) in pairwise([*week, (-1, time(), time())]):
        name = OpeningHours.Weekday(day).label
        if closes <= opens:
            raise RefusedError(f"{name} closes before it opens. Check both times.")
        if day == other and again < closes:
            raise RefusedError(f"{name} opens again before it closes. Check the times.")
    OpeningHours.objects.filter(place=place).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(place=place, weekday=weekday, opens=opens, closes=closes)
        for weekday, opens, closes in week
    )
    return place


@action(Permission.PLACE_EDIT, "add room")
def add_room(place: Place, *, name: str, by: User, note: str = "") -> Room:
    """Add a room or chair."""
    try:
        with transaction.atomic():
            return Room.objects.create(place=place, name=name, note=note)
    except IntegrityError as error:
        raise ConflictError(f"{place} has a {name} already. Choose another name.") from error


@action(Permission.PLACE_EDIT, "change room")
def change_room(
    room: Room, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> Room:
    """Change a room; where it goes out of use, visits booked in it stay, as duties to move them."""
    held = lock(room, revision)
    try:
        with transaction.atomic():
            Room.objects.filter(pk=held.pk).update(**values)
    except IntegrityError as error:
        raise ConflictError(
            f"{held.place} has a {values['name']} already. Choose another name."
        ) from error
    held.refresh_from_db()
    return held


@action(Permission.PLACE_EDIT, "close room")
def close_room(room: Room, *, start: datetime, end: datetime, reason: str, by: User) -> RoomClosure:
    """Keep a room free for a time; visits booked in it then stay, as duties to move them."""
    closure = RoomClosure.objects.create(room=room, period=_lasting(start, end), reason=reason)
    take(closure)
    return closure


@action(Permission.PLACE_EDIT, "open room")
def open_room(closure: RoomClosure, *, by: User) -> Room:
    """The room can be used again from now on, or is not closed after all."""
    room = closure.room
    end(closure, "The room is open again already.")
    return room


@action(Permission.PLACE_EDIT, "add equipment")
def add_equipment(
    place: Place, *, name: str, kind: str, by: User, room: Room | None = None,
    serial_number: str = "", calibration_due_on: date | None = None,
) -> Equipment:  # fmt: skip
    """Add a device."""
    return Equipment.objects.create(
        place=place, name=name, kind=kind, room=room, serial_number=serial_number,
        calibration_due_on=calibration_due_on,
    )  # fmt: skip


@action(Permission.PLACE_EDIT, "close place")
def close(place: Place, *, start: datetime, end: datetime, reason: str, by: User) -> Closure:
    """Close a place for a time; bookings in it stay and are shown to be moved."""
    period = _lasting(start, end)
    try:
        with transaction.atomic():
            return Closure.objects.create(place=place, period=period, reason=reason)
    except IntegrityError as error:
        raise ConflictError(f"{place} is closed in part of that time already.") from error


@action(Permission.PLACE_EDIT, "change closure")
def change_closure(
    closure: Closure, *, start: datetime, end: datetime, reason: str, by: User
) -> Closure:
    """Close at another time, or for another reason."""
    closure.period, closure.reason = _lasting(start, end), reason
    try:
        with transaction.atomic():
            closure.save(update_fields=["period", "reason"])
    except IntegrityError as error:
        raise ConflictError(f"{closure.place} is closed in part of that time already.") from error
    return closure


@action(Permission.PLACE_EDIT, "open place")
def reopen(closure: Closure, *, by: User) -> Place:
    """The place opens again now, or does not close after all."""
    place = closure.place
    cut(closure, "The place is open again already.")
    return place


@action(Permission.STAFF_EDIT, "add person")
def add_person(place: Place, *, values: Mapping[str, object], by: User) -> Person:
    """Add a member of staff."""
    return Person.objects.create(place=place, **values)


@action(Permission.STAFF_EDIT, "change person")
def change_person(
    person: Person, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> Person:
    """Change facts about a member of staff; who leaves keeps no delegations, and visits as duties."""
    held = lock(person, revision)
    if held.is_active and not values.get("is_active", True):
        _end_delegations(held)
    Person.objects.filter(pk=held.pk).update(**values)
    held.refresh_from_db()
    return held


def _end_delegations(person: Person) -> None:
    """Nothing is delegated from tomorrow on to someone who has left."""
    tomorrow = timezone.localdate(timezone=person.place.zone) + timedelta(days=1)
    held = Delegation.objects.filter(person=person)
    held.filter(during__startswith__gte=tomorrow).delete()
    for delegation in held.filter(during__contains=tomorrow):
        delegation.during = DateRange(delegation.during.lower, tomorrow, "[)")
        delegation.save(update_fields=["during"])


@action(Permission.STAFF_EDIT, "record absence")
def add_absence(
    person: Person, *, start: datetime, end: datetime, by: User, note: str = ""
) -> Absence:
    """Note that a person is away; visits booked then stay, as duties to move or to give away."""
    absence = Absence.objects.create(person=person, period=_lasting(start, end), note=note)
    take(absence)
    return absence


@action(Permission.STAFF_EDIT, "change absence")
def change_absence(
    absence: Absence, *, start: datetime, end: datetime, by: User, note: str = ""
) -> Absence:
    """The person is away at another time; visits booked then stay, as duties, the others return."""
    freed = give_up(absence)
    absence.period, absence.note = _lasting(start, end), note
    absence.save(update_fields=["period", "note"])
    take(absence)
    freed.restore()
    return absence


@action(Permission.STAFF_EDIT, "end absence")
def end_absence(absence: Absence, *, by: User) -> Person:
    """The person is back from now on, or never goes."""
    person = absence.person
    end(absence, f"{person} is back already.")
    return person


@action(Permission.DELEGATION_EDIT, "delegate")
def delegate(
    site: Site, *, person: Person, tasks: Iterable[str], from_on: date, by: User,
    to_on: date | None = None,
) -> Site:  # fmt: skip
    """Delegate tasks of a trial to a person from one day to another, both included."""
    if person.place_id != site.place_id:
        raise RefusedError(f"{person} does not work at {site.place}.")
    if not person.is_active:
        raise RefusedError(f"{person} has left {site.place}. Choose somebody who works there.")
    if to_on is not None and to_on < from_on:
        raise RefusedError("The last day is before the first. Check both days.")
    try:
        with transaction.atomic():
            Delegation.objects.bulk_create(
                Delegation(
                    site=site, person=person, task=task, during=DateRange(from_on, to_on, "[]")
                )
                for task in tasks
            )
    except IntegrityError as error:
        raise ConflictError(
            f"{person} holds one of these tasks at {site} already. End it first."
        ) from error
    return site


@action(Permission.DELEGATION_EDIT, "end delegation")
def end_delegation(delegation: Delegation, *, on: date, by: User) -> Delegation:
    """The person holds the task up to this day and no longer."""
    during: Any = delegation.during
    if on < during.lower:
        raise RefusedError(
            f"{delegation} begins on {show_day(during.lower)}. Choose that day or later."
        )
    if during.upper is not None and on >= during.upper:
        last = during.upper - timedelta(days=1)
        raise RefusedError(f"{delegation} ends on {show_day(last)} already.")
    delegation.during = DateRange(during.lower, on, "[]")
    delegation.save(update_fields=["during"])
    delegation.refresh_from_db()
    return delegation


@action(Permission.DEPLOYMENT_EDIT, "set holidays")
def set_holidays(
    deployment: Deployment, *, country: str, days: Mapping[date, str], by: User
) -> Deployment:
    """Add public holidays of a country."""
    Holiday.objects.bulk_create(
        (Holiday(country=country, on=on, name=name) for on, name in days.items()),
        ignore_conflicts=True,
    )
    return deployment


@action(Permission.DEPLOYMENT_EDIT, "remove holiday")
def remove_holiday(holiday: Holiday, *, by: User) -> Deployment:
    """The day is no holiday after all: visits booked on it are duties to move no longer."""
    holiday.delete()
    found: Deployment = Deployment.objects.get()
    return found
