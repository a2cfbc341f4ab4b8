"""Every page can be used by everybody: axe finds nothing, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from accounts.roles import Role
from subjects.actions import subjects
from tests.browser.looks import looked_at
from tests.test_pages import pages
from tests.ways import ANSWERED, Who
from tests.ways_budgets import budget_ways
from tests.ways_conduct import conduct_ways
from tests.ways_consents import consent_ways
from tests.ways_documents import document_ways
from tests.ways_eligibility import eligibility_ways
from tests.ways_quality import quality_ways
from tests.ways_safety import safety_ways
from tests.ways_stays import stay_ways
from tests.world import World, screen, visit

SHARES = 8  # in which the pages are looked at, side by side where the machine can


@pytest.fixture
def lived_in(live: World) -> World:
    """The world with a subject whose visits can be booked."""
    subject = screen(live)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="first dose", by=live.coordinator
    )
    assert visit(subject, "W2")
    return live


def opened(world: World) -> list[str]:
    """Pages in a certain state, then all a coordinator opens of what happens to subjects."""
    known = pages(world)
    made = (
        stay_ways, conduct_ways, quality_ways, consent_ways, document_ways, budget_ways,
        safety_ways, eligibility_ways,
    )  # fmt: skip
    table = {name: ways for each in made for name, ways in each(world).items()}
    who = Who(Role.COORDINATOR, "place")
    ways = (way for ways in table.values() for way in ways)
    found = {way.path.partition("?")[0] for way in ways if who.expects(way, "GET") == ANSWERED}
    seen = {url.partition("?")[0] for url in known}
    # A path that does not end in a slash is a file, and so is what is opened of a document.
    new = (url for url in found - seen if url.endswith("/") and not url.endswith("/open/"))
    return [*known, *sorted(new)]


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_can_be_used_by_everybody(
    lived_in: World, tab: Page, sign_in: Callable[[User], None], share: int
) -> None:
    sign_in(lived_in.coordinator)
    said: list[str] = []
    seen = 0
    for url in opened(lived_in)[share::SHARES]:
        answer = tab.goto(url)
        if answer is not None and answer.status == 200:
            said += looked_at(tab, with_frame=not seen and not share)
            seen += 1
    assert seen > 5
    assert said == [], "\n".join(said)
