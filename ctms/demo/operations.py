"""The study of 176 sites, brought in through the lists that every customer uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.imports import uploads
from core.models import Upload
from core.signing import content_hash
from ctms.demo.lists import DAY, begin, invented_place, moved, rows_of
from sites.actions.imports import put_into_effect_everywhere
from sites.models import SiteSchedule
from trials.actions import schedules, trials
from trials.models import ScheduleVersion, Sponsor, Trial

CODE = "onc-176"
WEEKS = [*range(4, 49, 4), *range(56, 97, 8), *range(108, 145, 12)]
RECRUITMENT = timedelta(days=900)
BOOKED_AHEAD = timedelta(days=14)
AFTER_SCREENING = timedelta(days=21)
FORMER = date(2000, 1, 1)
COUNTRIES = {"US": "US", "China": "CN", "Japan": "JP"}
ENDS = {
    "withdrawal by subject": "withdrawn", "withdrew consent": "withdrawn",
    "lost to follow-up": "lost", "death": "deceased",
}  # fmt: skip
SITE_HEADS = (
    "Site number", "Place", "City", "Country", "Time zone", "Principal investigator",
    "Planned subjects", "Status", "Since",
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
    schedules.approve(
        version, password=password, shown_hash=content_hash(schedules.content(version)), by=by
    )
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
        since = courses.first_at.get(row["site_num"], courses.today) - 30 * DAY
        yield {
            "Site number": row["site_num"], "Place": place, "City": city, "Country": country,
            "Time zone": zone, "Status": "Open for enrolment", "Since": min(since, courses.today),
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
        count = 0
        for row in sorted(self.subjects, key=lambda row: (int(row["siteid"]), row["scrnid"])):
            if row["subjectid"] not in self.shifts:
                continue
            facts = self._facts(row)
            has_left = "Ended on" in facts
            for name, on in self._moved(row["subjectid"]):
                if on is None or on < self.today:
                    yield facts | {"Visit": _named(name), "Visit date": on}
                elif not has_left and on <= self.today + BOOKED_AHEAD and "Week" in name:
                    count += 1
                    clock = f"{9 + count % 8:02}:{count % 2 * 30:02}"
                    yield facts | {"Visit": _named(name), "Booked for": f"{on} {clock}"}

    def _moved(self, key: str) -> list[tuple[str, date | None]]:
        shift = self.shifts[key]
        return [(name, on and on + shift) for name, on in self.visits[key]]

    def _facts(self, row: dict[str, str]) -> dict[str, Any]:
        key = row["subjectid"]
        shift = self.shifts[key]
        screened_on = self.screened[key] + shift
        done = [on for _, on in self._moved(key) if on and on < self.today]
        day_1 = next((on for name, on in self._moved(key) if name.startswith("Day 1") and on), None)
        randomised = row["rand_dt"] and date.fromisoformat(row["rand_dt"]) + shift
        facts: dict[str, Any] = {
            "Site number": row["siteid"], "Subject number": f"{row['siteid']:0>3}-{row['scrnid']}",
            "Screened on": screened_on, "Sex": row["sex"], "Year of birth": row["birth_year"],
        }  # fmt: skip
        if not randomised or randomised >= self.today:
            failed_on = screened_on + AFTER_SCREENING
            if randomised or failed_on >= self.today:
                return facts | {"Status": "In screening"}
            return facts | {
                "Status": "Screen failed", "Ended on": failed_on,
                "Reason of ending": "Criteria not met",
            }  # fmt: skip
        facts["Enrolled on"] = max(randomised, screened_on)
        if day_1 and day_1 < self.today:
            facts["Day 1"] = day_1
        return facts | self._end(row, max(done), key)

    def _end(self, row: dict[str, str], last: date, key: str) -> dict[str, Any]:
        """How far a randomised subject is: gone once the data have nothing more to come."""
        if any(on and on >= self.today for _, on in self.visits_ahead(key)):
            return {"Status": "On treatment"}
        reason = row["compreas"] or row["sdrgreas"]
        if not reason and last < self.today - 30 * DAY:
            return {"Status": "Completed", "Ended on": last}
        if not reason:
            return {"Status": "On treatment"}
        status = ENDS.get(reason.casefold(), "terminated")
        return {"Status": status, "Ended on": last, "Reason of ending": reason.capitalize()}

    def visits_ahead(self, key: str) -> list[tuple[str, date | None]]:
        """The visits of a subject that are still to come."""
        return [(name, on) for name, on in self._moved(key) if on and on >= self.today]


def _named(name: str) -> str:
    """The visit of the schedule; what is none of it is unscheduled, under its own name."""
    plain = name.removesuffix(" (1)")
    is_planned = plain in {"Screening", "Day 1"} or plain.startswith("Week ")
    return plain if is_planned or plain.startswith("Unscheduled") else f"Unscheduled: {plain}"
