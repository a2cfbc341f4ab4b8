"""The field of a day: what may be typed, what it means where, and what is said of it."""

from __future__ import annotations

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.forms import ValidationError
from django.test import Client
from django.urls import reverse

from core.dates.field import ClockField, DayField, DayInput, instant_of, zone_of_reader
from tests.world import World

LONDON = ZoneInfo("Europe/London")
THURSDAY = "2026-06-11T14:30:00Z"  # past midnight in Sydney


@pytest.fixture
def sydney():
    """A reader who lives in Sydney."""
    before = zone_of_reader.set(ZoneInfo("Australia/Sydney"))
    yield
    zone_of_reader.reset(before)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("12 jun", date(2026, 6, 12)), ("12/6", date(2026, 6, 12)), ("+7", date(2026, 6, 18)),
        ("fri", date(2026, 6, 12)), ("2026-07-01", date(2026, 7, 1)), ("1 Jul 2026", date(2026, 7, 1)),
        ("today", date(2026, 6, 11)),
    ],
)  # fmt: skip
@time_machine.travel(THURSDAY, tick=False)
def test_a_day_is_typed_as_people_write_it(typed: str, day: date) -> None:
    assert DayField().clean(typed) == day


@time_machine.travel(THURSDAY, tick=False)
def test_today_is_the_day_of_the_reader(sydney: None) -> None:
    assert DayField().clean("today") == date(2026, 6, 12)
    assert DayField().clean("+1") == date(2026, 6, 13)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("6/7", "6/7 may mean 6 Jul 2026 or 7 Jun 2026. Choose one."),
        ("soon", "soon is not a day. Write a day such as fri or 12 Jun."),
        ("1 Jan 1800", "Choose a day from 1900 to 2199."),
        ("", "This field is required."),
    ],
)
@time_machine.travel(THURSDAY, tick=False)
def test_what_cannot_be_read_is_asked_about(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DayField().clean(typed)
    assert refused.value.messages == [said]


def test_a_day_is_shown_in_the_one_format_and_a_text_as_it_was_typed() -> None:
    shown = DayInput().render("on", date(2026, 6, 12), {"id": "on"})
    assert 'value="12 Jun 2026"' in shown
    assert 'value="6/7"' in DayInput().render("on", "6/7")


@time_machine.travel(THURSDAY, tick=False)
def test_whoever_types_is_told_what_it_means(world: World, client: Client) -> None:
    client.force_login(world.coordinator)

    def told(text: str) -> dict[str, str]:
        return client.get(reverse("core:read_day"), {"text": text}).json()

    assert told("fri") == {"shown": "12 Jun 2026", "said": "Fri, tomorrow"}
    assert told("1 jun") == {"shown": "1 Jun 2026", "said": "Mon, 10 days ago"}
    assert told("1 Sep") == {"shown": "1 Sep 2026", "said": "Tue"}
    assert "may mean" in told("6/7")["error"]


class AtForm(forms.Form):
    on = DayField()
    clock = ClockField()


@pytest.mark.parametrize(
    ("on", "clock", "hour", "said"),
    [
        ("2026-06-10", "16:20", 15, []),
        ("2026-10-25", "01:30", 0, []),  # the first of two
        ("2026-03-29", "01:30", None, ["does not exist"]),
        ("2026-03-29", "", None, ["required"]),
    ],
)
def test_a_day_and_a_time_name_an_instant_or_say_why_not(
    on: str, clock: str, hour: int | None, said: list[str]
) -> None:
    form = AtForm({"on": on, "clock": clock})
    form.is_valid()
    values = form.cleaned_data
    found = instant_of(form, values.get("on"), values.get("clock"), LONDON, field="clock")
    assert (found and found.astimezone(UTC).hour) == hour
    assert [words in str(form.errors) for words in said] == [True] * len(said)
    assert bool(form.errors) == bool(said)
    assert 'type="time"' in str(form["clock"])
