"""An amended version beside the one before: what differs, which visits go on, what is signed anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import under_event
from core.models import Event
from core.versions import ConflictError
from tests.subjects.consented import main_form, photo, version
from tests.trials.test_imports import PILOT, file_of, posted, start, upload
from tests.world import World
from trials.actions import amendments, drafts, schedules
from trials.models import ConsentAsked, ScheduleVersion, VisitDefinition, VisitMatch
from trials.queries import differences, grid
from trials.queries.matrix import Cell, Clause, Column, Grid, Line, mark

Rows = list[tuple[str, str, str, str]]


def column(code: str, day: str, window: str = "±3 d", **more: Any) -> Column:
    return Column(
        key=code, code=code, name=code, day=day, window=window, counts_from="Day 1", epoch="",
        lineage=more.pop("lineage", code), modality="Clinic", **more,
    )  # fmt: skip


def line(name: str, columns: Sequence[Column], at: str) -> Line:
    asked = at.split()
    cells = [
        Cell(one, mark("required", (), "", grid.Footnotes()) if one.code in asked else None)
        for one in columns
    ]
    return Line(name, name, "", cells, lineage=name)


def clause(number: str, text: str) -> Clause:
    return Clause((text, "", ("exclusion", number)), f"Exclusion {number}", text)


def told(old: Grid, new: Grid) -> dict[str, Rows]:
    parts = differences.compare(old, new).parts
    return {
        title: [(one.kind, one.what, one.was, one.now) for one in found]
        for title, found in parts.items()
        if found
    }


def test_what_differs_is_told_by_part_without_a_database() -> None:
    was = [column("D1", "D1", ""), column("W2", "D15"), column("W4", "D29"), column("W6", "D43")]
    now = [
        column("D1", "D1", ""), column("W2", "D18"), column("W4", "D29", "−1/+3 d"),
        column("W8", "D57", is_optional=True),
    ]  # fmt: skip
    old = Grid(
        was, [line("ECG", was, "D1 W2"), line("Blood", was, "D1")],
        criteria=[clause("E1", "Pregnant"), clause("E2", "Diabetes"), clause("E3", "Smoker")],
        consents=[Clause((1,), "Main consent", "v3.0")],
    )  # fmt: skip
    new = Grid(
        now, [line("ECG", now, "D1 W4"), line("MRI", now, "W4 W8")],
        criteria=[clause("E1", "Smoker"), clause("E2", "Diabetes, type 1"), clause("E4", "Asthma")],
        consents=[Clause((1,), "Main consent", "v4.0"), Clause((2,), "Genetic", "v1.0")],
    )  # fmt: skip
    assert told(old, new) == {
        "Visits": [
            ("new", "W8", "", "D57, ±3 d, optional"),
            ("moved", "W2", "time D15", "time D18"),
            ("gone", "W6", "D43, ±3 d", ""),
        ],
        "Windows": [("changed", "W4", "±3 d", "−1/+3 d")],
        "Procedures": [("new", "MRI", "", "at W4, W8"), ("gone", "Blood", "at D1", "")],
        "What is asked for when": [
            ("gone", "ECG at W2", "required", ""), ("new", "ECG at W4", "", "required"),
        ],
        "Criteria": [
            ("changed", "Exclusion E2", "Diabetes", "Diabetes, type 1"),
            ("new", "Exclusion E4", "", "Asthma"),
            ("gone", "Exclusion E1", "Pregnant", ""),
        ],
        "Consents to sign before": [
            ("changed", "Main consent", "v3.0", "v4.0"), ("new", "Genetic", "", "v1.0"),
        ],
    }  # fmt: skip
    assert told(new, new) == {}


@pytest.fixture
def pilot(world: World, client: Client) -> ScheduleVersion:
    """The published pilot study, approved, seen by its manager."""
    client.force_login(world.manager)
    version: ScheduleVersion = start(client, world, PILOT).schedules.get()
    with under_event("test"):
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
    return version


def amended_pilot() -> bytes:
    """The pilot's file as an amendment writes it: week 2 a day later, one criterion other, one gone."""
    content = json.loads(file_of(PILOT))
    design = content["study"]["versions"][0]["studyDesigns"][0]
    timings = [one for line in design["scheduleTimelines"] for one in line["timings"]]
    week_2 = next(one for one in timings if one["value"] == "P2W" or one["value"] == "P14D")
    week_2["value"] = "P15D"
    items = content["study"]["versions"][0]["eligibilityCriterionItems"]
    items[0]["text"] = "Males and females aged 40 or more."
    design["eligibilityCriteria"].pop()
    return json.dumps(content).encode()


