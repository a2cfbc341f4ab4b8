"""When visits take place: each trap of the standard by itself (chains, anchors, windows, units)."""

from __future__ import annotations

import pytest

from tests.trials.studies import (
    after,
    anchor,
    before,
    chain,
    codes,
    instance,
    offsets,
    read,
    timeline,
    timing,
)
from trials import usdm


def test_the_value_of_a_fixed_reference_is_a_label_and_never_an_offset() -> None:
    for label in ("P1D", "PT0M", "P21D", "Day 1", None):
        protocol = chain(
            timing("d1", {"decode": "Fixed Reference"}, label, "d1"), after("w1", "P7D", "d1")
        )
        assert offsets(protocol) == ["P0D", "P7D"]
        assert protocol.visits[0].is_anchor


def test_offsets_add_up_along_the_chain_in_whatever_order_the_file_has() -> None:
    protocol = chain(
        before("screening", "P28D", "day_minus_1"),
        before("day_minus_1", "P1D", "day_1"),
        anchor("day_1"),
        after("washout", "P3D", "day_1"),
        after("period_2", "P0D", "washout"),
        after("follow_up", "P4W", "period_2"),
    )
    assert offsets(protocol) == ["P-29D", "P-1D", "P0D", "P3D", "P3D", "P31D"]
    assert not codes(protocol)


def test_a_window_is_earliness_and_lateness_on_the_axis_of_time_also_before_the_anchor() -> None:
    protocol = chain(before("screening", "P42D", "d1", "P0D", "P33D"), anchor("d1"))
    screening = protocol.visits[0]
    assert (str(screening.earliest), str(screening.latest)) == ("P-42D", "P-9D")


def test_a_window_may_be_lopsided_and_in_another_unit_than_its_target() -> None:
    visit = chain(anchor("d1"), after("w2", "P2W", "d1", "PT4H", "P1W")).visits[1]
    assert (str(visit.earliest), str(visit.latest)) == ("P13DT20H", "P21D")
    assert visit.earliest
    assert visit.earliest.in_days == pytest.approx(14 - 4 / 24)


def test_a_visit_without_window_is_meant_for_its_day() -> None:
    visit = chain(anchor("d1"), after("w2", "P2W", "d1")).visits[1]
    assert visit.window is None
    assert visit.earliest == visit.offset == visit.latest


def test_months_stay_months_and_each_part_carries_its_own_sign() -> None:
    protocol = chain(
        before("early", "P1M", "d1"),
        anchor("d1"),
        after("a", "P3D", "early"),
        after("b", "P1M", "d1"),
        before("c", "P3D", "b"),
        after("d", "P1Y", "d1", "P1W", "P1M"),
    )
    assert offsets(protocol) == ["P-1M", "P0D", "P-1M3D", "P1M", "P1M-3D", "P12M"]
    a, b, c, d = protocol.visits[2:]
    assert [visit.study_day for visit in (a, b, c, d)] == [None] * 4
    assert [visit.offset and visit.offset.in_days for visit in (a, b, c, d)] == [None] * 4
    assert (str(d.earliest), str(d.latest)) == ("P12M-7D", "P13M")


def test_months_that_cancel_out_leave_days() -> None:
    protocol = chain(
        anchor("d1"), after("a", "P1M", "d1"), before("b", "P1M", "a"), after("c", "P2D", "b")
    )
    assert offsets(protocol)[2:] == ["P0D", "P2D"]


def test_days_with_a_window_in_months_keep_their_offset_in_days() -> None:
    visit = chain(anchor("d1"), after("a", "P84D", "d1", "P1M", "P0D")).visits[1]
    assert (visit.study_day, str(visit.earliest)) == (85, "P-1M84D")
    assert visit.earliest
    assert visit.earliest.in_days is None


@pytest.mark.parametrize(
    ("timed", "offset"),
    [
        (after("v", "P-14D", "d1"), "P-14D"),
        (after("v", "-P14D", "d1"), "P-14D"),
        (before("v", "-P14D", "d1"), "P-14D"),
        (before("v", "P1M-3D", "d1"), "P-1M3D"),
        (after("v", "P1M-3D", "d1"), "P1M-3D"),
        (before("v", "P0D", "d1"), "P0D"),
        (after("v", "p2w", "d1"), "P14D"),
        (after("v", "P0.5W", "d1"), "P3DT12H"),
        (after("v", "PT36H", "d1"), "P1DT12H"),
        (after("v", "P120Y", "d1"), "P1440M"),
        (after("v", "P121Y", "d1"), "None"),
    ],
)
def test_signed_durations_go_back_and_the_rest_goes_as_the_type_says(timed, offset) -> None:
    assert offsets(chain(anchor("d1"), timed))[1] == offset


def test_a_sign_on_a_window_is_reported_and_read_as_a_length() -> None:
    protocol = chain(anchor("d1"), after("v", "P14D", "d1", "-P3D", "P3D"))
    assert (str(protocol.visits[1].earliest), str(protocol.visits[1].latest)) == ("P11D", "P17D")
    assert "duration_signed" in codes(protocol)


