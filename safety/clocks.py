"""Reporting clocks of safety: which run, from when, until when, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.dates import local_day, start_of


class Jurisdiction(StrEnum):
    """Whose rules ask for a report."""

    ANY = "any"
    EU = "EU"
    US = "US"


class Since(StrEnum):
    """What a clock counts from."""

    SITE_AWARE = "site_aware"
    RECEIVED = "received"  # the sponsor had subject, reporter, study drug and event: day 0
    GRAVE = "grave"  # the sponsor knew that the event is fatal or life-threatening
    NEW_INFORMATION = "new_information"
    REQUEST = "request"
    FINDING = "finding"
    BENEFIT_RISK = "benefit_risk"
    MEASURE = "measure"
    BREACH = "breach"
    DATA_LOCK = "data_lock"
    ANNIVERSARY = "anniversary"


class Owes(StrEnum):
    """Who has to report, in whose zone days are counted."""

    SITE = "site"
    SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an event or a trial; a judgement nobody has made yet is None."""

    since: Mapping[Since, datetime]
    site_zone: ZoneInfo
    sponsor_zone: ZoneInfo
    is_serious: bool = False
    is_suspected: bool | None = None
    is_expected: bool | None = None

    @property
    def is_susar(self) -> bool:
        """Serious, suspected and unexpected; without all three no 7 or 15 days run."""
        return self.is_serious and self.is_suspected is True and self.is_expected is False

    @property
    def is_grave_from_day_0(self) -> bool:
        """Fatal or life-threatening as far as was known when the minimum criteria were there."""
        grave, received = self.since.get(Since.GRAVE), self.since.get(Since.RECEIVED)
        if grave is None or received is None:
            return False
        return self.day_of(grave) <= self.day_of(received)

    @property
    def became_grave(self) -> bool:
        """Known to be fatal or life-threatening on a later day than day 0 only."""
        known = {Since.GRAVE, Since.RECEIVED} <= self.since.keys()
        return known and not self.is_grave_from_day_0

    def day_of(self, instant: datetime) -> date:
        """The day of the instant where the sponsor is."""
        return local_day(instant, self.sponsor_zone)


def _always(_facts: Facts) -> bool:
    return True


def _serious(facts: Facts) -> bool:
    return facts.is_serious


def _susar(facts: Facts) -> bool:
    return facts.is_susar


def _grave(facts: Facts) -> bool:
    return facts.is_susar and facts.is_grave_from_day_0


def _other(facts: Facts) -> bool:
    return facts.is_susar and not facts.is_grave_from_day_0


def _worsened(facts: Facts) -> bool:
    return facts.is_susar and facts.became_grave


@dataclass(frozen=True, slots=True)
class Clock:
    """A row of the table: whose rule, what starts it, how long it runs and when it applies."""

    code: str
    title: str
    jurisdiction: Jurisdiction
    since: Since
    length: timedelta
    source: str
    applies: Callable[[Facts], bool] = _always
    owes: Owes = Owes.SPONSOR
    is_instant: bool = field(default=False)  # counted in hours, not in days of a calendar


def _days(count: int) -> timedelta:
    return timedelta(days=count)


EU, US, S = Jurisdiction.EU, Jurisdiction.US, Since

