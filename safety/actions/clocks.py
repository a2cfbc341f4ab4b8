"""Clocks of an event, kept as its facts say; submissions to authorities that stop them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from safety.clocks import Facts, Running, Since, jurisdictions_of, running
from safety.models import AdverseEvent, ReportClock, SafetyDesk, SafetyReport
from safety.models.report import CLOCKS, SITE_CLOCKS
from trials.models import Trial

AT_SITE = "site_24h"
UTC_ZONE = ZoneInfo("UTC")


def keep_clocks(event: AdverseEvent) -> None:
    """Start the clocks that run by the facts as they are now, stop those that do no longer."""
    reports = list(event.reports.order_by("version"))
    wanted = {(one.clock.code, one.started_at): one for one in _running(event, reports)}
    held = {(row.code, row.started_at): row for row in event.clocks.all()}
    for key, one in wanted.items():
        row = held.get(key) or ReportClock(event=event, code=key[0], started_at=key[1])
        row.ends_at, row.zone, row.is_running = one.due_at, one.zone.key, True
        if row.code in SITE_CLOCKS:
            row.met_at = next((rep.sent_at for rep in reports if rep.sent_at >= key[1]), None)
        row.save()
    gone = [row.pk for key, row in held.items() if key not in wanted]
    event.clocks.filter(pk__in=gone, met_at=None).update(is_running=False)


def keep_clocks_of(trial: Trial) -> None:
    """The same for every serious event of a trial, when something changes for all of them."""
    for event in serious_of(trial).select_for_update(of=("self",)).order_by("pk"):
        keep_clocks(event)


def serious_of(trial: Trial) -> QuerySet[AdverseEvent]:
    """The events of a trial that have clocks."""
    rows: QuerySet[AdverseEvent] = AdverseEvent.objects.filter(
        subject__trial=trial, is_serious=True
    )
    return rows.select_related("subject__trial", "subject__site__place")


def move_clock(event: AdverseEvent, before: datetime | None, after: datetime) -> None:
    """The site knew at another instant than was thought: its clock is the same, and starts there."""
    if before is None or event.clocks.filter(code=AT_SITE, started_at=after).exists():
        return
    rows = event.clocks.filter(code=AT_SITE, started_at=before)
    rows.update(started_at=after, ends_at=after + CLOCKS[AT_SITE].length, met_at=None)


def _running(event: AdverseEvent, reports: list[SafetyReport]) -> Iterator[Running]:
    """Every clock that runs, once for each piece of new information."""
    trial = event.subject.trial
    rules = jurisdictions_of(trial.countries.values_list("code", flat=True))
    desk = SafetyDesk.objects.filter(trial=trial).first()
    known = list(_since(event, reports))
    news = [{Since.NEW_INFORMATION: later.sent_at} for later in reports[1:]]
    for more in [{}, *news]:
        facts = Facts(
            since=dict(known) | more,
            site_zone=event.subject.site.place.zone,
            sponsor_zone=desk.zone if desk else UTC_ZONE,
            is_serious=event.is_serious and event.voided_at is None,
            is_suspected=event.is_suspected,
            is_expected=event.is_expected,
        )
        yield from running(rules, facts)


def _since(
    event: AdverseEvent, reports: list[SafetyReport]
) -> Iterator[tuple[Since, datetime]]:  # fmt: skip
    """When the site knew, when the sponsor had it, and when the sponsor knew that it is grave."""
    if event.serious_aware_at is not None:
        yield Since.SITE_AWARE, event.serious_aware_at.astimezone(UTC)
    if reports:
        yield Since.RECEIVED, reports[0].sent_at
    if grave := next((report.sent_at for report in reports if report.is_grave), None):
        yield Since.GRAVE, grave


@action(Permission.SAFETY_HANDLE, "recount clocks")
def recount(trial: Trial, *, by: User) -> Trial:
    """Run the clocks of the serious events of a trial by the rules of the countries it has now."""
    keep_clocks_of(trial)
    return trial


@action(Permission.SAFETY_HANDLE, "record submission")
def record_submission(clock: ReportClock, *, at: datetime, note: str, by: User) -> ReportClock:
    """The authority has the report; the clock is met, late or not."""
    if clock.is_site:
        raise RefusedError("This clock is met by the SAE report of the site. Send that instead.")
    if clock.met_at is not None or not clock.is_running:
        raise RefusedError(f"{clock} runs no longer.")
    if not clock.started_at <= at <= timezone.now():
        raise RefusedError("Give the time of submission: after the clock started and not to come.")
    clock.met_at, clock.note = at, note.strip()
    clock.save()
    return clock
