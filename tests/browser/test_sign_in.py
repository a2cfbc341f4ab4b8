"""Signing in as people do."""

import re

from playwright.sync_api import Page, expect

from accounts import actions as accounts
from tests.world import World

PASSWORD = "a long and private sentence"


def test_a_coordinator_signs_in_and_sees_today(live: World, tab: Page) -> None:
    accounts.set_password(live.coordinator, password=PASSWORD, by=live.admin)
    tab.goto("/")
    tab.get_by_label("User name or e-mail").fill(live.coordinator.username)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab).to_have_title(re.compile(r"^Today"))
    expect(tab.get_by_role("link", name="Schedule", exact=True).first).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_the_name(live: World, tab: Page) -> None:
    tab.goto("/account/login/")
    tab.get_by_label("User name or e-mail").fill("nobody")
    tab.get_by_label("Password", exact=True).fill("wrong wrong wrong")
    tab.get_by_role("button", name="Log in").click()
    password = tab.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(re.compile("do not match. 4 tries left"))
    expect(tab.get_by_label("User name or e-mail")).to_have_value("nobody")


def test_the_password_can_be_read_while_it_is_typed(live: World, tab: Page) -> None:
    tab.goto("/account/login/")
    password = tab.get_by_label("Password", exact=True)
    password.fill(PASSWORD)
    tab.get_by_role("button", name="Show the password").click()
    expect(password).to_have_attribute("type", "text")
    expect(password).to_be_focused()
    tab.get_by_role("button", name="Show the password").click()
    expect(password).to_have_attribute("type", "password")
