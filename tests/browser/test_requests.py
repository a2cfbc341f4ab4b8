"""What the page does with answers: says what is wrong, keeps what was typed, offers a way out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from subjects.models import Subject
from tests.world import World, screen

TYPED = "Called twice, will come on Friday"
SEND_BY_HTMX = """address => {
    const form = document.querySelector("main form");
    const other = form.cloneNode(true);
    for (const name of ["hx-trigger", "hx-target", "hx-sync"]) other.removeAttribute(name);
    other.setAttribute("hx-post", address);
    form.replaceWith(other);
    htmx.process(other);
}"""


@pytest.fixture
def form(live: World, tab: Page, sign_in: Callable[[User], None]) -> Callable[[str], None]:
    """Opens a form with something typed into it, sent by htmx where an address is given."""
    sign_in(live.coordinator)

    def opened(address: str = "") -> None:
        subject = Subject.objects.first() or screen(live)
        tab.goto(reverse("subjects:contact", args=[subject.pk]))
        if address:
            tab.evaluate(SEND_BY_HTMX, address)
        tab.get_by_label("Summary").fill(TYPED)

    return opened


def choose(tab: Page) -> None:
    tab.get_by_label("Result").select_option("reached")
    tab.get_by_label("Channel").select_option("phone")


def send(tab: Page) -> None:
    tab.locator("main form button[type=submit]").last.click()


def test_a_refusal_is_a_note_and_the_text_stays(tab: Page, form: Callable[[str], None]) -> None:
    form("/visits/4711/confirm/")
    send(tab)
    expect(tab.get_by_role("alert")).to_contain_text("Nothing here that you may see")
    expect(tab.get_by_label("Summary")).to_have_value(TYPED)
    tab.get_by_role("alert").get_by_role("button", name="Close").click()
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_whoever_was_logged_out_logs_in_and_finds_what_was_typed(
    live: World, tab: Page, context: BrowserContext, form: Callable[[], None], sign_in: Callable
) -> None:
    form()
    expect(tab.locator("#draft-state")).to_contain_text("Draft saved")
    context.clear_cookies(name="sessionid")
    send(tab)
    expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
    sign_in(live.coordinator)
    tab.goto(reverse("subjects:contact", args=[Subject.objects.get().pk]))
    expect(tab.get_by_label("Summary")).to_have_value(TYPED)


def test_without_a_network_nothing_is_lost_and_it_can_be_tried_again(
    tab: Page, context: BrowserContext, form: Callable
) -> None:
    form("/visits/4711/confirm/")
    context.set_offline(True)
    send(tab)
    note = tab.get_by_role("alert")
    expect(note).to_contain_text("No answer from the server")
    expect(tab.get_by_label("Summary")).to_have_value(TYPED)
    context.set_offline(False)
    note.get_by_role("button", name="Try again").click()
    expect(note).to_contain_text("Nothing here that you may see")


def test_what_was_done_is_said_in_a_toast(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    subject = screen(live)
    tab.goto(reverse("subjects:contact", args=[subject.pk]))
    choose(tab)
    tab.get_by_label("Summary").fill("left a message")
    send(tab)
    toast = tab.locator("#toasts")
    expect(toast).to_contain_text(f"Contact with {subject} logged.")
    toast.get_by_role("button", name="Close").click()
    expect(toast).not_to_contain_text("logged")
    tab.evaluate("htmx.trigger(document.body, 'toast', {said: [{text: 'Moved', undo: '/undo/'}]})")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
