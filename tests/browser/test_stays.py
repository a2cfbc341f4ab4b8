"""A stay in a real browser, by keyboard: admitted, a sample past midnight, leave, discharge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from core.dates import show_day
from subjects.actions import stays, visits
from subjects.models import Stay, Visit
from tests.browser.looks import looked_at
from tests.subjects.stayed import DAY, book, clock, do, to_stay, with_nights
from tests.world import LONDON, World


@pytest.fixture
def held(live: World) -> Visit:
    """A visit of two nights that was booked for the day before yesterday."""
    bed, _ = with_nights(live, timezone.localdate() - 5 * DAY)
    day = timezone.localdate(timezone=LONDON) - 2 * DAY
    return book(live, to_stay(live), clock(day, "06:00"), bed)


def typed(tab: Page, **fields: str) -> None:
    """Fill a form field by field and send it by the keyboard."""
    for name, text in fields.items():
        tab.locator(f"[name={name}]").fill(text)
    tab.locator("form .btn-primary").focus()
    tab.keyboard.press("Enter")


def test_a_stay_from_bed_to_discharge(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    day = timezone.localdate(timezone=LONDON) - 2 * DAY
    first = show_day(day)
    sign_in(live.coordinator)
    tab.goto(f"/visits/{held.pk}/stay/")
    tab.get_by_role("link", name="Admit").press("Enter")
    typed(tab, at_on=first, at_clock="06:10")
    expect(tab.get_by_text("In house").first).to_be_visible()
    held.refresh_from_db()
    visits.start(held, by=live.coordinator)
    do(live, held, "PK", clock(day, "07:40"))
    do(live, held, "Study drug", clock(day, "07:50"))
    tab.reload()
    expect(tab.get_by_role("region", name="By the clock")).to_contain_text("next:")
    said = looked_at(tab)
    tab.goto(held.conduct_url)
    night = tab.locator(".procedure").filter(has_text="PK serum samples, 16 h").first
    night.get_by_label("Drawn at").fill("00:02")
    night.locator("[data-tick]").press(" ")
    expect(night.locator("time")).to_be_visible()
    assert held.procedures.get(minute=960).done_at == clock(day + DAY, "00:02")
    assert said == [], "\n".join(said)


def test_leave_and_an_early_discharge(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    day = timezone.localdate(timezone=LONDON) - 2 * DAY
    second = show_day(day + DAY)
    stays.admit(held, at=clock(day, "06:10"), by=live.coordinator)
    sign_in(live.coordinator)
    tab.goto(f"/visits/{held.pk}/stay/")
    tab.get_by_role("link", name="Record leave").press("Enter")
    typed(
        tab, at_on=second, at_clock="09:00", expected_at_on=second, expected_at_clock="10:00",
        why="Walk",
    )  # fmt: skip
    expect(tab.get_by_text("Expected back")).to_be_visible()
    tab.get_by_role("link", name="Back from leave").press("Enter")
    typed(tab, at_on=second, at_clock="09:50")
    tab.get_by_role("link", name="Discharge", exact=True).press("Enter")
    typed(tab, at_on=second, at_clock="12:00")
    expect(tab.get_by_text("Say why it is earlier")).to_be_visible()
    tab.locator("[name=ending]").select_option("early")
    typed(tab, reason="Well again")
    expect(tab.get_by_text("Earlier, by medical decision: Well again")).to_be_visible()
    assert Stay.objects.get().status == "discharged"
    tab.goto("/places/northgate/bed-board/")
    said = looked_at(tab)
    assert said == [], "\n".join(said)
