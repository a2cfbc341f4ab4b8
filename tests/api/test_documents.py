"""Documents over REST: scans go in, names never come out."""

from __future__ import annotations

import base64

import pytest

from tests.api.conftest import Caller
from tests.documents.papers import PDF, PNG, added
from tests.subjects.consented import main_form, record, version
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def file(name: str, raw: bytes) -> dict[str, object]:
    """A file inside a request."""
    return {"file": {"name": name, "content": base64.b64encode(raw).decode()}}


def test_a_program_attaches_a_scan_and_adds_versions(world: World, edc: Caller) -> None:
    consent = record(world, screen(world), version(world, main_form(world), "3.0"))
    path = f"consents/{consent.pk}/attach-scan/"
    wrong = edc.post(path, {"file": {"name": "a.pdf", "content": "@@"}})
    assert (wrong.status_code, "base64" in wrong.content.decode()) == (422, True)
    html = edc.post(path, file("a.pdf", b"<html>"))
    assert (html.status_code, "This is no PDF" in html.content.decode()) == (422, True)
    made = edc.post(path, file("Anne Quillfeather.pdf", PDF))
    assert made.status_code == 200, made.content
    document = made.json()["scan"]
    (found,) = edc.get("documents/?kind=consent").json()["results"]
    assert (found["id"], found["title"]) == (document, f"Signed form of {consent.subject.number}")
    plain = file("b.png", PNG) | {"is_identifying": False}
    refused = edc.post(f"documents/{document}/add-version/", plain)
    assert (refused.status_code, "stays at the site" in refused.content.decode()) == (422, True)
    other = edc.post(f"documents/{document}/add-version/", file("b.png", PNG))
    assert other.status_code == 200
    said = edc.get(f"document-versions/?document={document}")
    first, second = said.json()["results"]
    assert (first["is_identifying"], second["media_type"]) == (True, "image/png")
    assert "Quillfeather" not in said.content.decode()
    why = {"reason": "Blurred"}
    voided = edc.post(f"document-versions/{second['id']}/void-version/", why)
    assert voided.json()["void_reason"] == "Blurred"


def test_a_version_is_kept_at_the_site_once_a_name_is_seen_on_it(world: World, edc: Caller) -> None:
    receipt = added(world, is_identifying=False, raw=PNG)
    (shown,) = edc.get(f"document-versions/?document={receipt.pk}").json()["results"]
    why = {"reason": "A name is on it"}
    at = f"document-versions/{shown['id']}/"
    assert edc.post(f"{at}withhold/", why).json()["is_identifying"] is True
    assert edc.post(f"{at}withhold/", why).status_code == 409
