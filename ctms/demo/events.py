"""Adverse events at Northgate around now, from mild to one at the authority, and what is taken for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from core.dates import PartialDate, local_day
from core.models import Notice
from ctms.demo.days import DAY
from ctms.demo.lists import rows_of
from inbox.actions import read
from safety.actions import assessments, events, letters, medications, reports, set_up
from safety.models import CTCAE_6, AdverseEvent, GradingTerm
from sites.models import Site
from subjects.models import Subject
from trials.actions import trials
from trials.models import Trial

DESK, ZONE = "Halden Safety", "Europe/Berlin"
VERSIONS = (("IB edition 5.0", 900), ("IB edition 6.0", 260))  # in force since so many days
SUSAR, CLOSED, TO_SEND = "Pneumonitis", "Syncope", "Acute appendicitis"
LETTER = "Conjunctivitis: ask at every visit"
TEXT = (
    "Conjunctivitis was reported more often than expected. Ask for red, itching or dry eyes at every"
    " visit and call, and send subjects with pain or changed sight to an eye doctor the same week.\n"
    "The investigator’s brochure, edition 6.0, lists it as a known risk."
)
CASE = "HT-2026-0114"
AS_GIVEN = ("term", "action_taken", "outcome", "study_drug", "reporter", "narrative")
AS_TAKEN = ("name", "dose", "frequency", "route", "indication", "condition")


def happen(site: Site, people: Mapping[str, User], now: datetime) -> None:
    """What happened to subjects of a site, and what site and sponsor did about it so far."""
    _set_up(site.trial, people["elena"], people["omar"], local_day(now, site.place.zone))
    held = {row["term"]: _logged(site, row, people, now) for row in rows_of("northgate/events.csv")}
    for term in (SUSAR, CLOSED):
        sent = reports.send_report(held[term], by=people["priya"])
        reports.acknowledge(sent, by=people["elena"])
    _judged(held, people["elena"])
    reports.send_report(held[CLOSED], is_final=True, by=people["priya"])
    reports.reconcile(held[CLOSED], case_number=CASE, by=people["elena"])
    for name in ("elena", "hannah"):
        _read(held[TO_SEND], people[name])
    for row in rows_of("northgate/medications.csv"):
        _take(site, row, held, people["priya"], local_day(now, site.place.zone))
    _write(site, people, local_day(now, site.place.zone))


def _write(site: Site, people: Mapping[str, User], today: date) -> None:
    """A letter to the sites, which the coordinator has acknowledged and the investigator has not."""
    letter = letters.send_letter(
        site.trial, title=LETTER, text=TEXT, due_on=today + 5 * DAY, by=people["amara"]
    )
    receipt = letter.receipts.get(site=site, role="coordinator")
    letters.acknowledge_letter(receipt, by=people["priya"])


def _set_up(trial: Trial, monitor: User, manager: User, today: date) -> None:
    """Germany is in the trial, so the rules of the EU hold."""
    trials.add_country(trial, code="DE", name="Germany", by=manager)
    set_up.set_up_desk(trial, name=DESK, time_zone=ZONE, by=monitor)
    for version, days in VERSIONS:
        set_up.add_reference(trial, version=version, from_on=today - days * DAY, by=monitor)


def _logged(
    site: Site, row: Mapping[str, str], people: Mapping[str, User], now: datetime
) -> AdverseEvent:  # fmt: skip
    """The event as the coordinator logged it, and what the investigator thinks of it."""
    aware_at = now.replace(second=0, microsecond=0) - timedelta(minutes=int(row["aware_minutes"]))
    heard = local_day(aware_at, site.place.zone)
    values: dict[str, Any] = {name: row[name] for name in AS_GIVEN} | {
        "grading_term": GradingTerm.objects.get(version=CTCAE_6, name=row["grading_term"]),
        "grade": int(row["grade"]), "aware_at": aware_at,
        "onset": _known(heard, int(row["onset"])),
        "ended": _known(local_day(now, site.place.zone), int(row["ended"])) if row["ended"] else None,
    }  # fmt: skip
    subject = Subject.objects.get(site=site, number=row["number"])
    made = events.log_event(
        subject, values=values, criteria=row["criteria"].split(), by=people["priya"]
    )
    return assessments.assess_causality(
        made, is_related=row["related"] == "yes", causality=row["causality"], by=people["hannah"]
    )


def _take(
    site: Site, row: Mapping[str, str], held: Mapping[str, AdverseEvent], by: User, today: date
) -> None:
    """What a subject takes besides the study drug, as the coordinator logged it."""
    event = held.get(row["event"])
    since = _known(today, int(row["since"]))
    values: dict[str, Any] = {name: row[name] for name in AS_TAKEN} | {
        "started": since if row["day"] == "known" else PartialDate(since.year, since.month),
        "ended": _known(today, int(row["until"])) if row["until"] else None,
        "is_ongoing": not row["until"], "event": event,
    }  # fmt: skip
    subject = Subject.objects.get(site=site, number=row["number"])
    medications.log_medication(subject, values=values, by=by)


def _known(today: date, days: int) -> PartialDate:
    on = today - days * DAY
    return PartialDate(on.year, on.month, on.day)


def _judged(held: Mapping[str, AdverseEvent], monitor: User) -> None:
    """One event is suspected and unexpected, so its 15 days run; the other has another cause."""
    assessments.assess_for_sponsor(
        held[SUSAR], is_related=True, causality="possible", is_expected=False, by=monitor
    )
    assessments.assess_for_sponsor(
        held[CLOSED], is_related=False, causality="unrelated", is_expected=False, by=monitor
    )


def _read(event: AdverseEvent, by: User) -> None:
    read(Notice.objects.filter(target_id=event.pk, recipient_id=by.pk).latest("pk"), by=by)
