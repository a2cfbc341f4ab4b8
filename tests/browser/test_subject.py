"""The page of a subject in the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from core.dates import show_day
from subjects.actions import subjects
from subjects.models import Subject
from tests.world import World, screen

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def under_way(live: World) -> Subject:
    """A subject whose visits lie mostly behind."""
    subject = screen(live)
    dosed_on = timezone.localdate() - timedelta(days=24)
    subjects.set_anchor(
        subject, code="day_1", on=dosed_on, by=live.coordinator, reason="first dose"
    )
    return subject


def test_a_phone_opens_the_timeline_at_today(
    under_way: Subject, live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.set_viewport_size(PHONE)
    tab.goto(under_way.get_absolute_url())
    expect(tab.locator("#timeline-today")).to_be_in_viewport()


def test_a_day_is_typed_read_and_shown(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.goto(f"/sites/{live.site.pk}/screen/")
    day = tab.get_by_label("Consented on")
    day.fill("someday")
    day.press("Tab")
    expect(tab.locator(f"#{day.get_attribute('id')}-echo")).to_contain_text("someday is not a day")
    day.fill("-3")
    day.press("Tab")
    meant = timezone.localdate(timezone=live.coordinator.zone) - timedelta(days=3)
    expect(day).to_have_value(show_day(meant))
    expect(tab.locator(f"#{day.get_attribute('id')}-echo")).to_have_text(f"{meant:%a}, 3 days ago")
    tab.locator(f"[data-calendar={day.get_attribute('id')}]").click()
    calendar = tab.locator("input[type=date]")
    calendar.evaluate(
        "input => { input.value = '2026-02-01'; input.dispatchEvent(new Event('change')); }"
    )
    expect(day).to_have_value("1 Feb 2026")
    expect(day).to_be_focused()
