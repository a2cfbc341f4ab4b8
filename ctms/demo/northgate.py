"""Northgate at work: its sites, its subjects with the weeks around now, and the day up to now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import User
from core.dates import at
from ctms.demo import consents, eligibility, events, issues, payments, randomisation, stays
from ctms.demo.conduct import conduct_visit
from ctms.demo.days import DAY, WorkingDays
from ctms.demo.lists import rows_of
from ctms.demo.organisation import Organisation, working_days
from ctms.demo.slots import Slot, Slots
from ctms.demo.weeks import Case, Weeks
from sites.actions import places, sites
from sites.models import Person, Place, Room, Site, Task
from subjects.actions import subjects, visits
from subjects.actions.imports import import_subjects
from subjects.models import Booking, Preference, Subject, VisitStatus
from trials.actions import trials
from trials.models import ScheduleVersion, Trial

NUMBER, INVESTIGATOR = "1042", "Hannah Osei"
STEPS = ("feasibility", "selected", "start_up", "ready", "initiated", "open")
PLANNED = {"tmr-204": 24, "bsl-305": 14, "ald-118": 10, "kst-301": 8}
OPENED, A_STEP = 440 * DAY, 25 * DAY
SOON = timedelta(minutes=35)  # how long before their time subjects arrive
NURSING = (Task.VISITS, Task.PHONE, Task.VITALS, Task.ECG, Task.SCHEDULE)
MEDICAL = (Task.CONSENT, Task.ELIGIBILITY, Task.EXAMINATION, Task.ASSESS_AE)
DOCTORS = {INVESTIGATOR, "Luca Marchetti", "Samuel Adeyinka"}
SAFETY = "tmr-204"
CONSENTING, EXPLAINING = "tmr-204", (INVESTIGATOR, "Luca Marchetti")
ABSENCES = (  # who, first and last working day, why
    ("Luca Marchetti", -1, 0, "Investigator meeting, Lisbon"),
    ("Helen Marsh-Whittaker", 1, 5, "Annual leave"),
    ("Samuel Adeyinka", 3, 3, "On call in the hospital"),
)
TRAINING, SERVICE = 4, 3  # working days on which the place closes early, and a room is serviced
TRAINING_AT = time(15, 30)


def fill(organisation: Organisation, now: datetime) -> None:
    """Open the sites, bring the subjects in, and live the day up to now."""
    place, by = organisation.place, organisation.coordinator
    working = working_days(now.astimezone(place.zone).date())
    held = {trial.code: _site(trial, organisation, working.today) for trial in organisation.trials}
    slots = free_slots(working)
    _close(place, working, slots, by)
    cases = [Case.of(row) for row in rows_of("northgate/subjects.csv")]
    for code, rows in Weeks(held, working, slots).rows(cases).items():
        import_subjects(held[code], rows=rows, by=by)
    _consent(held[CONSENTING], place, working, organisation)
    events.happen(held[SAFETY], organisation.people, now)
    issues.arise(held[SAFETY], organisation.people, now)
    payments.settle(held[SAFETY], organisation.people, now)
    _be_away(place, working, by)
    _prefer(place, by)
    stays.stay_over(place, now, by)
    live_through(place, now, by)


def _consent(site: Site, place: Place, working: WorkingDays, organisation: Organisation) -> None:
    """The consent forms of a trial, and what its subjects signed."""
    trial, by = site.trial, organisation.manager
    there = consents.add(trial, working, by)
    consents.approve(trial, there, by)
    doctors = place.staff.filter(name__in=EXPLAINING).order_by("name")
    explainers = {site.pk: list(doctors.values_list("pk", flat=True))}
    consents.sign(trial, [site], there, explainers, by)
    consents.withdraw(trial, organisation.coordinator)
    eligibility.answer(trial, working, organisation)
    randomisation.record(trial, organisation)


def live_through(place: Place, now: datetime, by: User) -> None:
    """What happened today until now: who is due is here, visits that are over are done.

    Two loose ends stay: the last visit of the day goes on, and nobody confirmed another.
    """
    today = Booking.objects.filter(place=place, on=now.astimezone(place.zone).date(), is_live=True)
    rows = list(today.order_by("period").select_related("visit__subject"))
    for booking in rows:
        period: Any = booking.period
        waits = booking.visit.status == VisitStatus.BOOKED
        if waits and booking.confirmation == "confirmed" and period.lower <= now + SOON:
            _live(booking, now, is_last=booking == rows[-1], by=by)


def _live(booking: Booking, now: datetime, *, is_last: bool, by: User) -> None:
    period: Any = booking.period
    visit = visits.check_in(booking.visit, by=by)
    if period.lower > now:
        return
    consents.sign_now(visit.subject, booking.on, by)
    visit = visits.start(visit, by=by)
    person = booking.person or Person.objects.get(place=booking.place, user=by)
    is_over = period.upper <= now and not is_last
    conduct_visit(visit, period.lower, person, by, is_over=is_over)
    if is_over:
        visits.complete(visit, on=booking.on, by=by)


def _site(trial: Trial, organisation: Organisation, today: date) -> Site:
    """The site of a trial at the place, with its history, schedule, monitor and delegations."""
    place, manager = organisation.place, organisation.manager
    country = trials.add_country(trial, code="GB", name="United Kingdom", by=manager)
    begun = today - OPENED - A_STEP * len(STEPS)
    site = sites.add_site(
        trial, country=country, place=place, number=NUMBER, on=begun, by=manager,
        values={
            "investigator_name": INVESTIGATOR, "planned_subjects": PLANNED[trial.code],
            "investigator": Person.objects.get(place=place, name=INVESTIGATOR),
        },
    )  # fmt: skip
    for step, status in enumerate(STEPS, start=1):
        sites.set_status(site, status=status, on=begun + A_STEP * step, by=manager)
    sites.assign_cra(trial, sites=[site], cra=organisation.people["jonas"], by=manager)
    version = ScheduleVersion.objects.get(trial=trial)
    sites.put_into_effect(site, version=version, from_on=today - OPENED, by=manager)
    delegate(site, place.staff.all(), today - OPENED, organisation.coordinator)
    return site


def free_slots(working: WorkingDays) -> Slots:
    """The diary before anything is in it."""
    slots = Slots()
    slots.closes[working.at(TRAINING)] = TRAINING_AT.hour * 60 + TRAINING_AT.minute
    return slots


def delegate(site: Site, staff: Iterable[Person], from_on: date, by: User) -> None:
    """Give everybody who works there their tasks in a trial."""
    for person in staff:
        tasks = MEDICAL if person.name in DOCTORS else NURSING
        places.delegate(site, person=person, tasks=tasks, from_on=from_on, by=by)


def _close(place: Place, working: WorkingDays, slots: Slots, by: User) -> None:
    """An afternoon on which the place closes, and a morning without one room."""
    on, zone = working.at(TRAINING), place.zone
    places.close(
        place, start=at(on, TRAINING_AT, zone), end=at(on, time(18), zone),
        reason="Fire drill and staff training", by=by,
    )  # fmt: skip
    on = working.at(SERVICE)
    slots.take(on, Slot(8 * 60, 4 * 60, "Room 4", ""))
    places.close_room(
        Room.objects.get(place=place, name="Room 4"), by=by, reason="Ventilation serviced",
        start=at(on, time(8), zone), end=at(on, time(12), zone),
    )  # fmt: skip


def _be_away(place: Place, working: WorkingDays, by: User) -> None:
    for name, first, last, note in ABSENCES:
        places.add_absence(
            Person.objects.get(place=place, name=name), by=by, note=note,
            start=at(working.at(first), time(8), place.zone),
            end=at(working.at(last), time(18), place.zone),
        )  # fmt: skip


def _prefer(place: Place, by: User) -> None:
    """What to know when booking them."""
    held = {one.number: one for one in Subject.objects.filter(site__place=place)}
    for row in rows_of("northgate/preferences.csv"):
        subject = held[row.pop("number")]
        subjects.prefer(subject, values=row, by=by)
        if row["reminder"] == Preference.Reminded.EMAIL:
            address = {"email": f"{subject.number}@subjects.example"}
            subjects.identify(subject, values=address, by=by)
