"""A version of the schedule at the sites of its trial: which work under it, and putting it into effect."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites.actions import places, sites
from sites.models import Site, SiteSchedule
from tests.world import World, make_version
from trials.models import ScheduleVersion

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def second(world: World) -> ScheduleVersion:
    """An approved version that no site works under yet."""
    return make_version(world.trial, "2.0", world.manager)


@pytest.fixture
def other(world: World) -> Site:
    """A second site of the trial, under no version."""
    return sites.add_site(
        world.trial, country=world.site.country, place=world.place, number="1043", by=world.manager
    )


def at(version: ScheduleVersion) -> str:
    return reverse("sites:effect", args=[version.trial.code, version.number])


def counted(client: Client, version: ScheduleVersion) -> str:
    part = client.get(at(version), headers={"HX-Request": "true"}).content.decode()
    return " ".join(part.split())


def test_the_count_says_how_many_sites_since_when_and_how_many_are_to_come(
    world: World, client: Client, second: ScheduleVersion
) -> None:
    client.force_login(world.manager)
    held = SiteSchedule.objects.get(site=world.site)
    assert held.during.lower
    assert counted(client, world.version) == f"1 of 1 site, since {held.during.lower:%-d %b %Y}"
    assert counted(client, second) == "0 of 1 site"
    soon = timezone.localdate() + 5 * DAY
    sites.put_into_effect(world.site, version=second, from_on=soon, by=world.manager)
    assert counted(client, second) == "0 of 1 site, 1 to come"
    text = " ".join(client.get(at(second)).content.decode().split())
    assert f"2.0 from {soon:%-d %b %Y}" in text


def test_a_site_where_the_day_has_not_begun_is_to_come(
    world: World, client: Client, second: ScheduleVersion
) -> None:
    west = {"time_zone": "America/New_York"}
    places.change_place(world.place, values=west, by=world.coordinator)
    night = (timezone.now() + DAY).replace(hour=2)  # there it is the evening before
    sites.put_into_effect(world.site, version=second, from_on=night.date(), by=world.manager)
    for later, said in ((timedelta(), "0 of 1 site, 1 to come"), (DAY / 2, "1 of 1 site, since")):
        with time_machine.travel(night + later, tick=False):
            client.force_login(world.manager)
            assert counted(client, second).startswith(said)


def test_a_version_is_put_into_effect_at_the_sites_that_are_ticked(
    world: World, client: Client, second: ScheduleVersion, other: Site
) -> None:
    client.force_login(world.manager)
    data: dict[str, Any] = {"at": [world.site.pk, other.pk], "from_on": "2031-02-03"}
    assert client.post(at(second), data).status_code == 302
    begun = SiteSchedule.objects.filter(version=second).values_list("site__number", "during")
    assert {(number, during.lower) for number, during in begun} == {
        ("1042", date(2031, 2, 3)), ("1043", date(2031, 2, 3)),
    }  # fmt: skip


def test_all_sites_come_under_a_version_or_none(
    world: World, client: Client, second: ScheduleVersion, other: Site
) -> None:
    client.force_login(world.manager)
    day = date(2031, 2, 3)
    sites.put_into_effect(other, version=second, from_on=day, by=world.manager)
    again = client.post(at(second), {"at": [world.site.pk, other.pk], "from_on": str(day)})
    assert again.status_code == 409
    assert "begins at" in again.content.decode()
    assert not SiteSchedule.objects.filter(version=second, site=world.site).exists()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"from_on": "2031-02-03"}, "Tick at least one site"),
        ({"at": "0", "from_on": "2031-02-03"}, "Select a valid choice"),
        ({"at": "1", "from_on": "soon"}, "soon is not a day"),
    ],
)
def test_what_is_missing_is_said(
    world: World, client: Client, second: ScheduleVersion, data: dict[str, str], text: str
) -> None:
    client.force_login(world.manager)
    if data.get("at") == "1":
        data = {**data, "at": str(world.site.pk)}
    refused = client.post(at(second), data)
    assert refused.status_code == 422
    assert text in refused.content.decode()


def test_a_draft_is_put_into_effect_nowhere(
    world: World, client: Client, second: ScheduleVersion
) -> None:
    client.force_login(world.manager)
    ScheduleVersion.objects.filter(pk=second.pk).update(status="retired")
    assert "Put into effect" not in client.get(at(second)).content.decode()
    refused = client.post(at(second), {"at": world.site.pk, "from_on": "2031-02-03"})
    assert refused.status_code == 422
    assert "is not approved" in refused.content.decode()


def test_who_sees_a_site_sees_it_there_and_only_managers_tick(
    world: World, client: Client, other: Site
) -> None:
    client.force_login(world.cra)
    page = client.get(at(world.version))
    assert [row.site for row in page.context["effect"].rows] == [world.site]
    assert 'type="checkbox"' not in page.content.decode()
    assert client.post(at(world.version), {"at": world.site.pk}).status_code == 403
