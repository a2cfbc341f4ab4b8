"""Days read from what people type: near dates and partial dates."""

import re
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import PartialDate, UnreadableDayError, read_day, show_day, show_weekday, study_day

TODAY = date(2026, 6, 11)  # a Thursday
ANCHOR = date(2026, 3, 19)

days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
partial_dates = st.one_of(
    days.map(lambda day: PartialDate(day.year, day.month, day.day)),
    days.map(lambda day: PartialDate(day.year, day.month)),
    days.map(lambda day: PartialDate(day.year)),
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12 jun", date(2026, 6, 12)),
        ("12 June", date(2026, 6, 12)),
        ("12th jun.", date(2026, 6, 12)),
        ("12jun", date(2026, 6, 12)),
        ("Jun 12", date(2026, 6, 12)),
        ("June 12, 2027", date(2027, 6, 12)),
        ("12 Jun 2026", date(2026, 6, 12)),
        ("12 jun 27", date(2027, 6, 12)),
        ("12/6", date(2026, 6, 12)),
        ("12.6.2026", date(2026, 6, 12)),
        ("25/6", date(2026, 6, 25)),
        ("6/25", date(2026, 6, 25)),
        ("6/6", date(2026, 6, 6)),
        ("12/6/26", date(2026, 6, 12)),
        ("2026-06-12", date(2026, 6, 12)),
        ("+7", date(2026, 6, 18)),
        ("-3", date(2026, 6, 8)),
        ("\N{MINUS SIGN}3", date(2026, 6, 8)),
        ("+2w", date(2026, 6, 25)),
        ("+10 d", date(2026, 6, 21)),
        ("fri", date(2026, 6, 12)),
        ("Tues", date(2026, 6, 16)),
        ("thu", date(2026, 6, 18)),
        ("Fri 12 Jun", date(2026, 6, 12)),
        ("friday, 12/6", date(2026, 6, 12)),
        ("d85", date(2026, 6, 11)),
        ("Day 85", date(2026, 6, 11)),
        ("d-1", date(2026, 3, 18)),
        ("today", TODAY),
        (" Tomorrow ", date(2026, 6, 12)),
        ("yesterday", date(2026, 6, 10)),
        ("5 jan", date(2026, 1, 5)),
    ],
)
def test_a_near_day_is_read_from_few_letters(text, day):
    assert read_day(text, TODAY, ANCHOR).days == (day,)


def test_a_day_without_a_year_is_the_nearest_one():
    december = date(2026, 12, 20)
    assert read_day("5 jan", december).days == (date(2027, 1, 5),)
    assert read_day("20 dec", date(2027, 1, 5)).days == (december,)


def test_figures_that_may_be_read_both_ways_are_asked_about():
    reading = read_day("6/7", TODAY)
    assert reading.is_ambiguous
    assert reading.days == (date(2026, 7, 6), date(2026, 6, 7))
    assert reading.question == "6/7 may mean 6 Jul 2026 or 7 Jun 2026. Choose one."


def test_figures_are_day_first_without_a_question_only_when_just_that_reading_is_near():
    assert not read_day("12/6", TODAY).is_ambiguous
    assert read_day("6/12", TODAY).is_ambiguous
    assert read_day("1/12", TODAY).is_ambiguous


def test_a_weekday_decides_between_two_readings():
    assert read_day("Sun 6/7", TODAY).days == (date(2026, 6, 7),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write a day such as 12 Jun"),
        ("soon", "soon is not a day. Write a day such as fri or 12 Jun."),
        ("12 foo", "foo is not a month. Write a day such as 12 Jun."),
        ("31 jun", "That is not a day of the calendar. Write it as 12 Jun 2026."),
        ("29 feb", "That is not a day of the calendar. Write it as 12 Jun 2026."),
        ("2026-02-29", "That is not a day of the calendar. Write it as 12 Jun 2026."),
        ("31/6", "31/6 is not a day of the calendar. Write it as 12 Jun 2026."),
        ("0/0", "0/0 is not a day of the calendar. Write it as 12 Jun 2026."),
        ("Thu 12 Jun", "12 Jun 2026 is a Friday, not a Thursday. Correct one of them."),
        ("d0", "There is no day 0. Day 1 is 19 Mar 2026, the day before is -1."),
        ("+99999", "Write a day such as 12 Jun"),
    ],
)
def test_a_text_that_names_no_day_is_refused_with_what_to_write(text, message):
    with pytest.raises(UnreadableDayError) as caught:
        read_day(text, TODAY, ANCHOR)
    assert str(caught.value).startswith(message)


