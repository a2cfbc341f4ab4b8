"""A visit is done in a real browser: by mouse, by keyboard, and without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from subjects.models import Outcome, ProcedureRecord, Visit
from tests.browser.looks import looked_at
from tests.subjects.conducted import begun
from tests.world import World


@pytest.fixture
def held(live: World) -> Visit:
    """Week 2 of a subject, started."""
    return begun(live)


def row(tab: Page, name: str) -> Locator:
    """The row of a procedure."""
    return tab.locator(".procedure").filter(has_text=name).first


def outcome(name: str) -> str:
    """What is kept of a procedure."""
    found = ProcedureRecord.objects.filter(name__startswith=name).values_list("outcome", flat=True)
    return found.first() or ""


def test_procedures_are_ticked_measured_and_left_out(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.goto(held.conduct_url)
    said = looked_at(tab)
    row(tab, "Adverse events").get_by_role("button", name="Adverse events: mark done").press(" ")
    vitals = row(tab, "Vital signs")
    for label, value in (("Systolic", "148"), ("Diastolic", "86"), ("Pulse", "74")):
        vitals.get_by_label(label).fill(value)
    expect(row(tab, "Adverse events").locator("time")).to_be_visible()
    expect(vitals.get_by_label("Systolic")).to_have_value("148")
    vitals.get_by_role("button", name="Save values").click()
    expect(vitals).to_contain_text("Systolic 148 is outside 90–140")
    said += looked_at(tab)
    tick = row(tab, "Weight").locator("[data-tick]")
    tick.focus()
    tab.keyboard.press("n")
    expect(row(tab, "Weight").get_by_label("Why not, or only partly")).to_be_focused()
    tab.keyboard.type("Equipment failed")
    row(tab, "Weight").get_by_role("button", name="Not done", exact=True).click()
    expect(row(tab, "Weight")).to_contain_text("Not done: equipment failed")
    expect(row(tab, "Weight")).to_contain_text("Deviation draft")
    assert outcome("Weight") == Outcome.NOT_DONE
    assert said == [], "\n".join(said)


def test_arrows_walk_over_the_procedures(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.goto(held.conduct_url)
    row(tab, "Adverse events").locator("[data-tick]").focus()
    tab.keyboard.press("ArrowDown")
    expect(row(tab, "Vital signs").locator("[data-tick]")).to_be_focused()
    tab.keyboard.press("ArrowUp")
    expect(row(tab, "Adverse events").locator("[data-tick]")).to_be_focused()


def test_answers_given_without_a_network_are_kept_and_sent_later(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.goto(held.conduct_url)
    tab.context.set_offline(True)
    row(tab, "Adverse events").locator("[data-tick]").click()
    expect(tab.get_by_role("region", name="Kept on this device")).to_contain_text("1 kept")
    expect(row(tab, "Adverse events")).to_contain_text("Kept on this device")
    assert outcome("Adverse events") == ""
    kept = tab.evaluate("JSON.stringify(localStorage)")
    assert "Priya" not in kept
    tab.context.set_offline(False)
    expect(row(tab, "Adverse events").locator("time")).to_be_visible()
    expect(tab.get_by_role("region", name="Kept on this device")).to_be_hidden()
    assert outcome("Adverse events") == Outcome.DONE


def test_what_two_devices_said_of_one_procedure_is_shown_and_settled(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    tab.goto(held.conduct_url)
    tab.context.set_offline(True)
    row(tab, "Adverse events").locator("[data-tick]").click()
    ProcedureRecord.objects.create(
        visit=held, definition=held.definition.version.procedures.get(name="Adverse events"),  # type: ignore[union-attr]
        name="Adverse events", outcome=Outcome.NOT_DONE, why_not="forgotten",
    )  # fmt: skip
    tab.context.set_offline(False)
    expect(row(tab, "Adverse events")).to_contain_text("Two answers.")
    row(tab, "Adverse events").get_by_role("button", name="Take the other").click()
    expect(tab.get_by_text("Adverse events: settled.")).to_be_visible()
    assert outcome("Adverse events") == Outcome.DONE