def test_a_window_as_long_as_a_life_is_kept_and_a_longer_one_is_reported() -> None:
    protocol = chain(
        anchor("d1"),
        after("v", "P7D", "d1", "P0D", "P120Y"),
        after("w", "P7D", "d1", "P0D", "P121Y"),
    )
    assert [str(visit.latest) for visit in protocol.visits] == ["P0D", "P1440M7D", "P7D"]
    assert [one.where for one in protocol.warnings if one.code == "duration_absurd"] == ["timing_w"]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("PT15M", 1),
        ("P1D", 2),
        ("PT36H", 2),
        ("P13DT23H", 14),
        ("-PT15M", 1),
        ("-PT36H", -1),
        ("-P1D", -1),
    ],
)
def test_study_days_count_whole_days_cut_off_towards_zero_and_know_no_day_0(value, day) -> None:
    assert chain(anchor("d1"), after("v", value, "d1")).visits[1].study_day == day


def test_each_of_several_anchors_is_the_start_of_its_own_axis() -> None:
    protocol = chain(
        anchor("d1"),
        after("w1", "P7D", "d1"),
        anchor("last_dose"),
        after("fu", "P30D", "last_dose"),
    )
    assert offsets(protocol) == ["P0D", "P7D", "P0D", "P30D"]
    assert [visit.anchor_visit for visit in protocol.visits] == [0, 0, 2, 2]
    assert "several_anchors" in codes(protocol)
    assert "time_order" not in codes(protocol)


def test_a_timeline_in_which_nothing_is_fixed_or_counted_from_is_reported() -> None:
    protocol = read(timeline([instance("a", "x"), instance("b", "y")], []))
    assert offsets(protocol) == ["None", "None"]
    assert [one.where for one in protocol.warnings if one.code == "anchor_missing"] == ["a"]


def test_without_fixed_reference_the_instance_others_count_from_is_the_anchor() -> None:
    rows = [instance("d1", "a"), instance("w1", "b")]
    protocol = read(timeline(rows, [after("w1", "P7D", "d1")]))
    assert offsets(protocol) == ["P0D", "P7D"]
    assert "anchor_assumed" in codes(protocol)


@pytest.mark.parametrize(
    ("timings", "code"),
    [
        ([anchor("a")], "untimed"),
        ([anchor("a"), after("b", "P7D", "b")], "timing_to_itself"),
        ([anchor("a"), after("b", None, "a")], "timing_without_value"),
        ([anchor("a"), after("b", "7 days", "a")], "timing_without_value"),
        ([anchor("a"), after("b", "P7D", "nobody")], "timing_leads_away"),
        ([anchor("a"), after("b", "P7D", "")], "timing_leads_away"),
        ([anchor("a"), timing("b", {"decode": "Within"}, "P7D", "a")], "timing_type_unknown"),
        ([anchor("a"), timing("b", {"decode": "Study Day"}, "P7D", "a")], "timing_type_unknown"),
        ([anchor("a"), after("b", "P99999D", "a")], "timing_without_value"),
    ],
)
def test_a_visit_that_cannot_be_placed_is_shown_without_time_and_blocks(timings, code) -> None:
    protocol = read(timeline([instance("a", "x"), instance("b", "y")], timings))
    assert offsets(protocol) == ["P0D", "None"]
    assert protocol.visits[1].study_day is None
    assert [found.code for found in protocol.warnings if found.level is usdm.Level.ERROR] == [code]
    assert protocol.blocks_commit


def test_timings_in_a_circle_place_none_of_their_instances_and_the_others_all_the_same() -> None:
    protocol = chain(
        anchor("a"), after("b", "P1D", "c"), after("c", "P1D", "d"), after("d", "P1D", "b"),
        after("e", "P9D", "a"), after("f", "P1D", "b"),
    )  # fmt: skip
    assert offsets(protocol) == ["P0D", "None", "None", "None", "P9D", "None"]
    assert {"timing_circular", "reference_untimed"} <= codes(protocol)


def test_a_very_long_chain_is_followed_to_its_end() -> None:
    timings = [anchor("i0")]
    timings += [after(f"i{n}", "P1D", f"i{n - 1}") for n in range(1, 2_000)]
    protocol = chain(*timings)
    assert protocol.visits[-1].study_day == 2_000


def test_of_two_timings_the_usable_one_is_taken_and_the_choice_is_reported() -> None:
    rows = [instance("a", "x"), instance("b", "y")]
    timings = [anchor("a"), after("b", "P7D", "gone"), after("b", "P9D", "a")]
    protocol = read(timeline(rows, timings))
    assert offsets(protocol) == ["P0D", "P9D"]
    assert "several_timings" in codes(protocol)


def test_a_fixed_reference_goes_before_any_other_timing_of_its_instance() -> None:
    rows = [instance("a", "x"), instance("b", "y")]
    protocol = read(timeline(rows, [after("a", "P7D", "b"), anchor("a"), after("b", "P2D", "a")]))
    assert offsets(protocol) == ["P0D", "P2D"]


