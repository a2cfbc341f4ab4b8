"""Protocol files that cannot be read, are too large or hostile: a message, and nothing is left."""

import json

import pytest
from django.test import Client

from tests.trials.test_imports import PILOT, file_of, posted, upload
from tests.world import World
from trials.models import (
    ProtocolFile,
)

pytestmark = pytest.mark.django_db

HOSTILE = {
    "nothing": (b" ", "empty"),
    "text": (b"visit;day\n1;2", "not JSON"),
    "xml": (b"<?xml version='1.0'?><ODM/>", "XML or a web page"),
    "latin": ('{"study": "é"}'.encode("latin-1"), "not UTF-8"),
    "deep": (b'{"study":' + b"[" * 500 + b"]" * 500 + b"}", "nested deeper"),
    "many": (b'{"study":[' + b"{}," * 300_001 + b"{}]}", "more objects"),
    "list": (b"[]", "not one object"),
    "foreign": (b'{"resourceType": "Bundle"}', "not a USDM study definition"),
    "old": (b'{"clinicalStudy": {"studyTitle": "x", "studyVersion": "1"}}', "too old to be read"),
    "no design": (b'{"study": {"versions": [{"id": "1"}]}, "usdmVersion": "4.0"}', "no study design"),
    "old register": (b'{"FullStudiesResponse": {"x": 1}}', "old interface"),
    "no number": (b'{"protocolSection": {"identificationModule": {}}}', "no valid NCT number"),
    "two studies": (b'{"studies": [{"a": 1}, {"b": 2}]}', "2 studies"),
    "infinite": (b'{"study": Infinity}', "not a JSON number"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_files_that_cannot_be_read_say_why_and_leave_nothing(
    world: World, client: Client, kind: str
) -> None:
    client.force_login(world.manager)
    raw, message = HOSTILE[kind]
    response = upload(client, world, raw)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert 'type="file"' in response.content.decode()
    assert not ProtocolFile.objects.exists()


def test_a_huge_file_is_refused_by_its_size_alone(world: World, client: Client) -> None:
    client.force_login(world.manager)
    response = upload(client, world, b" " * 20_000_001)
    assert response.status_code == 422
    assert "20 MB is the most that is read" in response.content.decode()
    assert not ProtocolFile.objects.exists()


def test_an_empty_file_is_told_with_a_way_out(world: World, client: Client) -> None:
    client.force_login(world.manager)
    response = upload(client, world, b"")
    assert response.status_code == 422
    assert "The file is empty. Save it again" in response.content.decode()


def test_hostile_texts_are_shown_as_text(world: World, client: Client) -> None:
    client.force_login(world.manager)
    broken = json.loads(file_of(PILOT))
    design = broken["study"]["versions"][0]["studyDesigns"][0]
    design["encounters"][0]["label"] = "<script>alert(1)</script>\x00\ud800"
    design["activities"][0]["label"] = "{{ 7|add:7 }}\u202e" + "x" * 5000
    url = upload(client, world, json.dumps(broken).encode(), name="../../<i>.json").headers[
        "Location"
    ]
    page = client.get(url).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert client.post(url, posted(client, url, "commit")).status_code == 302
