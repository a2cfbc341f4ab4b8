"""Lanes under an axis of days: where marks stand, what they say, and what is left out."""

import re
from dataclasses import replace
from datetime import date, timedelta

from core.timelines import Mark, Point, Timeline

DAY = timedelta(days=1)
DAY_1 = date(2026, 3, 19)
FIRST, LAST, TODAY = DAY_1 - 28 * DAY, DAY_1 + 168 * DAY, DAY_1 + 84 * DAY


def timeline(first: date = FIRST, last: date = LAST, day_1: date | None = DAY_1) -> Timeline:
    return Timeline(first, last, TODAY, day_1)


def mark(label: str, offset: int, on: int | None = None, *, is_done: bool = False) -> Mark:
    target = DAY_1 + offset * DAY
    day = None if on is None else DAY_1 + on * DAY
    return Mark(label, f"{label} title", target - 3 * DAY, target, target + 3 * DAY, day, is_done)


def test_the_axis_counts_study_days_without_a_day_0() -> None:
    axis = timeline().axis()
    assert re.findall(r">(D[^<]*)<", axis) == ["D−28", "D1", "D29", "D57", "D113", "D141"]
    assert "Today · D85" in axis
    dates = re.findall(r">(\d+ \w{3})<", axis)
    assert (dates[1], len(dates)) == ("19 Mar", 6)  # none under today, whose date it is not


def test_without_day_1_there_are_dates_only() -> None:
    axis = timeline(day_1=None).axis()
    assert "Today" not in axis
    assert axis.count("<svg") == 1


def test_a_visit_is_a_band_with_its_target_and_what_became_of_it() -> None:
    lane = timeline().visits(
        [
            mark("W2", 14, 14, is_done=True),
            mark("W6", 42, 47),
            mark("W12", 84, 85),
            mark("W16", 112),
        ]
    )
    assert lane.count("ch-window-band") == lane.count("ch-window-target") == 4
    assert lane.count("ch-window-dot is-done") == 1
    assert lane.count('class="ch-window-dot"') == 1
    assert lane.count("ch-window-diamond") == 1
    assert "<title>W6 title</title>" in lane


def test_labels_that_would_touch_stand_in_a_second_row_or_not_at_all() -> None:
    lane = timeline().visits([mark("W2b", 15), mark("W2", 14), mark("W2c", 16), mark("W4", 28)])
    assert re.findall(r'y="(\d+)" text-anchor="middle">(W\w+)</text>', lane) == [
        ("44", "W2"), ("56", "W2b"), ("44", "W4"),
    ]  # fmt: skip
    assert 'height="64"' in lane
    assert 'height="52"' in timeline().visits([mark("W2", 14)])


def test_a_window_says_what_else_it_is() -> None:
    changed = replace(mark("W2", 14), kind="is-changed")
    assert 'class="ch-window-band is-changed"' in timeline().visits([changed])


def test_a_picture_without_today_says_nothing_of_it() -> None:
    line = Timeline(FIRST, LAST, None, DAY_1)
    assert "Today" not in line.axis()
    assert "ch-today" not in line.visits([mark("W2", 14)])


def test_what_lies_outside_the_days_shown_is_left_out() -> None:
    near = timeline(TODAY - 10 * DAY, TODAY + 20 * DAY)
    assert near.visits([mark("W2", 14), mark("W12", 84)]).count("ch-window-band") == 1
    points = [Point(DAY_1, "then"), Point(TODAY, "now"), Point(TODAY, "bad", is_deviation=True)]
    lane = near.points(points, "Contacts")
    assert (lane.count("<circle"), lane.count("ch-window-diamond")) == (1, 1)


def test_words_of_people_stay_words() -> None:
    lane = timeline().points([Point(TODAY, "<script>alert(1)</script>")], "A & B")
    assert "<script>" not in lane
    assert 'aria-label="A &amp; B"' in lane


def test_one_day_is_a_picture_too() -> None:
    assert "<svg" in Timeline(TODAY, TODAY, TODAY, TODAY).axis()


def test_today_can_be_led_to_where_it_lies_on_the_axis() -> None:
    assert timeline().visits([]).count('id="timeline-today"') == 1
    assert "timeline-today" not in timeline().points([], "Contacts")
    assert "timeline-today" not in Timeline(FIRST, LAST, None, DAY_1).visits([])
