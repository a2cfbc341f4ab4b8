"""Rows of a list held against sites, schedules, subjects, rooms and staff, each read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from core.access import Scope
from core.dates import show_day
from core.imports.checks import Line
from sites.models import Site
from subjects.actions.imports import EARLIER
from subjects.actions.lay_out import SubjectRow
from subjects.intake_visits import VisitCheck
from subjects.models import Subject, SubjectStatus
from subjects.models.subject import ENDED, IN_SCREENING, LEAVING

FACTS = (
    "screening_number", "status", "screened_on", "consented_on", "enrolled_on", "day_1_on",
    "ended_on", "status_reason", "birth_year", "sex",
)  # fmt: skip
IDENTITY = ("name", "phone", "email", "born")
PAST = ("screened_on", "consented_on", "enrolled_on", "day_1_on", "ended_on")
NOT_ENROLLED = {*IN_SCREENING, SubjectStatus.SCREEN_FAILED, SubjectStatus.IN_ERROR, *LEAVING}


class Intake:
    """One dry run: a handful of queries, however many rows there are."""

    def __init__(self, scope: Scope, lines: list[Line]) -> None:
        self.lines = lines
        rows = Site.objects.filter(**({"pk" if isinstance(scope, Site) else "trial": scope.pk}))
        self.only = scope if isinstance(scope, Site) else None
        self.sites = {site.number: site for site in rows.select_related("place", "trial")}
        trial_ids = {site.trial_id for site in self.sites.values()}
        held = Subject.objects.filter(trial__pk__any=trial_ids).values_list(
            "number", "screening_number", "site_id", "screened_on"
        )
        self.held = {number: (site_id, on) for number, _, site_id, on in held}
        self.screening_numbers = {screening: number for number, screening, _, _ in held}
        self.visits = VisitCheck(self._used_sites())

    def _used_sites(self) -> list[Site]:
        wanted = {line["site"] for line in self.lines}
        return [
            site for number, site in self.sites.items() if self.only is not None or number in wanted
        ]

    def rows(self) -> list[SubjectRow]:
        """The new subjects whose rows are all good; every other row says what is wrong."""
        groups: dict[tuple[Any, Any], list[Line]] = {}
        for line in self.lines:
            groups.setdefault((line["site"], line["number"]), []).append(line)
        numbers: dict[str, int] = {}
        made = []
        for group in groups.values():
            first = group[0]
            if first["number"] in numbers:
                first.wrong("", "This subject stands under another site, too. Keep one of the two.")
            numbers[first["number"]] = first.number
            row = self._subject(group)
            if row is not None:
                made.append((group, row))
        self.visits.refuse_clashes()
        return [row for group, row in made if not _spoiled(group)]

    def _subject(self, group: list[Line]) -> SubjectRow | None:
        site = self._site(group)
        facts = _merged(group)
        if _spoiled(group) or site is None:
            return None
        if self._is_held(group[0], site, facts):
            for line in group:
                line.is_known = True
            return None
        today = timezone.localdate(timezone=site.place.zone)
        _check_facts(group[0], facts, today)
        visits = tuple(
            visit
            for line in group
            if line["visit"] and (visit := self.visits.read(line, site, facts["status"], today))
        )
        if _spoiled(group):
            return None
        return SubjectRow(
            site_id=site.pk, number=group[0]["number"], visits=visits,
            identity=_identity(group), **facts,
        )  # fmt: skip

    def _site(self, group: list[Line]) -> Site | None:
        site = self.only or self.sites.get(group[0]["site"])
        if site is None and group[0]["site"]:
            for line in group:
                line.wrong(
                    "Site number",
                    f"Site {line['site']} is not in this trial. Add the site first, or correct it.",
                )
        return site

    def _is_held(self, line: Line, site: Site, facts: dict[str, Any]) -> bool:
        """Whether the very subject is here already; another one of its number is wrong."""
        number, screening = line["number"], facts["screening_number"]
        held = self.held.get(number)
        if held == (site.pk, facts["screened_on"]):
            return True
        if held is not None:
            line.wrong(
                "Subject number",
                f"{number} is here already, screened on {show_day(held[1])}."
                " Correct the number, or the day and the site.",
            )
        elif (other := self.screening_numbers.setdefault(screening, number)) != number:
            line.wrong("Screening number", f"It is that of {other}. Correct it.")
        return False


def _said(group: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    """What the rows tell of a subject, each with the rows that tell it."""
    for name in (*FACTS, *IDENTITY):
        if said := [line for line in group if line[name] not in {None, ""}]:
            yield name, said


def _merged(group: list[Line]) -> dict[str, Any]:
    """The facts of a subject from all its rows; a row that says otherwise is wrong."""
    facts: dict[str, Any] = {}
    odd: dict[int, tuple[Line, Line]] = {}
    for name, said in _said(group):
        facts[name] = said[0][name]
        odd |= {line.number: (line, said[0]) for line in said if line[name] != facts[name]}
    for line, first in odd.values():
        line.wrong("", f"Line {first.number:,} says otherwise of this subject. Make them agree.")
    number = group[0]["number"] or ""
    facts.setdefault("screening_number", number)
    facts.setdefault("sex", "u")
    if facts.get("status") in Subject.flow.reasons:
        facts.setdefault("status_reason", EARLIER)
    return {name: value for name, value in facts.items() if name in FACTS}


def _identity(group: list[Line]) -> dict[str, str]:
    found = {name: next((line[name] for line in group if line[name]), "") for name in IDENTITY}
    return found if any(found.values()) else {}


def _check_facts(line: Line, facts: dict[str, Any], today: date) -> None:
    """Dates and status of a subject must fit each other."""
    days = {name: on for name in PAST if (on := facts.get(name)) is not None}
    for name, on in days.items():
        is_early = name != "consented_on" and on < facts["screened_on"]
        line.wrong_where([
            (on > today, LABELS[name], "That day has not come yet. Correct the day."),
            (is_early, LABELS[name], "It lies before screening. Correct one of the days."),
        ])  # fmt: skip
    status, is_enrolled, has_ended = facts["status"], "enrolled_on" in days, "ended_on" in days
    line.wrong_where([
        (not is_enrolled and status not in NOT_ENROLLED, LABELS["enrolled_on"],
         "The subject is in the trial. Give the day of enrolment."),
        (is_enrolled and status in IN_SCREENING, LABELS["status"],
         "The subject was enrolled, so is not in screening. Correct one."),
        (not has_ended and status in ENDED, LABELS["ended_on"],
         "The subject has left. Give the day."),
        (has_ended and status not in ENDED, LABELS["status"],
         "The subject has an end, but the status says otherwise. Correct one."),
    ])  # fmt: skip


LABELS = {
    "screened_on": "Screened on", "consented_on": "Consented on", "enrolled_on": "Enrolled on",
    "day_1_on": "Day 1", "ended_on": "Ended on", "status": "Status",
}  # fmt: skip


def _spoiled(group: Iterable[Line]) -> bool:
    """Whether a row of the subject is wrong; then all stay behind together, and say so."""
    wrong = next((line.number for line in group if line.faults), None)
    if wrong is None:
        return False
    for line in group:
        if not line.faults:
            line.wrong("", f"Line {wrong:,} of the same subject is wrong; mend that one.")
    return True
