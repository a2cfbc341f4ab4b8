"""Lists by hand and by key: filters, views, cells, ticked rows, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts import actions as accounts
from accounts.models import User
from core.models import SavedView
from sites.actions import sites as actions
from sites.models import Site
from tests.world import World, make_place, make_site, screen

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


def cell_of(tab: Page, row: str, now: str) -> Locator:
    """The link that opens the cell of a site's plan."""
    line = tab.get_by_role("row", name=re.compile(row))
    return line.get_by_role("link", name=re.compile(rf"{now} ?\(change \w+ of "))


def test_a_filter_is_added_named_and_taken_away(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    tab.locator("#list-filter").press("Enter")
    menu = tab.locator("#menu")
    menu.get_by_text("CRA", exact=True).first.click()
    menu.get_by_label("Nobody").check()
    menu.get_by_role("button", name="Filter").click()
    expect(tab.get_by_text("2 of 3 sites")).to_be_visible()
    expect(tab).to_have_url(re.compile(r"\?cra=-$"))
    expect(menu).to_be_hidden()
    expect(tab.locator("#list-filter")).to_be_focused()
    tab.get_by_role("button", name="Save view").click()
    tab.get_by_label("Name of the view").fill("No monitor")
    tab.get_by_label("Name of the view").press("Enter")
    expect(tab.get_by_text("The view No monitor is kept.")).to_be_visible()
    kept = tab.get_by_role("navigation", name="Views").get_by_role("link", name="No monitor")
    expect(kept).to_have_attribute("aria-current", "page")
    tab.get_by_role("link", name=re.compile(r"CRA: Nobody ?\(remove filter\)")).click()
    expect(tab.get_by_text("3 sites", exact=True)).to_be_visible()
    expect(tab).to_have_url(re.compile(f"{SITES}$"))
    expect(kept).not_to_have_attribute("aria-current", "page")
    tab.go_back()
    expect(tab.get_by_text("2 of 3 sites")).to_be_visible()
    assert SavedView.objects.get().query == "cra=-"


def test_a_name_that_is_taken_is_told_and_the_list_stays(sites: World, tab: Page) -> None:
    tab.goto(f"{SITES}?cra=-")
    for said in (
        "The view No monitor is kept.",
        "You have a view No monitor of this list already.",
    ):
        tab.get_by_role("button", name="Save view").click()
        tab.get_by_label("Name of the view").fill("No monitor")
        tab.locator("#save-view").get_by_role("button", name="Save view").click()
        expect(tab.get_by_text(said)).to_be_visible()


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


def test_a_cell_is_changed_in_its_place(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    cell_of(tab, "1043 Eastgate", "").last.focus()
    tab.keyboard.press("F2")
    box = tab.get_by_label("Planned subjects of 1043 Eastgate")
    expect(box).to_be_focused()
    tab.keyboard.press("Escape")
    expect(box).to_have_count(0)
    link = cell_of(tab, "1043 Eastgate", "")
    expect(link.last).to_be_focused()
    link.last.press("Enter")
    box.fill("24")
    box.press("Enter")
    expect(tab.get_by_text("Planned subjects of 1043 Eastgate changed.")).to_be_visible()
    expect(cell_of(tab, "1043 Eastgate", "24")).to_be_focused()
    assert Site.objects.get(number="1043").planned_subjects == 24
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_text("Planned subjects of 1043 Eastgate changed.")).to_be_visible()
    assert Site.objects.get(number="1043").planned_subjects is None


def test_a_cell_keeps_what_is_refused_and_says_why(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    cell_of(tab, "1043 Eastgate", "").last.press("Enter")
    box = tab.get_by_label("Planned subjects of 1043 Eastgate")
    box.fill("-1")
    box.press("Enter")
    assert box.evaluate("box => box.validity.rangeUnderflow")
    box.evaluate("box => { box.form.noValidate = true; }")
    box.press("Enter")
    error = tab.locator(".listing-edit .field-error")
    expect(error).to_contain_text("greater than or equal to 0")
    expect(box).to_be_focused()
    expect(box).to_have_value("-1")
    box.fill("12")
    box.press("Enter")
    expect(cell_of(tab, "1043 Eastgate", "12")).to_be_focused()


def test_a_cell_that_somebody_else_changed_is_a_conflict(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    cell_of(tab, "1043 Eastgate", "").last.press("Enter")
    box = tab.get_by_label("Planned subjects of 1043 Eastgate")
    expect(box).to_be_focused()
    site = Site.objects.get(number="1043")
    actions.change_site(site, values={"planned_subjects": 30}, by=sites.manager)
    box.fill("24")
    box.press("Enter")
    error = tab.locator(".listing-edit .field-error")
    expect(error.last).to_have_text("Planned subjects now: 30. Save again to replace it.")
    expect(box).to_have_value("24")
    assert Site.objects.get(number="1043").planned_subjects == 30
    box.press("Enter")
    expect(tab.get_by_text("Planned subjects of 1043 Eastgate changed.")).to_be_visible()
    assert Site.objects.get(number="1043").planned_subjects == 24


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


def test_keys_walk_the_rows_unless_they_are_off(sites: World, tab: Page) -> None:
    tab.goto(SITES)
    tab.keyboard.press("j")
    expect(tab.get_by_role("link", name="1042 Northgate", exact=True)).to_be_focused()
    tab.keyboard.press("j")
    tab.keyboard.press("x")
    expect(tab.get_by_label("Tick 1043 Eastgate")).to_be_checked()
    tab.keyboard.press("k")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("/sites/1042/$"))
    tab.go_back()
    expect(tab.get_by_role("link", name="1042 Northgate", exact=True)).to_be_focused()
    accounts.change_settings(sites.manager, values={"has_single_keys": False}, by=sites.manager)
    tab.goto(f"{SITES}?sort=-site")
    tab.keyboard.press("j")
    expect(tab.locator("#list-rows :focus")).to_have_count(0)


def test_figures_jump_to_the_subject_and_more_rows_are_appended(
    live: World, sign_in: Callable[[User], None], tab: Page
) -> None:
    for _ in range(52):
        screen(live)
    sign_in(live.coordinator)
    tab.goto("/places/northgate/subjects/")
    rows = tab.locator("#list-rows > tr[data-row]")
    expect(rows).to_have_count(50)
    tab.get_by_role("link", name="Show 50 more").press("Enter")
    expect(rows).to_have_count(52)
    expect(tab).to_have_url(re.compile(r"\?rows=100$"))
    expect(rows.nth(50).get_by_role("link").first).to_be_focused()
    tab.keyboard.press("j")
    expect(rows.nth(51).get_by_role("link").first).to_be_focused()
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    expect(rows.nth(50).get_by_role("link").first).to_be_focused()
    tab.keyboard.type("1042-051")
    expect(tab.get_by_role("searchbox", name="Number, for example")).to_have_value("1042-051")
    expect(rows).to_have_count(1)
    tab.keyboard.press("Enter")
    expect(rows.first.get_by_role("link").first).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/subjects/1042-051/$"))


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
