"""What moves with a visit or an anchor, and how a visit lies to its window."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subjects.planning import (
    Anchor,
    Definition,
    Offset,
    Planned,
    TimingKind,
    deviation_text,
    plan,
    shift,
    target_text,
    timing,
    window_text,
)

DAY_1 = date(2026, 3, 24)
EARLIEST, TARGET, LATEST = date(2026, 6, 7), date(2026, 6, 9), date(2026, 6, 11)
WEEKS = [
    Definition(
        week, f"W{week}", week, "day_1", None, Offset(days=7 * week), Offset(0, 3), Offset(0, 3)
    )
    for week in range(7)
]


def plan_from(day):
    return plan(WEEKS, [], [Anchor("day_1", day)], [])


def moves(by, *booked):
    """What moves with day 1, with visits booked a number of days after it."""
    bookings = {(week, 1): DAY_1 + timedelta(days=day) for week, day in booked}
    return shift(plan_from(DAY_1), plan_from(DAY_1 + timedelta(days=by)), bookings)


@pytest.mark.parametrize(
    ("by", "booked", "said"),
    [
        (2, [(1, 5), (2, 14)], "7 later windows move by 2 days, 1 booked visit falls out"),
        (-1, [], "7 later windows move 1 day earlier, no booked visits fall out"),
        (9, [(1, 7), (2, 14)], "7 later windows move by 9 days, 2 booked visits fall out"),
        (0, [(1, 7)], "No later window moves, no booked visits fall out"),
    ],
)
def test_a_moved_anchor_tells_what_moves_and_which_booked_visits_fall_out(by, booked, said):
    assert moves(by, *booked).text == said


def test_a_booking_that_was_out_of_its_window_does_not_fall_out_again():
    assert moves(2, (1, 20)).falling_out == ()


def test_a_booking_of_a_visit_without_a_plan_does_not_fall_out():
    assert moves(2, (99, 7)).falling_out == ()


def at_days(*days):
    """A plan of visits on the given days, each for its day only."""
    return [
        Planned(number, 1, on, on, on, on, is_provisional=False)
        for number, on in enumerate(DAY_1 + timedelta(days=day) for day in days)
    ]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([7, 15], "1 later window moves by 1 day"),
        ([9, 17], "2 later windows move by 2 to 3 days"),
        ([4, 12], "2 later windows move 2 to 3 days earlier"),
        ([6, 16], "2 later windows move by up to 2 days"),
    ],
)
def test_windows_that_move_differently_are_told_as_a_range(after, said):
    assert shift(at_days(7, 14), at_days(*after), {}).text.startswith(said + ", ")


def test_a_window_that_moves_alone_counts_as_moved():
    before = [Planned(1, 1, TARGET, TARGET, EARLIEST, LATEST, is_provisional=False)]
    after = [
        Planned(1, 1, TARGET, TARGET, EARLIEST, LATEST + timedelta(days=1), is_provisional=False)
    ]
    assert shift(before, after, {}).days == 1


@given(st.integers(-30, 30), st.lists(st.tuples(st.integers(0, 6), st.integers(-9, 60))))
def test_every_booking_that_falls_out_was_in_its_window(by, booked):
    found = moves(by, *booked)
    assert len(found.moved) == (7 if by else 0)
    assert found.days == by
    on = dict(booked)
    for week, _ in found.falling_out:
        away = on[week] - 7 * week
        assert abs(away) <= 3 < abs(away - by)


@pytest.mark.parametrize(
    ("on", "today", "has_outcome", "expected"),
    [
        (date(2026, 6, 9), date(2026, 6, 20), True, (TimingKind.WITHIN, 0, 0)),
        (date(2026, 6, 7), date(2026, 6, 7), False, (TimingKind.WITHIN, -2, 0)),
        (date(2026, 6, 11), date(2026, 6, 1), False, (TimingKind.WITHIN, 2, 0)),
        (date(2026, 6, 5), date(2026, 6, 20), True, (TimingKind.EARLY, -4, 2)),
        (date(2026, 6, 12), date(2026, 6, 20), True, (TimingKind.LATE, 3, 1)),
        (date(2026, 6, 12), date(2026, 6, 12), False, (TimingKind.LATE, 3, 1)),
        (date(2026, 6, 10), date(2026, 6, 12), False, (TimingKind.OVERDUE, 3, 1)),
        (None, date(2026, 6, 15), False, (TimingKind.OVERDUE, 6, 4)),
        (None, date(2026, 6, 11), False, (TimingKind.OPEN, None, 0)),
        (None, date(2026, 6, 7), False, (TimingKind.OPEN, None, 0)),
        (None, date(2026, 6, 6), False, (TimingKind.FUTURE, None, 0)),
        (None, date(2026, 6, 15), True, (TimingKind.SETTLED, None, 0)),
    ],
)
def test_timing_says_how_a_visit_lies_to_its_window(on, today, has_outcome, expected):
    found = timing(on, EARLIEST, LATEST, TARGET, today, has_outcome=has_outcome)
    assert (found.kind, found.days_from_target, found.days_outside) == expected
    assert found.deviates == (found.days_outside > 0)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 6, 12), "1 day after the window"),
        (date(2026, 6, 5), "2 days before the window"),
        (None, "window closed 3 days ago without the visit"),
        (date(2026, 6, 8), "inside the window"),
    ],
)
def test_a_deviation_is_told_with_its_window(on, said):
    found = timing(on, EARLIEST, LATEST, TARGET, date(2026, 6, 14), has_outcome=on is not None)
    window = "(window 7\N{EN DASH}11 Jun, target 9 Jun)"
    assert deviation_text(found, EARLIEST, LATEST, TARGET) == f"{said} {window}"


def test_a_window_is_told_across_months():
    shown = window_text(date(2026, 6, 29), date(2026, 7, 2), date(2026, 7, 1))
    assert shown == "window 29 Jun\N{EN DASH}2 Jul, target 1 Jul"


def test_a_distance_from_target_is_told_in_words():
    assert [target_text(days) for days in (-2, -1, 0, 1, 3)] == [
        "2 days before target",
        "1 day before target",
        "on target",
        "1 day after target",
        "3 days after target",
    ]
