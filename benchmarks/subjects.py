"""Subjects of the benchmark with fifteen visits each, spread over two years around today."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import connection

from benchmarks import organisation as org
from benchmarks.databases import Size
from benchmarks.rows import Copy
from core.encryption import box
from sites.models import Claim, ClaimKind
from subjects.models import (
    Booking,
    Preference,
    Subject,
    SubjectAnchor,
    SubjectIdentity,
    SubjectSchedule,
    Visit,
)

SEED = 7
DAY = timedelta(days=1)
OLDEST, NEWEST = 560, 0  # days since the screening of the first and the last subject
KEPT_BOOKINGS = 90 * DAY
BOOKED_AHEAD = 14 * DAY
FIRST_HOUR, HOURS = 8, 9
WITHDRAWN, MISSED, FORGOTTEN, BOOKED = 0.08, 0.03, 0.1, 0.7
COUNTERS = """
    UPDATE sites_site s SET screened = n.screened, enrolled = n.enrolled, active = n.active,
           last_enrolled_on = n.last
    FROM (SELECT site_id, count(*) AS screened, count(enrolled_on) AS enrolled,
                 count(*) FILTER (WHERE ended_on IS NULL) AS active, max(enrolled_on) AS last
          FROM subjects_subject GROUP BY site_id) n
    WHERE n.site_id = s.id