TABLE: tuple[Clock, ...] = (
    Clock(
        "site_24h", "Report to the sponsor within 24 h", Jurisdiction.ANY, S.SITE_AWARE,
        timedelta(hours=24),
        "EU CTR Art 41(2); 21 CFR 312.64(b), immediately; ICH E6(R3) 2.7.2",
        _serious, Owes.SITE, is_instant=True,
    ),
    Clock(
        "us_7", "Fatal or life-threatening SUSAR to FDA within 7 days", US, S.RECEIVED, _days(7),
        "21 CFR 312.32(c)(2)", _grave,
    ),
    Clock(
        "us_7_worse", "SUSAR that became fatal or life-threatening to FDA within 7 days", US,
        S.GRAVE, _days(7), "21 CFR 312.32(c)(2)", _worsened,
    ),
    Clock(
        "us_15", "SUSAR to FDA and all investigators within 15 days", US, S.RECEIVED, _days(15),
        "21 CFR 312.32(c)(1)", _other,
    ),
    Clock(
        "us_follow_up", "New information to FDA within 15 days", US, S.NEW_INFORMATION, _days(15),
        "21 CFR 312.32(d)", _susar,
    ),
    Clock(
        "us_request", "Answer to a request of FDA within 15 days", US, S.REQUEST, _days(15),
        "21 CFR 312.32(c)(1)(v)",
    ),
    Clock(
        "us_finding", "Finding of a significant risk to FDA and all investigators within 15 days",
        US, S.FINDING, _days(15), "21 CFR 312.32(c)(1)",
    ),
    Clock(
        "eu_7", "Fatal or life-threatening SUSAR to EudraVigilance within 7 days", EU, S.RECEIVED,
        _days(7), "EU CTR Art 42(2)(a)", _grave,
    ),
    Clock(
        "eu_7_follow_up", "Follow-up of the 7-day report to EudraVigilance within 8 more days", EU,
        S.RECEIVED, _days(7 + 8), "EU CTR Art 42(2)(a)", _grave,
    ),
    Clock(
        "eu_7_worse", "SUSAR that became fatal or life-threatening to EudraVigilance within 7 days",
        EU, S.GRAVE, _days(7), "EU CTR Art 42(2)(c)", _worsened,
    ),
    Clock(
        "eu_7_worse_follow_up",
        "Follow-up of the 7-day report to EudraVigilance within 8 more days", EU, S.GRAVE,
        _days(7 + 8), "EU CTR Art 42(2)(a)", _worsened,
    ),
    Clock(
        "eu_15", "SUSAR to EudraVigilance within 15 days", EU, S.RECEIVED, _days(15),
        "EU CTR Art 42(2)(b)", _other,
    ),
    Clock(
        "eu_benefit_risk", "Unexpected event that affects the benefit-risk balance within 15 days",
        EU, S.BENEFIT_RISK, _days(15), "EU CTR Art 53",
    ),
    Clock(
        "eu_measure", "Urgent safety measure within 7 days", EU, S.MEASURE, _days(7),
        "EU CTR Art 54",
    ),
    Clock("eu_breach", "Serious breach within 7 days", EU, S.BREACH, _days(7), "EU CTR Art 52"),
    Clock(
        "eu_annual", "Annual safety report within 60 days of the data lock", EU, S.DATA_LOCK,
        _days(60), "ICH E2F; EU CTR Art 43",
    ),
    Clock(
        "us_annual", "Annual report within 60 days of the anniversary", US, S.ANNIVERSARY,
        _days(60), "21 CFR 312.33",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs: when it started, the last instant in time, and that instant's day."""

    clock: Clock
    started_at: datetime
    due_at: datetime
    due_on: date
    zone: ZoneInfo


def running(jurisdictions: Iterable[Jurisdiction], facts: Facts) -> list[Running]:
    """The clocks that run under these rules, the first to end first."""
    asked = {Jurisdiction.ANY, *jurisdictions}
    found = [
        _run(clock, facts)
        for clock in TABLE
        if clock.jurisdiction in asked and clock.since in facts.since and clock.applies(facts)
    ]
    return sorted(found, key=lambda one: one.due_at)


def _run(clock: Clock, facts: Facts) -> Running:
    """Hours run from instant to instant; days end with the day in the zone of who reports."""
    started_at = facts.since[clock.since].astimezone(UTC)
    zone = facts.site_zone if clock.owes is Owes.SITE else facts.sponsor_zone
    if clock.is_instant:
        due_at = started_at + clock.length
    else:
        last = local_day(started_at, zone) + clock.length
        due_at = start_of(last + _days(1), zone) - datetime.resolution
    return Running(clock, started_at, due_at, local_day(due_at, zone), zone)


_EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)  # members of the European Union and of the European Economic Area, where the regulation holds


def jurisdictions_of(countries: Iterable[str]) -> frozenset[Jurisdiction]:
    """Whose rules hold for a trial in these countries, by their codes of ISO 3166."""
    held = frozenset(countries)
    found = {EU} if held & _EU else set()
    return frozenset(found | ({US} if "US" in held else set()))