def test_a_timing_kept_in_another_timeline_is_used_where_its_ends_are_here() -> None:
    main = timeline([instance("a", "x"), instance("b", "y")], [anchor("a")])
    other = timeline(
        [instance("z")], [anchor("z"), after("b", "P7D", "a")], id="other", mainTimeline=False
    )
    protocol = read(main, other)
    assert offsets(protocol) == ["P0D", "P7D"]
    assert {"timing_elsewhere", "timing_stray"} <= codes(protocol)


def test_a_reference_into_another_timeline_leaves_the_visit_without_time() -> None:
    main = timeline([instance("a", "x"), instance("b", "y")], [anchor("a"), after("b", "P7D", "z")])
    other = timeline([instance("z")], [anchor("z")], id="other", mainTimeline=False)
    protocol = read(main, other)
    assert offsets(protocol) == ["P0D", "None"]
    assert "timing_leads_away" in codes(protocol)


def test_a_timing_of_nothing_is_reported() -> None:
    protocol = read(timeline([instance("a", "x")], [anchor("a"), after("", "P7D", "a")]))
    assert "timing_stray" in codes(protocol)


def test_a_window_that_stands_only_as_text_is_kept_suggested_and_reported() -> None:
    protocol = chain(anchor("d1"), after("v", "P14D", "d1", windowLabel="-3..3 days"))
    visit = protocol.visits[1]
    assert (visit.window, visit.window_label) == (None, "-3..3 days")
    assert visit.suggested_window
    assert str(visit.suggested_window.late) == "P3D"
    assert "window_only_text" in codes(protocol)


def test_a_label_that_says_nothing_certain_suggests_nothing() -> None:
    for label in ("0..? Days", "about a week", "3 days", "±"):
        protocol = chain(anchor("d1"), after("v", "P14D", "d1", windowLabel=label))
        assert protocol.visits[1].suggested_window is None


def test_half_a_window_has_none_on_the_other_side_and_is_reported() -> None:
    protocol = chain(
        anchor("d1"), after("v", "P14D", "d1", windowLower="P3D", windowLabel="-3 days")
    )
    assert (str(protocol.visits[1].earliest), str(protocol.visits[1].latest)) == ("P11D", "P14D")
    assert "window_one_sided" in codes(protocol)


def test_a_window_that_cannot_be_read_is_reported() -> None:
    protocol = chain(anchor("d1"), after("v", "P14D", "d1", "3 days", "soon"))
    assert protocol.visits[1].window is None
    assert {"duration_unreadable", "window_only_text"} <= codes(protocol)


def test_a_window_on_an_anchor_is_kept_and_reported() -> None:
    protocol = chain(anchor("d1", windowLower="P1D", windowUpper="P1D"))
    assert str(protocol.visits[0].earliest) == "P-1D"
    assert "anchor_window" in codes(protocol)


def test_terms_are_known_by_code_else_by_word_in_any_case() -> None:
    by_code = {"code": "C201357", "decode": ""}
    by_word = {"code": "C99904x13", "decode": "BEFORE"}
    wrapped = {"standardCode": {"code": "C201357", "decode": "Before"}, "standardCodeAliases": []}
    for term in (by_code, by_word, wrapped, "Before"):
        assert offsets(chain(anchor("d1"), timing("v", term, "P7D", "d1")))[1] == "P-7D"


def test_a_visit_that_stands_after_a_later_one_is_reported() -> None:
    protocol = chain(anchor("d1"), after("w4", "P28D", "d1"), after("w2", "P14D", "d1"))
    assert "time_order" in codes(protocol)
    assert offsets(protocol) == ["P0D", "P28D", "P14D"]


def test_the_same_step_for_most_visits_looks_like_a_placeholder() -> None:
    protocol = chain(anchor("d1"), *(after(f"v{n}", "P1D", "d1") for n in range(4)))
    assert "offsets_coincide" in codes(protocol)


def test_only_a_visit_after_another_visit_follows_its_actual_date() -> None:
    protocol = chain(
        before("screening", "P14D", "d1"),
        anchor("d1"),
        after("week_8", "P56D", "d1"),
        after("call", "P14D", "week_8"),
        before("lab", "P2D", "call"),
        after("again", "P1D", "d1"),
    )
    _, _, week_8, call, lab, again = protocol.visits
    assert (call.basis, call.after_visit, str(call.after_offset)) == (usdm.Basis.ACTUAL, 2, "P14D")
    for planned in (week_8, lab, again):
        assert (planned.basis, planned.after_visit) == (usdm.Basis.PLANNED, None)


def test_an_instance_within_the_visit_of_the_anchor_counts_as_the_anchor() -> None:
    rows = [instance("dose", "d1"), instance("sample", "d1"), instance("v", "w1")]
    timings = [anchor("dose"), after("sample", "P0D", "dose"), after("v", "P7D", "sample")]
    visit = read(timeline(rows, timings)).visits[1]
    assert (visit.basis, str(visit.offset)) == (usdm.Basis.PLANNED, "P7D")
