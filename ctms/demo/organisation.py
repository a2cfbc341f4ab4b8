"""The organisation of the demo: its people with their roles, and a place that is ready to work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from accounts import actions as accounts
from accounts import second_factor
from accounts.bootstrap import first_administrator, system_account
from accounts.models import User
from accounts.roles import SITE_ROLES, Role
from core.access import Scope
from core.models import Deployment
from ctms.demo import protocols
from ctms.demo.days import DAY, WorkingDays, public_holidays
from ctms.demo.lists import rows_of
from sites.actions import places
from sites.models import Holiday, Place, Room
from sites.pages import BedPages
from trials.actions import trials
from trials.models import Sponsor, Trial

PASSWORD = "ctms demo 2026"  # noqa: S105 - printed on the screen of the demo

SPONSOR = "Halden Therapeutics"
CAREFUL = "ines"  # signs in with a second factor, too
KEY = "CTMSDEMOCTMSDEMOCTMSDEMOCTMSDEMO"

PEOPLE = [
    ("priya", "Priya Nair", "Study coordinator", Role.COORDINATOR),
    ("hannah", "Hannah Osei", "Principal investigator", Role.INVESTIGATOR),
    ("tom", "Tom Ellery", "Research nurse", Role.SITE_SUPPORT),
    ("ewa", "Ewa Nowak", "Unblinded pharmacist", Role.UNBLINDED_PHARMACIST),
    ("jonas", "Jonas Lindqvist", "CRA", Role.CRA),
    ("marek", "Marek Zelenka", "Unblinded CRA", Role.UNBLINDED_CRA),
    ("mina", "Mina Farrow", "Clinical trial assistant", Role.CTA),
    ("amara", "Amara Bello", "Clinical trial manager", Role.TRIAL_MANAGER),
    ("elena", "Elena Fischer", "Medical monitor", Role.MEDICAL_MONITOR),
    ("omar", "Omar Haddad", "Senior manager", Role.SENIOR_MANAGER),
    ("sofie", "Sofie Lindahl", "Associate director", Role.ASSOCIATE_DIRECTOR),
    ("nadia", "Nadia Benhaddou", "Finance", Role.FINANCE),
    ("ruth", "Ruth Adeyemi", "Director", Role.DIRECTOR),
    ("victor", "Victor Sandoval", "Vice president", Role.VICE_PRESIDENT),
    ("ines", "Inês Carvalho", "Auditor", Role.AUDITOR),
]
AT_SITE = SITE_ROLES
ON_TRIAL = {
    Role.CRA, Role.CTA, Role.TRIAL_MANAGER, Role.MEDICAL_MONITOR, Role.UNBLINDED_CRA,
}  # fmt: skip
BEDS = (
    *((f"Bed {number}", "Overnight unit") for number in range(1, 5)),
    ("Bed 5", "Isolation room"),
)
ROOMS = (
    "Room 1", "Room 2", "Room 3", "Room 4", "Room 5", "Room 6, infusion", "Room 7, infusion",
)  # fmt: skip
EQUIPMENT = (  # name, kind, room, serial number, days to the next calibration
    ("ECG recorder 1", "ECG", None, "EC-20817", 141), ("ECG recorder 2", "ECG", None, "EC-20818", 12),
    ("Spirometer", "Spirometer", "Room 3", "SP-4471-B", 88),
    ("Centrifuge, laboratory 1", "Centrifuge", None, "CF-1093", 33),
    ("Infusion pump A", "Infusion pump", "Room 6, infusion", "IP-77120", 203),
    ("Infusion pump B", "Infusion pump", "Room 7, infusion", "IP-77121", 203),
    ("Freezer −80 °C", "Freezer", None, "FZ-0006", 260),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who and what there is before the first subject."""

    people: dict[str, User]
    sponsor: Sponsor
    place: Place
    trials: list[Trial]

    @property
    def admin(self) -> User:
        """Sets things up."""
        return self.people["admin"]

    @property
    def manager(self) -> User:
        """Leads the trials."""
        return self.people["omar"]

    @property
    def coordinator(self) -> User:
        """Runs the place."""
        return self.people["priya"]


