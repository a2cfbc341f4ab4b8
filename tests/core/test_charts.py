"""Charts say in shape and words what they show."""

from datetime import date, timedelta

import pytest

from core import charts

TODAY = date(2026, 6, 11)


def drawn(late: int, booked: int | None = None, state: str = "open") -> str:
    """A window of ten days that ends so many days from today."""
    latest = TODAY + timedelta(days=late)
    on = None if booked is None else TODAY + timedelta(days=booked)
    earliest, target = latest - timedelta(days=10), latest - timedelta(days=5)
    return str(charts.window_bar(earliest, target, latest, on, TODAY, state))


@pytest.mark.parametrize(
    ("late", "kind"), [(20, ""), (3, " is-warn"), (0, " is-warn"), (-4, " is-late")]
)
def test_an_open_window_shows_how_pressing_it_is(late: int, kind: str) -> None:
    assert f'class="ch-window-band{kind}"' in drawn(late)
    assert 'class="ch-window-today"' in drawn(min(late, 3))


def test_a_booking_outside_its_window_is_a_diamond() -> None:
    text = drawn(2, booked=4, state="booked")
    assert "ch-window-diamond" in text
    assert "ch-window-dot" not in text
    assert "booked 15 Jun 2026" in text


def test_a_booking_inside_is_a_dot() -> None:
    assert 'class="ch-window-dot"' in drawn(5, booked=1, state="booked")
    assert "ch-window-dot is-done" in drawn(-1, booked=-2, state="done")


def test_rows_compare_on_a_scale_of_so_many_days() -> None:
    target, latest = TODAY, TODAY + timedelta(days=90)
    text = str(charts.window_bar(TODAY, target, latest, None, TODAY, "open", days=30))
    today = 'class="ch-window-today" x1="34.0%"'  # a third from the left, where 15 days have passed
    assert today in text
    assert 'x="34.0%"' in text
    assert 'width="66.0%"' in text  # to the edge of the picture and not beyond


def test_without_a_window_it_says_so() -> None:
    assert "No window" in str(charts.window_bar(None, None, None, None, TODAY, "open"))


@pytest.mark.parametrize(("share", "width"), [(-5, 0), (40, 40), (300, 100)])
def test_a_bar_stays_inside(share: int, width: int) -> None:
    assert f'width="{width}%"' in str(charts.bar(share, "load"))
