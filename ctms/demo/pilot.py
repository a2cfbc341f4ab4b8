"""The CDISC pilot: its published schedule, its subjects, and visits generated inside the windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.access import Scope
from core.imports import uploads
from core.models import Upload
from ctms.demo.days import DAY, inside
from ctms.demo.lists import begin, invented_place, moved, rows_of
from ctms.demo.northgate import INVESTIGATOR, delegate, free_slots
from ctms.demo.organisation import working_days
from sites.actions import sites
from sites.actions.imports import put_into_effect_everywhere
from sites.models import Person, Place, Site, SiteSchedule
from trials.models import ScheduleVersion, Trial, VisitDefinition

SEED = 1906
RECRUITMENT = timedelta(days=420)
AT_NORTHGATE = "701"
SHOWN_BACK, BOOKED_AHEAD = timedelta(days=21), timedelta(days=12)
ROOMS, TEAM = ("Room 5",), ("Dorota Sikorska",)
WAITS = 0.25  # of the visits to come, so many have no time yet
ENDS = {
    "COMPLETED": "completed", "DEATH": "deceased", "LOST TO FOLLOW-UP": "lost",
    "WITHDRAWAL BY SUBJECT": "withdrawn", "SCREEN FAILURE": "screen_failed",
}  # fmt: skip
FIRST = (
    "Agnes", "Bram", "Carla", "Dieter", "Esther", "Felix", "Greta", "Henrik", "Iris", "Jakub",
    "Klara", "Leon", "Maud", "Nils",
)  # fmt: skip
LAST = (
    "Ashby", "Brandt", "Castillo", "Dvořák", "Eriksen", "Fontaine", "Gallagher", "Hossain", "Ito",
    "Jansen", "Köhler",
)  # fmt: skip
SITE_HEADS = (
    "Site number", "Place", "City", "Country", "Time zone", "Principal investigator",
    "Planned subjects", "Status", "Identified on", "Opened on",
)  # fmt: skip
HEADS = (
    "Site number", "Subject number", "Status", "Screened on", "Enrolled on", "Day 1", "Ended on",
    "Reason of ending", "Year of birth", "Sex", "Name", "Phone", "Visit", "Visit date",
    "Booked for", "Room", "Staff",
)  # fmt: skip


def load(trial: Trial, northgate: Place, people: Mapping[str, User]) -> None:
    """Sites and subjects of the pilot; what is there already is passed by."""
    by = people["omar"]
    version = ScheduleVersion.objects.get(trial=trial)
    courses = Courses(version, timezone.localdate())
    if not Upload.objects.filter(trial_id=trial.pk, kind="sites").exists():
        found = _sites(courses, northgate)
        uploads.run(begin(trial, "sites", "pilot-sites.csv", found, SITE_HEADS, by).pk)
    if not SiteSchedule.objects.filter(version=version).exists():
        put_into_effect_everywhere(version, from_on=courses.begins_on, by=by)
    home = Site.objects.get(trial=trial, number=AT_NORTHGATE)
    if not home.delegations.exists():
        _staff(trial, home, courses.begins_on, people)
    rows = courses.rows()
    here = [row for row in rows if row["Site number"] == AT_NORTHGATE]
    elsewhere = [row for row in rows if row["Site number"] != AT_NORTHGATE]
    _take_over(home, home.pk, trial, here, people["priya"])
    _take_over(trial, None, trial, elsewhere, by)


def _staff(trial: Trial, home: Site, from_on: date, people: Mapping[str, User]) -> None:
    """Who runs the pilot, monitors it, and works on it at Northgate."""
    for name, role in (("amara", Role.TRIAL_MANAGER), ("jonas", Role.CRA)):
        accounts.give(trial, person=people[name], role=role, by=people["admin"])
    person = Person.objects.get(place=home.place, name=INVESTIGATOR)
    sites.change_site(home, values={"investigator": person}, by=people["omar"])
    sites.assign_cra(trial, sites=trial.sites.all(), cra=people["jonas"], by=people["omar"])
    delegate(home, home.place.staff.all(), from_on, people["priya"])


def _take_over(
    scope: Scope, site_id: int | None, trial: Trial, rows: list[dict[str, Any]], by: User
) -> None:
    held = Upload.objects.filter(trial_id=trial.pk, site_id=site_id, kind="subjects").first()
    name = "pilot-subjects.csv"
    uploads.run((held or begin(scope, "subjects", name, rows, HEADS, by)).pk)


def _sites(courses: Courses, northgate: Place) -> Iterator[dict[str, Any]]:
    random = Random(SEED)  # noqa: S311 - the same data every time
    for number, site in enumerate(sorted(courses.first_at)):
        facts = {
            "Site number": site, "Status": "Open for enrolment", "Planned subjects": 20,
            "Identified on": courses.first_at[site] - 200 * DAY,
            "Opened on": courses.first_at[site] - 30 * DAY,
            "Principal investigator": f"{random.choice(FIRST)} {random.choice(LAST)}",
        }  # fmt: skip
        if site == AT_NORTHGATE:
            yield facts | {
                "Place": northgate.name, "City": northgate.city,
                "Principal investigator": INVESTIGATOR,
            }  # fmt: skip
        else:
            place, city, zone = invented_place("US", 40 + number)
            yield facts | {"Place": place, "City": city, "Country": "US", "Time zone": zone}


class Courses:
    """The subjects of the data, each moved so that the pilot is under way on this day."""

    def __init__(self, version: ScheduleVersion, today: date) -> None:
        self.today = today
        self.visits = list(version.visits.filter(timeline=None).order_by("position"))
        self.subjects = {row["USUBJID"]: row for row in rows_of("sdtm/dm.csv")}
        self.ends = {
            row["USUBJID"]: (row["DSDECOD"], row["DSSTDTC"])
            for row in rows_of("sdtm/ds.csv")
            if row["DSCAT"] == "DISPOSITION EVENT"
        }
        before = DAY * self.visits[0].days  # as planned: the data have no dates of visits
        screened = {
            key: _day(row["DMDTC"]) if row["RFSTDTC"] == "NA" else _day(row["RFSTDTC"]) + before
            for key, row in self.subjects.items()
        }
        self.shifts = moved(screened, today - RECRUITMENT, today - 3 * DAY)
        self.screened = {key: on + self.shifts[key] for key, on in screened.items()}
        self.begins_on = min(self.screened.values()) - 60 * DAY
        self.first_at: dict[str, date] = {}
        for key, row in self.subjects.items():
            held = self.first_at.get(row["SITEID"], self.screened[key])
            self.first_at[row["SITEID"]] = min(self.screened[key], held)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each visit that was, or that is booked in the next days."""
        random = Random(SEED)  # noqa: S311 - the same data every time
        self.working = working_days(self.today)
        self.slots = free_slots(self.working)
        return [row for key in sorted(self.subjects) for row in self._course(key, random)]

    def _course(self, key: str, random: Random) -> Iterator[dict[str, Any]]:
        row, shift = self.subjects[key], self.shifts[key]
        number = f"{row['SITEID']}-{row['SUBJID']}"
        day_1 = _day(row["RFSTDTC"]) + shift if row["RFSTDTC"] != "NA" else None
        how, when = self.ends[key]
        ended_on = max(_day(when) + shift, self.screened[key])
        has_ended = ended_on < self.today
        facts: dict[str, Any] = {
            "Site number": row["SITEID"], "Subject number": number, "Sex": row["SEX"],
            "Screened on": self.screened[key], "Year of birth": row["BRTHDTC"][:4],
            "Name": f"{random.choice(FIRST)} {random.choice(LAST)}",
            "Phone": f"0113 496 0{random.randrange(1000):03}",
        }  # fmt: skip
        if day_1 is not None and day_1 < self.today:
            facts |= {"Enrolled on": day_1, "Day 1": day_1, "Status": "On treatment"}
        else:
            facts["Status"] = "In screening"
        if has_ended:
            facts |= {
                "Status": ENDS.get(how, "terminated"), "Ended on": ended_on,
                "Reason of ending": how.capitalize(),
            }  # fmt: skip
        yield from self._visits(facts, day_1 or ended_on + 14 * DAY, ended_on, random)

    def _visits(
        self, facts: dict[str, Any], day_1: date, ended_on: date, random: Random
    ) -> Iterator[dict[str, Any]]:
        """Visits on generated days inside their windows, up to the end of the subject."""
        last = min(self.today - DAY, ended_on)
        said, dates = False, dict[int, date]()
        for visit in self.visits:
            origin = dates.get(visit.after_visit_id or 0, day_1)
            on = dates[visit.pk] = day_1 if visit.is_anchor else _around(visit, origin, random)
            time = self._time(facts, visit, on, random)
            if facts["Screened on"] <= on <= last:
                yield facts | {"Visit": visit.code, "Visit date": on} | time
                said = True
            elif time and self.today < on <= ended_on:
                yield facts | {"Visit": visit.code} | time
                said = True
        if not said:
            yield facts

    def _time(
        self, facts: dict[str, Any], visit: VisitDefinition, on: date, random: Random
    ) -> dict[str, str]:
        """A time at Northgate in the weeks around now; some visits to come have none yet."""
        is_near = self.today - SHOWN_BACK <= on <= self.today + BOOKED_AHEAD
        is_here = facts["Site number"] == AT_NORTHGATE and self.working.is_one(on)
        if not (is_near and is_here) or (on > self.today and random.random() < WAITS):
            return {}
        slot = self.slots.find(on, visit.duration, ROOMS, TEAM, random)
        if slot is None:
            return {}
        clock = f"{slot.start // 60:02}:{slot.start % 60:02}"
        return {"Booked for": f"{on} {clock}", "Room": slot.room, "Staff": slot.person}


def _around(visit: VisitDefinition, origin: date, random: Random) -> date:
    target = origin + DAY * visit.days
    return inside(target - DAY * visit.early_days, target, target + DAY * visit.late_days, random)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