def sign_ins() -> str:
    """One log-in per role."""
    code = f" (code from an app with the key {KEY}, or: make code)"
    lines = [
        f"  {name:<8} {title}{code if name == CAREFUL else ''}" for name, _, title, _ in PEOPLE
    ]
    return "\n".join([f"Log in as (password: {PASSWORD})", "  admin    Administrator", *lines])


def found(today: date) -> Organisation:
    """Make people, place and trials."""
    admin = first_administrator("admin", "Ada Kowalczyk", "admin@demo.example", PASSWORD)
    system_account()
    sponsor = trials.add_sponsor(deployment(), name=SPONSOR, by=admin)
    place = _place(today, admin)
    people = {"admin": admin} | {row[0]: _person(*row[:3], admin) for row in PEOPLE}
    wide = {row[0]: row[3] for row in PEOPLE if row[3] not in AT_SITE | ON_TRIAL}
    _give(sponsor, wide, people)
    _give(place, {row[0]: row[3] for row in PEOPLE if row[3] in AT_SITE}, people)
    people = {name: User.objects.get(username=name) for name in people}
    made = [protocols.add_trial(sponsor, row, people["omar"]) for row in protocols.TRIALS]
    for trial, row in zip(made, protocols.TRIALS, strict=True):
        protocols.add_schedule(trial, row[-1], people["omar"], PASSWORD)
        _give(trial, {row[0]: row[3] for row in PEOPLE if row[3] in ON_TRIAL}, people)
    _furnish(place, people, today)
    return Organisation(people, sponsor, place, made)


def _give(scope: Scope, roles: Mapping[str, str], people: Mapping[str, User]) -> None:
    for name, role in roles.items():
        accounts.give(scope, person=people[name], role=role, by=people["admin"])


def deployment() -> Deployment:
    """This installation."""
    return Deployment.objects.get(pk=1)


def working_days(today: date) -> WorkingDays:
    """The days on which the place works, counted from today."""
    return WorkingDays(
        today, set(Holiday.objects.filter(country="GB").values_list("on", flat=True))
    )


def _place(today: date, admin: User) -> Place:
    place = places.add_place(
        deployment(), by=admin,
        values={
            "name": "Northgate Clinical Research Unit", "short_name": "Northgate CRU",
            "slug": "northgate-cru", "street": "14 Northgate", "city": "Leeds",
            "postcode": "LS2 7XX", "country": "GB", "time_zone": "Europe/London",
            "phone": "0113 496 0100",
        },
    )  # fmt: skip
    places.set_hours(place, hours=[(weekday, time(8), time(18)) for weekday in range(5)], by=admin)
    for year in (today.year - 1, today.year, today.year + 1):
        places.set_holidays(deployment(), country="GB", days=public_holidays(year), by=admin)
    return place


def _person(name: str, full: str, title: str, admin: User) -> User:
    first, _, last = full.partition(" ")
    person = accounts.invite(
        deployment(), username=name, first_name=first, last_name=last,
        email=f"{name}@demo.example", job_title=title, by=admin,
    )  # fmt: skip
    accounts.set_password(person, password=PASSWORD, by=admin)
    if name == CAREFUL:
        second_factor.set_up(person, KEY)
    return person


def _furnish(place: Place, people: dict[str, User], today: date) -> None:
    """Rooms and equipment, and more staff than those who log in."""
    coordinator = people["priya"]
    rooms: dict[str, Room] = {
        name: places.add_room(place, name=name, by=coordinator) for name in ROOMS
    }
    for name, unit in BEDS:
        BedPages.adding(place, values={"name": name, "unit": unit}, by=coordinator)
    for name, kind, room, number, days in EQUIPMENT:
        places.add_equipment(
            place, name=name, kind=kind, room=rooms.get(room or ""), serial_number=number,
            calibration_due_on=today + days * DAY, by=coordinator,
        )  # fmt: skip
    for name, full, title, role in PEOPLE:
        if role in AT_SITE:
            values: dict[str, object] = {"name": full, "job_title": title, "user": people[name]}
            places.add_person(place, values=values, by=coordinator)
    for row in rows_of("northgate/staff.csv"):
        places.add_person(place, values=row, by=coordinator)
