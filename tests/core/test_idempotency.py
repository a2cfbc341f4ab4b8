"""A post with a key is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Idempotency
from subjects.models import Contact, Subject
from tests.world import World, build, screen


def contact_form(**more: str) -> dict[str, str]:
    return {"channel": "phone", "result": "reached", "summary": "will come", **more}


@pytest.mark.django_db
def test_the_same_form_sent_twice_is_carried_out_once(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:contact", args=[screen(world).pk])
    assert 'name="idempotency_key"' in client.get(url).content.decode()
    first = client.post(url, contact_form(idempotency_key="k1", csrfmiddlewaretoken="a"))
    again = client.post(url, contact_form(idempotency_key="k1", csrfmiddlewaretoken="b"))
    assert (again.status_code, again.headers["Location"]) == (302, first.headers["Location"])
    assert Contact.objects.count() == 1
    changed = contact_form(idempotency_key="k1", summary="after going back")
    assert client.post(url, changed).status_code == 302
    client.post(url, contact_form(idempotency_key="k2"))
    assert Contact.objects.count() == 3


@pytest.mark.django_db
def test_an_answer_with_an_error_may_be_tried_again(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:contact", args=[screen(world).pk])
    wrong = contact_form(idempotency_key="k1", channel="pigeon")
    for _ in range(2):
        assert client.post(url, wrong).status_code == 422
    assert not Idempotency.objects.exists()
    assert client.post(url, contact_form(idempotency_key="k1")).status_code == 302


@pytest.mark.django_db
def test_a_key_in_a_header_stands_for_one_content(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:contact", args=[screen(world).pk])
    headers = {"Idempotency-Key": "odd ключ \N{GRINNING FACE}".encode().decode("latin-1") * 40}
    assert client.post(url, contact_form(), headers=headers).status_code == 302
    assert client.post(url, contact_form(), headers=headers).status_code == 302
    other = client.post(url, contact_form(summary="other"), headers=headers)
    assert other.status_code == 422
    assert "Use a new key" in other.json()["detail"]
    assert Contact.objects.count() == 1


@pytest.mark.django_db
def test_a_key_belongs_to_one_person(world: World, client: Client) -> None:
    url = reverse("subjects:contact", args=[screen(world).pk])
    client.force_login(world.coordinator)
    assert client.post(url, contact_form(idempotency_key="k1")).status_code == 302
    client.force_login(world.cra)
    assert client.post(url, contact_form(idempotency_key="k1")).status_code == 403


@pytest.mark.django_db
def test_a_body_that_names_subjects_is_kept_encrypted(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    body = {"site": world.site.pk, "screened_on": timezone.localdate().isoformat()}
    first, again = (
        client.post(
            "/api/v1/subjects/", body, "application/json", headers={"Idempotency-Key": "k1"}
        )
        for _ in range(2)
    )
    assert first.status_code == 201
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    number = Subject.objects.get().number.encode()
    assert number in first.content
    assert number not in bytes(Idempotency.objects.get().body)


@pytest.mark.django_db
def test_a_fault_leaves_nothing_behind(world: World, client: Client, monkeypatch) -> None:
    client.force_login(world.coordinator)
    client.raise_request_exception = False
    url = reverse("subjects:contact", args=[screen(world).pk])

    def fail(*args: object, **kwargs: object) -> None:
        Contact.objects.all().delete()
        raise ZeroDivisionError

    client.post(url, contact_form())
    with monkeypatch.context() as patched:
        patched.setattr("subjects.views.subjects.subjects.log_contact", fail)
        assert client.post(url, contact_form(idempotency_key="k1")).status_code == 500
    assert Contact.objects.count() == 1
    assert client.post(url, contact_form(idempotency_key="k1")).status_code == 302
    assert Contact.objects.count() == 2


def test_two_posts_with_one_key_at_the_same_moment_make_one_subject(committed_db: str) -> None:
    world = build()
    url = reverse("subjects:screen", args=[world.site.pk])
    form = {
        "screened_on": timezone.localdate(timezone=world.place.zone).isoformat(), "sex": "f",
        "idempotency_key": "once",
    }  # fmt: skip
    together = Barrier(3)

    def send() -> tuple[int, str]:
        client = Client()
        client.force_login(world.coordinator)
        client.get("/my-work/")
        together.wait()
        try:
            answer = client.post(url, form)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = {future.result() for future in [pool.submit(send) for _ in range(3)]}
    assert len(answers) == 1, answers
    assert Subject.objects.count() == 1
    assert answers == {(302, Subject.objects.get().get_absolute_url())}
