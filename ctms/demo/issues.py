"""Deviations and issues at Northgate: reported, assessed, explained, closed, one perhaps a serious breach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from core.dates import local_day
from ctms.demo.days import DAY
from ctms.demo.lists import rows_of
from quality.actions import capas, issues
from quality.models import Issue
from sites.models import Site
from subjects.models import Subject

AS_GIVEN = ("kind", "category", "proposed", "what", "effect")
CHECKED = 35  # days until the effect of the CAPA is checked
AWARE = timedelta(hours=19)  # since the sponsor suspects the serious breach
CAPA = {
    "title": "Nobody hears the door alarm after 17:00", "root_cause": "process",
    "why": "The alarm goes to a pager that stays in the pharmacy. Found by walking the way of the alarm.",
    "measure": "Every alarm of four weeks answered within 15 minutes, from the log of the logger.",
}  # fmt: skip
STEPS = (  # kind, what, who, due in days, what shows that it is done
    ("corrective", "Kits in quarantine assessed with the sponsor", "jonas", 2, ""),
    ("corrective", "Alarm forwarded to the nurse on call", "priya", 0, "Test alarm answered, log of today"),
    ("preventive", "Alarm rota in the opening checklist of the unit", "hannah", 9, ""),
)  # fmt: skip
REASON = "Worse than proposed: it touches an endpoint or the blinding"


def arise(site: Site, people: Mapping[str, User], now: datetime) -> None:
    """What went wrong at a site, and what site and sponsor did about it so far."""
    for row in rows_of("northgate/issues.csv"):
        _lived(_reported(site, row, people, now), row, people, now)


def _reported(
    site: Site, row: Mapping[str, str], people: Mapping[str, User], now: datetime
) -> Issue:  # fmt: skip
    today = local_day(now, site.place.zone)
    values: dict[str, Any] = {name: row[name] for name in AS_GIVEN} | {
        "happened_on": today - int(row["happened"]) * DAY,
        "aware_on": today - int(row["aware"]) * DAY,
    }
    subject = Subject.objects.get(site=site, number=row["number"]) if row["number"] else None
    return issues.report(site, subject=subject, values=values, by=people["priya"])


def _lived(
    held: Issue, row: Mapping[str, str], people: Mapping[str, User], now: datetime
) -> None:  # fmt: skip
    """What was said of it since."""
    manager = people["amara"]
    if row["cause"]:
        why = {"root_cause": row["cause"], "why": row["why"], "correction": row["correction"]}
        held = issues.explain(held, values=why, by=people["priya"])
    if row["class"]:
        held = _assessed(held, row, manager, local_day(now, held.site.place.zone))
    if row["end"] == "breach":
        issues.suspect_breach(held, aware_at=now - AWARE, by=manager)
    elif row["end"] == "closed":
        issues.close(held, by=manager)
    elif row["end"] == "capa":
        _act(held, people, now)


def _assessed(held: Issue, row: Mapping[str, str], by: User, today: date) -> Issue:
    """The issue with its class confirmed, with a reason where it is another than was proposed."""
    return issues.assess(
        held, classification=row["class"], is_important=row["important"] == "yes", by=by,
        ethics_due_on=today + int(row["ethics"]) * DAY if row["ethics"] else None,
        reason=REASON if row["class"] != row["proposed"] else "",
    )  # fmt: skip


def _act(held: Issue, people: Mapping[str, User], now: datetime) -> None:
    """A CAPA for its cause, with one action done and two to do."""
    today = local_day(now, held.site.place.zone)
    capa = capas.open_capa(
        held.site, values=CAPA | {"check_on": today + CHECKED * DAY}, issues=[held],
        by=people["priya"],
    )  # fmt: skip
    for kind, text, owner, days, evidence in STEPS:
        values = {"kind": kind, "text": text, "due_on": today + days * DAY}
        step = capas.add_action(capa, values=values, owner=people[owner], by=people["priya"])
        if evidence:
            capas.finish_action(step, on=today, evidence=evidence, by=people["priya"])
