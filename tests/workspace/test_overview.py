"""The pages of a trial and a site: figures that agree with the lists they lead to."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core import obligations
from sites.models import Site
from subjects.actions import subjects
from subjects.models import Subject, Visit
from tests.world import World, make_place, make_site, screen, user_with
from workspace import overview

pytestmark = pytest.mark.django_db

TRIAL = "/trials/tmr-204/"
SITE = "/trials/tmr-204/sites/1042/"


@pytest.fixture
def lived(world: World) -> list[Subject]:
    """One in screening with a late visit, one failed, one enrolled, one entered in error."""
    today = timezone.localdate(timezone=world.place.zone)
    made = [screen(world, today - timedelta(days=30)) for _ in range(4)]
    left = ((made[1], "screen_failed", "inclusion"), (made[3], "in_error", ""))
    for subject, status, code in left:
        subjects.end(
            subject, status=status, on=today, reason_code=code, reason="in test",
            by=world.coordinator,
        )  # fmt: skip
    subjects.enrol(made[2], on=today, by=world.coordinator)
    Visit.objects.filter(subject=made[0], code="SCR").update(
        earliest_on=today - timedelta(days=9), target_on=today - timedelta(days=8),
        latest_on=today - timedelta(days=7),
    )  # fmt: skip
    obligations.refresh_everything()
    return made


def figures(text: str) -> dict[str, tuple[str, str]]:
    """Each figure of the strip with the list behind it."""
    found = re.findall(
        r'href="([^"]+)"\s*><span\s*class="strip-label"\s*>([^<]+)</span><span\s*class="strip-value"\s*>([^<]+)<',
        text,
    )
    return {label: (value.strip(), url.replace("&amp;", "&")) for url, label, value in found}


@pytest.mark.parametrize("path", [TRIAL, SITE])
def test_a_figure_is_how_many_rows_its_list_shows(
    world: World, client: Client, lived: list[Subject], path: str
) -> None:
    client.force_login(world.coordinator)
    shown = figures(client.get(path).content.decode())
    assert shown["Screened"][0] == "3"
    assert shown["Enrolled"][0] == "1"
    assert shown["Screen failure, %"][0] == "50"
    assert shown["Something late"][0] == "1"
    for label, (value, url) in shown.items():
        if label == "Screen failure, %":
            continue
        listed = client.get(url).content.decode()
        assert listed.count("data-row>") == int(value), label


def test_the_plan_says_how_far_it_is(world: World) -> None:
    assert overview.against_plan(3, None) == ("n", "no plan")
    assert overview.against_plan(3, 10) == ("n", "7 to go")
    assert overview.against_plan(10, 10) == ("g", "plan reached")


def test_sites_open_is_told_with_those_that_enrol_nobody(world: World) -> None:
    def figure(planned: int | None = None) -> overview.Figure:
        sites = overview.sites_of(User.objects.get(pk=world.manager.pk), world.trial)
        return overview.site_figure(sites, planned)

    assert (figure().value, figure().words, figure(9).of) == ("1", "all enrol", " / 9")
    Site.objects.update(opened_on=timezone.localdate() - timedelta(days=99))
    assert (figure().level, figure().words) == ("a", "1 enrol nobody")
    assert figure().url.endswith("?need=enrolment")
    Site.objects.update(status="on_hold")
    assert (figure().level, figure().words) == ("n", "of 1 site")


def test_the_sites_that_need_most_come_first(world: World, lived: list[Subject]) -> None:
    today = timezone.localdate()
    for number in ("1043", "1044", "1045"):
        place = make_place(f"gate-{number}", world.admin)
        make_site(world.trial, place, number, world.admin, world.manager)
    Site.objects.filter(number="1043").update(opened_on=today, enrolled=4, planned_subjects=10)
    Site.objects.filter(number="1044").update(opened_on=today - timedelta(days=99))
    Site.objects.filter(number="1045").update(opened_on=today, enrolled=9, planned_subjects=10)
    manager = User.objects.get(pk=world.manager.pk)
    worst = overview.worst_first(
        manager, overview.sites_of(manager, world.trial), world.trial, today
    )
    assert [line.name for line in worst] == [
        "1042 Northgate", "1044 Gate-1044", "1043 Gate-1043", "1045 Gate-1045",
    ]  # fmt: skip


def test_open_items_lead_to_the_subjects_they_are_about(
    world: World, client: Client, lived: list[Subject]
) -> None:
    client.force_login(world.cra)
    text = client.get(SITE).content.decode()
    assert "Visit past its window without an outcome" in text
    url = reverse("workspace:site_subjects", args=["tmr-204", "1042"])
    listed = client.get(f"{url}?duty=visit.outcome&sort=next").content.decode()
    assert "Duty: Visit past its window without an outcome" in " ".join(listed.split())
    assert lived[0].number in listed
    assert lived[2].number not in listed
    (item,) = [one for one in overview.open_items(
        User.objects.get(pk=world.cra.pk), world.site, timezone.localdate(), url
    ) if one.late]  # fmt: skip
    assert (item.title, item.open, item.url) == (
        "Visit past its window without an outcome", item.late, f"{url}?duty=visit.outcome&sort=next",
    )  # fmt: skip
    assert item.due.endswith("late") or item.due.endswith(str(timezone.localdate().year))


def test_the_activity_of_a_site_is_for_those_who_read_trails(
    world: World, client: Client, lived: list[Subject]
) -> None:
    url = reverse("workspace:site_activity", args=["tmr-204", "1042"])
    client.force_login(world.coordinator)
    text = " ".join(client.get(f"{url}?what=enrol").content.decode().split())
    assert "Enrol" in text
    assert lived[2].number in text
    assert "1 of " in text
    assert "UTC" in text
    assert url in client.get(SITE).content.decode()
    client.force_login(user_with(Role.CTA, world.trial, world.admin))
    assert client.get(url).status_code == 403
    assert url not in client.get(SITE).content.decode()


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(
    ("path", "most"),
    [
        (TRIAL, 17), (SITE, 14), ("/trials/", 9), ("/subjects/?need=late", 7),
        ("/places/northgate/subjects/?sort=-next&columns=status,duties", 9),
        (f"{SITE}subjects/", 9), (f"{SITE}activity/", 8),
    ],
)  # fmt: skip
def test_lists_and_pages_run_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int, path: str, most: int
) -> None:
    for _ in range(count):
        screen(world)
    client.force_login(world.coordinator)
    client.get(path)
    with django_assert_max_num_queries(most):
        assert client.get(path).status_code == 200


def test_trials_are_listed_with_what_their_sites_come_to(world: World, client: Client) -> None:
    Site.objects.filter(pk=world.site.pk).update(enrolled=5)
    world.trial.__class__.objects.filter(pk=world.trial.pk).update(
        planned_subjects=20, planned_sites=3, status="recruiting", phase="Phase 2"
    )
    lead = user_with(Role.TRIAL_MANAGER, world.trial, world.admin)
    client.force_login(world.manager)
    text = " ".join(client.get("/trials/?status=recruiting").content.decode().split())
    assert '5 <span class="text-muted">/ 20</span>' in text
    assert '1 <span class="text-muted">/ 3</span>' in text
    assert lead.get_full_name() in text
    assert "Add trial" in text
    client.force_login(world.cra)
    assert "Add trial" not in client.get("/trials/").content.decode()


def test_search_finds_by_the_start_of_a_number_and_by_names(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.manager)
    for words in ("1042", "northg", "tamar", subject.number):
        text = client.get(reverse("workspace:search"), {"q": words}).content.decode()
        assert "TMR-204" in text
    assert (
        "No match for zz" in client.get(reverse("workspace:search"), {"q": "zz"}).content.decode()
    )
    assert client.get(reverse("workspace:search")).status_code == 200


@pytest.mark.parametrize(
    ("name", "args", "heads"),
    [
        ("workspace:export_trials", [], ["Trial", "Name", "Sponsor"]),
        ("workspace:export_site_subjects", ["tmr-204", "1042"], ["Trial", "Site", "Subject"]),
        ("workspace:export_site_activity", ["tmr-204", "1042"], ["When", "What", "Record"]),
    ],
)
def test_every_list_is_had_as_a_file(
    world: World, client: Client, name: str, args: list[str], heads: list[str]
) -> None:
    screen(world)
    client.force_login(world.coordinator)
    text = client.get(reverse(name, args=[*args, "csv"])).getvalue().decode("utf-8-sig")
    first, second, *rows = list(csv.reader(StringIO(text, newline="")))
    assert "no filter" in first[0]
    assert second[:3] == heads
    assert rows
