"""The frame by hand and by key: palette, keys, drawer, menus, look, session, unsaved work."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts import actions as accounts
from accounts.models import User
from subjects.models import Subject
from tests.world import World, screen, visit
from trials.actions import trials


@pytest.fixture
def subject(live: World, sign_in: Callable[[User], None]) -> Subject:
    """A subject, and its coordinator signed in."""
    sign_in(live.coordinator)
    return screen(live)


def test_a_record_is_reached_by_typing_its_number(subject: Subject, tab: Page) -> None:
    tab.goto("/my-work/")
    tab.keyboard.press("Control+k")
    box = tab.get_by_role("combobox", name="What are you looking for")
    expect(box).to_be_focused()
    found = tab.get_by_role("listbox", name="Found")
    expect(found.get_by_role("option", name="Today")).to_be_visible()
    tab.keyboard.insert_text(subject.number)
    expect(found.get_by_role("option").first).to_contain_text(subject.number)
    expect(tab.locator("#live")).to_contain_text("results")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowUp")
    chosen = found.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(subject.get_absolute_url()))


def test_the_palette_says_what_to_do_with_a_record(subject: Subject, tab: Page) -> None:
    tab.goto("/my-work/")
    tab.keyboard.press("Control+k")
    found = tab.get_by_role("listbox", name="Found")
    tab.keyboard.insert_text("1042")
    expect(found.get_by_role("option", name=re.compile(f"^{subject.number}"))).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    expect(found.get_by_role("group")).to_have_count(1)
    expect(found.get_by_role("option", selected=True)).to_contain_text("Find slot for SCR")
    tab.keyboard.type("-")
    expect(found.get_by_role("option", name=re.compile(f"^{subject.number}"))).to_be_visible()


def test_keys_lead_to_pages_and_can_be_switched_off(
    live: World, subject: Subject, tab: Page
) -> None:
    tab.goto("/my-work/")
    tab.keyboard.press("?")
    sheet = tab.get_by_role("dialog", name="Keys on this page")
    expect(sheet).to_contain_text("Schedule")
    expect(sheet).not_to_contain_text("People")
    tab.keyboard.press("Escape")
    tab.keyboard.press("g")
    tab.keyboard.press("u")
    expect(tab).to_have_url(re.compile(r"/places/northgate/subjects/$"))
    accounts.change_settings(
        live.coordinator, values={"has_single_keys": False}, by=live.coordinator
    )
    tab.reload()
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    tab.keyboard.press("Control+k")
    expect(tab.get_by_role("dialog")).to_be_visible()


def test_keys_are_letters_while_typing(subject: Subject, tab: Page) -> None:
    tab.goto(reverse("subjects:contact", args=[subject.pk]))
    tab.get_by_label("Summary").press_sequentially("gp?n/")
    expect(tab.get_by_label("Summary")).to_have_value("gp?n/")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_the_trail_opens_beside_the_record_and_gives_the_focus_back(
    subject: Subject, tab: Page
) -> None:
    tab.goto(subject.get_absolute_url())
    link = tab.get_by_role("link", name="Audit trail")
    link.focus()
    tab.keyboard.press("h")
    drawer = tab.get_by_role("dialog", name="Audit trail")
    expect(drawer).to_contain_text("Add to screening")
    expect(drawer).to_be_focused()
    expect(tab).to_have_url(re.compile(r"\?open=audit$"))
    tab.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(link).to_be_focused()
    expect(tab).not_to_have_url(re.compile("open="))
    tab.goto(f"{subject.get_absolute_url()}?open=audit")
    expect(drawer).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_have_count(0)
    expect(tab).not_to_have_url(re.compile("open="))


def test_back_closes_the_trail(subject: Subject, tab: Page) -> None:
    tab.goto(subject.get_absolute_url())
    tab.get_by_role("link", name="Audit trail").click()
    drawer = tab.get_by_role("dialog", name="Audit trail")
    expect(drawer).to_be_visible()
    tab.go_back()
    expect(drawer).to_have_count(0)
    expect(tab).to_have_url(re.compile(f"{subject.get_absolute_url()}$"))


def test_new_and_switch_are_menus_that_keys_can_walk(subject: Subject, tab: Page) -> None:
    tab.goto(reverse("workspace:subjects", args=["tmr-204"]))
    tab.keyboard.press("n")
    item = tab.locator("#menu").get_by_role("link", name="Subject in TMR-204 at 1042 Northgate")
    expect(item).to_be_focused()
    tab.keyboard.press("Escape")
    expect(item).to_be_hidden()
    expect(tab.get_by_role("link", name="New", exact=True)).to_be_focused()
    breadcrumb = tab.get_by_role("navigation", name="Breadcrumb")
    breadcrumb.get_by_role("link", name="Switch to another trial").click()
    expect(tab.get_by_role("searchbox", name="Number or name")).to_be_focused()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/trials/tmr-204/subjects/$"))


def test_the_trial_of_the_navigation_is_switched_from_any_page(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    trials.add_trial(
        live.sponsor, values={"code": "bsl-305", "protocol_number": "BSL-305", "name": "Basalt"},
        by=live.admin,
    )  # fmt: skip
    sign_in(live.manager)
    tab.goto("/trials/tmr-204/sites/")
    card = tab.get_by_role("link", name="Switch to another trial").first
    expect(card).to_contain_text("TMR-204")
    card.click()
    tab.get_by_role("searchbox", name="Number or name").press_sequentially("basa")
    choice = tab.locator("#menu").get_by_role("link")
    expect(choice).to_have_text(["BSL-305 Basalt"])
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("/trials/bsl-305/sites/$"))
    tab.goto("/my-work/")
    expect(card).to_contain_text("BSL-305")


def test_the_theme_changes_at_once_and_is_kept(live: World, subject: Subject, tab: Page) -> None:
    tab.goto("/my-work/")
    tab.get_by_role("button", name="Colours").click()
    with tab.expect_response(re.compile("/account/look/")):
        tab.get_by_role("button", name="Dark").click()
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    expect(tab.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    tab.reload()
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    assert User.objects.get(pk=live.coordinator.pk).theme == "dark"


def test_a_lost_network_is_said(subject: Subject, tab: Page, context: BrowserContext) -> None:
    tab.goto("/my-work/")
    chip = tab.locator("#offline")
    expect(chip).to_be_hidden()
    expect(tab.get_by_text("Online", exact=True)).to_be_visible()
    context.set_offline(True)
    expect(chip).to_be_visible()
    expect(tab.get_by_text("Online", exact=True)).to_be_hidden()
    expect(tab.locator("#live")).to_contain_text("Offline")
    context.set_offline(False)
    expect(chip).to_be_hidden()


def test_before_the_session_ends_the_person_may_stay(
    live: World, subject: Subject, tab: Page
) -> None:
    tab.clock.install()
    tab.goto("/my-work/")
    warning = tab.locator("#session")
    expect(warning).to_be_hidden()
    tab.route(
        re.compile("/account/session/"),
        lambda route: route.fulfill(
            json={"seconds": 900 if route.request.method == "POST" else 90}
        ),
        times=1,
    )
    tab.clock.fast_forward(14 * 60 * 1000)
    expect(warning).to_contain_text("You will be logged out soon")
    warning.get_by_role("button", name="Stay logged in").click()
    expect(warning).to_be_hidden()


def test_leaving_a_form_asks_while_nothing_is_sent(subject: Subject, tab: Page) -> None:
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    tab.on("dialog", stay)
    form = reverse("subjects:outcome", args=[visit(subject, "W2").pk, "miss"])
    tab.goto(form)
    tab.goto("/my-work/")
    assert asked == []
    tab.goto(form)
    tab.get_by_label("Reason").press_sequentially("moved")
    tab.get_by_role("link", name="Cancel").click()
    expect(tab).to_have_url(re.compile(subject.number))
    assert asked == ["beforeunload"]
