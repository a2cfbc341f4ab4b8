"""The other sites of TMR-204: how each opened, who was screened there, and the amendment to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from random import Random
from typing import TypedDict

from django.db import transaction

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.imports import uploads
from ctms.demo import consents
from ctms.demo.days import DAY, SATURDAY, inside
from ctms.demo.lists import begin, rows_of
from ctms.demo.organisation import PASSWORD, deployment, working_days
from ctms.demo.protocols import Amendment, approve
from sites.actions import sites
from sites.actions.imports import put_into_effect_everywhere
from sites.models import Site
from sites.queries import cras_of
from subjects.actions import transfers
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow, VisitRow
from subjects.models import Subject
from trials.actions import amendments, drafts
from trials.models import ConsentVersion, ScheduleVersion, Sponsor, Trial, VisitDefinition

FILE, AMENDED, DRAFT = "network/sites.csv", "4.0", "4.1"
EFFECTIVE = (("1008", -5), ("1025", 12))  # sites under the amendment, and days from today
DAYS = ("Identified on", "Initiated on", "Opened on", "Since")
HEADS = (
    "Site number", "Place", "City", "Country", "Time zone", "Principal investigator",
    "Planned subjects", "Status", *DAYS,
)  # fmt: skip
FAILURES = (
    "Inclusion criterion not met: I3, IGA below 3",
    "Inclusion criterion not met: I5, EASI below 16",
    "Exclusion criterion met: E2, biologic within 12 weeks",
    "Exclusion criterion met: E7, latent tuberculosis",
    "Exclusion criterion met: E9, liver enzymes above twice the limit", "Withdrawal by subject",
)  # fmt: skip
ENDS = (  # how some leave, after how many days of treatment, and why
    ("withdrawn", 65, "Withdrew consent: no benefit felt"),
    ("lost", 100, "No answer to three calls and a registered letter"),
    ("terminated", 45, "Adverse event: conjunctivitis grade 3"),
    ("deceased", 130, "Road accident, not related to the study drug"),
)
FROM, TO = "1008", "1042"  # one subject changes sites
LEAVES_EVERY = 9  # one of so many leaves before the end
SCREENING, AHEAD = 17 * DAY, 10 * DAY
TREATMENT_DAYS = 168


def load(trial: Trial, people: Mapping[str, User], today: date) -> None:
    """All of it at once, or nothing; what is there already is passed by."""
    version = ScheduleVersion.objects.filter(trial=trial).order_by("pk").first()
    if version is None or ScheduleVersion.objects.filter(trial=trial, number=AMENDED).exists():
        return
    manager = people["omar"]
    with transaction.atomic():
        _open_sites(trial, version, manager, today)
        monitors = _monitors(trial.sponsor, people["admin"])
        rows = {row["Site number"]: row for row in rows_of(FILE) if row["Screened"]}
        held = list(Site.objects.filter(trial=trial, number__in=rows).select_related("place"))
        visits = list(version.visits.order_by("position"))
        import_subjects(
            trial, by=manager,
            rows=[
                one
                for site in held
                for one in Enrolment(site, rows[site.number], visits, today).rows()
            ],
        )  # fmt: skip
        there = consents.held(trial, working_days(today))
        consents.approve(trial, there, manager)
        consents.sign(trial, held, there, consents.investigators(held, people["admin"]), manager)
        for row in rows_of(FILE):
            _settle(trial, row, monitors, manager, today)
        _move(trial, manager, today)
        _amend(trial, version, people, today)


def _amend(trial: Trial, version: ScheduleVersion, people: Mapping[str, User], today: date) -> None:
    """The amendment is approved, in effect at one site and to come at another; the next one is begun."""
    author, manager = people["amara"], people["omar"]
    amendment = Amendment(version, AMENDED, author)
    amendment.write()
    form = ConsentVersion.objects.filter(type__trial=trial, type__is_required=True)
    amendments.ask_consents(amendment.version, consents=[form.order_by("-dated")[0]], by=author)
    approve(amendment.version, manager, PASSWORD)
    for number, days in EFFECTIVE:
        sites.put_into_effect(
            Site.objects.get(trial=trial, number=number), version=amendment.version,
            from_on=today + days * DAY, by=manager,
        )  # fmt: skip
    draft = drafts.copy(amendment.version, number=DRAFT, by=author)
    narrower = {"code": "W20", "early_days": 5, "late_days": 5}
    drafts.change_visit(draft.visits.get(code="W20"), values=narrower, by=author)


def _open_sites(trial: Trial, version: ScheduleVersion, by: User, today: date) -> None:
    """Bring the list of sites in, with the days of their lives, and put the schedule into effect."""
    rows = [
        row | {head: str(today + int(row[head]) * DAY) for head in DAYS if row[head]}
        for row in rows_of(FILE)
    ]
    uploads.run(begin(trial, "sites", "tmr-204-sites.csv", rows, HEADS, by).pk)
    first = min(row["Opened on"] for row in rows if row["Opened on"])
    put_into_effect_everywhere(version, from_on=date.fromisoformat(first), by=by)


def _monitors(sponsor: Sponsor, admin: User) -> dict[str, User]:
    """The CRAs by name, and those who are new among them; they look after every trial."""
    for row in rows_of("network/cras.csv"):
        first, _, last = row["name"].partition(" ")
        person = accounts.invite(
            deployment(), username=row["username"], first_name=first, last_name=last,
            email=f"{row['username']}@demo.example", job_title="CRA", by=admin,
        )  # fmt: skip
        accounts.give(sponsor, person=person, role=Role.CRA, by=admin)
    return {user.get_full_name(): user for user in cras_of(sponsor.trials.all()[0])}


def _settle(
    trial: Trial, row: Mapping[str, str], monitors: Mapping[str, User], by: User, today: date
) -> None:
    """Who monitors a site, and what became of it after it opened or was proposed."""
    site = Site.objects.get(trial=trial, number=row["Site number"], place__name=row["Place"])
    if row["CRA"]:
        sites.assign_cra(trial, sites=[site], cra=monitors[row["CRA"]], by=by)
    if row["Turned"]:
        on = today + int(row["Turned on"]) * DAY
        sites.set_status(site, status=row["Turned"], on=on, reason=row["Reason"], by=by)


def _move(trial: Trial, by: User, today: date) -> None:
    """One subject moves house, and goes on at another site."""
    moving = Subject.objects.filter(site__number=FROM, trial=trial, status="on_treatment")
    to = Site.objects.get(trial=trial, number=TO)
    subject = moving.order_by("number")[0]
    transfers.transfer(subject, to=to, on=today - 12 * DAY, reason="Moved to Leeds for work", by=by)


class Facts(TypedDict, total=False):
    """How far a subject is on the way through the trial."""

    status: str
    status_reason: str
    enrolled_on: date
    day_1_on: date
    ended_on: date


class Enrolment:
    """The subjects of one site: screened evenly since it opened, most of them enrolled."""

    def __init__(
        self, site: Site, row: Mapping[str, str], visits: list[VisitDefinition], today: date
    ) -> None:
        assert site.opened_on is not None
        self.site, self.visits, self.today = site, visits, today
        self.random = Random(site.number)  # noqa: S311 - the same demo every time
        self.screened, self.failed = int(row["Screened"]), int(row["Failed"])
        self.closed_on = today + int(row["Turned on"]) * DAY if row["Turned"] else None
        self.is_terminated = row["Turned"] == "terminated"
        self.first, self.last = site.opened_on + 5 * DAY, (self.closed_on or today) - 4 * DAY
        self.enrolled = 0

    def rows(self) -> Iterator[SubjectRow]:
        """One for each who was screened."""
        for step in range(self.screened):
            span = (self.last - self.first).days * step // max(self.screened - 1, 1)
            on = _weekday(self.first + DAY * span)
            failures = [count * self.failed // self.screened for count in (step, step + 1)]
            yield self._subject(step + 1, on, has_failed=failures[0] < failures[1])

    def _subject(self, number: int, screened_on: date, *, has_failed: bool) -> SubjectRow:
        day_1 = _weekday(screened_on + SCREENING)
        facts = self._facts(screened_on, day_1, has_failed=has_failed)
        name = f"{self.site.number}-{number:03}"
        return SubjectRow(
            site_id=self.site.pk, number=name, screening_number=name, screened_on=screened_on,
            consented_on=screened_on, birth_year=self.random.randrange(1946, 2005),
            sex=self.random.choice("fm"), visits=tuple(self._visits(screened_on, day_1, facts)),
            **facts,
        )  # fmt: skip

    def _facts(self, screened_on: date, day_1: date, *, has_failed: bool) -> Facts:
        """How far the subject is, and since when."""
        if has_failed and screened_on + 9 * DAY < self.today:
            reason = self.random.choice(FAILURES)
            ended_on = screened_on + 9 * DAY
            return Facts(status="screen_failed", ended_on=ended_on, status_reason=reason)
        if day_1 >= self.today:
            return Facts(status="screening")
        self.enrolled += 1
        inside_trial = Facts(status="on_treatment", enrolled_on=day_1, day_1_on=day_1)
        return inside_trial | self._end(day_1)

    def _end(self, day_1: date) -> Facts:
        """How and when the subject left, if so."""
        if self.closed_on is not None and self.is_terminated:
            return Facts(
                status="terminated", ended_on=self.closed_on, status_reason="Site terminated"
            )
        turn, rest = divmod(self.enrolled, LEAVES_EVERY)
        status, days, reason = ENDS[(turn + int(self.site.number)) % len(ENDS)]
        left_on = day_1 + days * DAY
        if rest == LEAVES_EVERY // 2 and left_on < self.today:
            return Facts(status=status, ended_on=left_on, status_reason=reason)
        last = self.visits[-1]
        completed_on = day_1 + DAY * (last.days + last.late_days)
        if completed_on < self.today:
            return Facts(status="completed", ended_on=completed_on)
        has_stopped = day_1 + DAY * TREATMENT_DAYS < self.today
        return Facts(status="follow_up") if has_stopped else Facts()

    def _visits(self, screened_on: date, day_1: date, facts: Facts) -> Iterator[VisitRow]:
        """What was done until now or the end, and what is booked in the next days."""
        last = min(facts.get("ended_on", self.today), self.today - DAY)
        is_in = "day_1_on" in facts and "ended_on" not in facts
        ahead = self.today + AHEAD if is_in else self.today
        for visit in self.visits:
            on = self._on(visit, screened_on, day_1)
            if on <= last:
                yield VisitRow(visit.name, visit.pk, status="completed", performed_on=on)
            elif self.today < on <= ahead:
                clock = time(self.random.randrange(9, 16), self.random.choice((0, 30)))
                start = datetime.combine(_weekday(on), clock, self.site.place.zone)
                yield VisitRow(
                    visit.name, visit.pk, status="booked", start=start, minutes=visit.duration
                )

    def _on(self, visit: VisitDefinition, screened_on: date, day_1: date) -> date:
        """The day on which a visit was or will be."""
        if visit.is_anchor:
            return day_1
        if visit.position == 0:
            return screened_on
        target = day_1 + DAY * visit.days
        first, last = target - DAY * visit.early_days, target + DAY * visit.late_days
        return inside(first, target, last, self.random)


def _weekday(on: date) -> date:
    """The day, or the Friday before a weekend."""
    return on - DAY * max(on.weekday() - SATURDAY + 1, 0)
