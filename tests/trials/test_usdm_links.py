"""What the objects of a study are called, how they are found by id, and how links put them in order."""

from __future__ import annotations

import pytest

from tests.trials.studies import (
    after,
    anchor,
    codes,
    instance,
    offsets,
    read,
    timeline,
)
from tests.trials.test_usdm_routes import names
from trials import usdm


def test_a_visit_is_called_by_label_else_name_else_instance_and_names_may_repeat() -> None:
    rows = [instance(one, f"e{one}") for one in "abcd"]
    encounters = [
        {"id": "ea", "name": "E1", "label": "Day 1"},
        {"id": "eb", "name": "Day 1", "label": ""},
        {"id": "ec", "name": None, "label": None},
    ]
    timings = [anchor("a"), *(after(one, "P7D", "a") for one in "bcd")]
    protocol = read(timeline(rows, timings), encounters=encounters)
    assert [visit.name for visit in protocol.visits] == ["Day 1", "Day 1", "C", "D"]
    assert {"name_repeated", "encounter_missing"} <= codes(protocol)


def test_ids_may_be_numbers_and_references_text_or_the_other_way_round() -> None:
    rows = [
        instance("x", "1", id=1, defaultConditionId="2"),
        instance("y", "2", id="2", timelineExitId="out"),
    ]
    rows[1]["encounterId"] = 2
    timings = [anchor("1"), after("2", "P7D", "x", relativeToScheduledInstanceId=1)]
    encounters = [{"id": 1, "label": "One"}, {"id": "2", "label": "Two"}]
    protocol = read(timeline(rows, timings, entryId=1.0), encounters=encounters)
    assert [visit.name for visit in protocol.visits] == ["One", "Two"]
    assert offsets(protocol) == ["P0D", "P7D"]


def test_two_different_objects_under_one_id_are_refused() -> None:
    rows = [instance("a", "x"), instance("a", "y")]
    with pytest.raises(usdm.RefusedFileError, match="same id a"):
        read(timeline(rows, [anchor("a")]))


def test_the_same_object_twice_is_one() -> None:
    encounters = [{"id": "x", "label": "Day 1"}, {"id": "x", "label": "Day 1"}]
    row = instance("a", "x", timelineExitId="out")
    protocol = read(timeline([row, row], [anchor("a")]), encounters=encounters)
    assert names(protocol) == ["a"]


def test_the_chains_of_epochs_and_encounters_set_their_order_and_broken_ones_are_reported() -> None:
    epochs = [
        {"id": "2", "name": "Treatment", "previousId": "1", "nextId": None},
        {"id": "1", "name": "Screening", "previousId": None, "nextId": "2"},
    ]
    line = timeline([instance("a", "x")], [anchor("a")])
    assert [epoch.name for epoch in read(line, epochs=epochs).epochs] == ["Screening", "Treatment"]
    broken = read(line, epochs=[epochs[0] | {"previousId": "9"}, epochs[1] | {"nextId": "1"}])
    assert [epoch.name for epoch in broken.epochs] == ["Treatment", "Screening"]
    assert {"order_broken", "order_incomplete"} <= codes(broken)


@pytest.mark.parametrize(
    ("links", "rule"),
    [
        ([{"previousId": "a"}, {}, {}], "DDF00021"),
        ([{"nextId": "a"}, {}, {}], "DDF00022"),
        ([{"nextId": "b"}, {"previousId": "c"}, {}], "DDF00023"),
        ([{"nextId": "b"}, {}, {"previousId": "a"}], "DDF00023"),
        ([{"nextId": "c"}, {"nextId": "c"}, {}], "DDF00027"),
        ([{}, {"previousId": "a"}, {"previousId": "a"}], "DDF00027"),
    ],
)
def test_each_way_a_chain_of_links_can_break_is_named_by_its_rule(links, rule) -> None:
    epochs = [{"id": one, "name": one, **link} for one, link in zip("abc", links, strict=True)]
    protocol = read(timeline([instance("a", "x")], [anchor("a")]), epochs=epochs)
    (found,) = [one.message for one in protocol.warnings if one.code == "order_broken"]
    assert rule in found


def test_the_timeline_meeting_encounters_in_another_order_is_reported() -> None:
    encounters = [
        {"id": "ey", "label": "Second", "previousId": "ex"},
        {"id": "ex", "label": "First", "nextId": "ey"},
    ]
    rows = [instance("a", "ey"), instance("b", "ex")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")]), encounters=encounters)
    assert "encounter_order" in codes(protocol)


def test_an_epoch_that_only_some_arms_go_through_names_them() -> None:
    arms = [{"id": "p", "name": "Placebo"}, {"id": "v", "name": "Verum"}]
    epochs = [{"id": "t", "name": "Treatment"}, {"id": "f", "name": "Extension"}]
    cells = [
        {"armId": arm, "epochId": epoch, "elementIds": ["e"]}
        for arm, epoch in [("p", "t"), ("v", "t"), ("v", "f")]
    ]
    rows = [instance("a", "x", epochId="t"), instance("b", "y", epochId="f")]
    protocol = read(
        timeline(rows, [anchor("a"), after("b", "P7D", "a")]),
        arms=arms, epochs=epochs, studyCells=cells,
    )  # fmt: skip
    assert [visit.arms for visit in protocol.visits] == [(), ("Verum",)]


def test_a_pointer_of_the_encounter_to_its_timing_is_only_a_check() -> None:
    encounters = [
        {"id": "ex", "label": "First", "scheduledAtId": "timing_b"},
        {"id": "ey", "label": "Second", "scheduledAtId": "timing_b"},
    ]
    rows = [instance("a", "ex"), instance("b", "ey")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")]), encounters=encounters)
    assert offsets(protocol) == ["P0D", "P7D"]
    assert [one.where for one in protocol.warnings if one.code == "encounter_timing_differs"] == [
        "ex"
    ]
