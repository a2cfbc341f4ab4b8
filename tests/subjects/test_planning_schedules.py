"""Whole schedules and rare histories: what a subject's plan does with them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subjects.planning import Anchor, Definition, Fact, Offset, PlanError, RepeatGroup, plan

DAY_1 = date(2026, 3, 24)
ON_DAY_1 = (Anchor("day_1", DAY_1),)
CONSENT = Anchor("consent", date(2026, 3, 1))
MONTHLY = [RepeatGroup("cycle", Offset(months=1), cap=9)]


def visit(name, days=0, early=0, late=0, **fields):
    """A visit some days from day 1, or from the visit it comes after."""
    distances = Offset(days=days), Offset(days=early), Offset(days=late)
    given_fields = dict(zip(("offset", "early", "late"), distances, strict=True))
    given_fields |= {"position": days + 1000, "anchor_code": "day_1"}
    return Definition(name, name, **(given_fields | fields))


def planned(definitions, anchors=ON_DAY_1, facts=(), groups=()):
    """The plan by name and, after the first, cycle."""
    return {
        visit.key if visit.cycle == 1 else (visit.key, visit.cycle): visit
        for visit in plan(definitions, groups, anchors, facts)
    }


def from_day_1(visits):
    """Earliest, target and latest as days from day 1."""
    return {
        key: tuple(
            (on - DAY_1).days for on in (visit.earliest_on, visit.target_on, visit.latest_on)
        )
        for key, visit in visits.items()
    }


def targets(visits):
    """Targets as days from day 1."""
    return {key: target for key, (_, target, _) in from_day_1(visits).items()}


def on_day(number):
    """A day counted from day 1, which is 0."""
    return DAY_1 + timedelta(days=number)


PILOT = [visit("SCR 1", -14), visit("SCR 2", -2), visit("D1"), visit("W2", 14, 3, 3)]


def test_a_crossover_study_chains_its_nine_visits_before_and_after_each_other():
    visits = planned(
        [
            visit("screening", -28, late=26, after="check-in", position=1),
            visit("check-in", -1, position=2),
            visit("period 1", position=3),
            visit("period 1 end", 3, late=11, position=4),
            visit("period 2 check-in", 3, position=5),
            visit("period 2", 1, after="period 2 check-in", position=6),
            visit("period 2 infusion", after="period 2", position=7),
            visit("follow-up", 28, 2, 2, after="period 2", position=8),
            visit("end", 1, after="follow-up", position=9),
        ]
    )
    days = from_day_1(visits)
    assert list(targets(visits).values()) == [-29, -1, 0, 3, 3, 4, 4, 32, 33]
    assert days["screening"] == (-29, -29, -3)
    assert days["period 1 end"] == (3, 3, 14)
    assert days["follow-up"] == (30, 32, 34)


@pytest.mark.parametrize(
    ("offset", "early", "days"),
    [
        (Offset(minutes=-15), Offset(minutes=240), (0, 0, 0)),
        (Offset(days=-2), Offset(minutes=240), (-2, -2, -2)),
        (Offset(days=-2, minutes=-15), Offset(), (-2, -2, -2)),
        (Offset(days=1), Offset(minutes=13 * 60), (0, 1, 1)),
    ],
)
def test_published_windows_in_hours_stay_on_their_day(offset, early, days):
    assert from_day_1(planned([replace(visit("V"), offset=offset, early=early)])) == {"V": days}


def test_a_window_in_months_crosses_months_from_the_target():
    definition = replace(visit("M6"), offset=Offset(6), early=Offset(1), late=Offset(1, 3))
    half_a_year = planned([definition], [Anchor("day_1", date(2026, 8, 31))])["M6"]
    assert half_a_year.earliest_on == date(2027, 1, 28)
    assert half_a_year.target_on == date(2027, 2, 28)
    assert half_a_year.latest_on == date(2027, 3, 31)


def test_several_visits_may_fall_on_one_day():
    assert targets(planned([visit("clinic", 56, position=1), visit("call", 56, position=2)])) == {
        "clinic": 56,
        "call": 56,
    }


def test_a_chain_of_thousands_of_visits_is_followed():
    chain = [visit("0")] + [visit(str(n), 1, after=str(n - 1), position=n) for n in range(1, 3000)]
    assert targets(planned(chain))["2999"] == 2999


def test_a_cycle_that_is_not_in_the_schedule_is_refused():
    with pytest.raises(PlanError, match="D1 belongs to a cycle that is not in this schedule"):
        planned([visit("D1", repeat_group="cycle")])


def test_the_anchor_s_own_visit_counts_as_the_anchor():
    schedule = [visit("D1"), visit("W1", 7, after="D1", basis="actual", window_basis="actual")]
    second_day = [Fact("D1", performed_on=on_day(1), is_frozen=True)]
    assert targets(planned(schedule, facts=second_day)) == {"W1": 7}


def test_the_last_repetition_of_a_visit_is_when_it_was_done():
    schedule = [visit("W8", 56), visit("W10", 14, 90, 90, after="W8", basis="actual")]
    facts = [
        Fact("W8", sequence=2, performed_on=on_day(60)),
        Fact("W8", sequence=1, performed_on=on_day(57), is_frozen=True),
        Fact("W8", sequence=3),
    ]
    assert targets(planned(schedule, facts=facts))["W10"] == 74


def test_a_missed_visit_that_is_repeated_gets_dates_again():
    facts = [Fact("W2", is_frozen=True, status="missed"), Fact("W2", sequence=2)]
    assert targets(planned([visit("W2", 14)], facts=facts)) == {"W2": 14}


def test_the_first_target_stays_when_the_anchor_moves():
    facts = [Fact("W2", first_target_on=on_day(14))]
    moved = planned([visit("W2", 14), visit("W4", 28)], [Anchor("day_1", on_day(2))], facts)
    assert (moved["W2"].first_target_on, moved["W2"].target_on) == (on_day(14), on_day(16))
    assert moved["W4"].first_target_on == on_day(30)


# Before the anchor is known


def test_the_last_screening_visit_done_says_when_the_anchor_is_expected():
    done = [Fact("SCR 1", performed_on=date(2026, 3, 5), is_frozen=True)]
    assert planned(PILOT, [CONSENT], done)["SCR 2"].target_on == date(2026, 3, 17)
    done.append(Fact("SCR 2", performed_on=date(2026, 3, 16), is_frozen=True))
    assert planned(PILOT, [CONSENT], done)["W2"].target_on == date(2026, 4, 1)


def test_the_anchor_s_own_visit_done_is_the_day_of_an_anchor_not_recorded():
    done = [Fact("D1", performed_on=date(2026, 3, 20)), Fact("SCR 1", performed_on=CONSENT.on)]
    assert planned(PILOT, [CONSENT], done)["W2"].target_on == date(2026, 4, 3)


def test_a_later_visit_done_says_when_an_anchor_not_recorded_was():
    done = [Fact("W2", performed_on=date(2026, 4, 3), is_frozen=True)]
    assert planned(PILOT, [], done)["D1"].target_on == date(2026, 3, 20)


def test_a_provisional_date_set_by_a_person_stands_whatever_is_done():
    hoped = Anchor("day_1", DAY_1, is_provisional=True)
    visits = planned(PILOT, [CONSENT, hoped], [Fact("SCR 1", performed_on=date(2026, 3, 5))])
    assert visits["D1"].target_on == DAY_1
    assert visits["D1"].is_provisional


def test_follow_up_is_expected_after_the_last_planned_treatment():
    follow_up = visit("FU", 30, anchor_code="last_dose", position=9999)
    visits = planned([visit("D1"), visit("W4", 28), follow_up])
    assert targets(visits)["FU"] == 58
    assert visits["FU"].is_provisional
    assert not visits["W4"].is_provisional


def test_a_visit_that_counts_from_consent_is_certain_while_day_1_is_only_expected():
    call = visit("call", 1, anchor_code="consent", position=1)
    visits = planned([call, visit("D1", position=2), visit("W1", 7, position=3)], [CONSENT])
    assert visits["call"].target_on == date(2026, 3, 2)
    assert not visits["call"].is_provisional
    assert visits["D1"].target_on == date(2026, 3, 2)
    assert visits["W1"].is_provisional


def test_screening_a_month_and_29_days_before_waits_for_the_days_february_lacks():
    screening = replace(visit("SCR", position=1), offset=Offset(-1, -29))
    new_year = Anchor("consent", date(2000, 1, 1))
    assert planned([screening, visit("D1")], [new_year])["SCR"].target_on == date(2000, 1, 3)


# Cycles


def test_monthly_cycles_do_not_lose_the_31st():
    facts = [Fact("D1", cycle, status="completed") for cycle in (1, 2)]
    schedule = [visit("D1", repeat_group="cycle")]
    visits = planned(schedule, [Anchor("day_1", date(2026, 1, 31))], facts, MONTHLY)
    assert visits["D1", 2].target_on == date(2026, 2, 28)
    assert visits["D1", 3].target_on == date(2026, 3, 31)


def test_a_cycle_follows_the_actual_beginning_of_the_one_before():
    schedule = [
        visit("D1", repeat_group="cycle", basis="actual", window_basis="actual"),
        visit("D15", 14, repeat_group="cycle"),
    ]
    facts = [Fact("D1", performed_on=DAY_1), Fact("D1", 2, performed_on=on_day(25))]
    groups = [RepeatGroup("cycle", Offset(days=21), cap=3)]
    visits = targets(planned(schedule, facts=facts, groups=groups))
    assert (visits["D1", 2], visits["D1", 3], visits["D15", 3]) == (21, 46, 60)


def test_what_follows_a_visit_missed_in_every_cycle_counts_from_the_first():
    schedule = [visit("D1", repeat_group="cycle"), visit("EOT", 28, after="D1")]
    facts = [Fact("D1", 1, status="missed", is_frozen=True), Fact("D1", 2, status="cancelled")]
    assert targets(planned(schedule, facts=facts, groups=MONTHLY))["EOT"] == 28


def test_cycles_without_a_date_are_left_out():
    schedule = [visit("D1", repeat_group="cycle"), visit("D8", 7, repeat_group="cycle")]
    assert planned(schedule, [], [Fact("D8", status="skipped")], MONTHLY) == {}


def test_a_cycle_begun_from_an_anchor_not_recorded_brings_the_next_one():
    schedule = [
        visit("D1", anchor_code="dose", basis="actual", repeat_group="cycle", position=1),
        visit("D8", 7, repeat_group="cycle", position=2),
    ]
    visits = planned(schedule, ON_DAY_1, [Fact("D1", performed_on=on_day(2))], MONTHLY)
    assert targets(visits) == {"D1": 2, ("D1", 2): 33, "D8": 7, ("D8", 2): 38}


# Any schedule


@st.composite
def schedules(draw):
    """Visits that count from an anchor or from a visit drawn before them, the last in cycles."""
    distance = st.builds(
        Offset, st.integers(-3, 12), st.integers(-40, 90), st.integers(-3000, 3000)
    )
    room = st.builds(Offset, st.integers(0, 1), st.integers(0, 9), st.integers(0, 3000))
    basis = st.sampled_from(["planned", "actual"])
    return [
        Definition(
            key=number,
            name=f"V{number}",
            position=draw(st.integers(0, 9)),
            anchor_code=draw(st.sampled_from(["day_1", "consent", "last_dose"])),
            after=draw(st.none() | st.integers(0, number - 1)) if number else None,
            offset=draw(distance),
            early=draw(room),
            late=draw(room),
            basis=draw(basis),
            window_basis=draw(basis),
            repeat_group="cycle" if number >= draw(st.integers(5, 9)) else None,
        )
        for number in range(draw(st.integers(1, 9)))
    ]


days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
anchor_sets = st.dictionaries(st.sampled_from(["day_1", "consent"]), days).map(
    lambda found: [Anchor(code, on) for code, on in found.items()]
)
done = st.builds(Fact, st.integers(0, 8), performed_on=days, is_frozen=st.booleans())
histories = st.lists(done, max_size=4, unique_by=lambda fact: fact.key)


def plan_or_refusal(schedule, anchors, facts):
    """The plan, or nothing where cycles and the visits around them count from each other."""
    try:
        return plan(schedule, MONTHLY, anchors, facts)
    except PlanError:
        return []


@given(schedules(), anchor_sets, histories)
def test_targets_lie_in_their_windows_and_frozen_visits_are_passed_by(schedule, anchors, facts):
    frozen = {(fact.key, fact.cycle) for fact in facts if fact.is_frozen}
    for found in plan_or_refusal(schedule, anchors, facts):
        assert found.earliest_on <= found.target_on <= found.latest_on
        assert (found.key, found.cycle) not in frozen


@given(schedules(), anchor_sets, histories)
def test_planning_again_after_keeping_the_plan_changes_nothing(schedule, anchors, facts):
    visits = plan_or_refusal(schedule, anchors, facts)
    known = {(fact.key, fact.cycle): fact for fact in facts}
    for kept in visits:
        fact = known.get((kept.key, kept.cycle), Fact(kept.key, kept.cycle))
        known[kept.key, kept.cycle] = replace(fact, first_target_on=kept.first_target_on)
    assert plan_or_refusal(schedule, anchors, known.values()) == visits