def take(client: Client, world: World, raw: bytes, **changes: str) -> ScheduleVersion:
    url = upload(client, world, raw, trial="h2q-mc-lzzt").headers["Location"]
    done = client.post(url, posted(client, url, "commit", **{"version-number": "9", **changes}))
    assert done.status_code == 302, done.context["errors"]
    return ScheduleVersion.objects.get(number="9")


@pytest.mark.django_db
def test_a_second_file_is_matched_by_source_id_and_its_differences_are_told(
    world: World, client: Client, pilot: ScheduleVersion
) -> None:
    url = upload(client, world, amended_pilot(), trial="h2q-mc-lzzt").headers["Location"]
    assert "Same id in the file" in client.get(url).content.decode()
    new = take(client, world, amended_pilot())
    matches = VisitMatch.objects.filter(visit__version=new).select_related("visit", "before")
    assert matches.count() == pilot.visits.count() == new.visits.count()
    assert set(matches.values_list("how", "by_name")) == {
        ("source_id", world.manager.get_full_name())
    }
    assert all(row.visit.lineage == row.before.lineage for row in matches)
    was, now = grid.sheets(pilot, new)
    parts = told(was.grid, now.grid)
    assert {kind for kind, *_ in parts["Visits"]} == {"moved"}
    assert [kind for kind, *_ in parts["Criteria"]] == ["changed", "gone"]
    page = client.get(reverse("trials:compare", args=["h2q-mc-lzzt", "9", pilot.number]))
    assert "Males and females aged 40 or more." in page.content.decode()


@pytest.mark.django_db
def test_what_a_person_says_of_a_row_is_kept_with_who_said_it(
    world: World, client: Client, pilot: ScheduleVersion
) -> None:
    new = take(client, world, amended_pilot(), **{"row-3-same_as": ""})
    (said,) = VisitMatch.objects.filter(visit__version=new, how="person")
    assert (said.before, said.by_name) == (None, world.manager.get_full_name())
    rows = client.get(f"/api/v1/visit-matches/?schedule={new.pk}&how=person").json()["results"]
    assert [(row["visit"], row["before"]) for row in rows] == [(said.visit_id, None)]


@pytest.fixture
def draft(world: World, client: Client) -> ScheduleVersion:
    """A draft that has everything of the schedule of the world."""
    client.force_login(world.manager)
    return drafts.copy(world.version, number="2.0", by=world.manager)


def visit(version: ScheduleVersion, code: str) -> VisitDefinition:
    found: VisitDefinition = version.visits.get(code=code)
    return found


