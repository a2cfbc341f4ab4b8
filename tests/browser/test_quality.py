"""A gap at a visit becomes a deviation, is assessed, dealt with by a CAPA, and closed: in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from core.dates import show_day
from quality.models import Capa, Issue
from subjects.conduct import conduct_of
from subjects.models import Visit
from tests.browser.looks import looked_at
from tests.quality.reported import reported
from tests.subjects.conducted import answer, begun
from tests.world import World, screen

pytestmark = pytest.mark.usefixtures("afternoon")

GAP = "Weight"


@pytest.fixture
def held(live: World) -> Visit:
    """Week 2 of a subject, everything done but what is measured."""
    visit = begun(live)
    before = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=70)
    answer(live, visit, "PK serum samples, −30", done_at=before - timedelta(minutes=30))
    answer(live, visit, "Study drug", done_at=before)
    for step in conduct_of(visit).missing:
        if step.panel is None:
            answer(live, visit, step.name, done_at=before + timedelta(minutes=60))
    assert [step.name for step in conduct_of(visit).missing] == ["Vital signs", GAP]
    return visit


def by_key(tab: Page, key: str) -> None:
    """Press a key once the scripts of the page are there."""
    tab.wait_for_load_state()
    tab.keyboard.press(key)


def report_the_gap(tab: Page, held: Visit) -> list[str]:
    """Complete the visit with its gap, and report what was drafted."""
    tab.goto(reverse("subjects:complete", args=[held.pk]))
    for name in ("Vital signs", GAP):
        tab.get_by_label(f"{name}: why it was not done").select_option(label="Equipment failed")
    tab.get_by_role("checkbox", name="Vital signs").uncheck()
    tab.get_by_role("button", name="Complete visit").click()
    expect(tab.get_by_text("completed.").first).to_be_visible()
    tab.goto(
        reverse("workspace:subject_deviations", args=["tmr-204", held.subject.number])
    )  # fmt: skip
    said = looked_at(tab)
    tab.get_by_role("link", name=re.compile(f"^Report.*{GAP} was not done")).click()
    expect(tab.get_by_label("What happened", exact=True)).to_contain_text(
        f"{GAP} was not done at W2."
    )
    expect(tab.get_by_label("Category", exact=True)).to_have_value("missed_assessment")
    tab.get_by_role("button", name="Report deviation").click()
    expect(tab.get_by_text("Enter the effect. If there is none, say why.")).to_be_visible()
    tab.get_by_label("Effect on the subject or the data", exact=True).fill("One weight is missing.")
    tab.get_by_role("button", name="Report deviation").click()
    expect(tab.get_by_text("DEV-1042-001 reported.")).to_be_visible()
    return said + looked_at(tab)


def explain(tab: Page) -> None:
    """Give the root cause, reached by key."""
    by_key(tab, "r")
    tab.get_by_label("Root cause", exact=True).select_option("equipment")
    tab.get_by_label("Why it happened", exact=True).fill("The scale has a flat battery.")
    tab.get_by_label("What was done about it at once", exact=True).fill("Battery changed.")
    tab.get_by_role("button", name="Give root cause").click()
    expect(tab.get_by_text("explained.")).to_be_visible()


def open_capa(tab: Page, live: World) -> list[str]:
    """Open a CAPA upon the deviation, with one action that is done."""
    later = show_day(timezone.localdate() + timedelta(days=28))
    tab.get_by_role("link", name="Open a CAPA").last.click()
    expect(tab.get_by_label("DEV-1042-001: Missed assessment", exact=True)).to_be_checked()
    tab.get_by_label("How it is seen that it helped", exact=True).fill(
        "No weight missing in four weeks"
    )
    tab.get_by_label("Effectiveness checked by", exact=True).fill(later)
    tab.get_by_role("button", name="Open CAPA").click()
    expect(tab.get_by_text("No action yet.")).to_be_visible()
    by_key(tab, "a")
    tab.get_by_label("Corrective", exact=True).check()
    tab.get_by_label("What is done", exact=True).fill("Spare batteries in the drawer")
    tab.get_by_label("Owner", exact=True).select_option(str(live.coordinator.pk))
    tab.get_by_label("Due", exact=True).fill("+3")
    tab.get_by_role("button", name="Add action").click()
    expect(tab.get_by_text("in 3 days")).to_be_visible()
    said = looked_at(tab)
    tab.get_by_role("link", name="Record as done").click()
    tab.get_by_label("What shows it", exact=True).fill("Invoice 114")
    tab.get_by_role("button", name="Record as done").click()
    expect(tab.get_by_text("Effectiveness to check")).to_be_visible()
    return said + looked_at(tab)


def test_a_gap_is_reported_assessed_dealt_with_and_closed(
    live: World, held: Visit, tab: Page, sign_in: Callable[[User], None]
) -> None:
    sign_in(live.coordinator)
    said = report_the_gap(tab, held)
    issue, url = Issue.objects.get(), tab.url
    explain(tab)
    said += open_capa(tab, live)
    sign_in(live.manager)
    tab.goto(url)
    by_key(tab, "a")
    tab.get_by_label("Class", exact=True).select_option("minor")
    tab.get_by_role("button", name="Assess").click()
    expect(tab.get_by_text("assessed.")).to_be_visible()
    by_key(tab, "c")
    expect(tab.get_by_text("DEV-1042-001 closed.")).to_be_visible()
    said += looked_at(tab)
    tab.goto(Capa.objects.get().get_absolute_url())
    by_key(tab, "f")
    tab.get_by_label("Effective", exact=True).check()
    tab.get_by_label("What was found", exact=True).fill("None missing")
    tab.get_by_role("button", name="Check effectiveness").click()
    expect(tab.get_by_text("Effective, to sign")).to_be_visible()
    issue.refresh_from_db()
    assert issue.status == "closed"
    assert said == [], "\n".join(said)


def test_ticked_rows_are_assessed_at_once_by_key(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    subject = screen(live)
    for proposed in ("minor", "minor", "major"):
        reported(live, subject, proposed=proposed)
    sign_in(live.manager)
    tab.goto(reverse("quality:issues", args=["tmr-204"]))
    said = looked_at(tab)
    for _ in range(3):
        by_key(tab, "j")
        by_key(tab, "x")
    bar = tab.locator("#list-bulk")
    expect(bar).to_contain_text("3 ticked")
    bar.get_by_role("button", name="Assess").click()
    panel = tab.locator("form.listing-panel", has=tab.locator("[name=classification]"))
    panel.get_by_label("Class").select_option("minor")
    said += looked_at(tab)
    panel.get_by_role("button", name="Assess").press("Enter")
    expect(tab.get_by_text("2 issues assessed.")).to_be_visible()
    expect(tab.get_by_text("DEV-1042-003 is major so far")).to_be_visible()
    assert Issue.objects.filter(status="assessed").count() == 2
    assert said == [], "\n".join(said)
