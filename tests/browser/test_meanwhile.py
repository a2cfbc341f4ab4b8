"""What happens behind a person's back: a session, a record, a time or an account is gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from sites.actions import places
from sites.models import Room
from subjects.actions import subjects
from subjects.models import Booking, Contact, DeviationDraft, Subject, Visit
from tests.browser.conftest import PATIENCE
from tests.world import World, screen, user_with, visit

SignIn = Callable[[User], None]
PASSWORD = "a long and private sentence"
TYPED = "Called twice, will come on Friday"


def test_words_sent_without_a_session_are_back_after_the_log_in(
    live: World, tab: Page, context: BrowserContext, sign_in: SignIn
) -> None:
    accounts.set_password(live.coordinator, password=PASSWORD, by=live.admin)
    sign_in(live.coordinator)
    page = reverse("subjects:contact", args=[screen(live).pk])
    tab.goto(page)
    tab.get_by_label("Summary").fill(TYPED)
    context.clear_cookies(name="sessionid")
    tab.locator("main form button.btn-primary").click()
    expect(tab.get_by_text("what you sent last is kept")).to_be_visible()
    assert not Contact.objects.exists()
    tab.get_by_label("User name or e-mail").fill(live.coordinator.username)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(f"{page}$"))
    expect(tab.get_by_label("Summary")).to_have_value(TYPED)
    expect(tab.get_by_text("is back in the form").first).to_be_visible()


def test_who_saves_over_the_change_of_another_has_read_it(
    live: World, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    tab.goto(reverse("sites:change_room", args=["northgate", live.room.pk]))
    places.change_room(live.room, values={"note": "no lift"}, by=live.admin)
    tab.get_by_label("Name").fill("Room one")
    send = tab.locator("main form button.btn-primary")
    send.click()
    note = tab.get_by_role("alert")
    expect(note).to_contain_text("Room 1 changed while you had it open: Ada Admin saved it")
    expect(note).to_contain_text("Note: no lift. Save again to replace it by what you typed.")
    expect(tab.get_by_label("Name")).to_have_value("Room one")
    assert Room.objects.get().name == "Room 1"
    tab.get_by_label("Note").fill("no lift")
    send.click()
    expect(tab.get_by_text("Room one changed.").first).to_be_visible()
    room = Room.objects.get()
    assert (room.name, room.note) == ("Room one", "no lift")


@pytest.fixture
def second(chromium: Browser, address: str, live: World) -> Iterator[Page]:
    """The window of another coordinator of the place."""
    colleague = user_with(Role.COORDINATOR, live.place, live.admin)
    client = Client(SERVER_NAME="localhost")
    client.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")
    value = client.cookies["sessionid"].value
    made = chromium.new_context(base_url=address)
    made.set_default_timeout(PATIENCE)
    made.add_cookies([{"name": "sessionid", "value": value, "url": address}])
    yield made.new_page()
    made.close()


def due(world: World) -> Visit:
    subject = screen(world)
    today = timezone.localdate()
    subjects.set_anchor(subject, code="day_1", on=today, reason="dose", by=world.coordinator)
    return visit(subject, "W2")


def test_two_people_send_the_same_slot_at_once(
    live: World, tab: Page, second: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    windows = {tab: due(live), second: due(live)}
    for window, held in windows.items():
        window.goto(reverse("subjects:slots", args=[held.pk]))
    slots = [window.get_by_role("region", name="Free slots") for window in windows]
    first, also = (shown.locator("td b").first.inner_text() for shown in slots)
    assert first == also
    for window in windows:
        window.evaluate("document.querySelector('[aria-labelledby=offers] form').requestSubmit()")
    for window in windows:
        expect(window.locator("body")).to_contain_text(re.compile("booked for|Choose another"))
    (late,) = (window for window in windows if window.get_by_text("Choose another").count())
    expect(late.get_by_role("alert")).to_contain_text("These slots are free.")
    free = late.get_by_role("region", name="Free slots")
    expect(free.locator("td b").first).not_to_have_text(first)
    (made,) = Booking.objects.all()
    assert made.visit not in {windows[late]}
    assert Visit.objects.get(pk=windows[late].pk).status == "planned"
    assert not DeviationDraft.objects.exists()
    free.get_by_role("button").first.click()
    expect(late.get_by_text("booked for").first).to_be_visible()
    assert Booking.objects.filter(visit=windows[late], is_live=True).count() == 1
    assert Subject.objects.count() == 2


def test_the_calendar_address_of_a_closed_account_says_so(
    live: World, tab: Page, sign_in: SignIn
) -> None:
    sign_in(live.coordinator)
    tab.goto(reverse("subjects:feeds", args=["northgate"]))
    tab.locator("main form button[type=submit]").last.click()
    address = tab.locator("input[readonly]").input_value()
    assert tab.request.get(address).status == 200
    accounts.disable(live.coordinator, reason="left", by=live.admin)
    answer = tab.goto(address)
    assert answer is not None
    assert answer.status == 410
    expect(tab.locator("body")).to_have_text(
        "This calendar address is closed. Make a new one at the place, under Calendars."
    )
