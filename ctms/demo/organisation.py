"""A small organisation for the demo, made by calling actions, the same every time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from accounts import actions as accounts
from accounts import second_factor
from accounts.bootstrap import first_administrator, system_account
from accounts.models import User
from accounts.roles import Role
from core.access import Scope
from core.actions import RefusedError
from core.audit import coming_from
from core.models import Deployment, Source
from core.signing import content_hash
from core.versions import ConflictError
from sites.actions import places, sites
from sites.models import Person, Place, Room, Site, Task
from subjects.actions import bookings, visits
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow, VisitRow
from subjects.models import Booking, Visit, VisitStatus
from trials.actions import schedules, trials
from trials.models import ScheduleVersion, Sponsor, Trial, VisitDefinition

PASSWORD = "ctms demo 2026"  # noqa: S105 - printed on the screen of the demo

CAREFUL = "ines"  # signs in with a second factor, too
KEY = "CTMSDEMOCTMSDEMOCTMSDEMOCTMSDEMO"

PEOPLE = [
    ("priya", "Priya Nair", "Study coordinator", Role.COORDINATOR),
    ("hannah", "Hannah Osei", "Principal investigator", Role.INVESTIGATOR),
    ("tom", "Tom Ellery", "Research nurse", Role.SITE_SUPPORT),
    ("jonas", "Jonas Lindqvist", "CRA", Role.CRA),
    ("mina", "Mina Farrow", "Clinical trial assistant", Role.CTA),
    ("amara", "Amara Bello", "Clinical trial manager", Role.TRIAL_MANAGER),
    ("omar", "Omar Haddad", "Senior manager", Role.SENIOR_MANAGER),
    ("sofie", "Sofie Lindahl", "Associate director", Role.ASSOCIATE_DIRECTOR),
    ("ruth", "Ruth Adeyemi", "Director", Role.DIRECTOR),
    ("victor", "Victor Sandoval", "Vice president", Role.VICE_PRESIDENT),
    ("ines", "Inês Carvalho", "Auditor", Role.AUDITOR),
]

WITHOUT_LOG_IN = [
    ("Aoife Brennan", "Research nurse"), ("Marek Novotný", "Research nurse"),
    ("Samuel Adeyinka", "Sub-investigator"), ("Yuki Tanaka", "Phlebotomist"),
    ("Helen Marsh-Whittaker", "Study coordinator"),
]  # fmt: skip

TRIALS = [
    ("tmr-204", "TMR-204", "Tamarind", "Phase 2", [0, 14, 28, 42, 56, 70, 84, 112, 140, 168], 3),
    ("bsl-305", "BSL-305", "Basalt", "Phase 3", [0, 7, 14, 28, 56, 84, 112], 2),
    ("ald-118", "ALD-118", "Alder", "Phase 1", [0, 3, 7, 14, 28], 1),
]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who does what in the demo."""

    admin: User
    manager: User
    coordinator: User


def load() -> None:
    """Make the people, the place, three trials and their subjects."""
    with coming_from(source=Source.PAGE):
        cast, place, rooms, staff, all_trials = _stage()
        for trial in all_trials:
            site = _site(trial, place, "1042", cast, staff)
            _fill(site, cast, rooms, staff, 8)
        _live_through(place, cast)


def sign_ins() -> str:
    """One log-in per role."""
    code = f" (code from an app with the key {KEY}, or: make code)"
    lines = [
        f"  {name:<8} {title}{code if name == CAREFUL else ''}" for name, _, title, _ in PEOPLE
    ]
    return "\n".join([f"Log in as (password: {PASSWORD})", "  admin    Administrator", *lines])


def _stage() -> tuple[Cast, Place, list[Room], list[Person], list[Trial]]:
    """People, one place with rooms, hours and staff, and three trials with approved schedules."""
    admin = first_administrator("admin", "Ada Kowalczyk", "admin@demo.example", PASSWORD)
    system_account()
    deployment = Deployment.objects.get(pk=1)
    sponsor = trials.add_sponsor(deployment, name="Halden Therapeutics", by=admin)
    place = places.add_place(
        deployment, by=admin,
        values={
            "name": "Northgate Clinical Research Unit", "short_name": "Northgate CRU",
            "slug": "northgate-cru", "city": "Leeds", "country": "GB",
            "time_zone": "Europe/London",
        },
    )  # fmt: skip
    places.set_hours(place, hours=[(weekday, time(8), time(18)) for weekday in range(5)], by=admin)
    people = {
        name: _person(name, full, title, role, place if role in _AT_SITE else sponsor, admin)
        for name, full, title, role in PEOPLE
        if role not in _ON_TRIAL
    }
    cast = Cast(admin, people["omar"], people["priya"])
    rooms, staff = _furnish(place, people, cast)
    made = [_trial(sponsor, row, cast) for row in TRIALS]
    for name, full, title, role in PEOPLE:
        if role in _ON_TRIAL:
            person = _person(name, full, title, role, made[0], admin)
            for other in made[1:]:
                accounts.give(other, person=person, role=role, by=admin)
    return cast, place, rooms, staff, made


