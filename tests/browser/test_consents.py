"""A visit that waits for a consent: the way to the form, and on to the visit."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from subjects.actions import visits
from tests.browser.looks import looked_at
from tests.subjects.consented import DAY, main_form, record, version
from tests.world import World, screen, visit

PHONE = {"width": 390, "height": 844}


def test_a_visit_starts_once_the_new_version_is_recorded(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    type_, today = main_form(live), timezone.localdate()
    first = version(live, type_, "3.0")
    subject = screen(live, today - 3 * DAY)
    record(live, subject, first, subject.screened_on)
    version(live, type_, "4.0", today, must="active")
    held = visits.check_in(visit(subject, "SCR"), by=live.coordinator)
    sign_in(live.coordinator)
    tab.goto(reverse("subjects:visit", args=[held.pk]))
    tab.get_by_role("button", name="Start visit").click()
    expect(tab.get_by_text("must sign Main consent v4.0 first").first).to_be_visible()
    tab.get_by_role("link", name="Record consent").first.click()
    expect(tab.get_by_label("Version")).to_contain_text("Main consent v4.0 (en)")
    said = looked_at(tab)
    tab.get_by_label("Explained by").select_option(label=live.person.name)
    tab.get_by_role("button", name="Record consent").click()
    expect(tab.get_by_text("Main consent v4.0 of 1042-001 recorded.")).to_be_visible()
    tab.goto(reverse("subjects:visit", args=[held.pk]))
    tab.get_by_role("button", name="Start visit").click()
    expect(tab.get_by_text("In progress").first).to_be_visible()
    assert said == [], "\n".join(said)


def test_a_phone_shows_who_signs_again_beside_the_subject(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    type_, today = main_form(live), timezone.localdate()
    subject = screen(live, today - 3 * DAY)
    record(live, subject, version(live, type_, "3.0"), subject.screened_on)
    version(live, type_, "4.0", today - DAY, must="active", days=5)
    sign_in(live.coordinator)
    tab.set_viewport_size(PHONE)
    tab.goto(reverse("subjects:consents", args=["tmr-204", "1042"]))
    expect(tab.get_by_text("Re-consent due in 4 days").first).to_be_in_viewport()
    assert looked_at(tab) == []
