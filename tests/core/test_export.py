"""CSV that a spreadsheet opens without running anything."""

import csv
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from core import export
from core.export import safe
from core.models import Event
from core.web import whole
from sites.actions import places, sites
from tests.world import World


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"), ("+44 113", "'+44 113"), ("-2", "'-2"), ("@cmd", "'@cmd"),
        ("\t=1", "'\t=1"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("a=1", "a=1"), ("", ""),
        (None, ""), (-2, "-2"), (True, "yes"), (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "2026-01-02T03:04:05+00:00"),
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(value: object, text: str) -> None:
    assert safe(value) == text


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("", None), ("²", None), ("-1", None), ("9" * 30, None)]
)
def test_only_a_sensible_number_is_one(text: str, number: int | None) -> None:
    assert whole(text) == number


def lines(client: Client, url: str) -> list[list[str]]:
    """The rows of a file."""
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.content.decode()
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    return list(csv.reader(StringIO(text[1:], newline="")))


@pytest.mark.django_db
def test_the_list_of_sites_is_exported_as_filtered(world: World, client: Client) -> None:
    client.force_login(world.manager)
    sites.change_site(world.site, values={"investigator_name": '=HYPERLINK("x")'}, by=world.manager)
    url = reverse("workspace:export_sites", args=["tmr-204", "csv"])
    first, heads, row = lines(client, f"{url}?q=1042&status=open")
    assert first[0].startswith("Sites; Search: 1042, State: Open for enrolment; ")
    assert dict(zip(heads, row, strict=True))["Investigator"] == '\'=HYPERLINK("x")'
    assert len(lines(client, f"{url}?q=nowhere")) == 2
    assert len(lines(client, reverse("workspace:export_all_sites", args=["csv"]))) == 3
    trail = Event.objects.filter(verb="export sites").order_by("pk").first()
    assert trail is not None
    assert (trail.target_id, trail.reason) == (
        world.trial.pk,
        "1 row, Search: 1042, State: Open for enrolment",
    )


@pytest.mark.django_db
def test_people_and_plain_records_are_exported(world: World, client: Client) -> None:
    places.add_room(world.place, name="+Room", by=world.coordinator)
    client.force_login(world.coordinator)
    rooms = lines(client, reverse("sites:export_rooms", args=["northgate", "csv"]))
    assert rooms[1] == ["Name", "Note", "In use"]
    assert [row[0] for row in rooms[2:]] == ["'+Room", "Room 1"]
    for name in ("sites:export_equipment", "sites:export_staff"):
        assert client.get(reverse(name, args=["northgate", "csv"])).status_code == 200
    assert client.get(reverse("accounts:export_people", args=["csv"])).status_code == 403
    client.force_login(world.admin)
    people = lines(client, reverse("accounts:export_people", args=["csv"]) + "?q=priya")
    assert people[1][0] == "Name"
    assert len(lines(client, reverse("accounts:export_people", args=["csv"]))) > 4
    assert len(lines(client, reverse("sites:export_holidays", args=["csv"]))) == 2
    client.force_login(world.cra)
    assert client.get(reverse("sites:export_rooms", args=["northgate", "csv"])).status_code == 403


@pytest.mark.django_db
def test_a_very_long_list_is_filtered_first(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST", 0)
    client.force_login(world.manager)
    refused = client.get(reverse("workspace:export_all_sites", args=["csv"]))
    assert refused.status_code == 422
    assert "Filter the list" in refused.content.decode()