"""


@dataclass(frozen=True, slots=True)
class Course:
    """The way of one subject through the trial."""

    key: int
    site: int
    number: str
    screened_on: date
    day_1: date
    withdrawn_on: date | None


class Subjects:
    """Makes the subjects and visits of one size; the same ones every time on the same day."""

    def __init__(self, size: Size, today: date) -> None:
        self.size, self.today = size, today
        self.random = Random(SEED)  # noqa: S311 - the same data every time
        self.subjects = Copy(
            Subject, "id", "trial_id", "site_id", "screening_number", "number", "status",
            "reason_code", "status_reason", "screened_on", "consented_on", "enrolled_on", "ended_on",
            "next_visit_id", "next_visit_on", "last_visit_on",
        )  # fmt: skip
        self.identities = Copy(SubjectIdentity, "subject_id", "name")
        self.preferences = Copy(Preference, "subject_id", "part_of_day", "weekdays")
        self.anchors = Copy(SubjectAnchor, "subject_id", "code", "on", "is_provisional")
        self.schedules = Copy(SubjectSchedule, "subject_id", "version_id", "from_on")
        self.visits = Copy(
            Visit, "id", "subject_id", "site_id", "definition_id", "lineage", "name", "code",
            "status", "outcome_reason", "first_target_on", "target_on", "earliest_on", "latest_on",
            "is_provisional", "performed_on", "frozen_at",
        )  # fmt: skip
        self.bookings = Copy(
            Booking, "id", "visit_id", "place_id", "room_id", "person_id", "period", "on", "zone",
            "confirmation",
        )  # fmt: skip
        self.claims = Copy(
            Claim, "place_id", "kind", "resource_id", "period", "holder", "holder_id"
        )
        self.taken: dict[tuple[int, date], int] = defaultdict(int)

    def make(self) -> None:
        """Everything, in the order in which the tables refer to each other."""
        for site in range(1, self.size.sites + 1):
            for index in range(1, self.size.subjects_per_site + 1):
                self._subject(site, index)
        copies = (
            self.subjects, self.identities, self.preferences, self.anchors, self.schedules,
            self.visits, self.bookings, self.claims,
        )  # fmt: skip
        for copy in copies:
            copy.finish()
        with connection.cursor() as cursor:
            cursor.execute(COUNTERS)

    def _subject(self, site: int, index: int) -> None:
        key = (site - 1) * self.size.subjects_per_site + index
        screened_on = self.today - self.random.randint(NEWEST, OLDEST) * DAY
        day_1 = screened_on + 14 * DAY
        leaves = self.random.random() < WITHDRAWN
        withdrawn_on = day_1 + self.random.randint(20, 300) * DAY if leaves else None
        if withdrawn_on and withdrawn_on > self.today:
            withdrawn_on = None
        course = Course(
            key, site, f"{org.number_of(site)}-{index:03}", screened_on, day_1, withdrawn_on
        )
        done, coming = self._visits(course)
        self._status(course, done, coming)
        name = box().encrypt(f"Subject {key} Name".encode()).decode()
        self.identities.add(key, name)
        self.preferences.add(key, self.random.choice(("any", "morning", "afternoon")), "")
        self.anchors.add(key, "day_1", day_1, day_1 > self.today)
        self.schedules.add(key, org.trial_of(self.size, site), screened_on)

    def _status(
        self, course: Course, done: date | None, coming: tuple[int, date | None] | None
    ) -> None:
        is_enrolled = course.day_1 <= self.today
        status, ended_on = "on_treatment" if is_enrolled else "screening", None
        if course.withdrawn_on:
            status, ended_on = "withdrawn", course.withdrawn_on
        elif coming is None:
            status, ended_on = "completed", done
        self.subjects.add(
            course.key, org.trial_of(self.size, course.site), course.site, f"S-{course.number}",
            course.number, status, "withdrawal" if status == "withdrawn" else "",
            "moved away" if status == "withdrawn" else "",
            course.screened_on, course.screened_on, course.day_1 if is_enrolled else None, ended_on,
            coming[0] if coming else None, coming[1] if coming else None, done,
        )  # fmt: skip

    def _visits(self, course: Course) -> tuple[date | None, tuple[int, date | None] | None]:
        """The visits; the day of the last one done, and the key and day of the next."""
        trial = org.trial_of(self.size, course.site)
        done: date | None = None
        coming: tuple[int, date | None] | None = None
        for index, (code, days) in enumerate(zip(org.VISITS, org.DAYS, strict=True)):
            key = (course.key - 1) * len(org.VISITS) + index + 1
            target = course.day_1 + days * DAY
            tolerance = 3 * DAY if days > 0 else 0 * DAY
            on = _weekday(target + self.random.randint(-2, 2) * DAY if days > 0 else target)
            status = self._outcome(course, target, on)
            if status in {"booked", "completed"} and not self._book(course, key, on, status):
                status = "planned"
            performed_on = on if status == "completed" else None
            definition = org.definition_of(trial, index)
            self.visits.add(
                key, course.key, course.site, definition, uuid.UUID(int=definition), code, code,
                status, "did not come" if status in {"missed", "cancelled"} else "", target, target,
                target - tolerance, target + tolerance, course.day_1 > self.today,
                performed_on, performed_on,
            )  # fmt: skip
            done = performed_on or done
            if coming is None and status in {"planned", "booked"}:
                coming = key, on if status == "booked" else None
        return done, coming

    def _outcome(self, course: Course, target: date, on: date) -> str:
        chance = self.random.random()
        if course.withdrawn_on and on > course.withdrawn_on:
            return "cancelled"
        if on < self.today:
            if chance < MISSED:
                return "missed"
            is_recent = on > self.today - 10 * DAY
            return "planned" if is_recent and chance < FORGOTTEN else "completed"
        is_near = target < self.today + BOOKED_AHEAD
        return "booked" if is_near and chance < BOOKED else "planned"

    def _book(self, course: Course, visit: int, on: date, status: str) -> bool:
        """A room, a person and an hour; older visits keep none; False where the day is full."""
        if on < self.today - KEPT_BOOKINGS:
            return True
        place = org.place_of(self.size, course.site)
        taken = self.taken[place, on]
        if taken >= HOURS * org.ROOMS:
            return status == "completed"
        self.taken[place, on] += 1
        lane, hour = taken % org.ROOMS, FIRST_HOUR + taken // org.ROOMS
        resource = (place - 1) * org.ROOMS + lane + 1
        zone = org.COUNTRIES[org.CODES[place % 5]]
        start = datetime.combine(on, time(hour), ZoneInfo(zone))
        period = f"[{start.isoformat()},{(start + timedelta(hours=1)).isoformat()})"
        key = self.bookings.count + 1
        self.bookings.add(
            key, visit, place, resource, resource, period, on, zone,
            self.random.choice(("confirmed", "unconfirmed")),
        )  # fmt: skip
        for kind, taken_id in (
            (ClaimKind.ROOM, resource), (ClaimKind.PERSON, resource),
            (ClaimKind.SUBJECT, course.key),
        ):  # fmt: skip
            self.claims.add(place, kind.value, taken_id, period, "booking", key)
        return True


def _weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + (7 - day.weekday()) % 7 * DAY if day.weekday() > 4 else day  # noqa: PLR2004
