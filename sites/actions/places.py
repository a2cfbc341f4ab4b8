"""Places with rooms, hours and closures; staff, absences and delegations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from accounts.models import User
from core.actions import RefusedError, action
from core.models import Deployment
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import (
    Absence,
    Claim,
    ClaimKind,
    Closure,
    Delegation,
    Equipment,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    Site,
)


@action(Permission.PLACE_ADD, "add place")
def add_place(deployment: Deployment, *, values: Mapping[str, object], by: User) -> Place:
    """Add an institution."""
    place = Place(**values)
    place.full_clean(exclude=["permission_rows"])
    place.save()
    return place


@action(Permission.PLACE_EDIT, "set opening hours")
def set_hours(place: Place, *, hours: Iterable[tuple[int, time, time]], by: User) -> Place:
    """Replace the week of a place."""
    OpeningHours.objects.filter(place=place).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(place=place, weekday=weekday, opens=opens, closes=closes)
        for weekday, opens, closes in hours
    )
    return place


@action(Permission.PLACE_EDIT, "add room")
def add_room(place: Place, *, name: str, by: User, note: str = "") -> Room:
    """Add a room."""
    return Room.objects.create(place=place, name=name, note=note)


@action(Permission.PLACE_EDIT, "add equipment")
def add_equipment(
    place: Place, *, name: str, kind: str, by: User, room: Room | None = None,
    calibration_due_on: date | None = None,
) -> Equipment:  # fmt: skip
    """Add a device."""
    return Equipment.objects.create(
        place=place, name=name, kind=kind, room=room, calibration_due_on=calibration_due_on
    )


@action(Permission.PLACE_EDIT, "close place")
def close(place: Place, *, start: datetime, end: datetime, reason: str, by: User) -> Closure:
    """Close a place for a time; bookings in it stay and are shown to be moved."""
    try:
        with transaction.atomic():
            return Closure.objects.create(
                place=place, period=DateTimeTZRange(start, end, "[)"), reason=reason
            )
    except IntegrityError as error:
        raise ConflictError(f"{place} is closed in part of that time already.") from error


@action(Permission.STAFF_EDIT, "add person")
def add_person(place: Place, *, values: Mapping[str, object], by: User) -> Person:
    """Add a member of staff."""
    return Person.objects.create(place=place, **values)


@action(Permission.STAFF_EDIT, "record absence")
def add_absence(
    person: Person, *, start: datetime, end: datetime, by: User, note: str = ""
) -> Absence:
    """Note that a person is away; refused while visits are booked with the person then."""
    period = DateTimeTZRange(start, end, "[)")
    taken = Claim.objects.filter(
        kind=ClaimKind.PERSON, resource_id=person.pk, period__overlap=period
    ).count()
    if taken:
        visits = "1 visit is" if taken == 1 else f"{taken} visits are"
        raise RefusedError(f"{visits} booked with {person} then. Move them first.")
    absence = Absence.objects.create(person=person, period=period, note=note)
    Claim.objects.create(
        place_id=person.place_id, kind=ClaimKind.PERSON, resource_id=person.pk, period=period,
        holder="absence", holder_id=absence.pk,
    )  # fmt: skip
    return absence


@action(Permission.STAFF_EDIT, "end absence")
def end_absence(absence: Absence, *, by: User) -> Person:
    """The person is back, or never went."""
    Claim.objects.filter(holder="absence", holder_id=absence.pk).delete()
    person = absence.person
    absence.delete()
    return person


@action(Permission.DELEGATION_EDIT, "delegate")
def delegate(
    site: Site, *, person: Person, tasks: Iterable[str], from_on: date, by: User,
    to_on: date | None = None,
) -> Site:  # fmt: skip
    """Delegate tasks of a trial to a person for a time."""
    if person.place_id != site.place_id:
        raise RefusedError(f"{person} does not work at {site.place}.")
    try:
        with transaction.atomic():
            Delegation.objects.bulk_create(
                Delegation(
                    site=site, person=person, task=task, during=DateRange(from_on, to_on, "[)")
                )
                for task in tasks
            )
    except IntegrityError as error:
        raise ConflictError(
            f"{person} holds one of these tasks at {site} already. End it first."
        ) from error
    return site


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
