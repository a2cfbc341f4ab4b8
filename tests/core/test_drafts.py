"""Drafts: saved while typing, put back, thrown away."""

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Draft
from tests.world import World, screen

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(world: World, client: Client) -> str:
    client.force_login(world.coordinator)
    return reverse("subjects:contact", args=[screen(world).pk])


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
