"""A schedule of activities built, edited, pasted, compared and set aside at pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.durations import Duration
from tests.trials.test_imports import PILOT, start
from tests.world import World
from trials import words
from trials.models import ScheduleVersion, VisitProcedure

pytestmark = pytest.mark.django_db

PASSWORD = "a long password for signing"


@pytest.fixture
def draft(world: World, client: Client) -> ScheduleVersion:
    """A draft with everything the approved schedule of the world has, seen by its manager."""
    world.manager.set_password(PASSWORD)
    world.manager.save()
    client.force_login(world.manager)
    client.post(at("trials:copy", world.version), {"number": "2.0"})
    return ScheduleVersion.objects.get(number="2.0")


def at(name: str, version: ScheduleVersion, *more: object) -> str:
    return reverse(name, args=[version.trial.code, version.number, *more])


def visit_data(**changes: object) -> dict[str, Any]:
    return {
        "name": "Week 8", "code": "W8", "counts_from": "day_1", "offset": "Day 57",
        "window": "-3/+5", "basis": "planned", "epoch": "Treatment", "type": "treatment",
        "modality": "phone", "duration": "30", "place": "4", **changes,
    }  # fmt: skip


def codes(version: ScheduleVersion) -> list[str]:
    return list(version.visits.order_by("position").values_list("code", flat=True))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("14", Duration(days=14)), ("Day 15", Duration(days=14)), ("D−28", Duration(days=-28)),
        ("P1M", Duration(months=1)), ("1 mo -3 d", Duration(months=1, days=-3)),
        ("-2 d 15 min", Duration(days=-2, seconds=-900)), ("Week 12", Duration(days=84)),
        ("-P7D", Duration(days=-7)), ("2 wk", Duration(days=14)),
    ],
)  # fmt: skip
def test_offsets_are_read_and_said_in_the_same_words(text: str, offset: Duration) -> None:
    assert words.read_offset(text) == offset
    assert words.read_offset(words.say_length(offset)) == offset


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("±3", (3, 3)), ("-3/+4", (3, 4)), ("+2 wk", (0, 14)), ("-7 +4 d", (7, 4)),
        ("0", (0, 0)), ("3", (3, 3)), ("+/-5", (5, 5)),
    ],
)  # fmt: skip
def test_windows_are_read_and_said_in_the_same_words(text: str, window: tuple[int, int]) -> None:
    sides = Duration(days=window[0]), Duration(days=window[1])
    assert words.read_window(text) == sides
    assert words.read_window(words.say_window(sides)) == sides


@pytest.mark.parametrize("text", ["Day 0", "soon", "14 x", "P", "1.5", "99999 mo", "d", "±"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ww]rite|no day 0"):
        words.read_offset(text)


def test_a_schedule_is_built_by_hand_from_nothing(world: World, client: Client) -> None:
    client.force_login(world.manager)
    client.post(reverse("trials:start", args=["tmr-204"]), {"number": "9.0"})
    version = ScheduleVersion.objects.get(number="9.0")
    assert "No procedures yet" in client.get(version.get_absolute_url()).content.decode()
    first = visit_data(name="Day 1", code="D1", offset="0", window="", place="0")
    assert client.post(at("trials:add_visit", version), first).status_code == 302
    assert client.post(at("trials:add_visit", version), visit_data(place="1")).status_code == 302
    assert client.post(at("trials:add_procedure", version), {"name": "ECG", "group": "Safety"})
    day_1, week_8 = version.visits.order_by("position")
    assert (day_1.is_anchor, day_1.has_window) == (True, False)
    assert week_8.offset == Duration(days=56)
    assert week_8.window == (Duration(days=3), Duration(days=5))
    assert (week_8.modality, week_8.epoch.name) == ("phone", "Treatment")
    text = client.get(version.get_absolute_url()).content.decode()
    assert "D57" in text
    assert "−3 d/+5 d" in text


def test_visits_are_added_renamed_moved_and_removed(client: Client, draft: ScheduleVersion) -> None:
    client.post(at("trials:add_visit", draft), visit_data(place="2"))
    assert codes(draft) == ["SCR", "D1", "W8", "W2", "W4"]
    week_8 = draft.visits.get(code="W8")
    after = draft.visits.get(code="W4")
    change = visit_data(code="C8", counts_from=after.pk, offset="4 wk", basis="actual", place="4")
    assert client.post(at("trials:change_visit", draft, week_8.pk), change).status_code == 302
    assert codes(draft) == ["SCR", "D1", "W2", "W4", "C8"]
    week_8.refresh_from_db()
    assert (week_8.after_visit, week_8.basis, week_8.days) == (after, "actual", 28)
    kept = client.post(at("trials:remove_visit", draft, after.pk))
    assert kept.status_code == 422
    assert "W4 anchors C8" in kept.content.decode()
    circle = visit_data(code="W4", name="W4", counts_from=week_8.pk, offset="1", place="3")
    refused = client.post(at("trials:change_visit", draft, after.pk), circle)
    assert refused.status_code == 422
    assert "would count from each other" in refused.content.decode()
    assert client.post(at("trials:remove_visit", draft, week_8.pk)).status_code == 302
    assert client.post(at("trials:remove_visit", draft, after.pk)).status_code == 302
    assert codes(draft) == ["SCR", "D1", "W2"]


def test_procedures_are_added_renamed_moved_and_removed(
    client: Client, draft: ScheduleVersion
) -> None:
    for name in ("ECG", "Blood", "Urine"):
        client.post(at("trials:add_procedure", draft), {"name": name, "group": ""})
    urine = draft.procedures.get(name="Urine")
    change = {"name": "Urinalysis", "group": "Laboratory", "place": "0"}
    assert client.post(at("trials:change_procedure", draft, urine.pk), change).status_code == 302
    names = list(draft.procedures.order_by("position").values_list("name", flat=True))
    assert names == ["Urinalysis", "ECG", "Blood"]
    client.post(at("trials:remove_procedure", draft, urine.pk))
    assert draft.procedures.count() == 2


def test_a_cell_goes_round_none_required_if_applicable(
    client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    ecg, visit = draft.procedures.get(), draft.visits.get(code="W2")
    key = f"{visit.pk}-{ecg.pk}"
    seen = []
    for shown in ("", "-required", "-conditional"):
        assert client.post(at("trials:tick", draft), {"cell": key + shown}).status_code == 302
        seen.append(list(VisitProcedure.objects.values_list("need", flat=True)))
    assert seen == [["required"], ["conditional"], []]
    htmx = {"HX-Request": "true"}
    part = client.post(at("trials:tick", draft), {"cell": f"{key}-"}, headers=htmx).content.decode()
    assert "<html" not in part
    assert "soa-mark is-required" in part
    late = client.post(at("trials:tick", draft), {"cell": f"{key}-"})
    assert late.status_code == 409
    assert "is required by now; somebody else changed it" in late.content.decode()
    assert VisitProcedure.objects.get().need == "required"


def test_a_timed_cell_says_its_samples_and_is_not_ticked_away(
    client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "PK"})
    pk, visit = draft.procedures.get(), draft.visits.get(code="W2")
    url = at("trials:cell", draft, visit.pk, pk.pk)
    samples = "-30 min, 0, 1 h ±10 min, 1 d (-1 h/+2 h)"
    data = {"need": "timed", "offsets": samples, "condition": "Fasting"}
    assert client.post(url, data).status_code == 302
    held = VisitProcedure.objects.get()
    assert held.offsets == [[-30, 0, 0], [0, 0, 0], [60, 10, 10], [1440, 60, 120]]
    assert "1 d (−1 h/+2 h)" in client.get(url).content.decode()
    text = client.get(draft.get_absolute_url()).content.decode()
    assert "4×" in text
    assert "Fasting" in text
    refused = client.post(at("trials:tick", draft), {"cell": f"{visit.pk}-{pk.pk}-timed"})
    assert refused.status_code == 422
    empty = client.post(url, {"need": "timed", "offsets": ""})
    assert empty.status_code == 422
    wrong = client.post(url, {"need": "timed", "offsets": "soon"})
    assert "soon" in wrong.content.decode()
    assert VisitProcedure.objects.get().condition == "Fasting"


def test_two_editors_of_one_draft_do_not_overwrite_each_other(
    client: Client, draft: ScheduleVersion
) -> None:
    visit = draft.visits.get(code="W2")
    url = at("trials:change_visit", draft, visit.pk)
    revision = client.get(url).context["revision"]
    mine = visit_data(code="W2", name="Mine", place="2", revision=revision)
    theirs = visit_data(code="W2", name="Theirs", place="2", revision=revision)
    assert client.post(url, theirs).status_code == 302
    late = client.post(url, mine)
    assert late.status_code == 409
    assert "changed while you had it open" in late.content.decode()
    assert 'value="Mine"' in late.content.decode()
    again = client.post(url, {**mine, "revision": late.context["revision"]})
    assert again.status_code == 409
    visit.refresh_from_db()
    assert visit.name == "Theirs"


TABLE = """Procedure\tD1\tWeek 2\tWeek 8\tCall
Epoch\tTreatment\t\t\tFollow-up
Day\t1\t15\t57\tDay 71
Window\t\t±3\t-3/+5\t±7
Safety
ECG\tx\t\t(x)\t
Vital signs\tX\t✓\tx1\t
"""


def test_a_table_is_pasted_after_its_preview(client: Client, draft: ScheduleVersion) -> None:
    url = at("trials:paste", draft)
    shown = client.post(url, {"table": TABLE, "do": "read"})
    assert shown.status_code == 200
    assert "Take into draft" in shown.content.decode()
    assert draft.procedures.count() == 0
    assert client.post(url, {"table": TABLE, "do": "save"}).status_code == 302
    assert codes(draft) == ["SCR", "D1", "W2", "W4", "W2.2", "W8", "C"]
    week_8 = draft.visits.get(code="W8")
    assert (week_8.offset.days, words.say_window(week_8.window)) == (56, "−3 d/+5 d")
    assert week_8.epoch.name == "Treatment"
    cells = VisitProcedure.objects.values_list("visit__code", "procedure__name", "need")
    assert set(cells) == {
        ("D1", "ECG", "required"), ("W8", "ECG", "conditional"), ("D1", "Vital signs", "required"),
        ("W2.2", "Vital signs", "required"), ("W8", "Vital signs", "required"),
    }  # fmt: skip
    assert {one.group for one in draft.procedures.all()} == {"Safety"}
    again = TABLE.replace("ECG\tx\t\t(x)", "ECG\t\tx\tx")
    assert client.post(url, {"table": again, "do": "save"}).status_code == 302
    of_ecg = cells.filter(procedure__name="ECG").values_list("visit__code", "need")
    assert set(of_ecg) == {("W2.2", "required"), ("W8", "required")}


@pytest.mark.parametrize(
    ("table", "row", "column", "text"),
    [
        ("", 1, "", "Copy the table with its head"),
        ("Procedure\tD1\tW9\nECG\tx\tx", 1, "C", "W9 is new"),
        ("Procedure\tD1\nECG\tmaybe", 2, "B", "“maybe” is no mark"),
        ("Procedure\tD1\nDay\t0\nECG\tx", 2, "B", "no day 0"),
        ("Procedure\tD1\nWindow\tabout 3\nECG\tx", 2, "B", "is not a window"),
        ("Procedure\tD1\tD1\nECG\tx\tx", 1, "C", "D1 comes twice"),
        ("Procedure\tD1\nECG\tx\tx", 2, "C", "No visit stands above"),
        ("Procedure\tD1\n\tx", 2, "A", "has no name"),
        ("x\t" * 200, 1, "", "at most"),
    ],
)
def test_a_table_with_errors_names_row_and_column_and_saves_nothing(
    client: Client, draft: ScheduleVersion, table: str, row: int, column: str, text: str
) -> None:
    response = client.post(at("trials:paste", draft), {"table": table or "x", "do": "save"})
    assert response.status_code == 422
    problem = response.context["table"].problems[0]
    assert (problem.row, problem.column) == (row, column)
    assert text in problem.text
    assert draft.procedures.count() == 0


def test_a_new_version_keeps_lineage_cells_and_what_counts_from_what(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    trial = start(client, world, PILOT)
    first = trial.schedules.get()
    client.post(at("trials:copy", first), {"number": "3"})
    second = trial.schedules.get(number="3")
    for rows in ("visits", "procedures"):
        old, new = (getattr(v, rows).order_by("pk") for v in (first, second))
        assert [one.lineage for one in old] == [one.lineage for one in new]
    assert second.visits.get(code="W8.2").after_visit == second.visits.get(code="W8")
    assert VisitProcedure.objects.filter(visit__version=second).count() == 190
    assert (second.criteria.count(), second.epochs.count()) == (31, 5)
    clash = client.post(at("trials:copy", first), {"number": "3"})
    assert clash.status_code == 409


def test_a_visit_that_an_event_begins_is_changed_too(world: World, client: Client) -> None:
    client.force_login(world.manager)
    version = start(client, world, PILOT).schedules.get()
    event = version.visits.get(timeline__isnull=False)
    change = visit_data(name="Early end", code="ET", offset="0", window="+7")
    assert client.post(at("trials:change_visit", version, event.pk), change).status_code == 302
    event.refresh_from_db()
    assert (event.name, event.late_days, event.is_anchor) == ("Early end", 7, False)


def test_the_difference_of_two_versions_is_told_in_words(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    week_2 = draft.visits.get(code="W2")
    change = visit_data(name="W2", code="W2", offset="Day 16", window="±5", place="2",
                        modality="clinic", duration="60", epoch="")  # fmt: skip
    client.post(at("trials:change_visit", draft, week_2.pk), change)
    client.post(at("trials:add_visit", draft), visit_data())
    client.post(at("trials:remove_visit", draft, draft.visits.get(code="W4").pk))
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    page = client.get(at("trials:compare", draft, "1.0"))
    text, parts = page.content.decode(), page.context["compared"].parts
    assert [(row.kind, row.what, row.was, row.now) for row in parts["Visits"]][1:2] == [
        ("moved", "W2", "time D15", "time D16")
    ]
    assert [(row.what, row.was, row.now) for row in parts["Windows"]] == [("W2", "±3 d", "±5 d")]
    assert "W8 Week 8" in text
    assert "W4" in text
    assert "ECG" in text


def test_a_draft_is_set_aside_with_a_reason(client: Client, draft: ScheduleVersion) -> None:
    url = at("trials:discard_version", draft)
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "Superseded"}).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "discarded"


def editing(draft: ScheduleVersion) -> list[str]:
    visit = draft.visits.get(code="W2")
    procedure = draft.procedures.get()
    plain = [
        "trials:add_visit",
        "trials:add_procedure",
        "trials:paste",
        "trials:copy",
        "trials:discard_version",
    ]
    return [
        *(at(name, draft) for name in plain),
        at("trials:change_visit", draft, visit.pk),
        at("trials:change_procedure", draft, procedure.pk),
        at("trials:cell", draft, visit.pk, procedure.pk),
        reverse("trials:start", args=["tmr-204"]),
    ]


def test_only_those_who_edit_protocols_edit_and_only_approvers_approve(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    for url in [*editing(draft), at("trials:approve", draft), at("trials:compare", draft, "1.0")]:
        assert client.get(url).status_code == 200, url
    posts = [
        at("trials:tick", draft),
        at("trials:remove_visit", draft, draft.visits.get(code="W2").pk),
        at("trials:remove_procedure", draft, draft.procedures.get().pk),
    ]
    client.force_login(world.coordinator)
    for url in [*editing(draft), at("trials:approve", draft)]:
        assert client.get(url).status_code == 403, url
    assert client.get(at("trials:compare", draft, "1.0")).status_code == 200
    text = client.get(draft.get_absolute_url()).content.decode()
    assert at("trials:approve", draft) not in text
    assert "soa-tick" not in text
    for url in posts:
        assert client.post(url).status_code == 403, url
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    for url in [
        *editing(draft),
        at("trials:approve", draft),
        at("trials:compare", draft, "1.0"),
        draft.get_absolute_url(),
    ]:
        assert client.get(url).status_code == 404, url
    assert draft.visits.count() == 4


def test_the_matrix_runs_a_fixed_number_of_queries(
    world: World, client: Client, draft: ScheduleVersion, django_assert_max_num_queries: Any
) -> None:
    trial = start(client, world, PILOT)
    for version in (draft, trial.schedules.get()):
        client.get(version.get_absolute_url())
        with django_assert_max_num_queries(14):
            assert client.get(version.get_absolute_url()).status_code == 200
