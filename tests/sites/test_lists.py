"""The lists of places and of what is delegated at one."""

import csv
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites.actions import places
from sites.models import Delegation, Task
from tests.world import World, make_place

pytestmark = pytest.mark.django_db

SLUG = ["northgate"]


def test_places_are_found_by_name_or_city_and_say_how_many_trials_they_take_part_in(
    world: World, client: Client
) -> None:
    make_place("eastgate", world.admin)
    client.force_login(world.admin)

    def rows(query: str) -> list[list[str]]:
        sent: Any = client.get(reverse("sites:export_places", args=["csv"]) + query)
        _, _, *lines = csv.reader(sent.getvalue().decode().splitlines())
        return [[line[1], line[-1]] for line in lines]

    assert [name for name, _ in rows("")] == ["Eastgate", "Northgate"]
    assert rows("?q=north") == [["Northgate", "1"]]
    page = client.get(reverse("sites:places") + "?q=east").content.decode()
    assert "2 places" in page
    assert ">Eastgate<" in page
    assert ">Northgate<" not in page


def test_the_log_of_delegations_is_filtered_by_state_person_and_trial(
    world: World, client: Client
) -> None:
    client.force_login(world.coordinator)
    ahead = timezone.localdate() + timedelta(days=30)
    for task, first, last in (
        (Task.ECG, date(2020, 1, 1), date(2020, 2, 1)),
        (Task.BLOOD, ahead, None),
    ):
        places.delegate(
            world.site, person=world.person, tasks=[task], from_on=first, to_on=last,
            by=world.coordinator,
        )  # fmt: skip
    url = reverse("sites:delegations", args=SLUG)

    def tasks(query: str) -> set[str]:
        file = reverse("sites:export_delegations", args=[*SLUG, "csv"])
        sent: Any = client.get(f"{file}?{query}")
        _, _, *lines = csv.reader(sent.getvalue().decode().splitlines())
        return {line[1] for line in lines}

    assert tasks("state=ended") == {"ECG"}
    assert tasks("state=later") == {"Draw blood"}
    assert "Run subject visits" in tasks("state=now")
    assert tasks(f"person={world.person.name}&trial=TMR-204") == tasks("")
    assert tasks("person=Nobody") == set()
    page = client.get(url + "?sort=-first&q=" + world.person.name[:3]).content.decode()
    rows = page.index("Draw blood"), page.index("Run subject visits"), page.index("ECG")
    assert rows == tuple(sorted(rows))
    assert "1 Feb 2020" in page
    ends = reverse("sites:end_delegation", args=[Delegation.objects.get(task=Task.ECG).pk])
    assert ends not in page
    page = client.get(url + "?state=ended&columns=state").content.decode()
    assert "Ended</span>" in page
    assert world.person.name in page
