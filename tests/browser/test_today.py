"""The day by hand and by key: visits checked in and booked, and a page that keeps itself fresh."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import User
from subjects.actions import bookings, subjects, visits
from subjects.models import Visit
from tests.world import World, at, screen, visit

TODAY = date(2026, 6, 11)  # a Thursday


@pytest.fixture(autouse=True)
def _on_a_thursday() -> Iterator[None]:
    with time_machine.travel(at(TODAY, 10), tick=True):
        yield


@pytest.fixture
def day(live: World, sign_in: Callable[[User], None]) -> World:
    """A coordinator in the morning, with two visits today."""
    for hour in (11, 14):
        book_today(live, hour)
    sign_in(live.coordinator)
    return live


def book_today(world: World, hour: int) -> Visit:
    subject = screen(world, TODAY - timedelta(days=30))
    subjects.set_anchor(
        subject, code="day_1", on=TODAY - timedelta(days=14), reason="dose", by=world.coordinator
    )
    held = visit(subject, "W2")
    wanted = bookings.Wanted(at(TODAY, hour), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, reason="as asked", by=world.coordinator)
    return held


def test_the_next_subject_is_checked_in_by_key(day: World, tab: Page) -> None:
    tab.goto("/today/")
    row = tab.locator(".agenda-row").first
    tab.keyboard.press("c")
    expect(row.get_by_role("button", name="Check in")).to_be_focused()
    expect(row).to_contain_text("Unconfirmed")
    tab.keyboard.press("Enter")
    expect(row).to_contain_text("Arrived")
    expect(row.get_by_role("button", name="Start visit")).to_be_visible()


def test_a_visit_is_opened_by_its_number(day: World, tab: Page) -> None:
    tab.goto("/today/")
    tab.keyboard.press("2")
    expect(tab).to_have_title(re.compile("^1042-002"))


def test_the_first_waiting_visit_is_booked_by_key_and_taken_back(day: World, tab: Page) -> None:
    subject = screen(day, TODAY)
    tab.goto("/today/")
    table = tab.get_by_role("region", name="To book next")
    waiting = table.get_by_role("row", name=re.compile(f"{subject.number}.*SCR"))
    expect(waiting).to_be_visible()
    tab.keyboard.press("b")
    expect(table.get_by_role("button", name=re.compile("^Book")).first).to_be_focused()
    waiting.get_by_role("button", name=re.compile("^Book")).click()
    toast = tab.locator("[data-toast]", has_text="booked for")
    expect(toast).to_be_visible()
    expect(waiting).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(waiting).to_be_visible()


def test_a_visit_is_chosen_for_booking_by_typing(day: World, tab: Page) -> None:
    subject = screen(day, TODAY)
    tab.goto("/today/")
    tab.keyboard.press("s")
    box = tab.get_by_role("searchbox", name="Subject or visit")
    expect(box).to_be_focused()
    box.press_sequentially(subject.number)
    choice = tab.locator("#menu").get_by_role("link", name=re.compile(f"{subject.number} SCR"))
    expect(choice).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/visits/\d+/slots/$"))


def test_the_page_keeps_itself_fresh_and_the_focus_where_it_is(day: World, tab: Page) -> None:
    tab.clock.install()
    tab.goto("/today/")
    second = tab.locator(".agenda-row").nth(1)
    second.get_by_role("button", name="Check in").focus()
    first = Visit.objects.filter(status="booked").order_by("pk").first()
    assert first
    visits.check_in(first, by=day.coordinator)
    with tab.expect_response(re.compile("/today/")) as fresh:
        tab.clock.fast_forward(61_000)
    assert fresh.value.status == 200
    assert fresh.value.request.headers["x-polling"] == "1"
    expect(tab.locator(".agenda-row").first).to_contain_text("Arrived")
    expect(second.get_by_role("button", name="Check in")).to_be_focused()
    with time_machine.travel(at(TODAY, 10, 5), tick=False):  # so that nothing changes any more
        for status in (200, 304):
            with tab.expect_response(re.compile("/today/")) as asked:
                tab.clock.fast_forward(60_000)
            assert asked.value.status == status


def test_only_my_visits_are_shown_once_chosen(day: World, tab: Page) -> None:
    held = Visit.objects.filter(status="booked").order_by("-pk").first()
    assert held
    booking = visits.booking_of(held)
    wanted = bookings.Wanted(at(TODAY, 15), 60, day.room, None)
    bookings.move(booking, wanted=wanted, revision=booking.revision, by=day.coordinator)
    tab.goto("/today/")
    rows = tab.locator(".agenda-row")
    expect(rows).to_have_count(2)
    tab.get_by_role("button", name="Mine").click()
    expect(rows).to_have_count(1)
    expect(tab.get_by_role("button", name="Mine")).to_have_attribute("aria-pressed", "true")
    tab.goto("/today/")
    expect(rows).to_have_count(1)


def test_filters_are_menus_and_stand_in_the_address(day: World, tab: Page) -> None:
    tab.goto("/today/?room=Room%202")
    expect(tab.get_by_text("No visit matches. 2 on the whole day.")).to_be_visible()
    tab.get_by_role("button", name="Room 2").click()
    tab.get_by_role("link", name="All rooms").click()
    expect(tab).to_have_url(re.compile(r"/today/\??$"))
    expect(tab.locator(".agenda-row")).to_have_count(2)


def test_the_day_is_printed_by_a_button_that_is_not_on_the_paper(day: World, tab: Page) -> None:
    tab.goto(f"/places/{day.place.slug}/day-sheet/?day={TODAY.isoformat()}")
    tab.evaluate("window.print = () => { document.title = 'printed' }")
    button = tab.get_by_role("button", name="Print")
    button.click()
    expect(tab).to_have_title("printed")
    tab.emulate_media(media="print")
    expect(button).to_be_hidden()