def _furnish(place: Place, people: dict[str, User], cast: Cast) -> tuple[list[Room], list[Person]]:
    """Six rooms, and more staff than those who log in."""
    rooms = [
        places.add_room(place, name=f"Room {number}", by=cast.coordinator) for number in range(1, 7)
    ]
    staff = [
        places.add_person(
            place, by=cast.coordinator,
            values={"name": people[name].get_full_name(), "user": people[name]},
        )
        for name in ("priya", "tom", "hannah")
    ]  # fmt: skip
    staff += [
        places.add_person(place, values={"name": name, "job_title": title}, by=cast.coordinator)
        for name, title in WITHOUT_LOG_IN
    ]
    return rooms, staff


_AT_SITE = {Role.COORDINATOR, Role.INVESTIGATOR, Role.SITE_SUPPORT}
_ON_TRIAL = {Role.CRA, Role.CTA, Role.TRIAL_MANAGER}


def _person(name: str, full: str, title: str, role: str, scope: Scope, admin: User) -> User:
    first, _, last = full.partition(" ")
    person = accounts.invite(
        Deployment.objects.get(pk=1), username=name, first_name=first, last_name=last,
        email=f"{name}@demo.example", job_title=title, by=admin,
    )  # fmt: skip
    accounts.set_password(person, password=PASSWORD, by=admin)
    accounts.give(scope, person=person, role=role, by=admin)
    if name == CAREFUL:
        second_factor.set_up(person, KEY)
    fresh: User = User.objects.get(pk=person.pk)
    return fresh


def _trial(
    sponsor: Sponsor, row: tuple[str, str, str, str, Sequence[int], int], cast: Cast
) -> Trial:
    code, number, name, phase, days, tolerance = row
    trial = trials.add_trial(
        sponsor, by=cast.admin,
        values={
            "code": code, "protocol_number": number, "name": name, "phase": phase,
            "planned_subjects": 120, "planned_sites": 12,
        },
    )  # fmt: skip
    for status in ("start_up", "recruiting"):
        trials.set_trial_status(trial, status=status, by=cast.manager)
    version = schedules.draft(trial, number="1.0", by=cast.manager)
    schedules.add_visits(version, visits=_visits(days, tolerance), by=cast.manager)
    schedules.add_procedures(
        version, by=cast.manager,
        names=[
            ("Consent and eligibility", "Informed consent"), ("Safety", "Vital signs"),
            ("Safety", "12-lead ECG"), ("Laboratory", "Haematology"),
            ("Laboratory", "Clinical chemistry"),
        ],
    )  # fmt: skip
    schedules.approve(
        version, password=PASSWORD, shown_hash=content_hash(schedules.content(version)),
        by=cast.manager,
    )  # fmt: skip
    return trial


def _visits(days: Sequence[int], tolerance: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {"code": "SCR", "name": "Screening", "days": -21, "late_days": 20, "type": "screening"}
    ]
    for day in days:
        week, rest = divmod(day, 7)
        name = "Baseline" if day == 0 else f"Week {week}" if rest == 0 else f"Day {day + 1}"
        found.append(
            {
                "code": "D1" if day == 0 else f"W{week}" if rest == 0 else f"D{day + 1}",
                "name": name, "days": day, "is_anchor": day == 0,
                "early_days": tolerance if day else 0, "late_days": tolerance if day else 0,
                "duration": 75 if day else 90, "type": "treatment" if day else "baseline",
            }
        )  # fmt: skip
    return found


def _site(trial: Trial, place: Place, number: str, cast: Cast, staff: list[Person]) -> Site:
    country = trials.add_country(trial, code="GB", name="United Kingdom", by=cast.admin)
    began = timezone.localdate() - timedelta(days=300)
    site = sites.add_site(
        trial, country=country, place=place, number=number, on=began - timedelta(days=90),
        values={"investigator_name": "Hannah Osei", "planned_subjects": 15}, by=cast.admin,
    )  # fmt: skip
    for step, status in enumerate(("selected", "start_up", "ready", "initiated", "open")):
        sites.set_status(site, status=status, on=began + timedelta(days=20 * step), by=cast.manager)
    version = ScheduleVersion.objects.get(trial=trial)
    sites.put_into_effect(site, version=version, from_on=began, by=cast.manager)
    for person in staff:
        places.delegate(
            site, person=person, tasks=[Task.VISITS, Task.VITALS], from_on=began,
            by=cast.coordinator,
        )  # fmt: skip
    return site


