"""Which visit and procedure of the version before a new one goes on from."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client

from core.durations import Duration
from tests.trials.test_imports import PILOT, file_of, posted, start, upload
from tests.world import World
from trials.models import ScheduleVersion, VisitDefinition
from trials.queries.lineages import HOW, pair, ranked, signs_of_procedure, signs_of_visit

WEEK = Duration(days=7)


@pytest.mark.parametrize(
    ("new", "old", "found"),
    [
        (("I1", "E1", "Week 1", WEEK), ("I1", "E1", "week  1", WEEK), "source_id"),
        (("I1", "E2", "Week 1 call", WEEK), ("I1", "E1", "Week 1", WEEK), "source_id"),
        (("", "E1", "Week 1", WEEK), ("I1", "E1", "week  1", Duration(days=8)), "encounter"),
        (("I9", "E1", "Week 1 call", WEEK), ("I1", "E1", "Week 1", WEEK), "encounter"),
        (("", "E9", "Week 1", WEEK), ("", "E1", "Week 1", WEEK), "time"),
        (("", "E9", "Week 1", Duration(days=8)), ("", "", "Week 1", WEEK), "name"),
        (("I1", "E1", "Week 2", Duration(days=14)), ("I1", "E1", "Week 1", WEEK), ""),
        (("", "", "Week 2", WEEK), ("", "", "Week 1", WEEK), ""),
    ],
)
def test_a_visit_is_known_again_by_id_encounter_name_and_time(new, old, found) -> None:
    same = ranked([signs_of_visit(*new)], [signs_of_visit(*old)])
    assert {place: (was, HOW[rank]) for place, (was, rank) in same.items()} == (
        {0: (0, found)} if found else {}
    )


def test_the_surest_sign_goes_first_and_no_old_visit_is_taken_twice() -> None:
    encounter = partial(signs_of_visit, "")
    old = [encounter("E1", "Week 8", WEEK), encounter("E1", "Week 8", Duration(days=70))]
    new = [
        encounter("E3", "Week 8", Duration(days=9)),
        encounter("E1", "Phone call", Duration(days=70)),
        encounter("E1", "Week 8", Duration(days=8)),
        encounter("E1", "Week 8", WEEK),
    ]
    assert pair(new, old) == {2: 0, 3: 1}
    assert pair(new[:2], old) == {1: 1, 0: 0}
    assert pair(new, []) == {}
    assert pair([], old) == {}


def test_a_procedure_is_known_again_by_its_name_whatever_its_id() -> None:
    old = [signs_of_procedure("A1", "ECG"), signs_of_procedure("", "Blood")]
    assert pair([signs_of_procedure("A9", "ecg"), signs_of_procedure("A1", "Blood")], old) == {
        0: 0, 1: 1,
    }  # fmt: skip
    assert pair([signs_of_procedure("A1", "MRI")], old) == {}


def renumbered(raw: bytes) -> bytes:
    """The file as a producer writes it that gives every encounter, instance and activity a new id."""
    text = raw.decode()
    for kind in ("Encounter", "ScheduledActivityInstance", "Activity"):
        text = text.replace(f'"{kind}_', f'"{kind}_9')
    return text.encode()


@pytest.fixture
def approved(world: World, client: Client) -> ScheduleVersion:
    """The pilot imported, a visit of it changed by hand, as the version subjects are on."""
    client.force_login(world.manager)
    version = start(client, world, PILOT).schedules.get()
    week_2 = {"code": "WK2", "duration": 90, "is_optional": True, "nights": 1}
    version.visits.filter(code="W2").update(**week_2, type="end_of_treatment")
    version.procedures.filter(name="ECG").update(is_critical=True, performer_role="nurse")
    return version


def amended(world: World, client: Client, raw: bytes, **changes: str) -> ScheduleVersion:
    """The next version of the pilot, from the file."""
    url = upload(client, world, raw, trial="h2q-mc-lzzt").headers["Location"]
    done = client.post(url, posted(client, url, "commit", **{"version-number": "3", **changes}))
    assert done.status_code == 302, done.context["errors"]
    return ScheduleVersion.objects.get(number="3")


def lineages(version: ScheduleVersion) -> list[tuple[Any, Any]]:
    return list(version.visits.order_by("timeline_id", "position").values_list("lineage", "name"))


@pytest.mark.django_db
def test_a_file_with_new_ids_goes_on_from_the_visits_before_and_what_no_file_says_stays(
    world: World, client: Client, approved: ScheduleVersion
) -> None:
    version = amended(world, client, renumbered(file_of(PILOT)))
    assert lineages(version) == lineages(approved)
    week_2 = version.visits.get(code="WK2")
    assert (week_2.duration, week_2.is_optional, week_2.nights) == (90, True, 1)
    assert week_2.type == "end_of_treatment"
    assert week_2.source_ids["encounter"] == "Encounter_94"
    ecg = version.procedures.get(name="ECG")
    assert (ecg.is_critical, ecg.performer_role) == (True, "nurse")
    assert ecg.lineage == approved.procedures.get(name="ECG").lineage


@pytest.mark.django_db
def test_a_person_says_from_which_visit_a_row_goes_on(
    world: World, client: Client, approved: ScheduleVersion
) -> None:
    week_4 = str(approved.visits.get(name="Week 4").lineage)
    version = amended(
        world, client, file_of(PILOT) + b" ", **{"row-3-same_as": "", "row-4-same_as": week_4}
    )
    names: dict[str, VisitDefinition] = {one.name: one for one in version.visits.all()}
    before = {str(one.lineage) for one in approved.visits.all()}
    assert str(names["Week 2"].lineage) not in before
    assert str(names["Week 4"].lineage) == week_4


@pytest.mark.django_db
def test_two_rows_cannot_go_on_from_one_visit(
    world: World, client: Client, approved: ScheduleVersion
) -> None:
    url = upload(client, world, file_of(PILOT) + b" ", trial="h2q-mc-lzzt").headers["Location"]
    week_4 = str(approved.visits.get(name="Week 4").lineage)
    refused = client.post(url, posted(client, url, "commit", **{"row-3-same_as": week_4}))
    assert refused.status_code == 422
    assert "Two visits cannot go on from the same one" in refused.content.decode()
    stranger = client.post(url, posted(client, url, "save", **{"row-3-same_as": "someone"}))
    assert stranger.status_code == 422
    assert ScheduleVersion.objects.filter(trial__code="h2q-mc-lzzt").count() == 1


@pytest.mark.django_db
def test_a_schedule_too_large_to_look_through_is_refused(world: World, client: Client) -> None:
    client.force_login(world.manager)
    content = json.loads(file_of(PILOT))
    design = content["study"]["versions"][0]["studyDesigns"][0]
    design["activities"] += [{"id": f"more{n}", "name": f"More {n}"} for n in range(400)]
    refused = upload(client, world, json.dumps(content).encode())
    assert refused.status_code == 422
    assert "300 and 400 are the most" in refused.content.decode()
