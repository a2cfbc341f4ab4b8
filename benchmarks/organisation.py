"""The organisation of the benchmark: trials, schedules, places, sites and who may see them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from accounts import actions as accounts
from accounts.bootstrap import first_administrator
from accounts.models import User
from accounts.roles import Role
from benchmarks.databases import Size
from benchmarks.rows import Copy
from core.models import Deployment
from sites.models import (
    Delegation,
    OpeningHours,
    Person,
    Place,
    Room,
    Site,
    SiteSchedule,
)
from trials.models import (
    Country,
    ProcedureDefinition,
    ScheduleVersion,
    Sponsor,
    Trial,
    VisitDefinition,
    VisitProcedure,
)

COUNTRIES = {"GB": "Europe/London", "DE": "Europe/Berlin", "FR": "Europe/Paris",
             "ES": "Europe/Madrid", "PL": "Europe/Warsaw"}  # fmt: skip
CODES = list(COUNTRIES)
VISITS = ("SCR", "D1", *(f"W{week}" for week in range(4, 56, 4)))
DAYS = (-14, 0, *range(28, 28 * 14, 28))
ROOMS, PROCEDURES, CELLS = 3, 12, 8
BEGAN = date(2020, 1, 1)
EVER = f"[{BEGAN},)"


def trials(size: Size) -> None:
    """Sponsors, trials, their countries and one approved schedule each."""
    sponsors = Copy(Sponsor, "id", "name")
    rows = Copy(
        Trial, "id", "sponsor_id", "code", "protocol_number", "name", "title", "phase", "status",
        "planned_subjects", "planned_sites", "colour",
    )  # fmt: skip
    countries = Copy(Country, "id", "trial_id", "code", "name", "status")
    for number in range(1, size.sponsors + 1):
        sponsors.add(number, f"Sponsor {number:02}")
    for number in range(1, size.trials + 1):
        rows.add(
            number, number % size.sponsors + 1, f"bench-{number:03}", f"BENCH-{number:03}",
            f"Trial {number:03}", f"A trial with the number {number}", "Phase 3", "recruiting",
            2_500, 50, number % 5 + 1,
        )  # fmt: skip
        for index, code in enumerate(CODES):
            countries.add((number - 1) * 5 + index + 1, number, code, code, "open")
    for copy in (sponsors, rows, countries):
        copy.finish()
    schedules(size)


def schedules(size: Size) -> None:
    """One approved version for each trial: fifteen visits, twelve procedures."""
    versions = Copy(ScheduleVersion, "id", "trial_id", "number", "status", "approved_at")
    visits = Copy(
        VisitDefinition, "id", "version_id", "lineage", "code", "name", "position", "days",
        "early_days", "late_days", "is_anchor",
    )  # fmt: skip
    procedures = Copy(ProcedureDefinition, "id", "version_id", "lineage", "name", "position")
    cells = Copy(VisitProcedure, "visit_id", "procedure_id")
    for trial in range(1, size.trials + 1):
        versions.add(trial, trial, "1.0", "approved", BEGAN)
        for index in range(PROCEDURES):
            key = (trial - 1) * PROCEDURES + index + 1
            procedures.add(key, trial, uuid.UUID(int=key), f"Procedure {index + 1}", index)
        for index, (code, days) in enumerate(zip(VISITS, DAYS, strict=True)):
            key = definition_of(trial, index)
            tolerance = 3 if days > 0 else 0
            visits.add(
                key, trial, uuid.UUID(int=key), code, code, index, days,
                tolerance, tolerance, code == "D1",
            )  # fmt: skip
            for procedure in range(CELLS):
                at = (index + procedure) % PROCEDURES
                cells.add(key, (trial - 1) * PROCEDURES + at + 1)
    for copy in (versions, visits, procedures, cells):
        copy.finish()


def definition_of(trial: int, index: int) -> int:
    """The key of a visit definition."""
    return (trial - 1) * len(VISITS) + index + 1


def place_of(size: Size, site: int) -> int:
    """The place of a site: five sites of different trials share one."""
    return (site - 1) % size.places + 1


def trial_of(size: Size, site: int) -> int:
    """The trial of a site."""
    return (site - 1) * size.trials // size.sites + 1


def number_of(site: int) -> str:
    """The number of a site."""
    return f"{1000 + site}"


def places(size: Size) -> None:
    """Places with opening hours, rooms and staff."""
    rows = Copy(Place, "id", "name", "short_name", "slug", "city", "country", "time_zone")
    hours = Copy(OpeningHours, "place_id", "weekday", "opens", "closes")
    rooms = Copy(Room, "id", "place_id", "name")
    people = Copy(Person, "id", "place_id", "name")
    for number in range(1, size.places + 1):
        code = CODES[number % 5]
        rows.add(
            number, f"Hospital {number:04}", f"Hospital {number:04}", f"hospital-{number:04}",
            f"City {number % 300}", code, COUNTRIES[code],
        )  # fmt: skip
        for weekday in range(5):
            hours.add(number, weekday, "08:00", "18:00")
        for index in range(ROOMS):
            key = (number - 1) * ROOMS + index + 1
            rooms.add(key, number, f"Room {index + 1}")
            people.add(key, number, f"Person {key}")
    for copy in (rows, hours, rooms, people):
        copy.finish()


def sites(size: Size, today: date) -> None:
    """Sites that are open, with their schedule and delegations; counters follow the subjects."""
    rows = Copy(
        Site, "id", "trial_id", "country_id", "place_id", "number", "investigator_name",
        "planned_subjects", "status", "status_on", "opened_on",
    )  # fmt: skip
    schedules = Copy(SiteSchedule, "site_id", "version_id", "during")
    delegations = Copy(Delegation, "site_id", "person_id", "task", "during")
    opened = today - timedelta(days=600)
    for number in range(1, size.sites + 1):
        trial, place = trial_of(size, number), place_of(size, number)
        rows.add(
            number, trial, (trial - 1) * 5 + place % 5 + 1, place, number_of(number),
            f"Dr Investigator {number}", 50, "open", opened, opened,
        )  # fmt: skip
        schedules.add(number, trial, EVER)
        for index in range(ROOMS):
            delegations.add(number, (place - 1) * ROOMS + index + 1, "visits", EVER)
    for copy in (rows, schedules, delegations):
        copy.finish()


def people(size: Size) -> None:
    """Who works with it: managers of sponsors and trials, coordinators of places, monitors of sites."""
    admin = first_administrator("admin", "Ada Admin", "ada@example.org", "not for signing in")

    def person(username: str) -> User:
        accounts.invite(
            Deployment.objects.get(), username=username, first_name=username.title(),
            last_name="Bench", email=f"{username}@example.org", by=admin,
        )  # fmt: skip
        found: User = User.objects.get(username=username)
        return found

    for sponsor in Sponsor.objects.all():
        manager = person(f"senior-{sponsor.pk}")
        accounts.give(sponsor, person=manager, role=Role.SENIOR_MANAGER, by=admin)
    for trial in Trial.objects.all():
        manager = person(f"manager-{trial.pk}")
        accounts.give(trial, person=manager, role=Role.TRIAL_MANAGER, by=admin)
    for place in Place.objects.filter(pk__lte=size.coordinators):
        coordinator = person(f"coordinator-{place.pk}")
        accounts.give(place, person=coordinator, role=Role.COORDINATOR, by=admin)
        Person.objects.filter(pk=(place.pk - 1) * ROOMS + 1).update(user=coordinator)
    for number in range(1, size.monitors + 1):
        monitor = person(f"monitor-{number}")
        held = Site.objects.filter(pk__range=((number - 1) * 10 + 1, number * 10))
        for site in held:
            accounts.give(site, person=monitor, role=Role.CRA, by=admin)
        held.update(cra=monitor)
