"""The second factor in a real browser, and accessibility of all pages about accounts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts import actions as accounts
from accounts import second_factor
from accounts.models import User
from tests.browser.looks import gone_to, looked_at
from tests.test_pages import administration
from tests.world import World

PASSWORD = "a long and private sentence"
OWN = (
    "accounts:settings", "account_change_password", "mfa_activate_totp", "account_logout",
    "account_reauthenticate",
)  # fmt: skip
BEFORE = ("account_login", "account_reset_password", "account_reset_password_done",
          "account_inactive", "account_reset_password_from_key_done")  # fmt: skip


@pytest.mark.parametrize("share", range(3))
def test_pages_about_accounts_can_be_used_by_everybody(
    live: World, tab: Page, sign_in: Callable[[User], None], share: int
) -> None:
    said: list[str] = []
    if share == 0:
        said = [problem for name in BEFORE for problem in gone_to(tab, reverse(name))]
    accounts.set_password(live.admin, password=PASSWORD, by=live.admin)
    sign_in(User.objects.get(pk=live.admin.pk))
    for url in [*administration(live), *(reverse(name) for name in OWN)][share::3]:
        said += gone_to(tab, url)
    assert said == [], "\n".join(said)


def test_a_person_sets_up_a_second_factor_and_signs_in_with_it(live: World, tab: Page) -> None:
    person = live.coordinator
    accounts.set_password(person, password=PASSWORD, by=live.admin)
    tab.goto(reverse("accounts:settings"))
    log_in(tab, person)
    tab.get_by_role("link", name="Set up").click()
    expect(tab.get_by_role("img", name="QR code of the key below")).to_be_visible()
    secret = tab.locator("code").inner_text()
    tab.get_by_label("Code the app shows").fill("000 000")
    tab.get_by_role("button", name="Turn on").click()
    expect(tab.get_by_text("That code does not fit")).to_be_visible()
    tab.get_by_label("Code the app shows").fill(second_factor.code_of(secret))
    tab.get_by_role("button", name="Turn on").click()
    expect(tab.get_by_role("listitem").filter(has_text="")).not_to_have_count(0)
    said = looked_at(tab)
    tab.context.clear_cookies()
    tab.goto("/")
    log_in(tab, person)
    expect(tab.get_by_role("heading", name="Enter your code")).to_be_visible()
    said += looked_at(tab)
    codes = Authenticator.objects.get(user=person, type="recovery_codes").wrap()
    tab.get_by_role("textbox", name="Code").fill(codes.get_unused_codes()[0])
    tab.get_by_role("button", name="Log in").click()
    expect(tab).to_have_url(re.compile(f"{reverse('subjects:today')}$"))
    assert said == [], "\n".join(said)


def log_in(tab: Page, person: User) -> None:
    """Name and password."""
    tab.get_by_label("User name or e-mail").fill(person.username)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
