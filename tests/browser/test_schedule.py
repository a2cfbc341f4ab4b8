"""Moving visits in the schedule: by hand, by keys, outside the window, and when somebody was first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.models import Booking, DeviationDraft, Visit
from tests.world import World, at, screen, visit

DAY = timedelta(days=1)
SignIn = Callable[[User], None]


def wednesday() -> date:
    """A Wednesday at least a week away, so that whole weeks lie ahead."""
    day = timezone.localdate() + 9 * DAY
    return day + (2 - day.weekday()) % 7 * DAY


@pytest.fixture
def booked(live: World) -> Visit:
    """Week 2 with its target on a Wednesday, booked there at 09:00; its window is Sunday to Saturday."""
    subject = screen(live)
    subjects.set_anchor(
        subject, code="day_1", on=wednesday() - 14 * DAY, reason="dose", by=live.coordinator
    )
    held = visit(subject, "W2")
    slot = Wanted(at(wednesday(), 9), 60, live.room, live.person)
    bookings.book(held, wanted=slot, by=live.coordinator)
    return held


def open_week(tab: Page, day: date) -> None:
    tab.goto(f"/places/northgate/schedule/?view=week&day={day.isoformat()}")


def block(tab: Page, held: Visit) -> Locator:
    return tab.locator(f"#visit-{held.pk}")


def column(tab: Page, day: date) -> Locator:
    return tab.locator(f"[data-column][data-day='{day.isoformat()}']")


def booking_of(held: Visit) -> Booking:
    return Booking.objects.get(visit=held, is_live=True)


def drag(tab: Page, what: Locator, to: Locator, quarters: int) -> None:
    """Take a block near its top and let it go so many quarters of an hour below the first hour."""
    what.scroll_into_view_if_needed()
    start, end = what.bounding_box(), to.bounding_box()
    assert start is not None
    assert end is not None
    tab.mouse.move(start["x"] + 20, start["y"] + 4)
    tab.mouse.down()
    tab.mouse.move(end["x"] + 40, end["y"] + 30, steps=4)
    tab.mouse.move(end["x"] + 40, end["y"] + end["height"] / 40 * quarters + 4, steps=4)
    tab.mouse.up()


def test_a_visit_is_moved_by_hand_and_back_by_undo(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    drag(tab, block(tab, booked), column(tab, wednesday() + DAY), 12)
    expect(tab.get_by_text("moved to")).to_be_visible()
    expect(column(tab, wednesday() + DAY).locator(f"#visit-{booked.pk}")).to_contain_text("11:00")
    assert booking_of(booked).period.lower == at(wednesday() + DAY, 11)
    tab.get_by_role("button", name="Undo").click()
    expect(column(tab, wednesday()).locator(f"#visit-{booked.pk}")).to_contain_text("09:00")
    assert booking_of(booked).period.lower == at(wednesday(), 9)


def test_a_visit_is_moved_by_keys_alone(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).focus()
    for key in ("m", "ArrowRight", "ArrowDown", "Shift+ArrowDown"):
        tab.keyboard.press(key)
    expect(tab.locator("#move-says")).to_contain_text("10:15, in window")
    tab.keyboard.press("Enter")
    expect(block(tab, booked)).to_be_focused()
    expect(block(tab, booked)).to_contain_text("10:15")
    assert booking_of(booked).period.lower == at(wednesday() + DAY, 10, 15)


def test_escape_leaves_everything_as_it_was(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).focus()
    for key in ("m", "ArrowRight", "Escape"):
        tab.keyboard.press(key)
    expect(tab.locator(".event.is-held")).to_have_count(0)
    expect(block(tab, booked)).to_be_focused()
    assert booking_of(booked).period.lower == at(wednesday(), 9)


def test_a_visit_is_moved_by_choosing_a_place(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).click()
    tab.get_by_role("button", name="Move", exact=True).click()
    column(tab, wednesday() - DAY).click(position={"x": 30, "y": 16 * 12 + 3})
    expect(column(tab, wednesday() - DAY).locator(f"#visit-{booked.pk}")).to_contain_text("12:00")


def test_a_waiting_visit_is_dragged_onto_the_week(live: World, tab: Page, sign_in: SignIn) -> None:
    subject = screen(live)
    day = wednesday()
    subjects.set_anchor(
        subject, code="day_1", on=day - 14 * DAY, reason="dose", by=live.coordinator
    )
    held = visit(subject, "W2")
    sign_in(live.coordinator)
    open_week(tab, day)
    drag(tab, tab.locator(f"li[data-visit='{held.pk}']"), column(tab, day), 8)
    expect(tab.get_by_text("booked for")).to_be_visible()
    expect(column(tab, day).locator(f"#visit-{held.pk}")).to_contain_text("10:00")
    made = booking_of(held)
    assert made.period.lower == at(day, 10)
    assert (made.room, made.person) == (live.room, live.person)


def test_outside_the_window_slots_are_offered_and_a_reason_keeps_the_day(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    subjects.set_anchor(
        booked.subject, code="day_1", on=wednesday() - 16 * DAY, reason="corrected",
        by=live.coordinator,
    )  # fmt: skip
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    drag(tab, block(tab, booked), column(tab, wednesday() + 2 * DAY), 4)
    panel = tab.get_by_role("dialog")
    expect(panel).to_contain_text("1 day after the window")
    expect(panel.get_by_role("button", name="Room 1").first).to_be_visible()
    assert booking_of(booked).period.lower == at(wednesday(), 9)
    panel.get_by_label("record a deviation").select_option("Subject unwell")
    panel.get_by_role("button", name="Schedule and record deviation").click()
    expect(tab.get_by_text("moved to")).to_be_visible()
    assert booking_of(booked).period.lower == at(wednesday() + 2 * DAY, 9)
    draft = DeviationDraft.objects.get(visit=booked)
    assert (draft.state, draft.reason) == ("planned", "Subject unwell")


def test_what_was_moved_is_told_in_the_audit_trail(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).focus()
    for key in ("m", "ArrowDown", "Enter"):
        tab.keyboard.press(key)
    expect(tab.get_by_text("moved to")).to_be_visible()
    tab.goto(f"/audit/subjects.visit/{booked.pk}/")
    expect(tab.locator("main")).to_contain_text("09:15")


def test_a_drop_on_a_taken_time_names_the_clash_and_offers_free_slots(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    other = screen(live)
    subjects.set_anchor(
        other, code="day_1", on=wednesday() - 14 * DAY, reason="dose", by=live.coordinator
    )
    slot = Wanted(at(wednesday() + DAY, 9), 60, live.room, live.person)
    bookings.book(visit(other, "W2"), wanted=slot, by=live.coordinator)
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).focus()
    for key in ("m", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    panel = tab.get_by_role("dialog")
    expect(panel).to_contain_text("Room 1 is booked 09:00 to 10:00")
    panel.locator("form button").first.click()
    expect(tab.get_by_text("moved to")).to_be_visible()
    assert booking_of(booked).revision == 2


def test_a_visit_somebody_moved_meanwhile_is_not_moved_again(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    slot = Wanted(at(wednesday(), 14), 60, live.room, live.person)
    bookings.move(booking_of(booked), wanted=slot, by=live.coordinator)
    block(tab, booked).focus()
    for key in ("m", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    expect(tab.get_by_role("dialog")).to_contain_text("changed while you had it open")
    assert booking_of(booked).period.lower == at(wednesday(), 14)
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_enter_picks_up_and_the_next_week_is_reached_by_keys(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    other = visit(screen(live), "D1")
    friday = wednesday() + 2 * DAY
    slot = Wanted(at(friday, 10), 60, live.room, None)
    bookings.book(other, wanted=slot, reason="as asked", by=live.coordinator)
    sign_in(live.coordinator)
    open_week(tab, wednesday())
    block(tab, booked).focus()
    tab.keyboard.press("Enter")
    cell = tab.locator(f"#move-window [data-day='{friday.isoformat()}']")
    expect(cell).to_have_text("In window · Room 1: 1 taken")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        tab.keyboard.press(key)
    says = tab.locator("#move-says")
    expect(says).to_contain_text("10:00, in window, room or person taken")
    expect(tab.locator(".is-clash")).to_have_id(f"visit-{other.pk}")
    tab.keyboard.press("ArrowRight")
    expect(says).to_contain_text("10:00, 2 days outside window")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_contain_text("2 days after the window")
    tab.get_by_label("record a deviation").select_option("Subject unwell")
    tab.get_by_role("button", name="Schedule and record deviation").click()
    monday = wednesday() + 5 * DAY
    expect(column(tab, monday).locator(f"#visit-{booked.pk}")).to_be_focused()
    assert booking_of(booked).period.lower == at(monday, 10)
    tab.goto(f"/today/?day={monday.isoformat()}")
    expect(tab.get_by_text("+5 d of")).to_be_visible()


def test_a_phone_shows_the_chosen_day_and_the_next(
    live: World, booked: Visit, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    tab.set_viewport_size({"width": 390, "height": 844})
    open_week(tab, wednesday())
    shown = tab.locator("[data-column]:visible")
    expect(shown).to_have_count(2)
    expect(shown.first).to_have_attribute("data-day", wednesday().isoformat())
    expect(block(tab, booked)).to_be_visible()
