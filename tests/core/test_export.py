"""CSV that a spreadsheet opens without running anything."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.test import Client, RequestFactory
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
    text = answer.getvalue().decode()
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
def test_a_list_too_long_for_a_workbook_is_had_as_csv(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST", 0)
    client.force_login(world.manager)
    refused = client.get(reverse("workspace:export_all_sites", args=["xlsx"]))
    assert refused.status_code == 422
    assert "Choose CSV" in refused.content.decode()
    assert len(lines(client, reverse("workspace:export_all_sites", args=["csv"]))) == 3


@pytest.mark.django_db
def test_a_long_list_is_sent_while_it_is_read(world: World) -> None:
    request: Any = RequestFactory().get("/")
    request.user = world.manager
    read: list[int] = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(1_000_000):
            read.append(number)
            yield (number,)

    sent: Any = export.as_file(
        request, "csv", "Numbers", ["Number"], rows(), said="", target=world.trial, count=1_000_000
    )
    first = [next(sent.streaming_content) for _ in range(5)]
    assert first[3:] == [b"0\r\n", b"1\r\n"]
    assert read == [0, 1]
    assert Event.objects.get(verb="export numbers").reason == "1000000 rows, no filter"


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 5])
def test_a_file_takes_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        places.add_room(world.place, name=f"R{number}", by=world.coordinator)
    client.force_login(world.coordinator)
    url = reverse("sites:export_rooms", args=["northgate", "csv"])
    client.get(url).getvalue()
    with django_assert_max_num_queries(15):
        assert client.get(url).getvalue()
