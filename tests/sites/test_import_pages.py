"""A list of sites from file to records, in the browser."""

import html
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.imports import uploads
from core.models import Event, StatusChange, Upload
from sites.models import Place, Site
from tests.world import World, user_with

pytestmark = pytest.mark.django_db

GOOD = (
    "Site No;Institution;Town;Country;Time zone;PI;Target;Status;Since\r\n"
    "2001;Klinikum Köln;Köln;Germany;Europe/Berlin;Jürgen Groß;12;Active;03.04.2025\r\n"
    "2002;Hôpital Nord;Paris;FR;;Anne Petit;;identified;\r\n"
)
WRONG = GOOD + "2003;New Clinic;Boston;US;;;;;\r\n2001;Again;Bonn;DE;Europe/Berlin;;;;\r\n"


def words(answer: HttpResponse) -> str:
    """The text of a page, its line breaks and escapes undone."""
    return " ".join(html.unescape(answer.content.decode()).split())


def send(client: Client, text: str | bytes, code: str = "tmr-204", encoding: str = "cp1252") -> str:
    """Upload a list; the address of its check."""
    raw = text if isinstance(text, bytes) else text.encode(encoding)
    answer = client.post(
        reverse("sites:import_sites", args=[code]),
        {"file": SimpleUploadedFile("sites.csv", raw)},
    )
    assert answer.status_code == 302, words(answer)
    return answer.headers["Location"]


def go(client: Client, name: str, **data: str) -> HttpResponse:
    return client.post(reverse(name, args=[Upload.objects.latest("pk").pk]), data)


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.manager)
    return client


def test_from_the_file_to_the_sites(world: World, manager: Client) -> None:
    page = words(manager.get(send(manager, GOOD)))
    assert "2 new" in page
    assert "Windows-1252, semicolon between columns" in page
    assert "Klinikum Köln" in page
    assert go(manager, "core:begin_import").status_code == 302
    held = Upload.objects.get()
    assert (held.done, held.total, held.left_behind, bytes(held.raw)) == (2, 2, 0, b"")
    assert "2 sites" in words(manager.get(held.get_absolute_url()))
    site = Site.objects.get(number="2001")
    assert (site.place.city, site.country.code, site.status, site.planned_subjects) == (
        "Köln", "DE", "open", 12,
    )  # fmt: skip
    assert str(site.opened_on) == "2025-04-03"
    assert Site.objects.get(number="2002").place.time_zone == "Europe/Paris"
    event = Event.objects.get(verb="import sites")
    assert (event.source, event.actor_name) == ("import", world.manager.get_full_name())
    assert event.reason.startswith("sites.csv, SHA-256 ")


def test_the_same_file_again_changes_nothing(world: World, manager: Client) -> None:
    send(manager, GOOD)
    go(manager, "core:begin_import")
    page = words(manager.get(send(manager, GOOD)))
    assert "2 here already" in page
    assert "Nothing would change" in page
    answer = go(manager, "core:begin_import")
    assert answer.status_code == 422
    assert "Nothing in this file is new" in words(answer)
    assert Site.objects.count() == 3


def test_wrong_rows_say_what_is_wrong_and_stay_behind_only_when_told(
    world: World, manager: Client
) -> None:
    page = words(manager.get(send(manager, WRONG)))
    assert "United States has several time zones" in page
    assert "stands on line 2 already" in page
    answer = go(manager, "core:begin_import")
    assert answer.status_code == 422
    assert "2 rows are wrong" in words(answer)
    assert Site.objects.count() == 1
    url = reverse("core:wrong_rows", args=[Upload.objects.get().pk])
    before = manager.get(url).content.decode("utf-8-sig")
    assert "What is wrong" in before
    assert "Boston" in before
    assert "Paris" not in before
    go(manager, "core:begin_import", without_wrong="yes")
    assert Site.objects.count() == 3
    assert Upload.objects.get().left_behind == 2
    assert manager.get(url).content.decode("utf-8-sig") == before


