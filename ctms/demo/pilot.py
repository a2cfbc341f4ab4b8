"""The CDISC pilot: its published schedule, its subjects, and visits generated inside the windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.access import Scope
from core.imports import uploads
from core.models import Upload
from ctms.demo.lists import DAY, begin, invented_place, moved, rows_of
from sites.actions import places
from sites.actions.imports import put_into_effect_everywhere
from sites.models import Place, Site, SiteSchedule, Task
from trials.models import ScheduleVersion, Trial, VisitDefinition

SEED = 1906
RECRUITMENT = timedelta(days=420)
AT_NORTHGATE = "701"
BOOKED_AHEAD = timedelta(days=12)
HOURS = range(14, 18)
ROOMS = ("Room 4", "Room 5", "Room 6")
ENDS = {
    "COMPLETED": "completed", "DEATH": "deceased", "LOST TO FOLLOW-UP": "lost",
    "WITHDRAWAL BY SUBJECT": "withdrawn", "SCREEN FAILURE": "screen_failed",
}  # fmt: skip
FIRST = [
    "Agnes",
    "Bram",
    "Carla",
    "Dieter",
    "Esther",
    "Felix",
    "Greta",
    "Henrik",
    "Iris",
    "Jakub",
    "Klara",
    "Leon",
    "Maud",
    "Nils",
]
LAST = [
    "Ashby",
    "Brandt",
    "Castillo",
    "Dvořák",
    "Eriksen",
    "Fontaine",
    "Gallagher",
    "Hossain",
    "Ito",
    "Jansen",
    "Köhler",
]
SITE_HEADS = (
    "Site number",
    "Place",
    "City",
    "Country",
    "Time zone",
    "Planned subjects",
    "Status",
    "Since",
)
HEADS = (
    "Site number", "Subject number", "Status", "Screened on", "Enrolled on", "Day 1", "Ended on",
    "Reason of ending", "Year of birth", "Sex", "Name", "Phone", "Visit", "Visit date",
    "Booked for", "Room",
)  # fmt: skip


def load(trial: Trial, northgate: Place, by: User, coordinator: User) -> None:
    """Sites and subjects of the pilot; what is there already is passed by."""
    version = ScheduleVersion.objects.get(trial=trial)
    courses = Courses(version, timezone.localdate())
    if not Upload.objects.filter(trial_id=trial.pk, kind="sites").exists():
        sites = _sites(courses, northgate)
        uploads.run(begin(trial, "sites", "pilot-sites.csv", sites, SITE_HEADS, by).pk)
    if not SiteSchedule.objects.filter(version=version).exists():
        put_into_effect_everywhere(version, from_on=courses.begins_on, by=by)
    home = Site.objects.get(trial=trial, number=AT_NORTHGATE)
    if not home.delegations.exists():
        for person in northgate.staff.all():
            places.delegate(
                home, person=person, tasks=[Task.VISITS, Task.VITALS], from_on=courses.begins_on,
                by=coordinator,
            )  # fmt: skip
    rows = courses.rows()
    here = [row for row in rows if row["Site number"] == AT_NORTHGATE]
    elsewhere = [row for row in rows if row["Site number"] != AT_NORTHGATE]
    _take_over(home, home.pk, trial, here, coordinator)
    _take_over(trial, None, trial, elsewhere, by)


def _take_over(
    scope: Scope, site_id: int | None, trial: Trial, rows: list[dict[str, Any]], by: User
) -> None:
    held = Upload.objects.filter(trial_id=trial.pk, site_id=site_id, kind="subjects").first()
    name = "pilot-subjects.csv"
    uploads.run((held or begin(scope, "subjects", name, rows, HEADS, by)).pk)


def _sites(courses: Courses, northgate: Place) -> Iterator[dict[str, Any]]:
    for number, site in enumerate(sorted(courses.first_at)):
        facts = {
            "Site number": site, "Status": "Open for enrolment", "Planned subjects": 20,
            "Since": courses.first_at[site] - 30 * DAY,
        }  # fmt: skip
        if site == AT_NORTHGATE:
            yield facts | {"Place": northgate.name, "City": northgate.city}
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
        self.taken: set[tuple[date, int, str]] = set()
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
        said = False
        for visit in self.visits:
            on = _around(visit, day_1, random)
            if visit.is_anchor:
                on = day_1
            if facts["Screened on"] <= on < min(self.today, ended_on + DAY):
                yield facts | {"Visit": visit.code, "Visit date": on}
                said = True
            elif self._is_soon(facts, on, ended_on) and (slot := self._slot(on, random)):
                yield facts | {"Visit": visit.code, "Booked for": slot[0], "Room": slot[1]}
                said = True
        if not said:
            yield facts

    def _is_soon(self, facts: dict[str, Any], on: date, ended_on: date) -> bool:
        return (
            facts["Site number"] == AT_NORTHGATE
            and "Ended on" not in facts
            and self.today <= on <= min(self.today + BOOKED_AHEAD, ended_on)
        )

    def _slot(self, on: date, random: Random) -> tuple[str, str] | None:
        """A free hour in a room; three of four visits have one."""
        if on.weekday() > 4 or random.random() < 0.25:  # noqa: PLR2004 - the weekend, and one in four
            return None
        for hour in HOURS:
            for room in ROOMS:
                if (on, hour, room) not in self.taken:
                    self.taken.add((on, hour, room))
                    return f"{on} {hour:02}:00", room
        return None


def _around(visit: VisitDefinition, day_1: date, random: Random) -> date:
    """A day inside the window of a visit, mostly the planned one, not on a weekend where it can be."""
    target = day_1 + DAY * visit.days
    days = range(-visit.early_days, visit.late_days + 1)
    fitting = [target + DAY * step for step in days if (target + DAY * step).weekday() < 5]  # noqa: PLR2004 - the weekend
    return random.choice([*fitting, target]) if fitting else target


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
