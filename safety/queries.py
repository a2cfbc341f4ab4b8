"""What the page of an adverse event shows, ready to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from accounts.models import User
from accounts.roles import Role
from core import notices
from core.dates import show_moment
from safety.clocks import Jurisdiction, jurisdictions_of
from safety.models import (
    AdverseEvent,
    LetterReceipt,
    ReferenceSafetyInformation,
    ReportClock,
    SafetyReport,
)
from safety.words import left_in_words
from sites.models import Site
from trials.models import Trial


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock of an event: whose it is, what is left of it, and where it is met."""

    clock: ReportClock
    state: str
    said: str
    since: str
    until: str
    is_open: bool
    used: timedelta

    @property
    def share(self) -> int:
        """How much of it is used, in percent."""
        return int(100 * self.used / (self.clock.ends_at - self.clock.started_at))

    @property
    def figure(self) -> str:
        """What is left or over, as the large figure of the card."""
        return self.said.rpartition(" ")[0]

    @property
    def word(self) -> str:
        """Whether that is left, or late."""
        return self.said.rpartition(" ")[2]

    @property
    def used_of(self) -> str:
        """How much of it is used, in words."""
        hours = (self.clock.ends_at - self.clock.started_at) // timedelta(hours=1)
        return f"{left_in_words(self.used).rpartition(' ')[0]} of {hours} h used"


def clocks_of(event: AdverseEvent, now: datetime) -> list[ClockRow]:
    """The clocks of an event, those that run first, the first to end before the others."""
    rows = [_clock(clock, now) for clock in event.clocks.order_by("ends_at", "pk")]
    return sorted(rows, key=lambda row: not row.is_open)


def _clock(clock: ReportClock, now: datetime) -> ClockRow:
    is_open = clock.is_running and clock.met_at is None
    left = clock.ends_at - now
    state = "crit" if left < timedelta() else "warn" if clock.is_site else "info"
    said = left_in_words(left)
    if clock.met_at is not None:
        state = "ok" if clock.met_at <= clock.ends_at else "warn"
        said = f"Met {_when(clock.met_at, clock)}"
    elif not is_open:
        state, said = "", "Stopped: its conditions hold no longer"
    since, until = _when(clock.started_at, clock), _when(clock.ends_at, clock)
    return ClockRow(clock, state, said, since, until, is_open, now - clock.started_at)


def report_state(event: AdverseEvent, sent: list[SafetyReport]) -> tuple[str, str, str]:
    """How far the report of an event has come, as a chip, and what is sent next."""
    if not sent:
        return "warn", "Initial report not sent", "Send initial report"
    if sent[0].sent_at < event.told_at:
        return "warn", "Follow-up not sent", "Send follow-up"
    return "ok", f"{sent[0].name} sent", "Send follow-up"


def _when(instant: datetime, clock: ReportClock) -> str:
    return show_moment(instant, clock.time_zone)


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
        return show_moment(self.at, self.zone)


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


def in_force() -> Subquery:
    """The key of the reference safety information that was in force when an event may have begun."""
    rows = ReferenceSafetyInformation.objects.filter(
        trial=OuterRef("subject__trial"), from_on__lte=OuterRef("onset_from")
    )
    return Subquery(rows.order_by("-from_on").values("pk")[:1])


@dataclass(frozen=True, slots=True)
class Reference:
    """A version of the reference safety information with the days on which it is in force."""

    record: ReferenceSafetyInformation
    until: date | None
    state: str
    said: str


def references_of(trial: Trial, today: date) -> list[Reference]:
    """The versions of a trial, the newest first; each is in force until the next begins."""
    found: list[Reference] = []
    following: date | None = None
    for record in ReferenceSafetyInformation.objects.filter(trial=trial).order_by("-from_on"):
        until = following - timedelta(days=1) if following else None
        state, said = "ok", "In force"
        if record.from_on > today:
            state, said = "info", "To come"
        elif until is not None and until < today:
            state, said = "", "Superseded"
        found.append(Reference(record, until, state, said))
        following = record.from_on
    return found


RULES_IN_WORDS = {
    Jurisdiction.EU: "EudraVigilance, by EU CTR Art 42", Jurisdiction.US: "FDA, by 21 CFR 312.32",
}  # fmt: skip


def authorities_of(trial: Trial) -> list[str]:
    """The authorities to which the sponsor reports, by the countries of the trial."""
    held = jurisdictions_of(trial.countries.values_list("code", flat=True))
    return [said for rule, said in RULES_IN_WORDS.items() if rule in held]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told of an event, and when that person read it."""

    notice: int
    user_id: int
    name: str
    role: str
    said: str
    is_read: bool


def told_of(event: AdverseEvent) -> list[Told]:
    """Who was told of an event last, and who of them read it."""
    zone = event.subject.site.place.zone
    return [
        Told(
            one.pk, one.recipient_id, one.recipient_name, Role(one.recipient_role).label,
            f"read {show_moment(one.read_at, zone)}" if one.read_at
            else f"told {show_moment(one.made_at, zone)}",
            one.read_at is not None,
        )
        for one in notices.last_told(event)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Whether somebody at a site has acknowledged a letter, and whether this reader may."""

    receipt: LetterReceipt
    said: str
    may: bool


def letter_at_sites(
    receipts: Iterable[LetterReceipt], user: User, may: Mapping[str, set[int]]
) -> list[tuple[Site, list[Acknowledged]]]:
    """Sites with the acknowledgements of coordinator and investigator; those that wait first."""
    by_site: dict[Site, list[Acknowledged]] = {}
    read_by_me = {one.site_id for one in receipts if one.acknowledged_by_id == user.pk}
    for one in receipts:
        at = one.acknowledged_at
        said = f"{one.acknowledged_by_name}, {show_moment(at, one.site.place.zone)}" if at else ""
        is_mine = at is None and one.pk in may[one.role] and one.site_id not in read_by_me
        by_site.setdefault(one.site, []).append(Acknowledged(one, said, is_mine))
    return sorted(by_site.items(), key=lambda row: all(one.said for one in row[1]))
