"""Drafts: saved while typing, put back, thrown away."""

import html
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import drafts
from core.models import Draft
from sites.actions import places
from sites.models import Room
from tests.world import World, screen

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(world: World, client: Client) -> str:
    client.force_login(world.coordinator)
    return reverse("subjects:contact", args=[screen(world).pk])


def words(answer: HttpResponse) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def type_in(client: Client, page: str, **fields: str):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    return client.post(reverse("draft"), fields, headers=headers)


def test_a_draft_is_saved_encrypted_restored_and_gone_after_success(
    client: Client, page: str
) -> None:
    assert 'hx-post="/drafts/"' in client.get(page).content.decode()
    saved = type_in(client, page, channel="email", summary="first words")
    assert saved.content.decode().startswith("Draft saved ")
    type_in(client, page, channel="email", summary="first words, and more")
    draft = Draft.objects.get()
    assert b"words" not in bytes(draft.fields)
    text = client.get(page).content.decode()
    assert "first words, and more" in text
    assert '<option value="email" selected>' in text
    refused = client.post(page, {"channel": "email", "summary": "x"})
    assert refused.status_code == 422
    assert Draft.objects.exists()
    done = {"channel": "email", "result": "reached", "summary": "all of it"}
    headers = {"Referer": f"http://testserver{page}"}
    assert client.post(page, done, headers=headers).status_code == 302
    assert not Draft.objects.exists()


def test_a_draft_is_thrown_away(client: Client, page: str) -> None:
    type_in(client, page, summary="never mind")
    assert "Throw draft away" in client.get(page).content.decode()
    headers = {"Referer": f"http://testserver{page}"}
    back = client.post(reverse("throw_draft_away"), {"summary": "never mind"}, headers=headers)
    assert back.headers["Location"] == page
    assert "never mind" not in client.get(page).content.decode()


def test_another_form_on_the_page_leaves_the_draft_alone(client: Client, page: str) -> None:
    type_in(client, page, summary="keep me")
    headers = {"Referer": f"http://testserver{page}"}
    assert client.post("/account/session/", {}, headers=headers).status_code == 200
    assert Draft.objects.exists()


def test_a_draft_of_other_fields_does_not_spoil_the_form(client: Client, page: str) -> None:
    type_in(client, page, summary="words", something="else")
    assert client.get(page).status_code == 200
    assert "words" not in client.get(page).content.decode()


def test_secrets_empty_and_huge_forms_are_not_kept(client: Client, page: str) -> None:
    assert type_in(client, page, password="a sentence", csrfmiddlewaretoken="x").status_code == 204
    assert type_in(client, page, summary="").status_code == 204
    assert type_in(client, page, summary="x" * 300_000).status_code == 204
    assert not Draft.objects.exists()


def test_a_draft_belongs_to_one_person(world: World, client: Client, page: str) -> None:
    type_in(client, page, summary="for my eyes only")
    other = Client()
    other.force_login(world.manager)
    assert "for my eyes only" not in other.get("/my-work/").content.decode()
    assert Client().post(reverse("draft"), {"summary": "x"}).status_code == 302
    elsewhere = {"Referer": "http://elsewhere.example/today/"}
    client.post(reverse("draft"), {"summary": "x"}, headers=elsewhere)
    assert set(Draft.objects.values_list("path", flat=True)) == {page, reverse("draft")}


def test_a_form_whose_session_is_gone_is_kept_for_whoever_opened_it(
    world: World, client: Client, page: str
) -> None:
    mark = drafts.mark(world.coordinator.pk)
    assert f'name="typist" value="{mark[:8]}' in client.get(page).content.decode()
    headers = {"Referer": f"http://testserver{page}"}
    for given in ("", mark[:-1], drafts.mark(world.cra.pk).replace(str(world.cra.pk), mark[0])):
        lost = Client().post(page, {"summary": "lost", "typist": given}, headers=headers)
        assert lost.status_code == 302
    assert not Draft.objects.exists()
    gone = Client()
    late = gone.post(page, {"summary": "words", "typist": mark}, headers=headers)
    assert late.headers["Location"] == f"{reverse('account_login')}?next={page}"
    assert "what you sent last is kept" in words(gone.get(late.headers["Location"]))
    assert Draft.objects.get().user_id == world.coordinator.pk
    assert "words" in client.get(page).content.decode()


def test_a_mark_is_good_for_one_session(world: World, page: str) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=13)):
        old = drafts.mark(world.coordinator.pk)
    assert Client().post(page, {"summary": "words", "typist": old}).status_code == 302
    assert not Draft.objects.exists()


def test_a_draft_of_an_older_state_does_not_hide_what_changed_since(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    page = reverse("sites:change_room", args=["northgate", world.room.pk])
    type_in(client, page, name="Room one", note="", is_active="on", revision=world.room.revision)
    places.change_room(world.room, values={"note": "no lift"}, by=world.admin)
    shown = client.get(page).content.decode()
    assert f'name="revision" value="{world.room.revision}"' in shown
    form = {"name": "Room one", "note": "", "is_active": "on", "revision": world.room.revision}
    refused = client.post(page, form)
    assert refused.status_code == 409
    text = words(refused)
    assert "Room 1 changed while you had it open: Ada Admin saved it just now." in text
    assert "What is there now: Name: Room 1; Note: no lift. Save again to replace it" in text
    assert 'value="Room one"' in text
    assert Room.objects.get(pk=world.room.pk).note == "no lift"
    again = refused.context["revision"]
    assert client.post(page, {**form, "revision": again}).status_code == 302
    assert Room.objects.get(pk=world.room.pk).name == "Room one"
