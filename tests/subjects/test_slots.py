"""Free times for a visit: what is offered, in which order, and why."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import start_of
from subjects.slots import Diary, Interval, Need, find, free_count, lanes, nearest

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
MONDAY = date(2026, 6, 8)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def moment(day, clock, zone=LONDON):
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def span(day, start, end, zone=LONDON):
    return Interval(moment(day, start, zone), moment(day, end, zone))


def after(count, day=MONDAY):
    return day + timedelta(days=count)


def diary_of(days=5, hours=("09:00", "12:00"), first=MONDAY, zone=LONDON, **rest):
    openings = {after(n, first): [span(after(n, first), *hours, zone)] for n in range(days)}
    return Diary(zone=zone, now=rest.pop("now", BEFORE), openings=openings, **rest)


def need_of(minutes=60, target=2, early=2, late=2, **rest):
    target_on = after(target)
    rest = {"rooms": (1,), "people": (7,), **rest}
    return Need(
        minutes, target_on=target_on, earliest_on=target_on - timedelta(early),
        latest_on=target_on + timedelta(late), **rest,
    )  # fmt: skip


def told(slots, zone=LONDON):
    return [f"{slot.start.astimezone(zone):%a %H:%M}" for slot in slots]


def test_six_slots_are_offered_nearest_the_target_first_and_two_a_day():
    assert told(find(need_of(), diary_of())) == [
        "Wed 09:00", "Wed 10:00", "Tue 09:00", "Tue 10:00", "Thu 09:00", "Thu 10:00",
    ]  # fmt: skip


def test_each_slot_says_why_it_is_offered():
    need = need_of(weekdays=frozenset({3}), part="morning", other_visits_on=frozenset({after(3)}))
    best, *others = find(need, diary_of())
    assert best.reasons == (
        "in window",
        "1 day after target",
        "Thursday as preferred",
        "morning as preferred",
        "joins another visit that day",
    )
    assert best.end - best.start == timedelta(hours=1)
    assert (best.room_id, best.person_id) == (1, 7)
    assert all(best.score >= other.score for other in others)


@pytest.mark.parametrize(
    ("part", "first"),
    [("morning", "Wed 09:00"), ("afternoon", "Wed 12:00"), ("evening", "Wed 17:00")],
)
def test_the_preferred_part_of_the_day_comes_first(part, first):
    assert told(find(need_of(part=part), diary_of(hours=("09:00", "20:00"))))[0] == first


def test_a_preferred_weekday_wins_over_two_days_from_the_target_not_over_three():
    friday = frozenset({4})
    assert told(find(need_of(target=3, weekdays=friday), diary_of()))[0] == "Fri 09:00"
    assert told(find(need_of(target=1, late=5, weekdays=friday), diary_of()))[0] == "Tue 09:00"


def test_outside_the_window_is_offered_only_when_nothing_inside_is_free():
    narrow = need_of(early=0, late=0)
    assert told(find(narrow, diary_of())) == ["Wed 09:00", "Wed 10:00"]
    full = diary_of(closures=[span(after(2), "00:00", "23:00")])
    slots = find(narrow, full, limit=3)
    assert told(slots) == ["Tue 09:00", "Tue 10:00", "Thu 09:00"]
    assert slots[0].reasons == ("1 day before the window", "1 day before target")
    assert slots[2].reasons[0] == "1 day after the window"


def test_a_window_far_past_the_target_is_still_better_than_the_day_before_it():
    need = need_of(target=1, early=0, late=60)
    assert told(find(need, diary_of(days=4), limit=9))[-1] == "Thu 10:00"


def test_rooms_people_and_subject_must_all_be_free():
    wednesday = diary_of(
        days=3,
        rooms={1: [span(after(2), "09:00", "10:00")], 2: [span(after(2), "10:00", "12:00")]},
        people={7: [span(after(2), "09:00", "09:30")], 8: [span(after(2), "09:30", "12:00")]},
        subject=[span(after(2), "11:00", "11:10")],
    )
    need = need_of(minutes=30, rooms=(1, 2), people=(7, 8), early=0)
    offered = find(need, wednesday, limit=9)
    assert told(offered) == ["Wed 09:00", "Wed 09:30"]
    assert [(slot.room_id, slot.person_id) for slot in offered] == [(2, 8), (2, 7)]
    late = nearest(moment(after(2), "11:00"), need, wednesday)
    assert told([late]) == ["Wed 11:15"]
    assert (late.room_id, late.person_id) == (1, 7)


def test_a_visit_may_go_without_room_or_person_but_not_with_none_acceptable():
    call = find(need_of(rooms=None, people=None), diary_of())[0]
    assert (call.room_id, call.person_id) == (None, None)
    assert find(need_of(rooms=()), diary_of()) == []
    assert find(need_of(people=()), diary_of()) == []


def test_a_visit_without_a_window_takes_the_soonest_times():
    slots = find(Need(60, None, None), diary_of(), limit=2)
    assert told(slots) == ["Mon 09:00", "Mon 10:00"]
    assert slots[0].reasons == ()


def test_nothing_is_offered_in_the_past_or_where_the_place_is_never_open():
    now = moment(after(2), "10:05")
    assert told(find(need_of(early=9, late=0), diary_of(now=now))) == ["Wed 10:15"]
    assert told(find(need_of(), diary_of(now=moment(after(4), "11:01")))) == []
    shut = Diary(zone=LONDON, now=BEFORE, openings={MONDAY: []})
    assert find(need_of(), shut) == []
    assert nearest(moment(MONDAY, "09:00"), need_of(), shut) is None


def test_the_nearest_time_is_the_later_of_two_as_close():
    diary = diary_of(rooms={1: [span(MONDAY, "10:00", "11:00")]})
    assert told([nearest(moment(MONDAY, "10:00"), need_of(30), diary)]) == ["Mon 09:30"]
    assert told([nearest(moment(MONDAY, "10:15"), need_of(30), diary)]) == ["Mon 11:00"]
    assert told([nearest(moment(MONDAY, "11:15"), need_of(30), diary)]) == ["Mon 11:15"]
    assert told([nearest(moment(MONDAY, "03:00"), need_of(30), diary)]) == ["Mon 09:00"]


def test_a_day_counts_the_visits_that_still_fit_where_rooms_and_people_allow():
    rooms = {1: [span(MONDAY, "09:00", "11:00")], 2: []}
    assert free_count(MONDAY, 60, diary_of(rooms=rooms)) == 4
    assert free_count(MONDAY, 60, diary_of(rooms=rooms, people={7: []})) == 3
    busy_at_ten = {7: [span(MONDAY, "10:00", "11:00")], 8: []}
    assert free_count(MONDAY, 60, diary_of(rooms=rooms, people=busy_at_ten)) == 4
    assert free_count(MONDAY, 90, diary_of(rooms=rooms)) == 2
    assert free_count(after(9), 60, diary_of(rooms=rooms)) == 0
    assert free_count(MONDAY, 60, diary_of(rooms={})) == 0
    assert free_count(MONDAY, 60, diary_of()) == 3


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 6, 11), LONDON, 4),
        (date(2026, 3, 29), LONDON, 3),
        (date(2026, 10, 25), LONDON, 5),
        (date(2026, 3, 8), NEW_YORK, 3),
        (date(2026, 11, 1), NEW_YORK, 5),
        (date(2026, 10, 4), LORD_HOWE, 3.5),
        (date(2026, 4, 5), LORD_HOWE, 4.5),
    ],
)
def test_the_real_hours_of_a_day_are_free_when_the_clocks_change(day, zone, hours):
    night = diary_of(days=1, hours=("00:00", "04:00"), first=day, zone=zone)
    assert free_count(day, 15, night) == hours * 4


def test_days_after_a_change_of_the_clocks_keep_their_opening_hours():
    change = date(2026, 3, 29)
    diary = diary_of(days=3, first=change - timedelta(1), rooms={1: []})
    slots = find(Need(60, (1,), None), diary)
    assert {slot.start.astimezone(LONDON).hour for slot in slots} == {9, 10}
    assert len(slots) == 6


minutes_of_week = st.integers(0, 3 * 24 * 12)
stretches = st.lists(
    st.tuples(minutes_of_week, st.integers(1, 40)).map(
        lambda pair: Interval(
            start_of(MONDAY, LONDON) + timedelta(minutes=5 * pair[0]),
            start_of(MONDAY, LONDON) + timedelta(minutes=5 * (pair[0] + pair[1])),
        )
    ),
    max_size=6,
)


def clashes(slot, intervals):
    return any(slot.start < taken.end and taken.start < slot.end for taken in intervals)


@given(
    st.dictionaries(st.integers(1, 3), stretches, min_size=1),
    st.dictionaries(st.integers(7, 9), stretches, min_size=1),
    stretches,
    stretches,
    st.integers(1, 150),
)
def test_every_slot_is_free_and_a_free_time_is_found_when_there_is_one(
    rooms, people, subject, closures, minutes
):
    diary = diary_of(days=3, rooms=rooms, people=people, subject=subject, closures=closures)
    need = need_of(minutes, target=1, rooms=tuple(rooms), people=tuple(people))
    slots = find(need, diary)
    for slot in slots:
        assert not clashes(slot, [*subject, *closures])
        assert not clashes(slot, rooms[slot.room_id])
        assert not clashes(slot, people[slot.person_id])
        (opening,) = diary.openings[slot.start.astimezone(LONDON).date()]
        assert opening.start <= slot.start
        assert slot.end <= opening.end
    length = timedelta(minutes=minutes)
    tried = [
        Interval(start, start + length)
        for (opening,) in diary.openings.values()
        for start in (opening.start + timedelta(minutes=15 * n) for n in range(12))
        if start + timedelta(minutes=5 * -(-minutes // 5)) <= opening.end
    ]
    assert bool(slots) == any(
        not clashes(one, [*subject, *closures])
        and any(not clashes(one, taken) for taken in rooms.values())
        and any(not clashes(one, taken) for taken in people.values())
        for one in tried
    )


def hours(*pairs):
    return [span(MONDAY, f"{start:02}:00", f"{end:02}:00") for start, end in pairs]


def test_overlapping_blocks_stand_side_by_side_and_others_take_the_full_width():
    assert lanes(hours((9, 11), (10, 12), (11, 13), (14, 15))) == [(0, 2), (1, 2), (0, 2), (0, 1)]
    assert lanes([]) == []


def test_more_than_four_blocks_leave_the_rest_to_a_count():
    assert lanes(hours(*[(9, 10)] * 6)) == [(n, 4) for n in range(6)]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), max_size=12))
def test_blocks_in_one_lane_never_overlap(pairs):
    intervals = hours(*[(start, min(start + length, 23)) for start, length in pairs])
    placed = lanes(intervals)
    assert len(placed) == len(intervals)
    for number, (lane, width) in enumerate(placed):
        assert 1 <= width <= 4
        for other in range(number):
            if placed[other][0] == lane:
                assert not clashes(intervals[number], [intervals[other]])
