"""The day's work in a browser that runs no script: links and forms do all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from tests.browser.conftest import PATIENCE
from tests.browser.test_today import TODAY, book_today
from tests.world import World, at, screen


@pytest.fixture(autouse=True)
def _on_a_thursday() -> Iterator[None]:
    with time_machine.travel(at(TODAY, 10), tick=True):
        yield


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """A window without script."""
    made = chromium.new_context(
        base_url=address, viewport={"width": 1440, "height": 900}, java_script_enabled=False
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def plain(live: World, tab: Page, sign_in: Callable[[User], None]) -> Page:
    """A coordinator with a visit today and one to book, in such a window."""
    book_today(live, 11)
    screen(live, TODAY)
    sign_in(live.coordinator)
    return tab


def test_a_visit_is_checked_in(plain: Page) -> None:
    plain.goto("/today/")
    plain.locator(".agenda-row").first.get_by_role("button", name="Check in").click()
    expect(plain.locator(".agenda-row").first).to_contain_text("Arrived")


def test_a_phone_is_led_to_today_on_the_timeline(plain: Page, live: World) -> None:
    subject = live.site.subjects.order_by("pk").first()
    plain.set_viewport_size({"width": 390, "height": 844})
    plain.goto(f"{subject.get_absolute_url()}")
    plain.locator("a[href='#timeline-today']").click()
    expect(plain.locator("#timeline-today")).to_be_in_viewport()


def test_a_visit_is_booked_moved_and_found_on_the_trail(plain: Page) -> None:
    plain.goto("/today/")
    plain.get_by_role("link", name="Schedule visit").click()
    expect(plain.get_by_role("heading", name="Visits to book")).to_be_visible()
    plain.get_by_role("link", name=re.compile("^Find slot")).first.click()
    plain.get_by_role("region", name="Free slots").get_by_role("button").first.click()
    expect(plain.get_by_text("booked for").first).to_be_visible()
    plain.goto("/places/northgate/schedule/?view=agenda")
    plain.get_by_role("link", name="1042-002").first.click()
    plain.get_by_role("link", name="Move").first.click()
    plain.get_by_role("region", name="Free slots").get_by_role("button").nth(1).click()
    expect(plain.get_by_text("moved to").first).to_be_visible()
    plain.get_by_role("link", name="1042-002").first.click()
    plain.get_by_role("link", name="SCR", exact=True).first.click()
    plain.get_by_role("link", name="Audit trail").first.click()
    expect(plain.locator("b", has_text=re.compile("^Move$")).first).to_be_visible()
    expect(plain.locator("b", has_text=re.compile("^Book$")).first).to_be_visible()


def test_a_list_is_searched_sorted_and_filtered(plain: Page) -> None:
    plain.goto("/trials/tmr-204/subjects/")
    plain.locator("thead").get_by_role("link").first.click()
    expect(plain).to_have_url(re.compile("sort="))
    plain.get_by_role("searchbox").first.fill("1042-001")
    plain.keyboard.press("Enter")
    expect(plain).to_have_url(re.compile("q=1042-001"))
    rows = plain.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("1042-001")


def test_my_work_opens_one_duty_after_the_other(plain: Page) -> None:
    plain.goto("/my-work/")
    row = plain.get_by_role("link", name=re.compile("^Confirm|^Book")).first
    text = row.inner_text().splitlines()[0]
    row.click()
    expect(plain.get_by_role("heading", name=text)).to_be_visible()
