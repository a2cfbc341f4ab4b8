"""The study of 176 sites, brought in through the lists that every customer uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.imports import uploads
from core.models import Upload
from core.signing import Proof
from ctms.demo.lists import DAY, begin, invented_place, moved, rows_of
from sites.actions import sites
from sites.actions.imports import put_into_effect_everywhere
from sites.models import Site, SiteSchedule
from trials.actions import schedules, trials
from trials.models import ScheduleVersion, Sponsor, Trial

CODE = "onc-176"
WEEKS = [*range(4, 49, 4), *range(56, 97, 8), *range(108, 145, 12)]
RECRUITMENT = timedelta(days=900)
BOOKED_AHEAD = timedelta(days=14)
AFTER_SCREENING = timedelta(days=21)
FORMER = date(2000, 1, 1)
MONITORS = {"US": "devika", "CN": "wei", "JP": "yui"}
COUNTRIES = {"US": "US", "China": "CN", "Japan": "JP"}
ENDS = {
    "withdrawal by subject": "withdrawn", "withdrew consent": "withdrawn",
    "lost to follow-up": "lost", "death": "deceased",
}  # fmt: skip
FAILURES = (  # the data say of nobody why screening failed
    "Inclusion criterion not met: I2, histology", "Inclusion criterion not met: I4, ECOG above 1",
    "Exclusion criterion met: E1, prior systemic treatment",
    "Exclusion criterion met: E6, liver function",
)  # fmt: skip
SITE_HEADS = (
    "Site number", "Place", "City", "Country", "Time zone", "Principal investigator",
    "Planned subjects", "Status", "Identified on", "Opened on",
)  # fmt: skip
HEADS = (
    "Site number", "Subject number", "Status", "Screened on", "Enrolled on", "Day 1", "Ended on",
    "Reason of ending", "Year of birth", "Sex", "Visit", "Visit date", "Booked for",
)  # fmt: skip


def load(sponsor: Sponsor, by: User, password: str) -> None:
    """The trial, its sites and its subjects; what is there already is passed by."""
    trial = Trial.objects.filter(code=CODE).first() or _trial(sponsor, by, password)
    courses = Courses(timezone.localdate())
    _take_over(trial, "sites", "sites.csv", _sites(courses), SITE_HEADS, by)
    for country, cra in MONITORS.items():
        of_country = Site.objects.filter(trial=trial, country__code=country, cra=None)
        if of_country.exists():
            sites.assign_cra(trial, sites=of_country, cra=User.objects.get(username=cra), by=by)
    version = ScheduleVersion.objects.get(trial=trial)
    if not SiteSchedule.objects.filter(version=version).exists():
        put_into_effect_everywhere(version, from_on=courses.begins_on, by=by)
    _take_over(trial, "subjects", "subjects.csv", courses.rows(), HEADS, by)


def _take_over(
    trial: Trial, kind: str, name: str, rows: Iterator[dict[str, Any]], heads: tuple[str, ...],
    by: User,
) -> None:  # fmt: skip
    held = Upload.objects.filter(trial_id=trial.pk, site_id=None, kind=kind).first()
    uploads.run((held or begin(trial, kind, name, rows, heads, by)).pk)


def _trial(sponsor: Sponsor, by: User, password: str) -> Trial:
    trial = trials.add_trial(
        sponsor, by=by,
        values={
            "code": CODE, "protocol_number": "ONC-176", "name": "Halcyon", "phase": "Phase 3",
            "planned_subjects": 1300, "planned_sites": 190,
        },
    )  # fmt: skip
    for status in ("start_up", "recruiting"):
        trials.set_trial_status(trial, status=status, by=by)
    version = schedules.draft(trial, number="1.0", by=by)
    schedules.add_visits(version, visits=_visits(), by=by)
    proof = Proof(by.username, password, schedules.approve.hash_of(version))
    schedules.approve(version, proof=proof, by=by)
    return trial


def _visits() -> Iterator[dict[str, Any]]:
    """Screening, Day 1 and the weeks; the README of the data says how the windows were chosen."""
    yield {"code": "SCR", "name": "Screening", "days": -45, "late_days": 44, "type": "screening"}
    yield {"code": "D1", "name": "Day 1", "is_anchor": True, "type": "baseline", "duration": 90}
    for week in WEEKS:
        days = 5 if week < 48 else 7 if week <= 96 else 14  # noqa: PLR2004 - the windows of the README
        early = 14 if week == 48 else days  # noqa: PLR2004
        yield {
            "code": f"W{week}", "name": f"Week {week}", "days": 7 * week, "early_days": early,
            "late_days": days,
        }  # fmt: skip


def _sites(courses: Courses) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows_of("ops/sites.csv")):
        country = COUNTRIES[row["country"]]
        place, city, zone = invented_place(country, number)
        opened_on = min(
            courses.first_at.get(row["site_num"], courses.today) - 30 * DAY, courses.today
        )
        yield {
            "Site number": row["site_num"], "Place": place, "City": city, "Country": country,
            "Time zone": zone, "Status": "Open for enrolment",
            "Identified on": opened_on - 150 * DAY, "Opened on": opened_on,
            "Principal investigator": f"{row['pi_first_name']} {row['pi_last_name']}",
            "Planned subjects": 8,
        }  # fmt: skip


class Courses:
    """The subjects of the data, each moved so that the study is under way on this day."""

    def __init__(self, today: date) -> None:
        self.today, self.begins_on = today, FORMER
        self.subjects = rows_of("ops/subjects.csv")
        self.visits: dict[str, list[tuple[str, date | None]]] = defaultdict(list)
        for row in rows_of("ops/visits.csv"):
            on = date.fromisoformat(row["visit_dt"]) if row["visit_dt"] else None
            self.visits[row["subjectid"]].append((row["instancename"], on))
        screened = {
            key: on
            for key, visits in self.visits.items()
            for name, on in visits
            if name == "Screening" and on
        }
        self.screened = screened
        self.shifts = moved(screened, today - RECRUITMENT, today - 2 * DAY)
        self.first_at: dict[str, date] = {}
        for row in self.subjects:
            if (key := row["subjectid"]) in screened:
                on = screened[key] + self.shifts[key]
                held = self.first_at.get(row["siteid"], on)
                self.first_at[row["siteid"]] = min(on, held)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row for each visit that was, or that is booked in the next days; by site."""
        clocks = cycle(f"{9 + step % 8:02}:{step % 2 * 30:02}" for step in range(16))
        for row in sorted(self.subjects, key=lambda row: (int(row["siteid"]), row["scrnid"])):
            if row["subjectid"] in self.shifts:
                yield from self._course(row, clocks)

    def _course(self, row: dict[str, str], clocks: Iterator[str]) -> Iterator[dict[str, Any]]:
        facts = self._facts(row)
        until = FORMER if "Ended on" in facts else self.today + BOOKED_AHEAD
        for name, on in self._moved(row["subjectid"]):
            if on is None or on < self.today:
                yield facts | {"Visit": _named(name), "Visit date": on}
            elif on <= until and "Week" in name:
                yield facts | {"Visit": _named(name), "Booked for": f"{on} {next(clocks)}"}

    def _moved(self, key: str) -> list[tuple[str, date | None]]:
        shift = self.shifts[key]
        return [(name, on and on + shift) for name, on in self.visits[key]]

    def _facts(self, row: dict[str, str]) -> dict[str, Any]:
        key = row["subjectid"]
        screened_on = self.screened[key] + self.shifts[key]
        facts: dict[str, Any] = {
            "Site number": row["siteid"], "Subject number": f"{row['siteid']:0>3}-{row['scrnid']}",
            "Screened on": screened_on, "Sex": row["sex"], "Year of birth": row["birth_year"],
        }  # fmt: skip
        if not row["rand_dt"]:
            return facts | self._failed(screened_on + AFTER_SCREENING)
        randomised = date.fromisoformat(row["rand_dt"]) + self.shifts[key]
        if randomised >= self.today:
            return facts | {"Status": "In screening"}
        begun = {"Enrolled on": max(randomised, screened_on)} | self._day_1(key)
        return facts | begun | self._end(row, key)

    def _failed(self, on: date) -> dict[str, Any]:
        if on >= self.today:
            return {"Status": "In screening"}
        reason = FAILURES[on.toordinal() % len(FAILURES)]
        return {"Status": "Screen failed", "Ended on": on, "Reason of ending": reason}

    def _day_1(self, key: str) -> dict[str, Any]:
        days = [on for name, on in self._moved(key) if on and name.startswith("Day 1")]
        return {"Day 1": days[0]} if days and days[0] < self.today else {}

    def _end(self, row: dict[str, str], key: str) -> dict[str, Any]:
        """How far a randomised subject is: gone once the data have nothing more to come."""
        days = [on for _, on in self._moved(key) if on]
        last = max(on for on in days if on < self.today)
        reason = row["compreas"] or row["sdrgreas"]
        if max(days) >= self.today or not (reason or last < self.today - 30 * DAY):
            return {"Status": "On treatment"}
        if not reason:
            return {"Status": "Completed", "Ended on": last}
        status = ENDS.get(reason.casefold(), "terminated")
        return {"Status": status, "Ended on": last, "Reason of ending": reason.capitalize()}


def _named(name: str) -> str:
    """The visit of the schedule; what is none of it is unscheduled, under its own name."""
    plain = name.removesuffix(" (1)")
    is_planned = plain in {"Screening", "Day 1"} or plain.startswith("Week ")
    return plain if is_planned or plain.startswith("Unscheduled") else f"Unscheduled: {plain}"
