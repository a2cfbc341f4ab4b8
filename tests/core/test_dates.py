"""Study days, business days, local time, and days in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import (
    BusinessDays,
    MissingTimeError,
    RepeatedTimeError,
    at,
    first_at,
    length_of,
    local_day,
    on_study_day,
    show_clock,
    show_day,
    show_days,
    show_due,
    show_span,
    show_weekday,
    start_of,
    study_day,
)

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")
BEIRUT = ZoneInfo("Asia/Beirut")
TODAY = date(2026, 6, 11)

days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
zones = st.sampled_from([LONDON, NEW_YORK, LORD_HOWE, APIA, BEIRUT, ZoneInfo("Asia/Kolkata")])


def test_the_anchor_is_day_1_and_the_day_before_it_day_minus_1():
    assert [study_day(TODAY, TODAY + timedelta(days=n)) for n in (-2, -1, 0, 1)] == [-2, -1, 1, 2]


def test_there_is_no_date_for_day_0():
    with pytest.raises(ValueError, match=r"no day 0. Day 1 is 11 Jun 2026"):
        on_study_day(TODAY, 0)


@given(days, days)
def test_a_study_day_leads_back_to_its_date_and_is_never_0(anchor, day):
    number = study_day(anchor, day)
    assert number != 0
    assert on_study_day(anchor, number) == day


def test_business_days_skip_the_weekend_and_closed_dates():
    office = BusinessDays(frozenset({date(2026, 6, 15)}))  # a Monday
    assert office.is_open(date(2026, 6, 12))
    assert not office.is_open(date(2026, 6, 13))
    assert office.next_open(date(2026, 6, 13)) == date(2026, 6, 16)
    assert office.next_open(date(2026, 6, 12)) == date(2026, 6, 12)
    assert office.add(date(2026, 6, 12), 1) == date(2026, 6, 16)
    assert office.add(date(2026, 6, 16), -2) == date(2026, 6, 11)
    assert office.add(date(2026, 6, 13), 0) == date(2026, 6, 13)
    assert office.between(date(2026, 6, 12), date(2026, 6, 17)) == 2
    assert office.between(date(2026, 6, 17), date(2026, 6, 12)) == -2


def test_the_weekend_is_the_country_s_own():
    cairo = BusinessDays(weekend=frozenset({4, 5}))
    assert cairo.next_open(date(2026, 6, 12)) == date(2026, 6, 14)


def test_a_week_without_a_working_day_is_refused():
    with pytest.raises(ValueError, match="Leave at least one day of the week open"):
        BusinessDays(weekend=frozenset(range(7)))


@given(
    days,
    st.integers(-60, 60).filter(bool),
    st.frozensets(st.integers(0, 6), max_size=5),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=9),
)
def test_adding_business_days_arrives_at_an_open_day_that_many_away(day, count, weekend, closed):
    office = BusinessDays(closed, weekend)
    there = office.add(day, count)
    assert office.is_open(there)
    assert office.between(day, there) == count


def test_a_local_time_is_one_instant_in_utc():
    assert at(date(2026, 6, 11), time(10, 15), LONDON) == datetime(2026, 6, 11, 9, 15, tzinfo=UTC)
    assert at(date(2026, 1, 8), time(10, 15), NEW_YORK).hour == 15


@pytest.mark.parametrize(
    ("day", "clock", "zone", "ways_out"),
    [
        (date(2026, 3, 29), time(1, 30), LONDON, "Choose 00:30 or 02:30."),
        (date(2026, 3, 8), time(2, 0), NEW_YORK, "Choose 01:00 or 03:00."),
        (date(2026, 10, 4), time(2, 15), LORD_HOWE, "Choose 01:45 or 02:45."),
        (date(2011, 12, 30), time(9), APIA, "Choose 09:00 on 29 Dec 2011 or 09:00 on 31 Dec 2011."),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused_with_the_times_beside_it(
    day, clock, zone, ways_out
):
    with pytest.raises(MissingTimeError) as caught:
        at(day, clock, zone)
    assert str(caught.value) == (
        f"{clock:%H:%M} does not exist on {show_day(day)} in {zone.key}: "
        f"the clocks go forward. {ways_out}"
    )
    assert len(caught.value.choices) == 2


@pytest.mark.parametrize(
    ("day", "zone", "ways_out", "apart"),
    [
        (date(2026, 10, 25), LONDON, "01:30 BST or 01:30 GMT", 60),
        (date(2026, 11, 1), NEW_YORK, "01:30 EDT or 01:30 EST", 60),
        (date(2026, 4, 5), LORD_HOWE, "01:30 UTC+11 or 01:30 UTC+1030", 30),
    ],
)
def test_a_time_that_happens_twice_is_asked_about_with_both_instants(day, zone, ways_out, apart):
    with pytest.raises(RepeatedTimeError, match=r"happens twice") as caught:
        at(day, time(1, 30), zone)
    assert str(caught.value).endswith(f"the clocks go back. Choose {ways_out}.".replace("\\", ""))
    first, second = caught.value.choices
    assert second - first == timedelta(minutes=apart)


@given(days, st.times(), zones)
def test_every_instant_and_every_choice_of_instants_is_told_in_utc(day, clock, zone):
    try:
        instants = (at(day, clock, zone),)
    except MissingTimeError as error:
        instants = error.choices
        assert all(instant.astimezone(zone).time() != clock for instant in instants) or zone == APIA
    except RepeatedTimeError as error:
        instants = error.choices
        assert all(instant.astimezone(zone).time() == clock for instant in instants)
    else:
        assert instants[0].astimezone(zone).replace(tzinfo=None, fold=0) == datetime.combine(
            day, clock
        )
    assert all(instant.tzinfo is UTC for instant in instants)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 6, 11), LONDON, 24),
        (date(2026, 3, 29), LONDON, 23),
        (date(2026, 10, 25), LONDON, 25),
        (date(2026, 3, 8), NEW_YORK, 23),
        (date(2026, 11, 1), NEW_YORK, 25),
        (date(2026, 10, 4), LORD_HOWE, 23.5),
        (date(2026, 4, 5), LORD_HOWE, 24.5),
        (date(2011, 12, 30), APIA, 0),
    ],
)
def test_days_have_their_real_length_when_the_clocks_change(day, zone, hours):
    assert length_of(day, zone) == timedelta(hours=hours)


def test_a_day_begins_at_one_where_the_clocks_skip_midnight():
    assert start_of(date(2026, 3, 29), BEIRUT).astimezone(BEIRUT).time() == time(1)


def test_an_instant_falls_on_the_day_of_the_place():
    instant = datetime(2026, 6, 11, 23, 30, tzinfo=UTC)
    assert local_day(instant, LONDON) == date(2026, 6, 12)
    assert local_day(instant, NEW_YORK) == date(2026, 6, 11)


@given(days, zones)
def test_a_day_begins_on_itself_and_days_follow_each_other_without_a_gap(day, zone):
    if length_of(day, zone):
        assert local_day(start_of(day, zone), zone) == day
        assert local_day(start_of(day, zone) - timedelta(microseconds=1), zone) < day


def test_days_are_shown_with_the_month_in_letters():
    assert show_day(TODAY) == "11 Jun 2026"
    assert show_weekday(date(2026, 6, 12)) == "Fri 12 Jun"
    assert [show_days(count) for count in (0, 1, 4)] == ["0 days", "1 day", "4 days"]


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 6, 9), date(2026, 6, 9), "9 Jun"),
        (date(2026, 6, 7), date(2026, 6, 11), "7\N{EN DASH}11 Jun"),
        (date(2026, 6, 28), date(2026, 7, 3), "28 Jun\N{EN DASH}3 Jul"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 Dec 2026\N{EN DASH}3 Jan 2027"),
    ],
)
def test_a_span_of_days_says_month_and_year_once_where_it_can(first, last, shown):
    assert show_span(first, last) == shown


@pytest.mark.parametrize(
    ("away", "shown"),
    [
        (-15, "27 May 2026"),
        (-14, "14 days late"),
        (-4, "4 days late"),
        (-1, "1 day late"),
        (0, "today"),
        (1, "tomorrow"),
        (3, "in 3 days"),
        (14, "in 14 days"),
        (15, "26 Jun 2026"),
    ],
)
def test_due_dates_are_relative_within_14_days(away, shown):
    assert show_due(TODAY + timedelta(days=away), TODAY) == shown


def test_of_two_instants_the_first_can_be_meant_and_each_is_shown_with_its_zone():
    first = first_at(date(2026, 10, 25), time(1, 30), LONDON)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = [show_clock((first + timedelta(hours=n)).astimezone(LONDON)) for n in range(-1, 3)]
    assert shown == ["00:30", "01:30 BST", "01:30 GMT", "02:30"]


def test_a_skipped_time_is_refused_also_where_the_first_is_meant():
    with pytest.raises(MissingTimeError):
        first_at(date(2026, 3, 29), time(1, 30), LONDON)
