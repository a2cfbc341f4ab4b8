"""The last criterion is settled, the investigator signs, and the subject is enrolled."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.looks import looked_at
from tests.subjects.criteria import PASSWORD, answer, criterion, investigator, with_criteria
from tests.world import World, screen

PHONE = {"width": 390, "height": 844}


def test_the_last_criterion_is_settled_by_keys_and_fields(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    with_criteria(live)
    subject = screen(live)
    answer(live, subject, E2="pending")
    sign_in(investigator(live))
    tab.goto(reverse("workspace:subject_eligibility", args=["tmr-204", subject.number]))
    expect(tab.get_by_text("E2 is pending")).to_be_visible()
    said = looked_at(tab)
    tab.keyboard.press("a")
    last = tab.locator(f"#criterion-{criterion('E2').pk}")
    last.get_by_label("Answer").select_option(label="Not present")
    last.get_by_label("Source").fill("IGRA, laboratory report")
    said += looked_at(tab)
    tab.get_by_role("button", name="Save answers").click()
    expect(tab.get_by_text("Every criterion is settled.").first).to_be_visible()
    assert said == [], "\n".join(said)


def test_the_decision_is_signed_and_opens_enrolment(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    with_criteria(live)
    subject = screen(live)
    answer(live, subject)
    signer = investigator(live)
    sign_in(signer)
    tab.set_viewport_size(PHONE)
    tab.goto(reverse("workspace:subject_eligibility", args=["tmr-204", subject.number]))
    tab.get_by_role("link", name="Decide and sign").click()
    expect(tab.get_by_text("I reviewed each criterion with its source")).to_be_visible()
    said = looked_at(tab)
    tab.get_by_label("User name").fill(signer.username)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign decision").click()
    expect(tab.get_by_text("found the subject eligible on")).to_be_visible()
    said += looked_at(tab)
    tab.get_by_role("link", name="Record randomisation").click()
    tab.get_by_label("Randomised on").fill("today")
    tab.get_by_label("Randomisation number").fill("R-0042")
    tab.get_by_label("Entered by hand because").fill("Confirmation of the IRT by e-mail")
    tab.get_by_role("button", name="Record randomisation").click()
    expect(tab.get_by_text("Enrolled").first).to_be_visible()
    assert said == [], "\n".join(said)
