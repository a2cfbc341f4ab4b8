"""The reporting clocks: every row, day 0, zones, days on which clocks change, leap years."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import local_day
from safety.clocks import EU, TABLE, US, Facts, Jurisdiction, Running, S, jurisdictions_of, running

LONDON = ZoneInfo("Europe/London")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
AUCKLAND = ZoneInfo("Pacific/Auckland")
JUNE = datetime(2026, 6, 10, 15, 20, tzinfo=UTC)
LATER = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)

instants = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
zones = st.sampled_from([LONDON, BERLIN, NEW_YORK, AUCKLAND, ZoneInfo("Asia/Kolkata")])


def facts(since=None, zone=BERLIN, **judged) -> Facts:
    judged = {"is_serious": True, "is_suspected": True, "is_expected": False} | judged
    return Facts(since or {S.RECEIVED: JUNE}, LONDON, zone, **judged)


def by_code(found: list[Running]) -> dict[str, Running]:
    return {one.clock.code: one for one in found}


GRAVE_AT_ONCE = {S.RECEIVED: JUNE, S.GRAVE: JUNE}
GRAVE_LATER = {S.RECEIVED: JUNE, S.GRAVE: LATER}


ROWS = [
    ("us_7", US, GRAVE_AT_ONCE, date(2026, 6, 17)),
    ("us_7_worse", US, GRAVE_LATER, date(2026, 6, 27)),
    ("us_15", US, {S.RECEIVED: JUNE}, date(2026, 6, 25)),
    ("us_follow_up", US, {S.NEW_INFORMATION: LATER}, date(2026, 7, 5)),
    ("us_request", US, {S.REQUEST: LATER}, date(2026, 7, 5)),
    ("us_finding", US, {S.FINDING: LATER}, date(2026, 7, 5)),
    ("eu_7", EU, GRAVE_AT_ONCE, date(2026, 6, 17)),
    ("eu_7_follow_up", EU, GRAVE_AT_ONCE, date(2026, 6, 25)),
    ("eu_7_worse", EU, GRAVE_LATER, date(2026, 6, 27)),
    ("eu_7_worse_follow_up", EU, GRAVE_LATER, date(2026, 7, 5)),
    ("eu_15", EU, {S.RECEIVED: JUNE}, date(2026, 6, 25)),
    ("eu_benefit_risk", EU, {S.BENEFIT_RISK: JUNE}, date(2026, 6, 25)),
    ("eu_measure", EU, {S.MEASURE: JUNE}, date(2026, 6, 17)),
    ("eu_breach", EU, {S.BREACH: JUNE}, date(2026, 6, 17)),
    ("eu_annual", EU, {S.DATA_LOCK: JUNE}, date(2026, 8, 9)),
    ("us_annual", US, {S.ANNIVERSARY: JUNE}, date(2026, 8, 9)),
]


@pytest.mark.parametrize(("code", "where", "since", "due_on"), ROWS)
def test_a_row_counts_calendar_days_and_ends_with_the_last(code, where, since, due_on):
    found = by_code(running([where], facts(since)))[code]
    assert found.due_on == due_on
    assert found.due_at == datetime.combine(due_on, time.max, BERLIN)
    assert found.clock.source
    other = US if where is EU else EU
    assert code not in by_code(running([other], facts(since)))


def test_the_rows_above_and_the_24_hours_are_the_whole_table():
    assert {one[0] for one in ROWS} | {"site_24h"} == {clock.code for clock in TABLE}
    assert len({clock.code for clock in TABLE}) == len(TABLE)


def test_24_hours_run_from_instant_to_instant_whatever_the_clocks_of_the_site_do():
    evening = datetime(2026, 3, 28, 16, 20, tzinfo=LONDON)  # the clocks go forward that night
    (found,) = running([], facts({S.SITE_AWARE: evening}))
    assert found.due_at - evening.astimezone(UTC) == timedelta(hours=24)
    assert found.due_at.astimezone(LONDON) == datetime(2026, 3, 29, 17, 20, tzinfo=LONDON)
    assert found.zone == LONDON
    assert found.clock.jurisdiction is Jurisdiction.ANY


def test_24_hours_do_not_run_for_an_event_that_is_not_serious():
    assert running([EU, US], facts({S.SITE_AWARE: JUNE}, is_serious=False)) == []


@pytest.mark.parametrize("serious", [True, False])
@pytest.mark.parametrize("suspected", [True, False, None])
@pytest.mark.parametrize("expected", [True, False, None])
def test_no_7_or_15_days_unless_serious_and_suspected_and_unexpected(serious, suspected, expected):
    since = {S.RECEIVED: JUNE, S.GRAVE: JUNE, S.NEW_INFORMATION: LATER}
    judged = {"is_serious": serious, "is_suspected": suspected, "is_expected": expected}
    runs = bool(running([EU, US], facts(since, **judged)))
    assert runs == (serious and suspected is True and expected is False)


def test_a_fatal_event_has_7_days_and_8_more_and_not_15():
    found = by_code(running([EU, US], facts(GRAVE_AT_ONCE)))
    assert set(found) == {"eu_7", "eu_7_follow_up", "us_7"}
    assert (found["eu_7_follow_up"].due_on - found["eu_7"].due_on).days == 8


def test_an_event_that_becomes_fatal_keeps_its_15_days_and_starts_7_of_its_own():
    found = by_code(running([EU], facts(GRAVE_LATER)))
    assert set(found) == {"eu_15", "eu_7_worse", "eu_7_worse_follow_up"}
    assert found["eu_7_worse"].started_at == LATER
    assert found["eu_15"].started_at == JUNE


def test_nothing_runs_before_the_minimum_criteria_are_there():
    assert running([EU, US], facts({S.GRAVE: JUNE})) == []


def test_the_first_to_end_stands_first():
    found = running([EU, US], facts({**GRAVE_LATER, S.SITE_AWARE: JUNE}))
    assert [one.due_at for one in found] == sorted(one.due_at for one in found)
    assert found[0].clock.code == "site_24h"


@pytest.mark.parametrize(
    ("received", "zone", "due_on"),
    [
        (datetime(2026, 6, 10, 23, 30, tzinfo=UTC), BERLIN, date(2026, 6, 26)),  # 11 Jun there
        (datetime(2026, 6, 10, 3, 30, tzinfo=UTC), NEW_YORK, date(2026, 6, 24)),  # 9 Jun there
        (datetime(2026, 6, 10, 12, 30, tzinfo=UTC), AUCKLAND, date(2026, 6, 26)),
        (datetime(2026, 3, 20, 12, 0, tzinfo=UTC), BERLIN, date(2026, 4, 4)),  # over the spring
        (datetime(2026, 10, 20, 12, 0, tzinfo=UTC), BERLIN, date(2026, 11, 4)),  # over the autumn
        (datetime(2026, 3, 14, 12, 0, tzinfo=UTC), BERLIN, date(2026, 3, 29)),  # 23 h long
        (datetime(2026, 10, 10, 12, 0, tzinfo=UTC), BERLIN, date(2026, 10, 25)),  # 25 h long
        (datetime(2028, 2, 14, 12, 0, tzinfo=UTC), BERLIN, date(2028, 2, 29)),
        (datetime(2027, 2, 14, 12, 0, tzinfo=UTC), BERLIN, date(2027, 3, 1)),
        (datetime(2026, 12, 20, 12, 0, tzinfo=UTC), BERLIN, date(2027, 1, 4)),
        (datetime(2026, 4, 30, 12, 0, tzinfo=UTC), BERLIN, date(2026, 5, 15)),
    ],
)
def test_day_0_is_the_day_where_the_sponsor_is(received, zone, due_on):
    found = by_code(running([EU], facts({S.RECEIVED: received}, zone)))["eu_15"]
    assert found.due_on == due_on
    assert found.due_at.astimezone(zone).time() == time.max


@given(instants, zones)
def test_a_clock_of_days_ends_on_that_day_wherever_the_sponsor_is(received, zone):
    for found in running([EU, US], facts({S.RECEIVED: received}, zone)):
        assert (found.due_on - local_day(received, zone)).days == 15
        assert local_day(found.due_at, zone) == found.due_on
        assert local_day(found.due_at + datetime.resolution, zone) > found.due_on


@given(instants, instants, zones)
def test_knowing_of_a_death_never_gives_more_time(received, grave, zone):
    mild = running([EU], facts({S.RECEIVED: received}, zone))
    fatal = running([EU], facts({S.RECEIVED: received, S.GRAVE: grave}, zone))
    assert fatal[0].due_at <= mild[0].due_at


def test_whose_rules_hold_follows_from_the_countries():
    assert jurisdictions_of(["DE", "US", "GB"]) == {EU, US}
    assert jurisdictions_of(["NO"]) == {EU}
    assert jurisdictions_of(["GB", "JP"]) == set()
