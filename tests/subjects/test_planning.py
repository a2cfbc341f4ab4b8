"""The dates of a subject's visits: chains, windows, estimates, cycles, re-anchoring."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subjects.planning import (
    Anchor,
    Definition,
    Fact,
    Offset,
    PlanError,
    RepeatGroup,
    estimate,
    plan,
)

DOSE = date(2026, 3, 2)
DOSED = (Anchor("dose", DOSE),)
WEEK = Offset(days=7)
DAY = Offset(days=1)

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
magnitudes = st.builds(Offset, st.integers(0, 3), st.integers(0, 40), st.integers(0, 3000))
offsets = st.builds(Offset, st.integers(-3, 24), st.integers(-60, 400), st.integers(-3000, 3000))


def visit(key, offset=None, **rest):
    rest = {"position": key, "anchor_code": "dose", **rest}
    return Definition(key=key, name=f"Visit {key}", offset=offset or Offset(), **rest)


def one(definition, anchor_on=DOSE):
    (planned,) = plan([definition], [], [Anchor("dose", anchor_on)], [])
    return planned


def targets(definitions, *, groups=(), anchors=DOSED, facts=()):
    planned = plan(definitions, groups, anchors, facts)
    return {(visit.key, visit.cycle): visit.target_on for visit in planned}


def test_a_window_is_asymmetric_on_the_time_axis_also_before_the_anchor():
    screening = one(visit(1, Offset(days=-42), late=Offset(days=33)))
    assert screening.target_on == DOSE - timedelta(42)
    assert screening.earliest_on == DOSE - timedelta(42)
    assert screening.latest_on == DOSE - timedelta(9)


@pytest.mark.parametrize(
    ("anchor_on", "offset", "target"),
    [
        (date(2026, 1, 31), Offset(months=1), date(2026, 2, 28)),
        (date(2028, 1, 31), Offset(months=1), date(2028, 2, 29)),
        (date(2028, 2, 29), Offset(months=12), date(2029, 2, 28)),
        (date(2026, 1, 31), Offset(months=1, days=1), date(2026, 3, 1)),
        (date(2026, 3, 31), Offset(months=-1), date(2026, 2, 28)),
        (date(2026, 3, 31), Offset(months=1, days=-3), date(2026, 4, 27)),
        (date(2026, 12, 31), Offset(months=2), date(2027, 2, 28)),
    ],
)
def test_months_are_added_before_days_and_end_on_the_last_day_there_is(anchor_on, offset, target):
    assert one(visit(1, offset), anchor_on).target_on == target


def test_minutes_stay_on_their_day_until_they_pass_midnight():
    assert one(visit(1, Offset(minutes=11 * 60))).target_on == DOSE
    assert one(visit(1, Offset(minutes=13 * 60))).target_on == DOSE + timedelta(1)
    assert one(visit(1, Offset(minutes=1440))).target_on == DOSE + timedelta(1)


def test_a_window_covers_each_day_on_which_a_part_of_it_lies():
    narrow = one(visit(1, WEEK, early=Offset(minutes=60), late=Offset(minutes=60)))
    assert narrow.earliest_on == narrow.latest_on == DOSE + timedelta(7)
    wide = one(visit(1, WEEK, early=Offset(minutes=721), late=Offset(minutes=36 * 60)))
    assert wide.earliest_on == DOSE + timedelta(6)
    assert wide.latest_on == DOSE + timedelta(9)


@given(days, offsets, magnitudes, magnitudes)
def test_the_target_lies_in_its_window_and_follows_the_calendar(anchor_on, offset, early, late):
    planned = one(visit(1, offset, early=early, late=late), anchor_on)
    assert planned.earliest_on <= planned.target_on <= planned.latest_on
    assert planned.first_target_on == planned.target_on
    if not offset.minutes and not offset.months:
        assert planned.target_on == anchor_on + timedelta(offset.days)


@given(days, st.integers(-40, 40), st.lists(st.integers(0, 90), min_size=1, max_size=8))
def test_moving_the_anchor_moves_everything_counted_in_days_with_it(anchor_on, by, gaps):
    chain = [visit(0), *(visit(n, Offset(days=gap), after=n - 1) for n, gap in enumerate(gaps, 1))]
    before = targets(chain, anchors=[Anchor("dose", anchor_on)])
    after = targets(chain, anchors=[Anchor("dose", anchor_on + timedelta(by))])
    assert {place: day + timedelta(by) for place, day in before.items()} == after
    assert len(after) == len(chain)


def test_a_chain_is_followed_whatever_the_order_it_is_written_in():
    chain = [
        visit(1, Offset(days=-28), after=2),
        visit(2, Offset(days=-1), after=3),
        visit(3),
    ]
    assert targets(chain) == {
        (1, 1): DOSE - timedelta(29),
        (2, 1): DOSE - timedelta(1),
        (3, 1): DOSE,
    }


@pytest.mark.parametrize(("basis", "days_late"), [("planned", 0), ("actual", 3)])
def test_only_a_visit_on_an_actual_basis_follows_the_day_its_reference_was_done(basis, days_late):
    chain = [visit(1, WEEK), visit(2, Offset(days=14), after=1, basis=basis, window_basis=basis)]
    done = [Fact(1, performed_on=DOSE + timedelta(10), is_frozen=True, status="completed")]
    assert targets(chain)[2, 1] == DOSE + timedelta(21)
    assert targets(chain, facts=done) == {(2, 1): DOSE + timedelta(21 + days_late)}


def test_a_visit_before_its_reference_keeps_to_the_plan():
    chain = [visit(1, Offset(days=-3), after=2, basis="actual"), visit(2, WEEK)]
    done = [Fact(2, performed_on=DOSE + timedelta(9), status="completed")]
    assert targets(chain, facts=done)[1, 1] == DOSE + timedelta(4)


def test_a_target_on_an_actual_basis_stays_inside_a_window_on_the_plan():
    chain = [visit(1, WEEK), visit(2, WEEK, after=1, basis="actual", early=DAY, late=DAY)]
    done = [Fact(1, performed_on=DOSE + timedelta(12), status="completed")]
    assert targets(chain, facts=done)[2, 1] == DOSE + timedelta(15)


def test_frozen_visits_are_kept_when_the_anchor_moves():
    chain = [visit(1), visit(2, WEEK)]
    frozen = Fact(1, performed_on=DOSE, is_frozen=True, status="completed")
    waiting = Fact(2, first_target_on=DOSE + timedelta(7))
    (moved,) = plan(chain, [], [Anchor("dose", DOSE + timedelta(2))], [frozen, waiting])
    assert (moved.key, moved.target_on) == (2, DOSE + timedelta(9))
    assert moved.first_target_on == DOSE + timedelta(7)


def test_before_the_anchor_the_earliest_visit_is_laid_on_the_day_of_consent():
    consent = Anchor("consent", date(2026, 1, 12))
    schedule = [visit(1, Offset(days=-28)), visit(2, Offset(days=-7)), visit(3), visit(4, WEEK)]
    planned = plan(schedule, [], [consent], [])
    assert [visit.target_on for visit in planned] == [
        date(2026, 1, 12), date(2026, 2, 2), date(2026, 2, 9), date(2026, 2, 16),
    ]  # fmt: skip
    assert all(visit.is_provisional for visit in planned)
    assert Anchor("dose", date(2026, 2, 9), is_provisional=True) in estimate(
        schedule, [], [consent], []
    )


def test_a_screening_visit_done_later_moves_the_expected_anchor():
    consent = Anchor("consent", date(2026, 1, 12))
    schedule = [visit(1, Offset(days=-28)), visit(2)]
    done = [Fact(1, performed_on=date(2026, 1, 15), is_frozen=True, status="completed")]
    (dose,) = plan(schedule, [], [consent], done)
    assert dose.target_on == date(2026, 2, 12)
    assert dose.is_provisional


def test_the_anchor_when_it_happens_replaces_the_estimate():
    schedule = [visit(1, Offset(days=-28)), visit(2, WEEK)]
    happened = plan(schedule, [], [Anchor("consent", date(2026, 1, 12)), Anchor("dose", DOSE)], [])
    assert [visit.target_on for visit in happened] == [DOSE - timedelta(28), DOSE + timedelta(7)]
    assert not any(visit.is_provisional for visit in happened)


@given(days, st.integers(-3, 0), st.integers(-60, 0))
def test_an_estimated_anchor_never_puts_a_visit_before_consent(consented_on, months, back):
    schedule = [visit(1, Offset(months=months, days=back)), visit(2)]
    first = plan(schedule, [], [Anchor("consent", consented_on)], [])[0]
    assert consented_on <= first.target_on <= consented_on + timedelta(3)  # after a short month


def test_a_visit_that_nothing_gives_a_date_is_left_out():
    assert plan([visit(1)], [], [], []) == []


def test_visits_that_count_from_each_other_in_a_circle_are_refused_by_name():
    with pytest.raises(PlanError, match=r"in a circle: Visit \d, Visit \d, Visit \d\. Let one"):
        targets([visit(1, WEEK, after=2), visit(2, WEEK, after=1)])


def test_a_reference_outside_the_schedule_is_refused():
    with pytest.raises(PlanError, match="Visit 1 counts from a visit that is not in this schedule"):
        targets([visit(1, WEEK, after=9)])
    with pytest.raises(PlanError, match="Visit 1 belongs to a cycle that is not in this schedule"):
        targets([visit(1, repeat_group=9)])


def test_an_offset_beyond_the_calendar_is_refused():
    with pytest.raises(PlanError, match="is outside the calendar"):
        targets([visit(1, Offset(months=120000))])


CYCLES = [
    visit(1, repeat_group=1),
    visit(2, WEEK, repeat_group=1),
    visit(3, Offset(days=2), after=2),
]
EVERY_3_WEEKS = RepeatGroup(1, Offset(days=21), cap=3)


def done(key, cycle, on):
    return Fact(key, cycle, performed_on=on, is_frozen=True, status="completed")


def test_cycles_come_one_ahead_of_those_begun():
    assert list(targets(CYCLES, groups=[EVERY_3_WEEKS])) == [(1, 1), (2, 1), (3, 1)]
    begun = targets(CYCLES, groups=[EVERY_3_WEEKS], facts=[done(1, 1, DOSE)])
    assert begun[1, 2] == DOSE + timedelta(21)
    assert begun[2, 2] == DOSE + timedelta(28)
    assert (1, 3) not in begun


def test_cycles_end_at_their_cap():
    facts = [done(key, cycle, DOSE) for key in (1, 2) for cycle in (1, 2, 3)]
    assert list(targets(CYCLES, groups=[EVERY_3_WEEKS], facts=facts)) == [(3, 1)]


def test_what_follows_the_cycles_counts_from_the_last_that_stands():
    facts = [done(1, 1, DOSE), Fact(2, 2, status="cancelled", is_frozen=True)]
    assert targets(CYCLES, groups=[EVERY_3_WEEKS], facts=facts)[3, 1] == DOSE + timedelta(9)


def test_no_cycle_is_added_once_one_is_called_off():
    facts = [done(1, 1, DOSE), Fact(1, 2, status="cancelled", is_frozen=True)]
    planned = targets(CYCLES, groups=[EVERY_3_WEEKS], facts=facts)
    assert max(cycle for _, cycle in planned) == 2


def test_a_cycle_on_an_actual_basis_begins_after_the_one_before_was_done():
    first, second = (
        visit(1, WEEK, repeat_group=1, basis="actual", window_basis="actual"),
        visit(2, DAY, after=1, repeat_group=1),
    )
    late = done(1, 1, DOSE + timedelta(9))
    planned = targets([first, second], groups=[EVERY_3_WEEKS], facts=[late])
    assert planned[1, 2] == DOSE + timedelta(30)
    assert planned[2, 2] == DOSE + timedelta(31)


@given(st.integers(1, 6), st.integers(0, 8), st.integers(1, 60))
def test_there_are_never_more_cycles_than_the_cap(cap, finished, every):
    facts = [done(1, cycle, DOSE) for cycle in range(1, min(finished, cap) + 1)]
    group = RepeatGroup(1, Offset(days=every), cap)
    planned = targets([visit(1, repeat_group=1)], groups=[group], facts=facts)
    assert len(facts) + len(planned) == min(min(finished, cap) + 1, cap)
