"""Which visits there are: each trap of the standard by itself (runs, decisions, loops, the lost)."""

from __future__ import annotations

import pytest

from tests.trials.studies import (
    after,
    anchor,
    chain,
    codes,
    decision,
    instance,
    offsets,
    read,
    timeline,
)
from trials import usdm


def names(protocol: usdm.Protocol) -> list[str]:
    return [" ".join(visit.instance_ids) for visit in protocol.visits]


def test_one_encounter_at_two_times_is_two_visits() -> None:
    rows = [instance("clinic", "week_8"), instance("call", "week_8"), instance("next", "week_12")]
    timings = [anchor("clinic"), after("call", "P14D", "clinic"), after("next", "P28D", "clinic")]
    protocol = read(timeline(rows, timings))
    assert names(protocol) == ["clinic", "call", "next"]
    assert [visit.encounter_id for visit in protocol.visits] == ["week_8", "week_8", "week_12"]
    assert "encounter_shared" in codes(protocol)
    assert "encounter_reused" not in codes(protocol)


def test_neighbours_at_one_encounter_and_one_time_are_one_visit_with_all_that_is_asked() -> None:
    rows = [
        instance("pre", "d1", activityIds=["vitals", "lab"]),
        instance("dose", "d1", activityIds=["drug"]),
        instance("post", "d1", activityIds=["vitals"]),
    ]
    timings = [anchor("dose"), after("pre", "PT0M", "dose"), after("post", "P0D", "pre")]
    activities = [{"id": one, "name": one} for one in ("vitals", "lab", "drug")]
    protocol = read(timeline(rows, timings), activities=activities)
    assert names(protocol) == ["pre dose post"]
    assert protocol.visits[0].activity_ids == ("vitals", "lab", "drug")
    assert protocol.visits[0].is_anchor
    assert [cell.activity_id for cell in protocol.cells] == ["vitals", "lab", "drug"]


def test_the_window_of_a_visit_is_what_all_windows_of_its_instances_allow() -> None:
    rows = [instance("d1", "x"), instance("a", "y"), instance("b", "y"), instance("c", "y")]
    timings = [
        anchor("d1"),
        after("a", "P14D", "d1", "P3D", "P1D"),
        after("b", "P14D", "d1", "P2D", "P5D"),
        after("c", "PT0M", "b"),
    ]
    protocol = read(timeline(rows, timings))
    visit = protocol.visits[1]
    assert (str(visit.earliest), str(visit.latest)) == ("P12D", "P15D")
    assert "windows_differ" in codes(protocol)


