"""Lists by hand and by key: filters, views, cells, ticked rows, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from sites.models import Site
from tests.world import World, make_place, make_site

SITES = "/trials/tmr-204/sites/"


@pytest.fixture
def sites(live: World, sign_in: Callable[[User], None]) -> World:
    """Three sites, and who may change them signed in."""
    sign_in(live.manager)
    for number, slug in (("1043", "eastgate"), ("1044", "westgate")):
        make_site(live.trial, make_place(slug, live.admin), number, live.admin, live.manager)
    Site.objects.filter(number="1044").update(cra=live.cra)
    return live


def names(tab: Page) -> list[str]:
    """The sites in the order in which they stand."""
    return [text.split()[0] for text in tab.locator("#list-rows a.lead").all_inner_texts()]


def test_typing_finds_at_once_and_keeps_the_cursor(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    box = tab.get_by_role("searchbox", name="Number, place or investigator")
    box.press_sequentially("west", delay=30)
    expect(tab.get_by_text("1 of 3 sites")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("west")
    expect(tab).to_have_url(re.compile(r"\?q=west$"))
    tab.get_by_role("link", name="Site", exact=True).last.click()
    expect(tab).to_have_url(re.compile(r"q=west&sort=-site$"))
    expect(box).to_have_value("west")


def test_a_view_is_kept_opened_again_and_pinned(sites: World, tab: Page) -> None:
    tab.goto(f"{SITES}?cra=-&sort=-site")
    tab.get_by_role("button", name="Save view").click()
    tab.get_by_label("Name of the view").fill("No monitor")
    tab.get_by_label("Share with everybody in TMR-204").check()
    tab.locator("#save-view").get_by_role("button", name="Save view").click()
    expect(tab.get_by_text("The view No monitor is kept.")).to_be_visible()
    kept = tab.get_by_role("navigation", name="Views").get_by_role("link", name="No monitor")
    expect(kept).to_have_attribute("aria-current", "page")
    expect(kept).to_contain_text("2")
    tab.goto("/views/")
    tab.get_by_role("button", name="Pin No monitor").click()
    tab.get_by_role("navigation", name="Main").get_by_role("link", name="No monitor").click()
    expect(tab).to_have_url(re.compile(r"sort=-site&cra=-$"))
    assert names(tab) == ["1043", "1042"]


def test_ticked_rows_get_their_monitor_and_a_file(sites: World, tab: Page) -> None:
    tab.goto(f"{SITES}?status=open")
    bar = tab.locator("#list-bulk")
    expect(bar).to_be_hidden()
    tab.get_by_label("Tick 1042 Northgate").check()
    tab.get_by_label("Tick 1043 Eastgate").check()
    expect(bar).to_contain_text("2 ticked")
    with tab.expect_download() as file:
        bar.get_by_role("button", name="CSV").click()
    assert "2 ticked" in file.value.path().read_text()
    bar.get_by_role("button", name="Assign CRA").click()
    menu = tab.locator("#menu")
    expect(menu).to_contain_text("1042 Northgate, 1043 Eastgate")
    menu.get_by_label("CRA").select_option(label=sites.cra.get_full_name())
    menu.get_by_role("button", name="Assign CRA").click()
    expect(tab.get_by_text("monitors 2 sites.")).to_be_visible()
    expect(tab).to_have_url(re.compile(r"\?status=open$"))
    assert Site.objects.filter(cra=sites.cra).count() == 3
    tab.get_by_label("Tick all rows shown").check()
    expect(bar).to_contain_text("3 ticked")
    bar.get_by_role("button", name="Untick all").click()
    expect(bar).to_be_hidden()


def test_columns_are_chosen_and_rows_made_lower(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    tab.get_by_role("button", name="Columns").click()
    panel = tab.locator("#list-columns")
    panel.get_by_label("Investigator").uncheck()
    panel.get_by_label("Opened").check()
    panel.get_by_role("button", name="Show columns").click()
    expect(tab.get_by_role("columnheader", name="Opened")).to_be_visible()
    expect(tab.get_by_role("columnheader", name="Investigator")).to_have_count(0)
    with tab.expect_response(re.compile("/account/look/")):
        tab.get_by_role("button", name="Compact").last.click()
    expect(tab.locator("html")).to_have_attribute("data-density", "compact")
    expect(tab.get_by_role("button", name="Comfortable").last).to_be_visible()
