"""What nobody meant to ask for: addresses made up, fields left out, names that are taken."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.models import User
from core.actions import RefusedError
from core.imports import views as imports
from core.models import SavedView, Upload
from tests.trail import nothing_written
from tests.world import World

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> str:
    """The words of a page, on one line."""
    return " ".join(html.unescape(answer.content.decode()).split())


ADDRESSES = {
    "/places/northgate/schedule/?view=month": "No such view.",
    "/places/northgate/schedule/?day=yesterday": "Write days as 2026-06-11.",
    "/places/northgate/day-sheet/?day=31.12.2026": "Write days as 2026-06-11.",
    "/my-work/?view=nobody": "No such view.",
    "/my-work/?group=colour": "No such view.",
    "/views/nothing/": "There is no such view.",
    "/views/mine-99999/": "No saved view here that you may see.",
    "/palette/?of=cat-1": "There is no such record.",
    "/palette/?of=trial-tmr-999": "There is no such record.",
    "/switch/?from=/no/such/page/&of=trial": "There is no such page.",
    "/switch/?from=/my-work/&of=site": "That page belongs to no trial, site or place.",
    "/audit/cats.cat/1/": "No such kind of record.",
    "/audit/core.draft/1/": "No such kind of record.",
    "/trials/tmr-204/sites/1042/edit/colour/": "That is not changed in the list.",
}


def test_an_address_made_up_is_told_what_is_not_there(world: World, client: Client) -> None:
    client.force_login(world.manager)
    for address, words in ADDRESSES.items():
        answer = client.get(address)
        if "places" in address:
            client.force_login(world.coordinator)
            answer = client.get(address)
            client.force_login(world.manager)
        assert answer.status_code == 404, address
        assert "Nothing here that you may see" in said(answer), address
        assert words in said(answer), address


@pytest.mark.parametrize("typed", [{"theme": "pink"}, {"density": "0"}, {"whose_day": "theirs"}])
def test_a_look_that_is_not_offered_is_refused(
    world: World, client: Client, typed: dict[str, str]
) -> None:
    client.force_login(world.coordinator)
    with nothing_written():
        answer = client.post(reverse("accounts:look"), typed)
    assert answer.status_code == 422
    assert "There is no such way to show this." in said(answer)


def test_settings_and_sessions_are_ones_own(world: World) -> None:
    with nothing_written():
        with pytest.raises(RefusedError, match="by the person they belong to"):
            actions.change_settings(world.cra, values={"theme": "dark"}, by=world.admin)
        with pytest.raises(RefusedError, match="Only your own sessions"):
            actions.leave_elsewhere(world.cra, by=world.admin)
    assert User.objects.get(pk=world.cra.pk).session_number == world.cra.session_number


def test_a_name_or_an_address_belongs_to_one_person(world: World, client: Client) -> None:
    client.force_login(world.admin)
    form: dict[str, Any] = {
        "username": world.cra.username.upper(), "first_name": "Jo", "last_name": "Doe",
        "email": world.cra.email.title(), "time_zone": "Europe/London",
    }  # fmt: skip
    before = User.objects.count()
    answer = client.post(reverse("accounts:invite"), form)
    assert answer.status_code == 422
    assert "This user name is taken, and stays so. Choose another." in said(answer)
    assert "Somebody else has this address. Use the person's own." in said(answer)
    assert 'value="Doe"' in said(answer)
    assert User.objects.count() == before
    url = reverse("accounts:change", args=[world.manager.pk])
    assert client.post(url, form).status_code == 422
    assert User.objects.get(pk=world.manager.pk).email == world.manager.email


def test_programs_of_people_who_lack_a_second_factor_wait_for_it(
    world: World, client: Client, settings
) -> None:
    client.force_login(world.coordinator)
    assert client.get("/api/v1/sites/").status_code == 200
    settings.CTMS_SECOND_FACTOR_ROLES = ["coordinator"]
    answer = client.get("/api/v1/sites/")
    assert answer.status_code == 403
    assert "Set up your second factor first." in said(answer)


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_a_view_is_named_shortly(world: World, client: Client, name: str) -> None:
    client.force_login(world.manager)
    refusal = "Give the view a name of at most 60 letters."
    kept = client.post("/trials/tmr-204/sites/?status=open", {"name": name})
    assert (kept.status_code, refusal in said(kept)) == (422, True)
    assert not SavedView.objects.exists()
    client.post("/trials/tmr-204/sites/?status=open", {"name": "Open"})
    view = SavedView.objects.get()
    slug = view.get_absolute_url().split("/")[-2]
    named = client.post(reverse("views:rename", args=[slug]), {"name": name})
    assert (named.status_code, refusal in said(named)) == (422, True)
    assert SavedView.objects.get().name == "Open"


def test_a_cell_needs_something_typed(world: World, client: Client) -> None:
    client.force_login(world.manager)
    url = reverse("workspace:edit_site", args=["tmr-204", "1042", "planned"])
    with nothing_written():
        empty = client.post(url, {})
        wrong = client.post(url, {"planned_subjects": "many"})
    assert empty.status_code == wrong.status_code == 422
    assert "Nothing was typed. Open the cell again." in said(empty)
    assert "Enter a whole number." in said(wrong)


def test_a_list_that_is_none_or_too_large_is_not_received(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(world.manager)
    url = reverse("sites:import_sites", args=["tmr-204"])
    none = client.post(url, {})
    assert none.status_code == 422
    assert "No file was chosen. Choose one." in said(none)
    monkeypatch.setattr(imports, "MAX_BYTES", 10)
    large = client.post(url, {"file": SimpleUploadedFile("sites.csv", b"Number,Place\n1,North\n")})
    assert large.status_code == 422
    assert "Divide it into several." in said(large)
    assert not Upload.objects.exists()
