"""What is refused about a site: its number once initiated, and versions of other trials."""

from __future__ import annotations

import html
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from core.actions import RefusedError
from sites.actions import sites
from sites.models import Site, SiteSchedule
from tests.trail import nothing_written
from tests.world import World, make_version
from trials.actions import trials
from trials.models import ScheduleVersion

pytestmark = pytest.mark.django_db

SITE = ["tmr-204", "1042"]


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.manager)
    return client


@pytest.fixture
def foreign(world: World) -> ScheduleVersion:
    """An approved version of another trial of the sponsor, which has a site."""
    values = {"code": "tmr-205", "protocol_number": "TMR-205", "name": "Juniper"}
    other = trials.add_trial(world.sponsor, values=values, by=world.admin)
    sites.propose(other, place=world.place, number="2001", by=world.manager)
    return make_version(other, "7.0", world.manager)


def test_a_site_keeps_a_number_once_it_is_initiated(world: World, manager: Client) -> None:
    url = reverse("sites:change_site", args=SITE)
    with nothing_written():
        answer = manager.post(url, {"number": "", "investigator_name": "Dr Ö"})
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "1042 Northgate was initiated; it keeps a number. Leave 1042, or give another." in text
    assert 'value="Dr Ö"' in text
    assert Site.objects.get(pk=world.site.pk).investigator_name == ""
    other = manager.post(url, {"number": "1042a", "investigator_name": "Dr Ö"})
    assert other.status_code == 302
    assert Site.objects.get(pk=world.site.pk).number == "1042a"


def test_a_site_that_is_not_initiated_may_lose_its_number(world: World, manager: Client) -> None:
    site = sites.propose(world.trial, place=world.place, number="1043", by=world.manager)
    url = reverse("sites:change_site", args=["tmr-204", "1043"])
    assert manager.post(url, {"number": ""}).status_code == 302
    assert Site.objects.get(pk=site.pk).number == ""


@pytest.mark.parametrize("way", ["schedules", "effect"])
def test_no_page_puts_the_version_of_another_trial_into_effect(
    world: World, manager: Client, foreign: ScheduleVersion, way: str
) -> None:
    form = {"version": foreign.pk, "at": world.site.pk, "from_on": "2031-02-03"}
    at = SITE if way == "schedules" else ["tmr-205", "7.0"]
    with nothing_written():
        answer = manager.post(reverse(f"sites:{way}", args=at), form)
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert not SiteSchedule.objects.filter(version=foreign).exists()


def test_the_version_of_another_trial_is_never_in_effect(
    world: World, foreign: ScheduleVersion
) -> None:
    day = date(2031, 2, 3)
    with nothing_written(), pytest.raises(RefusedError) as refused:
        sites.put_into_effect_at(foreign, at=[world.site], from_on=day, by=world.manager)
    assert str(refused.value) == (
        "Schedule 7.0 belongs to another trial. Choose an approved version of TMR-204."
    )
    assert list(SiteSchedule.objects.values_list("version", flat=True)) == [world.version.pk]
