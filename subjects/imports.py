"""Lists of running subjects with their visits: what is taken from a row, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from core.access import Scope, can
from core.imports.checks import Checked, Line
from core.imports.columns import Column, choice, day, moment, text, whole
from core.imports.importer import Importer
from core.permissions import Permission
from sites.models import Site
from subjects.actions.imports import import_subjects
from subjects.intake import Intake
from subjects.models import SubjectStatus, VisitStatus
from subjects.models.subject import SUBJECT_NUMBER, Sex

STATUSES = {
    "randomised": SubjectStatus.ENROLLED, "randomized": SubjectStatus.ENROLLED,
    "active": SubjectStatus.ON_TREATMENT, "screen failure": SubjectStatus.SCREEN_FAILED,
    "discontinued": SubjectStatus.TERMINATED, "withdrawn": SubjectStatus.WITHDRAWN,
    "dead": SubjectStatus.DECEASED, "died": SubjectStatus.DECEASED,
}  # fmt: skip
OUTCOMES = {
    "done": VisitStatus.COMPLETED, "planned": VisitStatus.PLANNED, "scheduled": VisitStatus.BOOKED,
    "not done": VisitStatus.MISSED,
}  # fmt: skip
OUTCOME_CHOICES = [
    (status.value, status.label)
    for status in (
        VisitStatus.PLANNED, VisitStatus.BOOKED, VisitStatus.COMPLETED, VisitStatus.MISSED,
        VisitStatus.CANCELLED, VisitStatus.SKIPPED,
    )
]  # fmt: skip
SEXES = {"female": Sex.FEMALE, "male": Sex.MALE, "woman": Sex.FEMALE, "man": Sex.MALE}

SITE = Column("site", "Site number", text(20), ("site no", "siteid", "centre"), is_required=True)
SUBJECT = (
    Column("number", "Subject number", text(30, SUBJECT_NUMBER), ("subject", "subject id", "subjid", "patient"), is_required=True),
    Column("screening_number", "Screening number", text(30), ("screening no", "scrnid")),
    Column("status", "Status", choice(SubjectStatus.choices, STATUSES), ("subject status",), is_required=True),
    Column("screened_on", "Screened on", day, ("screening date", "screening"), is_required=True),
    Column("consented_on", "Consented on", day, ("consent date", "informed consent")),
    Column("enrolled_on", "Enrolled on", day, ("enrolment date", "enrollment date", "randomised on", "randomisation date", "rand dt")),
    Column("day_1_on", "Day 1", day, ("first dose", "day 1 date", "baseline date")),
    Column("ended_on", "Ended on", day, ("end date", "withdrawal date", "completion date")),
    Column("status_reason", "Reason of ending", text(200), ("reason", "end reason")),
    Column("birth_year", "Year of birth", whole(1900, 2100), ("birth year", "born in")),
    Column("sex", "Sex", choice(Sex.choices, SEXES), ("gender",)),
)  # fmt: skip
VISIT = (
    Column("visit", "Visit", text(200), ("visit name", "visit code", "folder name")),
    Column("outcome", "Visit status", choice(OUTCOME_CHOICES, OUTCOMES), ("outcome",)),
    Column("performed_on", "Visit date", day, ("actual date", "performed on", "date of visit", "visit dt")),
    Column("planned_on", "Planned date", day, ("target date", "planned")),
    Column("start", "Booked for", moment, ("booked", "appointment", "booked at")),
    Column("minutes", "Minutes", whole(5, 1440), ("duration",)),
    Column("room", "Room", text(60), ()),
    Column("person", "Staff", text(150), ("staff member", "person", "with")),
    Column("reason", "Visit note", text(200), ("visit reason", "note", "comment")),
)  # fmt: skip
IDENTITY = (
    Column("name", "Name", text(200), ("full name", "patient name", "subject name")),
    Column("phone", "Phone", text(40), ("telephone", "mobile")),
    Column("email", "E-mail", text(200), ("mail",)),
    Column("born", "Date of birth", text(40), ("birth date", "dob", "brthdat")),
)  # fmt: skip


class SubjectImport(Importer):
    """Running subjects into a site, or into the sites of a trial, some subjects at a time."""

    kind, noun, nouns = "subjects", "subject", "subjects"
    permission = Permission.SUBJECT_IMPORT
    batch = 100

    def columns(self, scope: Scope, by: User) -> Sequence[Column]:
        """Names and contact details only for who may change them there; no site inside a site."""
        site = () if isinstance(scope, Site) else (SITE,)
        identity = IDENTITY if can(by, Permission.IDENTITY_EDIT, scope) else ()
        return (*site, *SUBJECT, *identity, *VISIT)

    def check(self, scope: Scope, lines: list[Line], by: User) -> Checked:
        """Hold the rows against sites, schedules, subjects, rooms and staff, read once each."""
        return Checked(lines, Intake(scope, lines).rows())

    def take_over(self, scope: Scope, rows: Sequence[Any], *, reason: str, by: User) -> None:
        """The next subjects with their visits."""
        import_subjects(scope, rows=rows, reason=reason, by=by)
