"""Every page can be used by everybody: axe finds nothing, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from subjects.actions import subjects
from tests.browser.looks import looked_at
from tests.test_pages import pages
from tests.world import World, screen, visit

SHARES = 6  # in which the pages are looked at, side by side where the machine can


@pytest.fixture
def lived_in(live: World) -> World:
    """The world with a subject whose visits can be booked."""
    subject = screen(live)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="first dose", by=live.coordinator
    )
    assert visit(subject, "W2")
    return live


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_can_be_used_by_everybody(
    lived_in: World, tab: Page, sign_in: Callable[[User], None], share: int
) -> None:
    sign_in(lived_in.coordinator)
    said: list[str] = []
    seen = 0
    for url in pages(lived_in)[share::SHARES]:
        answer = tab.goto(url)
        if answer is not None and answer.status == 200:
            said += looked_at(tab, with_frame=not seen)
            seen += 1
    assert seen > 5
    assert said == [], "\n".join(said)
