"""Every page in both themes at both widths: axe finds nothing, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from subjects.actions import subjects
from tests.test_pages import pages
from tests.world import World, screen, visit

WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
axe = Axe()


@pytest.fixture
def lived_in(live: World) -> World:
    """The world with a subject whose visits can be booked."""
    subject = screen(live)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="first dose", by=live.coordinator
    )
    assert visit(subject, "W2")
    return live


def problems(tab: Page, where: str) -> list[str]:
    """What axe and the width of the page have to say."""
    found = axe.run(tab, options={"runOnly": {"type": "tag", "values": RULES}})
    said = [
        f"{where}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found.response["violations"]
        for node in each["nodes"][:3]
    ]
    wider = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*said, *([f"{where}: scrolls sideways by {wider}"] if wider > 0 else [])]


def test_every_page_can_be_used_by_everybody(
    lived_in: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(lived_in.coordinator)
    said: list[str] = []
    for url in pages(lived_in):
        answer = tab.goto(url)
        if answer is None or answer.status != 200:
            continue
        for theme in ("light", "dark"):
            tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            for width, height in WIDTHS.values():
                tab.set_viewport_size({"width": width, "height": height})
                said += problems(tab, f"{url} {theme} {width}")
    assert said == [], "\n".join(said)
