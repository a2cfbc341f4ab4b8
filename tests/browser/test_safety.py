"""From a headache to a reported SAE in a browser: the clock runs, and the duty is done by the report."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from core.models import Notice, Obligation
from subjects.models import Subject
from tests.browser.looks import looked_at
from tests.safety.events import log
from tests.world import World, screen

PHONE = {"width": 390, "height": 844}


def report_duty() -> Obligation:
    """What is due about the report of the one event there is."""
    found: Obligation = Obligation.objects.get(rule="safety.report_due")
    return found


def log_as_typed(tab: Page, subject: Subject) -> None:
    """Fill the form and send it."""
    tab.get_by_label("Diagnosis, or leading symptom").fill("Acute appendicitis")
    tab.get_by_label("CTCAE term").fill("appendicitis")
    tab.get_by_label("Grade", exact=True).select_option("3")
    tab.get_by_label("Onset", exact=True).fill(f"Jan {subject.screened_on.year}")
    tab.get_by_label("Last dose before onset").fill("300 mg, week 2")
    tab.get_by_label("Reporter").fill("Relative")
    tab.get_by_role("button", name="Log AE").click()
    expect(tab.get_by_text(f"AE {subject.number}-01 logged.")).to_be_visible()


def by_key(tab: Page, key: str) -> None:
    """Press a key once the scripts of the page are there."""
    tab.wait_for_load_state()
    tab.keyboard.press(key)


def test_an_event_is_logged_found_serious_by_key_and_reported(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    subject = screen(live)
    sign_in(live.coordinator)
    tab.goto(subject.get_absolute_url())
    tab.get_by_role("link", name="Log AE").first.click()
    said = looked_at(tab)
    log_as_typed(tab, subject)
    assert not Obligation.objects.filter(rule="safety.report_due").exists()
    by_key(tab, "s")
    tab.get_by_label("Hospital stay or longer stay").check()
    tab.get_by_role("button", name="Mark as serious").click()
    clock = tab.get_by_role("region", name="Report to the sponsor within 24 h")
    expect(clock.get_by_text("Running")).to_be_visible()
    expect(clock.get_by_text("All 4 minimum items are there")).to_be_visible()
    said += looked_at(tab)
    assert report_duty().met_at is None
    assert Notice.objects.get().recipient_id == live.cra.pk
    by_key(tab, "r")
    tab.get_by_role("button", name="Send SAE report").click()
    expect(tab.get_by_text("Initial report sent", exact=True)).to_be_visible()
    expect(clock).to_have_count(0)
    assert report_duty().met_at is not None
    assert said == [], "\n".join(said)


def test_who_is_told_reads_it_on_a_phone(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    event = log(live, "hospital")
    sign_in(live.cra)
    tab.set_viewport_size(PHONE)
    tab.goto(reverse("inbox:notices"))
    said = looked_at(tab)
    tab.get_by_role("link", name="Notices, 1 not read").click()
    tab.get_by_role("link", name=f"SAE {event.number}").click()
    tab.get_by_role("button", name="I have read this").click()
    expect(tab.get_by_text("1 of 1 read it")).to_be_visible()
    expect(tab.get_by_role("link", name="Notices", exact=True).first).to_be_visible()
    said += looked_at(tab)
    assert said == [], "\n".join(said)
