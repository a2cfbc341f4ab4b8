"""The list of sites: filters, columns, cells that are changed in place, files of what is ticked."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from core.kept import forget
from core.models import Event
from sites.actions import sites
from sites.models import Site
from tests.world import World, make_place, make_site

pytestmark = pytest.mark.django_db

SITES = "/trials/tmr-204/sites/"
HTMX = {"HX-Request": "true"}


def edit(column: str) -> str:
    """The address of one cell of the site."""
    return reverse("workspace:edit_site", args=["tmr-204", "1042", column])


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.manager)
    return client


def part(client: Client, url: str, target: str) -> str:
    """A part of the page, as htmx asks for it, on one line."""
    answer = client.get(url, headers={**HTMX, "HX-Target": target})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split()).replace(" >", ">")


def test_filters_stand_as_chips_that_can_be_taken_away(world: World, manager: Client) -> None:
    url = f"{SITES}?status=open&need=cra&opened_from=-30&q=10&sort=-active"
    text = part(manager, url, "list")
    assert "State: Open for enrolment" in text
    assert "Needs: A CRA" in text
    assert "Opened: from" in text
    assert (
        'href="/trials/tmr-204/sites/?q=10&amp;sort=-active&amp;status=open&amp;opened_from=-30"'
        in text
    )
    assert 'href="/trials/tmr-204/sites/?sort=-active"' in text
    assert 'aria-sort="descending"' in text
    assert "<html" not in text


def test_the_address_follows_what_a_part_shows(world: World, manager: Client) -> None:
    def headers(query: str, target: str) -> dict[str, str]:
        return manager.get(f"{SITES}?{query}", headers={**HTMX, "HX-Target": target}).headers

    assert headers("status=open&odd=1", "list")["HX-Push-Url"] == f"{SITES}?status=open"
    assert headers("q=10", "list-body")["HX-Replace-Url"] == f"{SITES}?q=10"
    assert headers("after=1&shown=100", "list-more")["HX-Replace-Url"] == f"{SITES}?rows=100"
    assert "HX-Push-Url" not in headers("filter=yes", "menu")


def test_the_menu_of_filters_counts_what_the_others_leave(world: World, manager: Client) -> None:
    make_site(world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager)
    Site.objects.filter(number="1043").update(cra=world.cra)
    menu = part(manager, f"{SITES}?status=open&filter=yes", "menu")
    assert 'value="open" checked><span class="grow">Open for enrolment</span>' in menu
    assert (
        f'<span class="grow">{world.cra.get_full_name()}</span><span class="number text-muted">1</span>'
        in menu
    )
    assert '<span class="grow">A CRA</span><span class="number text-muted">1</span>' in menu
    whole = manager.get(f"{SITES}?filter=yes").content.decode()
    assert 'name="opened_from"' in whole
    assert 'name="opened_from"' not in manager.get(SITES).content.decode()


def test_columns_are_chosen_by_the_address(world: World, manager: Client) -> None:
    text = manager.get(f"{SITES}?columns=opened&columns=cra").content.decode()
    heads = text.split("<thead>")[1].split("</thead>")[0]
    assert "Opened" in heads
    assert "Investigator" not in heads
    assert 'name="columns" value="cra" checked' in " ".join(text.split())


def test_nothing_found_says_which_filter_to_remove(world: World, manager: Client) -> None:
    text = part(manager, f"{SITES}?need=cra&status=closed", "list-body")
    assert 'No site matches. <a href="/trials/tmr-204/sites/?status=closed"' in text
    assert "0 of 1 site" in text
    assert "Show all sites" in part(manager, f"{SITES}?q=zz", "list-body")


def test_a_cell_is_changed_where_it_stands(world: World, manager: Client) -> None:
    url = edit("planned")
    assert f'hx-get="{url}?"' in manager.get(SITES).content.decode()
    form = part(manager, f"{url}?columns=planned", "row-1")
    assert 'name="planned_subjects"' in form
    assert "autofocus" in form
    assert "Investigator" not in form
    revision = Site.objects.get(number="1042").revision
    posted = {"planned_subjects": "12", "revision": revision}
    done = manager.post(url, posted, headers=HTMX)
    assert done.status_code == 200
    assert "12" in done.content.decode()
    assert f'"undo": "{url}?to="' in done.headers["HX-Trigger"]
    assert Site.objects.get(number="1042").planned_subjects == 12
    assert Event.objects.filter(verb="change site", target_id=world.site.pk).exists()
    stale = manager.post(url, {**posted, "planned_subjects": "13"}, headers=HTMX)
    assert stale.status_code == 409
    shown, now = " ".join(stale.content.decode().split()), Site.objects.get(number="1042").revision
    assert "changed while you had it open" in shown
    assert "Planned subjects now: 12. Save again to replace it." in shown
    assert f'name="revision" value="{now}"' in shown
    assert 'name="planned_subjects" value="13"' in shown
    wrong = manager.post(url, {"planned_subjects": "-3"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert "<form" not in part(manager, f"{url}?leave", "row-1")


def test_a_cell_is_changed_without_script_by_the_form_of_the_record(
    world: World, manager: Client
) -> None:
    url = edit("cra")
    assert manager.get(url).headers["Location"] == reverse(
        "sites:change_site", args=["tmr-204", "1042"]
    )
    done = manager.post(url, {"cra": world.cra.pk, "next": f"{SITES}?sort=cra"})
    assert done.headers["Location"] == f"{SITES}?sort=cra"
    assert Site.objects.get(number="1042").cra == world.cra
    back = manager.post(f"{url}?to=", {"next": "https://evil.example/"})
    assert back.headers["Location"] == SITES
    assert Site.objects.get(number="1042").cra is None
    assert manager.post(f"{url}?to=999999", {}).status_code == 422
    assert manager.post(url, {}).status_code == 422


@pytest.mark.parametrize("column", ["status", "site", "nothing"])
def test_only_what_the_list_names_is_changed_in_it(
    world: World, manager: Client, column: str
) -> None:
    assert manager.get(edit(column)).status_code == 404


def test_cells_are_changed_by_whoever_may_change_sites(world: World, client: Client) -> None:
    client.force_login(world.cra)
    assert "listing-change" not in client.get(SITES).content.decode()
    assert client.post(edit("planned"), {"planned_subjects": "1"}).status_code == 403
    client.force_login(world.coordinator)
    assert "data-change" not in client.get("/sites/").content.decode()


def test_a_workbook_holds_days_and_figures_of_the_ticked_rows(
    world: World, manager: Client
) -> None:
    make_site(world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager)
    Site.objects.filter(pk=world.site.pk).update(investigator_name="=1+1", planned_subjects=5)
    url = reverse("workspace:export_sites", args=["tmr-204", "xlsx"])
    answer = manager.get(f"{url}?row={world.site.pk}&sort=-site")
    sheet = load_workbook(BytesIO(answer.content)).active
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[0][0].startswith("Sites; 1 ticked; ")
    row = dict(zip(lines[1], lines[2], strict=True))
    assert len(lines) == 3
    assert (row["Investigator"], row["Planned"], row["CRA"]) == ("=1+1", 5, None)
    assert row["Opened"].date() == Site.objects.get(pk=world.site.pk).opened_on
    assert sheet.freeze_panes == "B3"


def test_more_than_can_be_counted_is_said_so(
    world: World, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.lists.listing.COUNTED", 1)
    make_site(world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager)
    text = part(manager, f"{SITES}?q=1043", "list")
    assert "1 of 1+ sites" in text
    assert "tabs-count" not in text


def test_a_sentence_under_the_title_says_how_the_sites_part(world: World, manager: Client) -> None:
    assert ">1 site: 1 open</p>" in manager.get(SITES).content.decode()
    country = world.site.country
    for slug in ("eastgate", "westgate"):
        place = make_place(slug, world.admin)
        sites.add_site(world.trial, country=country, place=place, by=world.admin)
    forget(world.manager)  # what others change shows after a moment
    assert ">3 sites: 2 in start-up, 1 open</p>" in manager.get(SITES).content.decode()
