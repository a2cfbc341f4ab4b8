"""A small world made by actions: one sponsor, one trial, one place, one open site, its people."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts import actions as accounts
from accounts.bootstrap import first_administrator
from accounts.models import User
from accounts.roles import Role
from core.access import Scope
from core.audit import coming_from, under_event
from core.models import Deployment, Source
from sites.actions import places, sites
from sites.models import Person, Place, Room, Site, SiteStatus, Task
from subjects.actions import subjects
from subjects.models import Subject, Visit
from trials.actions import trials
from trials.models import ScheduleVersion, Sponsor, Trial, VisitDefinition

LONDON = ZoneInfo("Europe/London")
numbers = count(1)


@dataclass(frozen=True, slots=True)
class World:
    """What every test of the domain stands on."""

    admin: User
    manager: User
    coordinator: User
    cra: User
    sponsor: Sponsor
    trial: Trial
    place: Place
    site: Site
    version: ScheduleVersion
    room: Room
    person: Person


def user_with(role: str, scope: Scope, by: User) -> User:
    """A person who holds one role on one scope."""
    number = next(numbers)
    person = accounts.invite(
        Deployment.objects.get(), username=f"{role}-{number}", first_name=role.title(),
        last_name=f"Number {number}", email=f"{role}-{number}@example.org", by=by,
    )  # fmt: skip
    accounts.give(scope, person=person, role=role, by=by)
    return User.objects.get(pk=person.pk)


def make_version(
    trial: Trial, number: str, manager: User, calls: Container[str] = ()
) -> ScheduleVersion:
    """An approved schedule: screening, day 1, weeks 2 and 4, some of them by phone."""
    with under_event("test"):
        version = ScheduleVersion.objects.create(trial=trial, number=number)
        visits = [("SCR", -14, 0, 13), ("D1", 0, 0, 0), ("W2", 14, 3, 3), ("W4", 28, 3, 3)]
        for position, (code, days, early, late) in enumerate(visits):
            VisitDefinition.objects.create(
                version=version, code=code, name=code, position=position, days=days,
                early_days=early, late_days=late, is_anchor=code == "D1",
                modality="phone" if code in calls else "clinic",
            )  # fmt: skip
        ScheduleVersion.flow.move(version, "approved", by=manager, approved_at=timezone.now())
    return version


def make_site(trial: Trial, place: Place, number: str, admin: User, manager: User) -> Site:
    """A site that is open for enrolment."""
    country = trials.add_country(trial, code="GB", name="United Kingdom", by=admin)
    site = sites.add_site(trial, country=country, place=place, number=number, by=admin)
    for status in ("selected", "start_up", "ready", "initiated", "open"):
        sites.set_status(site, status=status, by=manager)
    assert site.status == SiteStatus.OPEN
    return site


def make_place(slug: str, admin: User) -> Place:
    """A place in London time, open on weekdays."""
    place = places.add_place(
        Deployment.objects.get(), by=admin,
        values={
            "name": slug.title(), "short_name": slug.title(), "slug": slug, "country": "GB",
            "time_zone": "Europe/London",
        },
    )  # fmt: skip
    hours = [(weekday, time(8), time(18)) for weekday in range(5)]
    return places.set_hours(place, hours=hours, by=admin)


def build() -> World:
    """Make the world, as its people would at pages."""
    with coming_from(source=Source.PAGE):
        admin = first_administrator("admin", "Ada Admin", "ada@example.org", "a long password")
        sponsor = trials.add_sponsor(Deployment.objects.get(), name="Halden", by=admin)
        trial = trials.add_trial(
            sponsor, values={"code": "tmr-204", "protocol_number": "TMR-204", "name": "Tamarind"},
            by=admin,
        )  # fmt: skip
        manager = user_with(Role.SENIOR_MANAGER, sponsor, admin)
        place = make_place("northgate", admin)
        site = make_site(trial, place, "1042", admin, manager)
        version = make_version(trial, "1.0", manager)
        sites.put_into_effect(site, version=version, from_on=date(2020, 1, 1), by=manager)
        coordinator = user_with(Role.COORDINATOR, place, admin)
        cra = user_with(Role.CRA, site, admin)
        room = places.add_room(place, name="Room 1", by=coordinator)
        person = places.add_person(
            place, values={"name": "Priya Nair", "user": coordinator}, by=coordinator
        )
        places.delegate(
            site, person=person, tasks=[Task.VISITS], from_on=date(2020, 1, 1), by=coordinator
        )
    return World(
        admin, manager, coordinator, cra, sponsor, trial, place, site, version, room, person
    )


def screen(world: World, on: date | None = None) -> Subject:
    """A subject in screening with planned visits."""
    return subjects.screen(world.site, on=on or timezone.localdate(), by=world.coordinator)


def visit(subject: Subject, code: str) -> Visit:
    """The subject's visit of this code."""
    return Visit.objects.get(subject=subject, code=code)


def weekday_from(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant in London."""
    return datetime.combine(day, time(hour, minute), LONDON)