def test_columns_can_be_chosen_otherwise(world: World, manager: Client) -> None:
    send(manager, "Code,Where,Land\nX1,Clinic,DE\n", encoding="utf-8")
    page = words(manager.get(Upload.objects.get().get_absolute_url()))
    assert "No column of the file is chosen" in page
    twice = go(manager, "core:map_columns", number="0", place="0", day_order="dmy")
    assert twice.status_code == 422
    assert "chosen twice" in words(twice)
    assert go(manager, "core:map_columns", day_order="xyz").status_code == 422
    go(
        manager, "core:map_columns", number="0", place="1", country="2", city="99", time_zone="²",
        day_order="dmy",
    )  # fmt: skip
    page = words(manager.get(Upload.objects.get().get_absolute_url()))
    assert "several time zones" in page
    assert Upload.objects.get().mapping == {"number": 0, "place": 1, "country": 2}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1042,Elsewhere,GB,identified,", "Site 1042 is Northgate already"),
        ("77,Elsewhere,Atlantis,identified,", "two letters of the country"),
        ("77,Elsewhere,,identified,", "its country is needed"),
        (",Elsewhere,FR,open,", "needs its number"),
        ("77,Elsewhere,FR,asleep,", "Write one of: Identified"),
        ("77,Elsewhere,FR,open,2199-01-01", "has not come yet"),
        ("77,Elsewhere,FR,open,31.02.2025", "not a day of the calendar"),
        (f"{'7' * 21},Elsewhere,FR,identified,", "limit is 20"),
        ("77,,FR,identified,", "It is empty"),
        ("import,Elsewhere,FR,identified,", "“import” cannot stand in an address"),
        ("10/42,Elsewhere,FR,identified,", "“10/42” cannot stand in an address"),
        ("77,Elsewhere,FR,open,", "Since when is the site open for enrolment? Add the day."),
        ("77,Elsewhere,FR,on hold,,2025-01-02", "Since when is the site on hold?"),
        ("77,Elsewhere,FR,ready,2025-01-02,,2025-01-02", "The site is ready. Leave the day out"),
        ("77,Elsewhere,FR,open,2025-01-02,,2025-02-02", "It is before Initiated on"),
        ("77,Elsewhere,FR,initiated,,2199-01-01", "has not come yet"),
    ],
)
def test_each_bad_row_gets_its_message(manager: Client, row: str, said: str) -> None:
    head = "Number,Place,Country,Status,Since,Identified on,SIV date,Activated on"
    page = words(manager.get(send(manager, f"{head}\n{row}\n", encoding="utf-8")))
    assert said in page
    assert "1 wrong" in page


def test_the_days_of_a_list_become_the_life_of_its_sites(manager: Client) -> None:
    send(
        manager,
        "Number,Place,Country,Status,Since,Identified on,SIV date,Activated on\n"
        "1,One,FR,Enrolment closed,2025-06-01,2024-01-02,2024-05-06,2024-05-20\n"
        "2,Two,FR,Active,,,,2024-05-20\n"
        "3,Three,FR,Initiated,2024-05-06,,,\n"
        "4,Four,FR,On hold,2025-01-01,,,\n",
        encoding="utf-8",
    )
    go(manager, "core:begin_import")
    lives = {
        site.number: (str(site.initiated_on), str(site.opened_on), str(site.status_on), [
            (step.from_status, step.to_status, str(step.on))
            for step in StatusChange.objects.filter(
                flow="sites.site", object_id=site.pk
            ).order_by("pk")
        ])
        for site in Site.objects.filter(place__country="FR")
    }  # fmt: skip
    assert lives == {
        "1": ("2024-05-06", "2024-05-20", "2025-06-01", [
            ("", "identified", "2024-01-02"), ("identified", "initiated", "2024-05-06"),
            ("initiated", "open", "2024-05-20"), ("open", "enrolment_closed", "2025-06-01"),
        ]),
        "2": ("None", "2024-05-20", "2024-05-20", [("", "open", "2024-05-20")]),
        "3": ("2024-05-06", "None", "2024-05-06", [("", "initiated", "2024-05-06")]),
        "4": ("None", "None", "2025-01-01", [("", "on_hold", "2025-01-01")]),
    }  # fmt: skip


def test_a_known_place_is_found_by_its_name_and_a_hostile_one_is_only_text(
    world: World, manager: Client
) -> None:
    hostile = '=HYPERLINK("x")<script>alert(1)</script>'
    quoted = hostile.replace('"', '""')
    raw = f'Number,Place,Country\n8,northgate,\n9,"{quoted}",FR\n'
    page = manager.get(send(manager, raw, encoding="utf-8")).content.decode()
    assert "<script>alert" not in page
    go(manager, "core:begin_import")
    assert Site.objects.get(number="8").place == world.place
    assert Place.objects.get(sites__number="9").name == hostile


