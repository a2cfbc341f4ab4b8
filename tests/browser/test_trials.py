"""From a published protocol to an approved schedule, in a real browser, usable by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.looks import looked_at
from tests.world import World
from trials.models import ScheduleVersion, VisitProcedure

PILOT = Path(__file__).resolve().parent.parent / "data" / "usdm" / "cdisc_pilot_lzzt_v4.json"
RECORD = PILOT.parent.parent / "ctgov" / "NCT03475563.json"
CUT_OFF = "partially obscured"  # a cell at the edge of the matrix, whole once scrolled to
PASSWORD = "a long password for signing"


def read(tab: Page, file: Path, heading: str) -> list[str]:
    """Upload a file and look at its preview."""
    tab.goto("/protocols/import/")
    tab.get_by_label("Protocol file").set_input_files(file)
    tab.get_by_role("button", name="Read file").click()
    expect(tab.get_by_role("heading", name=heading)).to_be_visible()
    return looked_at(tab, CUT_OFF, with_frame=True)


def signed(tab: Page, version: ScheduleVersion, signer: User) -> list[str]:
    """Approve a draft on its page."""
    tab.goto(version.get_absolute_url() + "approve/")
    said = looked_at(tab, CUT_OFF)
    tab.get_by_label("User name").fill(signer.username)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign and approve").click()
    expect(tab.get_by_text("meaning: approval")).to_be_visible()
    return said + looked_at(tab, CUT_OFF)


def test_a_protocol_becomes_an_approved_schedule(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    live.manager.set_password(PASSWORD)
    live.manager.save()
    sign_in(live.manager)
    said = read(tab, RECORD, "Locations") + read(tab, PILOT, "Visits and windows")
    tab.get_by_label("Week 2 window", exact=True).fill("-2/+4")
    tab.get_by_role("button", name="Start trial with draft").click()
    said += looked_at(tab, CUT_OFF)
    tab.get_by_role("button", name="ECG at BL: not asked for").first.click()
    expect(tab.get_by_role("button", name="ECG at BL: not asked for")).to_have_count(0)
    tab.locator(".soa-tick").first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    column = "document.activeElement.closest('td').cellIndex"
    assert tab.evaluate(f"[{column}, document.activeElement.closest('tr').rowIndex]") == [2, 3]
    version = ScheduleVersion.objects.get(trial__code="h2q-mc-lzzt")
    week_2 = version.visits.get(code="W2")
    assert (week_2.early_days, week_2.late_days) == (2, 4)
    cells = VisitProcedure.objects.filter(visit__version=version, visit__code="BL")
    assert cells.filter(procedure__name="ECG").exists()
    for url in (
        f"{version.get_absolute_url()}visits/{week_2.pk}/",
        f"{version.get_absolute_url()}paste/",
        "/trials/h2q-mc-lzzt/set-up/",
        "/protocols/import/",
    ):
        tab.goto(url)
        said += looked_at(tab, CUT_OFF)
    said += signed(tab, version, live.manager)
    version.refresh_from_db()
    assert version.status == "approved"
    assert said == [], "\n".join(said)
