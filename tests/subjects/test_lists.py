"""Who is calling, the screening log, and lists of subjects as files."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from subjects import callers
from subjects.actions import subjects
from subjects.models import Subject
from tests.world import World, make_place, make_site, screen, user_with

pytestmark = pytest.mark.django_db


def known_as(world: World, name: str, phone: str = "") -> Subject:
    subject = screen(world)
    values = {"name": name, "phone": phone}
    subjects.identify(subject, values=values, by=world.coordinator)
    return subject


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("zoë", ["Zoë Hart"]),
        ("ZOE", ["Zoë Hart"]),
        ("hart zo", ["Zoë Hart"]),
        ("har", ["Zoë Hart", "Jo Hartmann"]),
        ("0113 496", ["Zoë Hart"]),
        ("+44 113 4960 001", ["Zoë Hart"]),
        ("1042-002", ["Jo Hartmann"]),
        ("art", []),
        ("z", []),
        ("011", []),
        ("nobody", []),
    ],
)
def test_a_caller_is_found_by_name_phone_or_number(
    world: World, typed: str, names: list[str]
) -> None:
    known_as(world, "Zoë Hart", "0113 496 0001")
    known_as(world, "Jo Hartmann", "0113-555-0002")
    found = callers.find(world.place, typed, world.coordinator)
    assert [caller.name for caller in found] == names


def test_names_are_found_at_their_own_place_only(world: World) -> None:
    known_as(world, "Zoë Hart")
    other = make_place("eastgate", world.admin)
    make_site(world.trial, other, "1043", world.admin, world.manager)
    elsewhere = user_with(Role.COORDINATOR, other, world.admin)
    assert callers.find(other, "zoë", elsewhere) == []
    assert callers.find(world.place, "zoë", elsewhere) == []
    assert callers.find(world.place, "zoë", world.cra) == []
    assert [row.name for row in callers.find(world.place, "1042-001", world.cra)] == [""]


def test_the_page_of_callers_is_for_the_site_and_keeps_names_out_of_addresses(
    world: World, client: Client
) -> None:
    known_as(world, "Zoë Hart", "0113 496 0001")
    url = reverse("subjects:find_caller", args=["northgate"])
    client.force_login(world.cra)
    assert client.post(url, {"who": "zoë"}).status_code in {403, 404}
    client.force_login(world.coordinator)
    assert "Zoë Hart" not in client.get(f"{url}?who=zoë").content.decode()
    answer = client.post(url, {"who": "zoë"})
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert "Zoë Hart" in text
    assert "1042-001" in text
    assert "Find slot" in "".join(text.split("\n")).replace("  ", "").replace(
        "Findslot", "Find slot"
    )
    events = client.get(reverse("safety:place_events", args=["northgate"])).content.decode()
    assert f'href="{url}"' in events  # an event begins with whose it is
    assert reverse("safety:log_event", args=[Subject.objects.get().pk]) in text
    assert "Nobody at Northgate fits" in client.post(url, {"who": "nobody"}).content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_finding_a_caller_runs_few_queries(
    world: World, client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        known_as(world, "Zoë Hart")
    client.force_login(world.coordinator)
    url = reverse("subjects:find_caller", args=["northgate"])
    client.post(url, {"who": "zoë"})
    with django_assert_max_num_queries(10):
        assert client.post(url, {"who": "zoë"}).content.decode().count("Zoë Hart") == count


def screened(world: World) -> list[Subject]:
    """One in screening, one failed, one enrolled, one entered in error."""
    today = timezone.localdate(timezone=world.place.zone)
    made = [screen(world) for _ in range(4)]
    left = ((made[1], "screen_failed", "inclusion"), (made[3], "in_error", ""))
    for subject, status, code in left:
        subjects.end(
            subject, status=status, on=today, reason_code=code, reason="=HbA1c",
            by=world.coordinator,
        )  # fmt: skip
    subjects.enrol(made[2], on=today, by=world.coordinator)
    return made


def test_the_screening_log_tells_what_came_of_everybody(world: World, client: Client) -> None:
    screened(world)
    client.force_login(world.cra)
    url = reverse("subjects:screening_log", args=[world.site.pk])
    text = " ".join(client.get(url).content.decode().split())
    assert "1042-003" in text
    assert "Entered in error" in text
    assert "50 % of those decided" in " ".join(text.split())
    assert "Why screenings failed" in text
    assert "Inclusion criterion not met: =HbA1c" in text
    failed = client.get(f"{url}?outcome=failed").content.decode()
    assert "1042-002" in failed
    assert "1042-003" not in failed
    assert client.get(f"{url}?outcome=nonsense&after=x").status_code == 200


def test_the_screening_log_is_of_ones_own_sites(world: World, client: Client) -> None:
    elsewhere = user_with(Role.COORDINATOR, make_place("eastgate", world.admin), world.admin)
    client.force_login(elsewhere)
    for name in ("screening_log", "export_screening_log"):
        url = reverse(f"subjects:{name}", args=[world.site.pk])
        assert client.get(url).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_the_screening_log_runs_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        screen(world)
    client.force_login(world.coordinator)
    url = reverse("subjects:screening_log", args=[world.site.pk])
    client.get(url)
    with django_assert_max_num_queries(8):
        assert client.get(url).status_code == 200


def lines(client: Client, url: str) -> list[list[str]]:
    text = client.get(url).getvalue().decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_the_screening_log_as_a_file_runs_no_formula(world: World, client: Client) -> None:
    screened(world)
    client.force_login(world.coordinator)
    url = reverse("subjects:export_screening_log", args=[world.site.pk])
    rows = lines(client, f"{url}?outcome=failed")
    assert "Outcome: Screen failed" in rows[0][0]
    assert rows[1][0] == "Subject"
    assert [(row[0], row[4], *row[8:10]) for row in rows[2:]] == [
        ("1042-002", "Screen failed", "Inclusion criterion not met", "'=HbA1c")
    ]


def test_subjects_as_a_file_are_those_the_list_shows(world: World, client: Client) -> None:
    known_as(world, "Zoë Hart")
    screened(world)
    client.force_login(world.coordinator)
    paths = [
        reverse("workspace:export_all_subjects", args=["csv"]),
        reverse("workspace:export_subjects", args=["tmr-204", "csv"]),
        reverse("workspace:export_place_subjects", args=["northgate", "csv"]),
    ]
    for path in paths:
        rows = lines(client, f"{path}?status=enrolled&sort=next")
        assert [(row[0], row[1], row[2], row[3]) for row in rows[2:]] == [
            ("TMR-204", "1042", "1042-004", "Enrolled")
        ]
        assert "Zoë" not in str(lines(client, path))
    client.force_login(user_with(Role.CRA, make_site(
        world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager,
    ), world.admin))  # fmt: skip
    assert len(lines(client, paths[0])) == 2
    assert client.get(paths[2]).status_code == 404


def test_the_screening_logs_of_a_place_and_of_a_trial_are_in_the_navigation(
    world: World, client: Client, django_assert_max_num_queries: Any
) -> None:
    screened(world)
    log = reverse("subjects:screening_log", args=[world.site.pk])
    for user, name, key in (
        (world.coordinator, "subjects:place_screening", "northgate"),
        (world.cra, "subjects:trial_screening", "tmr-204"),
    ):
        client.force_login(user)
        url = reverse(name, args=[key])
        assert f'href="{url}"' in client.get(reverse("inbox:work")).content.decode()
        assert url in client.get(reverse("palette"), {"q": "screening"}).content.decode()
        with django_assert_max_num_queries(10):
            text = client.get(url).content.decode()
        assert log in text
    hidden = user_with(Role.CRA, make_site(
        world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager
    ), world.admin)  # fmt: skip
    client.force_login(hidden)
    text = client.get(reverse("subjects:trial_screening", args=["tmr-204"])).content.decode()
    assert log not in text
