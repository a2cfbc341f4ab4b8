"""Durations of protocols: calendar months are never made into days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.durations import ZERO, Duration

DURATIONS = st.builds(
    Duration,
    st.integers(-2_000, 2_000),
    st.integers(-40_000, 40_000),
    st.integers(-900_000, 900_000),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P2W", Duration(0, 14)),
        ("P14D", Duration(0, 14)),
        ("PT60M", Duration(seconds=3_600)),
        ("PT240M", Duration(seconds=14_400)),
        ("PT36H", Duration(0, 1, 43_200)),
        ("P9M", Duration(9)),
        ("P120Y", Duration(1_440)),
        ("P1Y2M3W4DT5H6M7S", Duration(14, 25, 18_367)),
        ("P0.5Y", Duration(6)),
        ("P1,5W", Duration(0, 10, 43_200)),
        ("PT1.5M", Duration(seconds=90)),
        ("P0D", ZERO),
        ("PT0M", ZERO),
        ("-P7D", Duration(0, -7)),
        ("+P7D", Duration(0, 7)),
        ("P-14D", Duration(0, -14)),
        ("-P-14D", Duration(0, 14)),
        ("P1M-3D", Duration(1, -3)),
        ("p2w", Duration(0, 14)),
        (" P2W ", Duration(0, 14)),
    ],
)
def test_iso_8601_durations_are_read(text, expected):
    assert Duration.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "14 days", "P1H", "PT1D", "1D", "P--1D", "P1D2W", "P٣D", "P9999999D"],
)
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="Write it as P14D or PT4H"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["P0.5M", "PT0.5S", "P0.3Y"])
def test_parts_of_a_month_or_second_are_refused(text):
    with pytest.raises(ValueError, match="smaller units"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (ZERO, "P0D"),
        (Duration(0, -29), "P-29D"),
        (Duration(1, -3), "P1M-3D"),
        (Duration(-1, 3), "P-1M3D"),
        (Duration(0, -2, -900), "P-2DT-15M"),
        (Duration(seconds=-5_405), "PT-1H-30M-5S"),
        (Duration(seconds=14_400), "PT4H"),
    ],
)
def test_each_component_carries_its_own_sign(duration, text):
    assert str(duration) == text


def test_days_and_seconds_of_unlike_sign_are_brought_together():
    assert Duration(0, 1, -900) == Duration(seconds=85_500)
    assert Duration(0, -1, 172_800) == Duration(0, 1)


@given(DURATIONS)
def test_a_written_duration_reads_back_the_same(duration):
    assert Duration.parse(str(duration)) == duration


@given(DURATIONS, DURATIONS)
def test_taking_away_undoes_adding(one, other):
    assert one + other - other == one
    assert abs(-one) == abs(one)


@pytest.mark.parametrize(
    ("duration", "days", "study_day"),
    [
        (ZERO, 0, 1),
        (Duration(0, 14), 14, 15),
        (Duration(0, -1), -1, -1),
        (Duration(0, -2, -900), -2 - 15 / 1_440, -2),
        (Duration(seconds=-900), -15 / 1_440, 1),
        (Duration(1), None, None),
    ],
)
def test_study_days_count_whole_days_and_know_no_day_0(duration, days, study_day):
    assert duration.in_days == pytest.approx(days)
    assert duration.study_day == study_day


def test_minutes_are_whole_and_none_across_months():
    assert Duration(0, 1, -900).in_minutes == 1_425
    assert Duration(0, 2, 95).minutes == 1
    assert Duration(0, 0, -95).minutes == -1
    assert Duration(1, 0, 60).in_minutes is None


@pytest.mark.parametrize(
    ("text", "sign"),
    [("P1D", 1), ("P-1D", -1), ("P0D", 0), ("P1M-27D", 1), ("P1M-30D", None), ("P-1M27D", -1)],
)
def test_the_sign_of_a_sum_with_months_is_told_only_where_every_month_agrees(text, sign):
    assert Duration.parse(text).sign == sign
