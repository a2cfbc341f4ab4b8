"""What stands around the matrix: changes, things to check, a sample subject, and files of it."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from core.models import Event
from tests.trials.test_imports import PILOT, start
from tests.trials.test_schedules import at, draft, visit_data
from tests.world import World
from trials import words
from trials.models import ScheduleVersion, VisitProcedure
from trials.queries import checks, grid, sample

pytestmark = pytest.mark.django_db

__all__ = ["draft"]


def column(page: Any, code: str) -> Any:
    (found,) = [one for one in page.context["grid"].columns if one.code == code]
    return found


@pytest.fixture
def changed(client: Client, draft: ScheduleVersion) -> ScheduleVersion:
    """A draft with a visit more, one less, one changed, and a procedure of its own."""
    week_2 = draft.visits.get(code="W2")
    client.post(
        at("trials:change_visit", draft, week_2.pk),
        visit_data(name="W2", code="W2", offset="Day 16", place="2", modality="clinic",
                   duration="60", epoch="", window="±3"),
    )  # fmt: skip
    client.post(at("trials:add_visit", draft), visit_data())
    client.post(at("trials:remove_visit", draft, draft.visits.get(code="W4").pk))
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    cell = f"{week_2.pk}-{draft.procedures.get().pk}-"
    client.post(at("trials:tick", draft), {"cell": cell})
    return draft


def test_a_draft_shows_what_differs_from_the_version_before_until_told_not_to(
    client: Client, changed: ScheduleVersion
) -> None:
    page = client.get(changed.get_absolute_url())
    assert (page.context["against"].number, page.context["compared"].count) == ("1.0", 4)
    assert column(page, "W2").changed == "time D15 → D16"
    assert (column(page, "W8").change, column(page, "D1").change) == ("new", "")
    assert [one.code for one in page.context["compared"].gone_visits] == ["W4"]
    (line,) = page.context["grid"].lines
    assert (line.change, [cell.change for cell in line.cells]) == ("new", ["", "", "new", ""])
    text = " ".join(page.content.decode().split())
    assert "Show 1.0 changes" in text
    assert "No longer there: visit W4" in text
    plain = client.get(changed.get_absolute_url() + "?against=")
    assert (plain.context["compared"], column(plain, "W8").change) == (None, "")
    assert client.get(changed.get_absolute_url() + "?against=7").status_code == 404


def test_a_cell_that_is_no_longer_asked_for_is_shown_as_removed(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    first = start(client, world, PILOT).schedules.get()
    client.post(at("trials:copy", first), {"number": "3"})
    second = first.trial.schedules.get(number="3")
    cell = VisitProcedure.objects.filter(visit__version=second, need="required").first()
    assert cell
    data = {"cell": f"{cell.visit_id}-{cell.procedure_id}-required-none", "against": "2"}
    htmx = {"HX-Request": "true"}
    part = client.post(at("trials:tick", second), data, headers=htmx)
    text = part.content.decode()
    assert "soa-mark is-gone" in text
    assert 'data-was="Required"' in text
    assert 'id="checks"' in text
    (gone,) = part.context["compared"].parts["What is asked for when"]
    assert (gone.kind, gone.was, gone.now) == ("gone", "required", "")


@pytest.mark.parametrize(
    ("wanted", "need"), [("conditional", ["conditional"]), ("required", ["required"]), ("none", [])]
)
def test_a_cell_is_set_to_the_state_asked_for(
    client: Client, draft: ScheduleVersion, wanted: str, need: list[str]
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    cell = f"{draft.visits.get(code='W2').pk}-{draft.procedures.get().pk}--{wanted}"
    assert client.post(at("trials:tick", draft), {"cell": cell}).status_code == 302
    assert list(VisitProcedure.objects.values_list("need", flat=True)) == need


@pytest.mark.parametrize("cell", ["", "x", "0-0-", "1-2-3-4-5", "-" * 50])
def test_a_cell_that_is_not_there_is_refused(
    client: Client, draft: ScheduleVersion, cell: str
) -> None:
    assert client.post(at("trials:tick", draft), {"cell": cell}).status_code == 422


def test_a_state_that_no_cell_has_is_refused(client: Client, draft: ScheduleVersion) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    cell = f"{draft.visits.get(code='W2').pk}-{draft.procedures.get().pk}--timed"
    refused = client.post(at("trials:tick", draft), {"cell": cell})
    assert refused.status_code == 422
    assert not VisitProcedure.objects.exists()


def noticed(version: ScheduleVersion) -> list[tuple[str, str]]:
    held = grid.sheets(version)[0]
    found = checks.of_version(version, held.grid, held.visits)
    return [(one.level, one.text) for one in found]


def test_windows_that_overlap_and_that_are_missing_are_noticed(draft: ScheduleVersion) -> None:
    draft.visits.filter(code="W4").update(days=18, early_days=4, late_days=4)
    draft.visits.filter(code="SCR").update(has_window=False)
    assert noticed(draft) == [
        ("a", "W2 and W4 can overlap by 3 days"),
        ("a", "SCR has no window"),
    ]
    draft.visits.filter(code="W4").update(months=1)
    assert noticed(draft) == [("a", "SCR has no window")]


def test_a_sample_on_a_later_day_is_noticed_unless_the_visit_stays_overnight(
    client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "PK"})
    visit, pk = draft.visits.get(code="W2"), draft.procedures.get()
    url = at("trials:cell", draft, visit.pk, pk.pk)
    client.post(url, {"need": "timed", "offsets": "0, 23 h, 24 h ±2 h"})
    assert noticed(draft)[0] == ("a", "PK: the 1 d sample of W2 is on a later day")
    page = client.get(draft.get_absolute_url())
    assert f'href="#c{visit.pk}-{pk.pk}"' in page.content.decode()
    assert f'id="c{visit.pk}-{pk.pk}"' in page.content.decode()
    draft.visits.filter(code="W2").update(nights=1)
    assert noticed(draft) == [("n", "Nothing is asked for at SCR, D1, W4")]


def test_a_schedule_without_visits_or_day_1_or_use_for_a_procedure_is_noticed(
    client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    draft.visits.update(is_anchor=False)
    assert ("a", "No visit is Day 1.") in noticed(draft)
    assert ("n", "ECG is asked for at no visit") in noticed(draft)
    draft.visits.all().delete()
    assert noticed(draft)[0] == ("x", "There are no visits yet, so nothing can be approved.")
    assert "approval waits" in client.get(draft.get_absolute_url()).content.decode()


def dates(page: Any) -> dict[str, tuple[str, str, str]]:
    found = page.context["sample"].placed
    return {
        visit.code: (str(mark.earliest), str(mark.target), str(mark.latest))
        for visit, mark in found
    }


def test_a_sample_subject_has_its_visits_in_the_calendar(
    client: Client, draft: ScheduleVersion
) -> None:
    week_4 = draft.visits.get(code="W4")
    for more in (
        visit_data(name="Call", code="C1", counts_from=week_4.pk, offset="1 mo", place="4"),
        visit_data(name="Last", code="LST", counts_from="last_dose", offset="7", place="5"),
        visit_data(name="Extra", code="EXT", offset="Day 100", place="5", is_optional="on"),
    ):
        client.post(at("trials:add_visit", draft), more)
    page = client.get(draft.get_absolute_url() + "?day_1=2027-01-03")
    shown = dates(page)
    assert shown["D1"][1] == "2027-01-03"
    assert shown["W4"] == ("2027-01-28", "2027-01-31", "2027-02-03")
    assert shown["C1"] == ("2027-02-25", "2027-02-28", "2027-03-05")
    subject = page.context["sample"]
    assert [visit.code for visit in subject.others] == ["LST"]
    assert str(subject.ends_on) == "2027-02-28"
    assert subject.course == "4 visits and 1 call, with 1 optional visit"
    kinds = {visit.code: mark.kind for visit, mark in subject.placed}
    assert kinds == {
        "SCR": "", "D1": "", "W2": "", "W4": "", "C1": "is-changed", "EXT": "is-optional",
    }  # fmt: skip
    text = page.content.decode()
    assert "Not drawn, because not counted from Day 1" in text
    htmx = {"HX-Request": "true", "HX-Target": "sample"}
    part = client.get(draft.get_absolute_url() + "?day_1=2027-01-03", headers=htmx)
    assert "<html" not in part.content.decode()
    assert 'id="sample"' in part.content.decode()


@pytest.mark.parametrize("day", ["", "soon", "2026-13-45", "0001-01-01", "9999-12-31"])
def test_a_first_day_that_is_none_is_today(
    client: Client, draft: ScheduleVersion, day: str
) -> None:
    page = client.get(draft.get_absolute_url(), {"day_1": day})
    assert page.status_code == 200
    assert page.context["sample"].day_1.year > 2020


def test_visits_beyond_the_calendar_are_not_drawn(draft: ScheduleVersion) -> None:
    week_2 = draft.visits.get(code="W2")
    draft.visits.filter(code="W2").update(months=32_000, after_visit=draft.visits.get(code="D1"))
    draft.visits.filter(code="D1").update(months=32_000)
    draft.visits.filter(code="W4").update(months=32_000, after_visit=week_2)
    held = grid.sheets(draft)[0]
    found = sample.of_visits(held.visits, held.grid, date(2199, 1, 1))
    assert [visit.code for visit in found.others] == ["W4"]


def test_windows_that_overlap_are_drawn_so(client: Client, draft: ScheduleVersion) -> None:
    draft.visits.filter(code="W4").update(days=18)
    page = client.get(draft.get_absolute_url())
    kinds = {visit.code: mark.kind for visit, mark in page.context["sample"].placed}
    assert (kinds["W2"], kinds["W4"], kinds["D1"]) == ("is-warn", "is-warn", "")


def test_a_schedule_with_no_day_1_has_no_sample(client: Client, draft: ScheduleVersion) -> None:
    draft.visits.update(anchor="consent", is_anchor=False)
    page = client.get(draft.get_absolute_url())
    assert "No visit counts from Day 1 yet" in page.content.decode()


def test_the_files_hold_the_matrix_and_can_be_pasted_into_another_draft(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    version = start(client, world, PILOT).schedules.get()
    export = client.get(at("trials:export", version, "csv"))
    rows = list(csv.reader(StringIO(export.getvalue().decode("utf-8-sig"))))
    codes = [one.code for one in version.visits.order_by("timeline_id", "position")]
    assert sorted(rows[1][1:]) == sorted(codes)
    by_name = {row[0]: row for row in rows[2:] if row}
    assert by_name["Day"][1:4] == ["D−14", "D−2", "D1"]
    assert by_name["ECG"].count("x") == version.procedures.get(name="ECG").cells.count()
    noted = Event.objects.filter(verb__startswith="export").latest("pk")
    assert noted.verb == "export h2q-mc-lzzt schedule 2"
    table = "\n".join("\t".join(row) for row in rows[1:] if row)
    table = "\n".join(line for line in table.splitlines() if "×" not in line)
    client.post("/trials/tmr-204/set-up/activities/new/begin/", {"number": "5"})
    other = ScheduleVersion.objects.get(number="5")
    done = client.post(at("trials:paste", other), {"table": table, "do": "save"})
    assert done.status_code == 302, done.context["table"].problems
    assert other.procedures.get(name="ECG").cells.count() == by_name["ECG"].count("x")
    week_2 = other.visits.get(name="W2")
    assert (week_2.days, words.say_window(week_2.window)) == (14, "±3 d")


def test_the_workbook_says_in_a_second_sheet_what_no_mark_can(
    client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "=PK()", "group": "Lab"})
    visit, pk = draft.visits.get(code="W2"), draft.procedures.get()
    data = {"need": "timed", "offsets": "0, 1 h ±10 min", "condition": "Fasting"}
    client.post(at("trials:cell", draft, visit.pk, pk.pk), data)
    answer = client.get(at("trials:export", draft, "xlsx"))
    assert 'filename="tmr-204-schedule-2.0-' in answer.headers["Content-Disposition"]
    matrix, details = load_workbook(BytesIO(answer.content)).worksheets
    values = [[cell.value for cell in row] for row in matrix.iter_rows()]
    assert values[2] == ["Procedure", "SCR", "D1", "W2", "W4"]
    assert values[-1] == ["'=PK()", "", "", "2×", ""]
    assert values[-2][0] == "Lab"
    assert [[cell.value for cell in row] for row in details.iter_rows()][1] == [
        "'=PK()", "W2", "Timed: 0 min, 1 h ±10 min", "Fasting",
    ]  # fmt: skip
    assert client.get(at("trials:export", draft, "pdf")).status_code == 404