@pytest.mark.parametrize(("raw", "said"), [(b"", "is empty"), (b"PK\x03\x04", "a spreadsheet")])
def test_a_file_that_is_no_list_is_refused(manager: Client, raw: bytes, said: str) -> None:
    url = reverse("sites:import_sites", args=["tmr-204"])
    answer = manager.post(url, {"file": SimpleUploadedFile("x.csv", raw)})
    assert answer.status_code == 422
    assert said in words(answer)
    assert manager.post(url).status_code == 422
    assert not Upload.objects.exists()


def test_who_may_not_add_sites_finds_no_import_and_no_upload_of_another(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    address = send(client, GOOD)
    assistant = user_with(Role.CTA, world.trial, world.admin)
    for person, start, upload in ((world.coordinator, 403, 404), (assistant, 200, 404)):
        client.force_login(person)
        assert client.get(reverse("sites:import_sites", args=["tmr-204"])).status_code == start
        assert client.get(address).status_code == upload
        assert address == reverse("core:import", args=[Upload.objects.earliest("pk").pk])
        for name in ("core:map_columns", "core:begin_import", "core:set_import_aside"):
            assert go(client, name).status_code == 404
        assert client.get(f"{address}wrong-rows/").status_code == 404
    page = words(client.get(send(client, GOOD)))
    assert "Your role adds sites as identified only" in page
    client.logout()
    assert client.get(address).status_code == 302


def test_a_candidate_stands_in_a_list_once(manager: Client) -> None:
    head, row = "Institution;Town;Country;Target\n", "Hôpital Nord;Paris;FR;3\n"
    page = words(manager.get(send(manager, head + row + row)))
    assert "It stands on line 2 already. Keep one, or add the numbers." in page
    assert "1 new" in page


def test_a_column_that_the_file_has_not_is_not_chosen(manager: Client) -> None:
    address = send(manager, GOOD)
    for position in ("00099", "9" * 5_000):
        assert go(manager, "core:map_columns", number=position, day_order="dmy").status_code == 302
        assert "No column of the file is chosen" in words(manager.get(address))
        assert Upload.objects.get().mapping == {}


def test_a_list_set_aside_is_forgotten(world: World, manager: Client) -> None:
    address = send(manager, GOOD)
    assert b"Klinikum" not in bytes(Upload.objects.get().raw)
    go(manager, "core:set_import_aside")
    assert bytes(Upload.objects.get().raw) == b""
    assert "Set aside" in words(manager.get(address))
    assert manager.get(f"{address}wrong-rows/").status_code == 404
    assert go(manager, "core:begin_import").status_code == 302
    assert go(manager, "core:map_columns", day_order="dmy").status_code == 302
    assert Site.objects.count() == 1


def test_what_was_taken_meanwhile_sends_the_list_back_to_its_check(
    world: World, manager: Client
) -> None:
    send(manager, GOOD)
    held = Upload.objects.get()
    uploads.begin(held, without_wrong=False, by=world.manager)
    Site.objects.filter(pk=world.site.pk).update(number="2001")
    uploads.run(held.pk)
    assert Site.objects.count() == 2
    assert Upload.objects.get().done == 2
    assert Upload.objects.get().left_behind == 1


def test_what_the_database_refuses_is_said_and_leaves_a_way_out(
    world: World, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send(manager, GOOD)
    held = Upload.objects.get()
    uploads.begin(held, without_wrong=False, by=world.manager)

    def refuse(*_: object, **__: object) -> None:
        Site.objects.create(trial=world.trial, place=world.place, number=world.site.number)

    monkeypatch.setattr(uploads.Opened(held, world.manager).importer, "take_over", refuse)
    uploads.run(held.pk)
    assert "The database refused the next rows" in words(manager.get(address))
    assert (Site.objects.count(), Upload.objects.get().begun_at) == (1, None)
    assert go(manager, "core:set_import_aside").status_code == 302
    assert Upload.objects.get().message == "Set aside."


def test_after_a_month_the_file_is_forgotten(world: World, manager: Client) -> None:
    address = send(manager, GOOD)
    uploads.forget_old()
    assert "2 new" in words(manager.get(address))
    Upload.objects.update(at=timezone.now() - timedelta(days=31))
    uploads.forget_old()
    assert bytes(Upload.objects.get().raw) == b""
    assert "Set aside after a month" in words(manager.get(address))
