"""What the page of an adverse event shows, ready to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.dates import show_day
from safety.models import AdverseEvent, ReportClock, SafetyReport
from safety.words import left_in_words


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock of an event: whose it is, what is left of it, and where it is met."""

    clock: ReportClock
    state: str
    said: str
    until: str
    is_open: bool


def clocks_of(event: AdverseEvent, now: datetime) -> list[ClockRow]:
    """The clocks of an event, those that run first, the first to end before the others."""
    rows = [_clock(clock, now) for clock in event.clocks.order_by("ends_at", "pk")]
    return sorted(rows, key=lambda row: not row.is_open)


def _clock(clock: ReportClock, now: datetime) -> ClockRow:
    is_open = clock.is_running and clock.met_at is None
    until = _when(clock.ends_at, clock)
    if clock.met_at is not None:
        in_time = clock.met_at <= clock.ends_at
        said = f"Met {_when(clock.met_at, clock)}"
        return ClockRow(clock, "ok" if in_time else "warn", said, until, is_open)
    if not clock.is_running:
        return ClockRow(clock, "", "Stopped: its conditions hold no longer", until, is_open)
    left = clock.ends_at - now
    state = "crit" if left < timedelta() else "warn" if clock.is_site else "info"
    return ClockRow(clock, state, left_in_words(left), until, is_open)


def _when(instant: datetime, clock: ReportClock) -> str:
    return in_words(instant, clock.time_zone)


def in_words(instant: datetime, zone: ZoneInfo) -> str:
    """A day and time by the clocks of a zone, as `10 Jun 2026 16:20 BST`."""
    local = instant.astimezone(zone)
    return f"{show_day(local.date())} {local:%H:%M %Z}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A step in the story of an event."""

    at: datetime
    icon: str
    title: str
    text: str
    by: str
    zone: ZoneInfo

    @property
    def when(self) -> str:
        """The instant by the clocks of the site."""
        return in_words(self.at, self.zone)


def story_of(event: AdverseEvent) -> list[Moment]:
    """Gradings and reports, newest first; nothing of it is ever replaced."""
    zone = event.subject.site.place.zone
    told = _graded(event, zone)
    for report in event.reports.all():
        sent, name = report.sent_at, report.name
        text = f"Late: {report.late_reason}" if report.late_reason else "Sent to the sponsor"
        told.append(Moment(sent, "plane", name, text, report.sent_by_name, zone))
        if (at := report.acknowledged_at) is not None:
            by = report.acknowledged_by_name
            told.append(Moment(at, "check", f"{name} acknowledged", "", by, zone))
    return sorted(told, key=lambda moment: moment.at, reverse=True)


def _graded(event: AdverseEvent, zone: ZoneInfo) -> list[Moment]:
    told: list[Moment] = []
    was_serious = False
    for row in event.regradings.order_by("pk"):
        held = AdverseEvent(criteria=row.criteria, grade=row.grade, severity=row.severity)
        title = "Graded anew" if told else "Logged"
        if row.is_serious != was_serious:
            title = "Marked serious, clock started" if row.is_serious else "Found not to be serious"
        was_serious = row.is_serious
        text = " · ".join(filter(None, (held.grade_shown, held.criteria_shown, row.reason)))
        icon = "octagon" if row.is_serious else "activity"
        told.append(Moment(row.at, icon, title, text, row.by_name, zone))
    return told


def reports_of(event: AdverseEvent) -> list[SafetyReport]:
    """The versions of the report, newest first."""
    return list(event.reports.order_by("-version"))