def test_a_study_day_needs_its_anchor():
    with pytest.raises(UnreadableDayError, match="Study days are not counted here yet"):
        read_day("d85", TODAY)


@given(days, days)
def test_a_day_as_it_is_shown_is_read_back(day, today):
    assert read_day(show_day(day), today).days == (day,)
    assert read_day(day.isoformat(), today).days == (day,)
    assert read_day(f"d{study_day(today, day)}", today, today).days == (day,)


@given(days, st.integers(-182, 182))
def test_a_weekday_and_day_as_they_are_shown_are_read_back(today, away):
    day = today + timedelta(days=away)
    assert read_day(show_weekday(day), today).days == (day,)


@given(st.text(max_size=60) | st.from_regex(r"[0-9dw/+. -]{1,9}", fullmatch=True), days)
def test_any_text_is_read_or_refused(text, today):
    with suppress(UnreadableDayError):
        assert read_day(text, today, today).days


@given(partial_dates)
def test_a_partial_date_is_known_again_by_its_first_and_last_day(partial):
    assert PartialDate.spanning(partial.earliest, partial.latest) == partial


def test_a_span_that_is_no_partial_date_is_none():
    with pytest.raises(ValueError, match="neither a day nor a month nor a year"):
        PartialDate.spanning(TODAY, TODAY + timedelta(days=3))


@pytest.mark.parametrize(
    ("text", "partial"),
    [
        ("2026", PartialDate(2026)),
        ("May 2026", PartialDate(2026, 5)),
        ("may-2026", PartialDate(2026, 5)),
        ("05/2026", PartialDate(2026, 5)),
        ("12 May 2026", PartialDate(2026, 5, 12)),
        ("12-MAY-2026", PartialDate(2026, 5, 12)),
        ("UN May 2026", PartialDate(2026, 5)),
        ("UNK-UNK-2026", PartialDate(2026)),
        ("2026-05", PartialDate(2026, 5)),
        ("2026-05-12", PartialDate(2026, 5, 12)),
        ("May 2026, day unknown", PartialDate(2026, 5)),
    ],
)
def test_a_partial_date_is_read_without_inventing_the_rest(text, partial):
    assert PartialDate.read(text) == partial


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a date. Write it as 12 May 2026, May 2026 or 2026."),
        ("last spring", "last spring is not a date."),
        ("6/7/2026", "6/7/2026 is not a date."),
        ("Foo 2026", "foo is not a month."),
        ("xx May 2026", "xx is not a day."),
        ("12 UNK 2026", "The month is missing."),
        ("31 Jun 2026", "That is not a day of the calendar."),
        ("2026-13", "That is not a day of the calendar."),
    ],
)
def test_a_text_that_is_no_date_is_refused_with_how_to_write_one(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        PartialDate.read(text)


def test_three_fields_may_leave_day_and_month_empty():
    assert PartialDate.from_parts("", "", "2026") == PartialDate(2026)
    assert PartialDate.from_parts("", "sept", "2026") == PartialDate(2026, 9)
    assert PartialDate.from_parts("12", "5", "2026") == PartialDate(2026, 5, 12)
    with pytest.raises(ValueError, match="The year is missing"):
        PartialDate.from_parts("12", "5", "")


def test_a_partial_date_says_what_is_unknown():
    assert str(PartialDate(2026)) == "2026, day and month unknown"
    assert str(PartialDate(2026, 5)) == "May 2026, day unknown"
    assert str(PartialDate(2026, 5, 12)) == "12 May 2026"


def test_a_partial_date_may_have_been_any_day_it_covers():
    assert PartialDate(2028, 2).earliest == date(2028, 2, 1)
    assert PartialDate(2028, 2).latest == date(2028, 2, 29)
    assert PartialDate(2026).latest == date(2026, 12, 31)
    assert PartialDate(2026, 5, 12).latest == date(2026, 5, 12)


@given(partial_dates)
def test_a_partial_date_is_read_back_as_shown_and_as_stored(partial):
    assert PartialDate.read(str(partial)) == partial
    assert PartialDate.read(partial.isoformat()) == partial


@given(partial_dates, partial_dates)
def test_partial_dates_sort_by_their_earliest_day(one, other):
    assert (one < other) == (one.isoformat() < other.isoformat())
    if one.earliest < other.earliest:
        assert one < other
    assert one <= other or one > other


@given(st.text(max_size=30) | st.from_regex(r"[0-9a-z/ -]{1,11}2026", fullmatch=True))
def test_any_text_is_a_partial_date_or_refused(text):
    with suppress(ValueError):
        assert PartialDate.read(text).year