@pytest.mark.django_db
def test_an_edited_grid_is_matched_at_its_page(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    drafts.remove_visit(visit(draft, "W4"), by=world.manager)
    values = {"code": "W5", "name": "Week 5", "days": 35}
    added = drafts.add_visit(draft, values=values, place=4, by=world.manager)
    url = reverse("trials:matches", args=["tmr-204", "2.0", "1.0"])
    page = client.get(url)
    assert [one.code for one in page.context["gone"]] == ["W4"]
    assert "Copied" in page.content.decode()
    week_4 = visit(world.version, "W4")
    data = {
        name: field.value() or ""
        for _, field, _ in page.context["rows"]
        for name in [field.html_name]
    }
    done = client.post(url, {**data, f"visit-{added.pk}": week_4.pk})
    assert done.status_code == 302
    added.refresh_from_db()
    assert added.lineage == week_4.lineage
    match = VisitMatch.objects.get(visit=added)
    assert (match.before, match.how, match.by_name) == (
        week_4, "person", world.manager.get_full_name(),
    )  # fmt: skip
    assert Event.objects.filter(verb="match visits", target_id=draft.pk).exists()
    was, now = grid.sheets(world.version, draft)
    assert told(was.grid, now.grid)["Visits"][0][:2] == ("moved", "W5 Week 5")
    doubled = {**data, f"visit-{added.pk}": visit(world.version, "W2").pk}
    refused = client.post(url, doubled)
    assert refused.status_code == 422
    assert "goes on from that visit already" in refused.content.decode()


@pytest.mark.django_db
def test_two_visits_can_change_places_and_one_can_be_said_new(
    world: World, draft: ScheduleVersion
) -> None:
    w2, w4 = visit(draft, "W2"), visit(draft, "W4")
    before = {code: visit(world.version, code) for code in ("W2", "W4")}
    amendments.match(draft, matches={w2.pk: before["W4"], w4.pk: before["W2"]}, by=world.manager)
    assert visit(draft, "W2").lineage == before["W4"].lineage
    amendments.match(draft, matches={w2.pk: None}, by=world.manager)
    assert visit(draft, "W2").lineage not in {one.lineage for one in before.values()}
    with pytest.raises(RefusedError, match="Two visits cannot go on from the same one"):
        amendments.match(
            draft, matches={w2.pk: before["W2"], w4.pk: before["W2"]}, by=world.manager
        )
    with pytest.raises(RefusedError, match="is not in Schedule 2"):
        amendments.match(draft, matches={before["W2"].pk: None}, by=world.manager)
    with pytest.raises(ConflictError):
        amendments.match(draft, matches={}, revision=77, by=world.manager)


@pytest.mark.django_db
def test_the_database_keeps_lineages_together_and_what_is_approved_as_it_is(
    world: World, draft: ScheduleVersion
) -> None:
    match = VisitMatch.objects.get(visit=visit(draft, "W2"))
    match.before = visit(world.version, "W4")
    with (
        pytest.raises(IntegrityError, match="has the lineage"),
        under_event("test"), transaction.atomic(),
    ):  # fmt: skip
        match.save()
    form = main_form(world)
    new = version(world, form, "4.0", must="active")
    amendments.ask_consents(draft, consents=[new], by=world.manager)
    client = Client()
    client.force_login(world.manager)
    (row,) = client.get(f"/api/v1/asked-consents/?schedule={draft.pk}").json()["results"]
    assert (row["consent_version"], row["form"]) == (new.pk, new.type.name)
    with under_event("test"):
        ScheduleVersion.flow.move(draft, "approved", by=world.manager, approved_at=timezone.now())
    for change in (
        lambda: VisitMatch.objects.filter(visit__version=draft).update(by_name="Nobody"),
        lambda: ConsentAsked.objects.filter(version=draft).delete(),
    ):
        with (
            pytest.raises(IntegrityError, match="approved and cannot change"),
            under_event("test"), transaction.atomic(),
        ):  # fmt: skip
            change()
    with pytest.raises(RefusedError, match="stays as it is"):
        amendments.ask_consents(draft, consents=[], by=world.manager)


@pytest.mark.django_db
def test_which_consents_are_signed_before_is_chosen_at_a_page_and_copied_on(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    form = main_form(world)
    old = version(world, form, "3.0", must="active")
    new = version(world, form, "4.0", timezone.localdate(), must="active")
    idle = photo(world)
    url = reverse("trials:asked", args=["tmr-204", "2.0"])
    text = client.get(url).content.decode()
    assert "Main consent v4.0, all active subjects, at the next visit" in text
    assert str(idle) not in text
    both = client.post(url, {"consents": [old.pk, new.pk]})
    assert "Two versions of one form are chosen" in both.content.decode()
    assert client.post(url, {"consents": [new.pk]}).status_code == 302
    assert [str(row) for row in draft.asked.all()] == ["Main consent v4.0 before Schedule 2.0"]
    with pytest.raises(RefusedError, match="asks nobody to sign again"):
        amendments.ask_consents(draft, consents=[idle], by=world.manager)
    assert schedules.content(draft)["consents"] == [
        {"consent__type__name": "Main consent", "consent__number": "4.0"}
    ]
    assert "consents" not in schedules.content(world.version)
    later = drafts.copy(draft, number="3.0", by=world.manager)
    assert [row.consent for row in later.asked.all()] == [new]


@pytest.mark.django_db
def test_a_visit_from_which_an_approved_version_goes_on_stays(
    world: World, draft: ScheduleVersion
) -> None:
    third = drafts.copy(draft, number="3.0", by=world.manager)
    with under_event("test"):
        ScheduleVersion.flow.move(third, "approved", by=world.manager, approved_at=timezone.now())
    with pytest.raises(RefusedError, match="which is approved, and stays"):
        drafts.remove_visit(visit(draft, "W4"), by=world.manager)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["trials:matches", "trials:asked"])
def test_only_those_who_edit_protocols_say_so(
    world: World, client: Client, draft: ScheduleVersion, name: str
) -> None:
    url = reverse(name, args=["tmr-204", "2.0", *(["1.0"] if name == "trials:matches" else [])])
    client.force_login(world.coordinator)
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 5])
def test_the_pages_ask_a_fixed_number_of_queries(
    world: World,
    client: Client,
    draft: ScheduleVersion,
    count: int,
    django_assert_max_num_queries: Any,
) -> None:
    form = main_form(world)
    for number in range(count):
        values = {"code": f"N{number}", "name": f"New {number}", "days": 60 + number}
        drafts.add_visit(draft, values=values, place=5 + number, by=world.manager)
        on = timezone.localdate() - timedelta(days=number)
        version(world, form, f"{9 - number}.0", on, must="active")
    for name, more in (("compare", ["1.0"]), ("matches", ["1.0"]), ("asked", [])):
        url = reverse(f"trials:{name}", args=["tmr-204", "2.0", *more])
        client.get(url)
        with django_assert_max_num_queries(16):
            assert client.get(url).status_code == 200