def test_an_encounter_met_again_after_others_is_a_visit_of_its_own_and_reported() -> None:
    rows = [instance("a", "p1"), instance("b", "p2"), instance("c", "p1")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P4D", "a"), after("c", "P4D", "a")]))
    assert names(protocol) == ["a", "b", "c"]
    assert "encounter_reused" in codes(protocol)


def test_an_instance_without_encounter_is_a_marker_that_ends_a_run_but_carries_time() -> None:
    rows = [instance("a", "x"), instance("marker"), instance("b", "x")]
    timings = [anchor("a"), after("marker", "P0D", "a"), after("b", "P0D", "marker")]
    protocol = read(timeline(rows, timings))
    assert names(protocol) == ["a", "b"]
    assert offsets(protocol) == ["P0D", "P0D"]


def test_a_decision_is_no_visit_and_does_not_end_a_run() -> None:
    rows = [instance("a", "x"), decision("ask", "b"), instance("b", "x")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P0D", "a")]))
    assert names(protocol) == ["a b"]


def test_the_way_is_followed_by_links_and_not_by_the_order_of_the_file() -> None:
    rows = [
        instance("c", "z", timelineExitId="out"),
        instance("a", "x", defaultConditionId="b"),
        instance("b", "y", defaultConditionId="c"),
    ]
    timings = [anchor("a"), after("b", "P7D", "a"), after("c", "P14D", "a")]
    assert names(read(timeline(rows, timings, entryId="a"))) == ["a", "b", "c"]


def test_without_entry_the_instance_nothing_leads_to_is_the_first() -> None:
    rows = [
        instance("c", "z", timelineExitId="out"),
        instance("a", "x", defaultConditionId="b"),
        instance("b", "y", defaultConditionId="c"),
    ]
    timings = [anchor("a"), after("b", "P7D", "a"), after("c", "P14D", "a")]
    for entry in (None, "nobody", 7, []):
        protocol = read(timeline(rows, timings, entryId=entry))
        assert names(protocol) == ["a", "b", "c"]
        assert "entry_missing" in codes(protocol)


def test_what_is_never_reached_is_shown_with_its_time_and_not_dropped() -> None:
    rows = [
        instance("a", "x", defaultConditionId=None),
        instance("b", "y", activityIds=["lab"]),
        instance("c"),
    ]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")]))
    assert names(protocol) == ["a"]
    assert [lost.source_id for lost in protocol.unreachable] == ["b", "c"]
    lost = protocol.unreachable[0]
    assert (lost.encounter_name, str(lost.offset), lost.activity_ids) == (
        "Visit y",
        "P7D",
        ("lab",),
    )
    assert {"dead_end", "unreachable"} <= codes(protocol)


def test_an_instance_that_leads_on_and_out_is_the_end() -> None:
    rows = [instance("a", "x", defaultConditionId="b", timelineExitId="out"), instance("b", "y")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")]))
    assert names(protocol) == ["a"]
    assert "exit_and_next" in codes(protocol)


def test_a_link_to_nothing_ends_the_way_and_is_reported() -> None:
    rows = [instance("a", "x", defaultConditionId="gone"), instance("b", "y")]
    protocol = read(timeline(rows, [anchor("a")]))
    assert {"link_broken", "unreachable"} <= codes(protocol)


def test_a_decision_that_goes_back_is_a_loop_with_its_condition_and_is_never_unrolled() -> None:
    rows = [
        instance("start", "s"),
        instance("c1", "d1"),
        instance("c8", "d8"),
        instance("end_of_cycle"),
        decision("more", "eot", ("Cycle 4 to 12", "c1")),
        instance("eot", "e"),
    ]
    timings = [
        anchor("start"),
        after("c1", "P1D", "start"),
        after("c8", "P7D", "c1"),
        after("end_of_cycle", "P21D", "c1"),
        after("eot", "P30D", "end_of_cycle"),
    ]
    protocol = read(timeline(rows, timings))
    assert names(protocol) == ["start", "c1", "c8", "eot"]
    (group,) = protocol.repeat_groups
    assert (group.first_visit, group.last_visit, group.until_text) == (1, 2, "Cycle 4 to 12")
    assert str(group.every) == "P21D"


def test_a_decision_that_goes_back_by_default_is_left_by_its_condition() -> None:
    rows = [
        instance("a", "x"),
        instance("b", "y"),
        decision("done", "b", ("Progression", "c")),
        instance("c", "z"),
    ]
    timings = [anchor("a"), after("b", "P7D", "a"), after("c", "P14D", "a")]
    protocol = read(timeline(rows, timings))
    assert names(protocol) == ["a", "b", "c"]
    (group,) = protocol.repeat_groups
    assert (group.first_visit, group.last_visit, group.until_text) == (1, 1, "Progression")
    assert not protocol.unreachable


def test_a_visit_that_only_a_condition_leads_to_says_so_and_comes_last() -> None:
    rows = [
        instance("a", "x"),
        decision("opt_in", "b", ("if opted in", "extra")),
        instance("b", "y", timelineExitId="out"),
        instance("extra", "z", defaultConditionId="b"),
    ]
    timings = [anchor("a"), after("b", "P14D", "a"), after("extra", "P7D", "a")]
    protocol = read(timeline(rows, timings))
    assert [(visit.name, visit.condition) for visit in protocol.visits] == [
        ("Visit x", ""), ("Visit y", ""), ("Visit z", "if opted in"),
    ]  # fmt: skip


def test_a_side_way_that_joins_the_main_way_again_is_neither_loop_nor_circle() -> None:
    rows = [
        instance("a", "x"),
        decision("ask", "b", ("if ill", "extra")),
        instance("b", "y", timelineExitId="out"),
        instance("extra", "z", defaultConditionId="again"),
        decision("again", "b"),
    ]
    timings = [anchor("a"), after("b", "P14D", "a"), after("extra", "P7D", "a")]
    protocol = read(timeline(rows, timings))
    assert protocol.repeat_groups == ()
    assert not {"chain_circular", "loop_empty"} & codes(protocol)


def test_a_circle_without_decision_is_walked_once_and_reported() -> None:
    rows = [instance("a", "x", defaultConditionId="b"), instance("b", "y", defaultConditionId="a")]
    protocol = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")]))
    assert names(protocol) == ["a", "b"]
    assert "chain_circular" in codes(protocol)


@pytest.mark.parametrize(
    "loop", [decision("d", "d"), decision("d", "", ("again", "d")), decision("d", "", ("", ""))]
)
def test_a_decision_that_leads_nowhere_else_ends_the_way(loop) -> None:
    protocol = read(timeline([instance("a", "x"), loop, instance("b", "y")], [anchor("a")]))
    assert names(protocol) == ["a"]
    assert [lost.source_id for lost in protocol.unreachable] == ["b"]


def test_conditions_may_be_pairs_as_in_old_files() -> None:
    rows = [
        instance("a", "x"),
        decision("more", "b", conditionAssignments=[["until cured", "a"], [], "x", [1, 2, 3]]),
        instance("b", "y"),
    ]
    (group,) = read(timeline(rows, [anchor("a"), after("b", "P7D", "a")])).repeat_groups
    assert group.until_text == "until cured"


def test_other_timelines_are_started_within_a_visit_or_by_an_event() -> None:
    main = timeline(
        [instance("a", "x", activityIds=["vitals"]), instance("b", "y", timelineId="profile")],
        [anchor("a"), after("b", "P7D", "a")],
    )
    pressure = timeline(
        [instance("lie", activityIds=["rest"]), instance("m5", activityIds=["bp"])],
        [anchor("lie"), after("m5", "PT5M", "lie", "PT1M", "PT2M")],
        id="pressure", mainTimeline=False,
    )  # fmt: skip
    profile = timeline(
        [instance("h0", activityIds=["blood"]), instance("h4", activityIds=["blood"])],
        [anchor("h0"), after("h4", "PT240M", "h0")],
        id="profile", mainTimeline=False,
    )  # fmt: skip
    early = timeline(
        [instance("et", activityIds=["exam"])], [anchor("et")],
        id="et_line", mainTimeline=False, entryCondition="Subject stops early",
    )  # fmt: skip
    activities = [{"id": one, "name": one} for one in ("rest", "bp", "blood", "exam")]
    activities.append({"id": "vitals", "name": "vitals", "timelineId": "pressure"})
    protocol = read(main, pressure, profile, early, activities=activities)
    assert [line.kind.value for line in protocol.timelines] == ["main", "sub", "sub", "event"]
    times = {
        (cell.visit, cell.activity_id): [
            (at.minutes, at.early_minutes, at.late_minutes) for at in cell.times
        ]
        for cell in protocol.cells
    }
    assert times == {
        (0, "vitals"): [], (0, "rest"): [(0, 0, 0)], (0, "bp"): [(5, 1, 2)],
        (1, "blood"): [(0, 0, 0), (240, 0, 0)],
    }  # fmt: skip
    (event,) = protocol.event_timelines
    assert (event.entry_condition, len(event.visits)) == ("Subject stops early", 1)
    assert event.visits[0].activity_ids == ("exam",)


def test_sub_timelines_that_start_each_other_are_reported_and_end() -> None:
    lines = [
        timeline([instance("a", "x", timelineId="one")], [anchor("a")]),
        *(
            timeline(
                [instance(f"{here}1", timelineId=there), instance(f"{here}2", activityIds=["lab"])],
                [anchor(f"{here}1"), after(f"{here}2", "PT1M", f"{here}1")],
                id=here, mainTimeline=False,
            )
            for here, there in (("one", "two"), ("two", "one"))
        ),
    ]  # fmt: skip
    protocol = read(*lines, activities=[{"id": "lab", "name": "lab"}])
    assert "timeline_circular" in codes(protocol)
    assert [at.minutes for cell in protocol.cells for at in cell.times] == [1, 1]


def test_without_one_main_timeline_the_one_with_most_encounters_is_read() -> None:
    small = timeline([instance("s", "x")], [anchor("s")], id="small", mainTimeline=False)
    large = timeline(
        [instance("a", "x"), instance("b", "y")], [anchor("a"), after("b", "P7D", "a")],
        mainTimeline=False,
    )  # fmt: skip
    for flag in (False, True, None, "yes"):
        protocol = read(small | {"mainTimeline": flag}, large | {"mainTimeline": flag})
        assert names(protocol) == ["a", "b"]
        assert "main_timeline_unclear" in codes(protocol)


def test_a_design_without_timeline_or_visits_is_read_and_blocks() -> None:
    assert codes(read()) >= {"no_timeline"}
    assert codes(read(timeline([], []))) >= {"no_visits"}
    assert read(timeline([], [])).blocks_commit


def test_the_template_producer_is_read_with_its_gaps_shown() -> None:
    """No entry, attributes of its own, one step for all, the second instance without time."""
    timings = [anchor("i1"), *(after(f"i{n}", "P1D", "i1", timeSlots=[1]) for n in range(3, 7))]
    rows = [
        instance(f"i{n}", f"e{n}", scheduledAtTimingId=f"timing_i{n}", defaultDuration=None)
        for n in range(1, 7)
    ]
    encounters = [{"id": f"e{n}", "label": f"Visit {n}"} for n in (5, 1, 2, 3, 4, 6)]
    line = timeline(rows, timings)
    del line["entryId"]
    protocol = read(line, encounters=encounters)
    assert offsets(protocol) == ["P0D", "None", "P1D", "P1D", "P1D", "P1D"]
    assert {"entry_missing", "untimed", "offsets_coincide", "encounter_order"} <= codes(protocol)


def test_a_long_schedule_keeps_every_visit() -> None:
    timings = [anchor("v0"), *(after(f"v{n}", f"P{n}W", "v0") for n in range(1, 500))]
    assert len(chain(*timings).visits) == 500