AWAY = (0, 0, 1, 2, 0, 3, 1, 6)
NAMES = [
    "Margaret Ashworth", "Łukasz Wiśniewski", "Siobhán O'Neill", "Nguyễn Thị Hoa", "David Okafor",
    "Élise Marchand", "Mohammed Rahman", "Grace Pemberton-Whitfield", "Olena Kovalenko",
    "Thomas Whitaker", "Aisha Siddiqui", "Józef Nowak", "Ruth Abernathy", "Kwame Mensah",
    "Beatriz Santos", "Ian MacAllister", "Lakshmi Narayanan", "Peter Lindgren", "Zoë Clarke",
    "Chukwuemeka Eze", "Hilde Aasen", "Rosa Delgado", "William Featherstone", "Mei-Ling Chow",
]  # fmt: skip
LIVED = (0, 0, 1, 0, -1, 0, 0, 1)  # days from the target on which visits took place


def _fill(site: Site, cast: Cast, rooms: list[Room], staff: list[Person], count: int) -> None:
    """Subjects spread over the trial: what was is brought in at once, what is due soon is booked."""
    today = timezone.localdate(timezone=site.place.zone)
    days = next(row[4] for row in TRIALS if row[1] == site.trial.protocol_number)
    version = ScheduleVersion.objects.get(trial=site.trial)
    planned = list(version.visits.order_by("position"))
    rows = [_subject(site, planned, days, step, today) for step in range(count)]
    import_subjects(site, rows=rows, by=cast.coordinator)
    for step, row in enumerate(rows):
        if step % 4 == 3:  # noqa: PLR2004 - every fourth subject waits to be booked
            continue
        ahead = Visit.objects.filter(
            subject__site=site, subject__number=row.number, status=VisitStatus.PLANNED,
            target_on__range=(today, today + timedelta(days=10)),
        )  # fmt: skip
        for visit in ahead.order_by("target_on")[:2]:
            booking = _book(visit, cast, rooms, staff)
            if booking is not None and step % 2:
                bookings.confirm(booking, by=cast.coordinator)


def _subject(
    site: Site, planned: list[VisitDefinition], days: Sequence[int], step: int, today: date
) -> SubjectRow:
    """A subject whose next visit is due about today; all before it took place as planned."""
    first = {"TMR-204": 1, "BSL-305": 31, "ALD-118": 61}[site.trial.protocol_number]
    day_1 = today - timedelta(days=days[(step + 1) % len(days)] - AWAY[step % len(AWAY)])
    screened_on = min(today, day_1 - timedelta(days=21))
    is_enrolled = day_1 < today
    past = [visit for visit in planned if day_1 + timedelta(days=visit.days + 1) < today]
    number = f"{site.number}-{first + step:03d}"
    return SubjectRow(
        site_id=site.pk, number=number, screening_number=number, screened_on=screened_on,
        status="enrolled" if is_enrolled else "screening",
        enrolled_on=day_1 if is_enrolled else None, day_1_on=day_1 if is_enrolled else None,
        birth_year=1950 + 5 * step, sex="fm"[step % 2],
        identity={"name": NAMES[first // 30 * 8 + step], "phone": f"0113 496 0{step:03d}"},
        visits=tuple(
            VisitRow(
                visit.name, visit.pk, status="completed",
                performed_on=day_1 + timedelta(days=visit.days + _late(visit, step)),
            )
            for visit in past
        ),
    )  # fmt: skip


def _late(visit: VisitDefinition, step: int) -> int:
    """How many days after its target a visit took place: mostly on it, always inside the window."""
    days = LIVED[(visit.position + step) % len(LIVED)]
    return days if visit.days > 1 and min(visit.early_days, visit.late_days) else 0


def _live_through(place: Place, cast: Cast) -> None:
    """What happened today until now: visits that are over were done, the one that is on has begun."""
    now = timezone.localtime(timezone=place.zone)
    today = Booking.objects.filter(place=place, on=now.date(), is_live=True)
    for booking in today.filter(period__startswith__lt=now).select_related("visit"):
        visit = visits.check_in(booking.visit, by=cast.coordinator)
        if booking.period.upper < now:
            visits.complete(visit, on=now.date(), by=cast.coordinator)


def _book(visit: Visit, cast: Cast, rooms: list[Room], staff: list[Person]) -> Booking | None:
    """The next time on the target day, or on a day after it that the place is open."""
    zone, target = visit.site.place.zone, visit.target_on
    assert target is not None
    for day in (target + timedelta(days=later) for later in range(3)):
        held = Booking.objects.filter(place=visit.site.place, on=day).count()
        start = datetime.combine(day, time(8 + held // 2 % 9, held % 2 * 30), zone)
        wanted = bookings.Wanted(start, 60, rooms[held % len(rooms)], staff[held % len(staff)])
        with contextlib.suppress(ConflictError, RefusedError):
            return bookings.book(visit, wanted=wanted, by=cast.coordinator)
    return None
