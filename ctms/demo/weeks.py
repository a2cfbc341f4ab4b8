"""The subjects of Northgate, each on a day of their way that is told in a table; the weeks around now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from ctms.demo.days import DAY, WorkingDays
from ctms.demo.slots import Slot, Slots, minutes_of
from sites.models import Person, Room, Site
from subjects.actions.lay_out import SubjectRow, VisitRow
from subjects.models import VisitStatus
from subjects.models.subject import ENDED, IN_SCREENING
from trials.models import ScheduleVersion, VisitDefinition

SHOWN_BACK, BOOKED_AHEAD = -20, 9  # working days
CONFIRMED_AHEAD = 4
SHARE_BOOKED, SHARE_CONFIRMED = 0.85, 0.55
ROOMS = {
    "tmr-204": ("Room 1", "Room 2", "Room 4"), "bsl-305": ("Room 3", "Room 4"),
    "ald-118": ("Room 4", "Room 3"), "kst-301": ("Room 6, infusion", "Room 7, infusion"),
}  # fmt: skip
TEAMS = {
    "tmr-204": ("Priya Nair", "Marta Kowalska"), "bsl-305": ("Tom Ellery", "Aoife Brennan"),
    "ald-118": ("Aoife Brennan", "Yuki Tanaka", "Tom Ellery"), "kst-301": ("Marek Novotný",),
}  # fmt: skip
STATUSES = {  # states of the table in which a visit has a time
    "done": VisitStatus.COMPLETED, "confirmed": VisitStatus.BOOKED,
    "unconfirmed": VisitStatus.BOOKED,
}  # fmt: skip
OFF_TARGET = (0, 0, 0, 0, 1, -1, 2, -2)


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the table: a subject, and the visit with which it stands in the weeks around now."""

    number: str
    trial: str
    status: str
    visit: str
    day: int
    off: int
    state: str
    reason: str
    slot: tuple[str, str, str]
    who: dict[str, str]

    @property
    def born(self) -> date:
        """A day of the year of birth, the same every time."""
        turn = int(self.number[-3:])
        return date(int(self.who["born"]), turn * 7 % 12 + 1, turn * 11 % 28 + 1)

    @classmethod
    def of(cls, row: dict[str, str]) -> Case:
        """The case of a line."""
        return cls(
            row["number"], row["trial"], row["status"], row["visit"], int(row["day"]),
            int(row["off"] or 0), row["state"], row["reason"],
            (row["time"], row["room"], row["with"]),
            {name: row[name] for name in ("name", "phone", "born", "sex")},
        )  # fmt: skip


class Course:
    """When the visits of one subject were and will be, so that its visit lies where the table says."""

    def __init__(self, case: Case, visits: list[VisitDefinition], working: WorkingDays) -> None:
        self.case, self.visits, self.working = case, visits, working
        self.random = Random(case.number)  # noqa: S311 - the same demo every time
        self.now = next(visit for visit in visits if visit.name == case.visit)
        self.day_1 = self._day_1()
        self.on = working.at(case.day) if case.state != "open" else working.today
        first = visits[0]
        self.screened_on = (
            min(self.on, working.today) if self.now is first
            else self._near(first, self.random.randint(0, first.late_days // 2))
        )  # fmt: skip
        if case.status in IN_SCREENING:  # Day 1 is expected as far from here as the protocol says
            self.screened_on = min(self.day_1 + DAY * first.days, working.today)

    def _day_1(self) -> date:
        case, now = self.case, self.now
        if case.state == "open":  # the table says in how many days the window closes
            day_1 = self.working.today + DAY * (case.day - now.late_days - now.days)
        else:
            day_1 = self.working.at(case.day) - DAY * (case.off + now.days)
        while not self.working.is_one(day_1):
            day_1 += DAY if case.off > 0 or case.state == "open" else -DAY
        return day_1

    def _near(self, visit: VisitDefinition, off: int) -> date:
        target = self.day_1 + DAY * visit.days
        first, last = target - DAY * visit.early_days, target + DAY * visit.late_days
        return self.working.near(target + DAY * off, first, last)

    def dates(self) -> Iterator[tuple[VisitDefinition, date]]:
        """Each visit with the day on which it took place or would."""
        for visit in self.visits:
            off = self.random.choice(OFF_TARGET)
            if visit.position == self.now.position:
                yield visit, self.on
            elif visit.position == 0:
                yield visit, self.screened_on
            else:
                yield visit, self.day_1 if visit.is_anchor else self._near(visit, off)


class Weeks:
    """The diary of the place around now: what the table says first, the rest where there is room."""

    def __init__(self, sites: dict[str, Site], working: WorkingDays, slots: Slots) -> None:
        self.sites, self.working, self.slots = sites, working, slots
        place = next(iter(sites.values())).place
        self.zone = place.zone
        self.rooms = dict(Room.objects.filter(place=place).values_list("name", "pk"))
        self.people = dict(Person.objects.filter(place=place).values_list("name", "pk"))
        self.first, self.last = working.at(SHOWN_BACK), working.at(BOOKED_AHEAD)
        self.soon = working.at(CONFIRMED_AHEAD)

    def rows(self, cases: list[Case]) -> dict[str, list[SubjectRow]]:
        """The subjects of each trial, ready to be imported."""
        visits = {code: self._visits(site) for code, site in self.sites.items()}
        for case in cases:
            if case.slot[0]:
                self.slots.take(self.working.at(case.day), self._told(case, visits[case.trial]))
        found: dict[str, list[SubjectRow]] = {code: [] for code in self.sites}
        for case in cases:
            course = Course(case, visits[case.trial], self.working)
            found[case.trial].append(self._subject(course))
        return found

    def _visits(self, site: Site) -> list[VisitDefinition]:
        version = ScheduleVersion.objects.get(trial=site.trial, status="approved")
        return list(version.visits.order_by("position"))

    def _told(self, case: Case, visits: list[VisitDefinition]) -> Slot:
        clock, room, person = case.slot
        visit = next(visit for visit in visits if visit.name == case.visit)
        return Slot(minutes_of(clock), visit.duration, room, person)

    def _subject(self, course: Course) -> SubjectRow:
        case, today = course.case, self.working.today
        has_ended = case.status in ENDED
        is_in = case.status not in {*IN_SCREENING, "screen_failed"}
        return SubjectRow(
            site_id=self.sites[case.trial].pk, number=case.number, screening_number=case.number,
            status=case.status, screened_on=course.screened_on, consented_on=course.screened_on,
            enrolled_on=course.day_1 if is_in else None, day_1_on=course.day_1 if is_in else None,
            ended_on=min(course.on + DAY, today) if has_ended else None,
            status_reason=case.reason if has_ended else "", birth_year=int(case.who["born"]),
            sex=case.who["sex"],
            identity={
                "name": case.who["name"], "phone": case.who["phone"], "born": case.born.isoformat(),
            },
            visits=tuple(self._told_visits(course)),
        )  # fmt: skip

    def _told_visits(self, course: Course) -> Iterator[VisitRow]:
        """What is known of each visit; what is left open waits to be booked."""
        has_ended = course.case.status in ENDED
        for visit, on in course.dates():
            if has_ended and visit.position > course.now.position:
                return
            state = self._state(course, visit, on)
            if state != "open":
                yield self._visit(course, visit, on, state)

    def _state(self, course: Course, visit: VisitDefinition, on: date) -> str:
        """What became of a visit: as the table tells, else as its day says."""
        if visit is course.now:
            return course.case.state
        if on < self.working.today:
            return "done"
        chance = course.random.random()
        is_ahead = self.working.zero < on <= self.last and course.case.status != "eligible"
        if not is_ahead or chance > SHARE_BOOKED:
            return "open"
        return "confirmed" if on <= self.soon and chance < SHARE_CONFIRMED else "unconfirmed"

    def _visit(self, course: Course, visit: VisitDefinition, on: date, state: str) -> VisitRow:
        is_told = visit is course.now and course.case.status not in ENDED
        row = VisitRow(
            visit.name, visit.pk, status=STATUSES.get(state, state), minutes=visit.duration,
            performed_on=on if state == "done" else None,
            confirmation="confirmed" if state == "confirmed" else "unconfirmed",
            reason=course.case.reason if is_told else "",
        )  # fmt: skip
        slot = self._slot(course, visit, on) if state in STATUSES else None
        if slot is not None:
            return replace(
                row, start=slot.begins(on, self.zone), room_id=self.rooms.get(slot.room),
                person_id=self.people[slot.person],
            )  # fmt: skip
        return replace(row, status=VisitStatus.PLANNED) if row.status == "booked" else row

    def _slot(self, course: Course, visit: VisitDefinition, on: date) -> Slot | None:
        """The time the table tells, else a free one in the weeks that are shown."""
        case = course.case
        if visit is course.now and case.slot[0]:
            return self._told(case, course.visits)
        if not self.working.is_one(on) or not self.first <= on <= self.last:
            return None
        rooms = ("",) if visit.modality == "phone" else ROOMS[case.trial]
        return self.slots.find(on, visit.duration, rooms, TEAMS[case.trial], course.random)
