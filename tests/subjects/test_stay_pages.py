"""Stays on pages: the bed board, one stay, Today, the schedule, the day sheet, booking with a bed."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core import obligations
from sites.actions import places
from sites.models import Bed
from subjects.actions import leaves, subjects
from subjects.models import Booking, Leave, Stay, Visit
from tests.subjects.stayed import DAY, admitted, book, clock, do, held_by, to_stay
from tests.world import World, user_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clocks")]
TODAY = date(2026, 6, 11)
AT = {"at_on": "11 Jun 2026", "at_clock": "11:00"}


@pytest.fixture
def priya(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


def to(name: str, *args: object) -> str:
    return reverse(name, args=args)


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def post(client: Client, url: str, status: int = 302, **form: object) -> str:
    answer = client.post(url, form)
    said = " ".join(answer.content.decode().split())
    assert answer.status_code == status, said
    return said


def test_a_stay_is_booked_admitted_and_ended_on_pages(
    world: World, beds: list[Bed], priya: Client
) -> None:
    held = to_stay(world)
    slots = to("subjects:slots", held.pk)
    assert "2 nights" in text(priya, slots)
    assert "Bed 1" in text(priya, slots)
    form = {"start": "2026-06-11T10:00", "minutes": 60}
    assert "Free then: Bed 1, Bed 2." in post(priya, slots, 422, **form)
    post(priya, slots, **form, bed=beds[0].pk)
    assert held_by(beds[0]) == [(clock(TODAY, "10:00"), clock(TODAY + 2 * DAY, "10:00"))]
    page = to("subjects:stay", held.pk)
    assert "Bed reserved" in text(priya, page)
    visit = text(priya, to("subjects:visit", held.pk))
    assert to("subjects:admit", held.pk) in visit
    assert "Bed 1, bed reserved" in visit
    reserve = to("subjects:reserve_bed", held.pk)
    assert "Free from Thu 11 Jun 10:00 to Sat 13 Jun 10:00." in text(priya, reserve)
    post(priya, reserve, bed=beds[1].pk, until_on="14 Jun 2026", until_clock="09:00")
    admit = to("subjects:admit", held.pk)
    assert 'value="12:00"' in text(priya, admit)
    until = {"until_on": "13 Jun 2026", "until_clock": "10:00"}
    post(priya, admit, 422, bed=beds[1].pk, **AT | {"at_clock": "13:00"}, **until)
    post(priya, admit, bed=beds[1].pk, **AT, **until)
    stay = Stay.objects.get()
    assert (stay.status, stay.admitted_at) == ("admitted", clock(TODAY, "11:00"))
    assert "In house since 11:00 Thu, Bed 2" in text(priya, held.subject.get_absolute_url())


def test_a_stay_is_changed_and_ended_on_pages(world: World, beds: list[Bed], priya: Client) -> None:
    stay = admitted(world, beds[1], clock(TODAY, "11:00"))
    page = to("subjects:stay", stay.visit_id)
    move = to("subjects:change_bed", stay.pk)
    post(priya, move, bed=beds[0].pk, **AT | {"at_clock": "11:30"})
    later = {"until_on": "15 Jun 2026", "until_clock": "10:00"}
    post(priya, to("subjects:plan_discharge", stay.pk), **later)
    wrong = {"admitted_at_on": "11 Jun 2026", "admitted_at_clock": "10:50", "reason": "watch"}
    post(priya, to("subjects:correct_stay", stay.pk), **wrong, revision=1, status=409)
    post(priya, to("subjects:correct_stay", stay.pk), **wrong)
    end = to("subjects:discharge", stay.pk)
    said = post(priya, end, 422, **AT | {"at_clock": "11:50"}, ending="planned")
    assert "Say why it is earlier" in said
    post(priya, end, **AT | {"at_clock": "11:50"}, ending="early", reason="Well")
    shown = text(priya, page)
    assert "Earlier, by medical decision: Well" in shown
    assert "Take back discharge" in shown
    post(priya, to("subjects:take_back_stay", stay.pk), reason="not yet")
    assert "In house" in text(priya, page)


def test_leave_and_release_on_pages(world: World, beds: list[Bed], priya: Client) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    do(world, stay.visit, "PK", clock(TODAY, "08:40"))
    do(world, stay.visit, "Study drug", clock(TODAY, "09:00"))
    leave = to("subjects:go_on_leave", stay.pk)
    back = {"expected_at_on": "11 Jun 2026", "expected_at_clock": "14:00"}
    assert "expected_at_clock" in post(priya, leave, 422, **AT, why="Walk")
    post(priya, leave, **AT, **back, why="Walk")
    shown = text(priya, to("subjects:stay", stay.visit_id))
    assert "On leave until Thu 11 Jun 14:00" in shown  # the meal at 13:00
    assert "Expected back Thu 11 Jun 14:00" in shown
    assert "next: 2 h past 10:00" in shown
    post(priya, to("subjects:come_back", stay.pk), **AT | {"at_clock": "11:30"})
    record = Leave.objects.get()
    post(
        priya, to("subjects:correct_leave", record.pk), left_at_on="11 Jun 2026",
        left_at_clock="10:30", returned_at_on="11 Jun 2026", returned_at_clock="11:30",
        reason="watch",
    )  # fmt: skip
    post(priya, to("subjects:void_leave", record.pk), reason="was in the garden")
    assert "voided: was in the garden" in text(priya, to("subjects:stay", stay.visit_id))
    coming = book(world, to_stay(world), clock(TODAY + DAY, "08:00"), beds[1])
    post(priya, to("subjects:release_bed", coming.stays.get().pk), reason="no night")
    assert held_by(beds[1]) == []


def test_the_bed_board_names_only_whom_one_may_see(
    world: World, beds: list[Bed], priya: Client
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    subjects.identify(stay.visit.subject, values={"name": "Ann Example"}, by=world.coordinator)
    book(world, to_stay(world), clock(TODAY + DAY, "08:00"), beds[1])
    number, url = stay.visit.subject.number, to("subjects:bed_board", "northgate")
    shown = text(priya, url)
    assert "Ann Example" in shown
    assert 'class="bed-taken" colspan="2"' in shown
    assert 'class="bed-reserved" colspan="2"' in shown
    priya.force_login(world.cra)
    shown = text(priya, url)
    assert (number in shown, "Ann Example" in shown) == (True, False)
    stranger = user_with(Role.TMF_SPECIALIST, world.sponsor, world.admin)
    priya.force_login(stranger)
    shown = text(priya, url)
    assert (number in shown, "Busy" in shown) == (False, True)
    assert "has no beds" not in text(priya, f"{url}?from=2026-06-01")
    assert priya.get(f"{url}?from=soon").status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_pages_of_stays_ask_a_fixed_number_of_queries(
    world: World, beds: list[Bed], priya: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    more = [Bed.objects.create(place=world.place, name=f"Bed {number}") for number in range(3, 8)]
    for bed in more[:count]:
        admitted(world, bed, clock(TODAY, "08:00"))
    for url in (to("subjects:bed_board", "northgate"), to("subjects:today")):
        priya.get(url)
        with django_assert_max_num_queries(27):
            assert priya.get(url).status_code == 200


def test_who_is_in_house_is_seen_on_today_schedule_and_day_sheet(
    world: World, beds: list[Bed], priya: Client
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    subjects.identify(stay.visit.subject, values={"name": "Ann Example"}, by=world.coordinator)
    do(world, stay.visit, "PK", clock(TODAY, "08:40"))
    do(world, stay.visit, "Study drug", clock(TODAY, "11:00"))
    number = stay.visit.subject.number
    today = text(priya, to("subjects:today"))
    assert "In house" in today
    assert "Sample Thu 11 Jun 12:00, in 0 min" in today
    weekdays = [(day, time(8), time(18)) for day in range(5)]
    places.set_hours(world.place, hours=weekdays, by=world.coordinator)
    with time_machine.travel(clock(TODAY + timedelta(days=2), "08:00"), tick=False):
        later = Client()
        later.force_login(world.coordinator)
        closed = text(later, to("subjects:today"))
        assert "Closed today" in closed
        assert "In house" in closed
    week = text(priya, to("subjects:schedule", "northgate"))
    assert f"Bed 1: {number} INP from 08:00" in week
    sheet = text(priya, to("subjects:day_sheet", "northgate"))
    assert "In house" in sheet
    assert (number in sheet, "Ann Example" in sheet) == (True, False)
    conduct = text(priya, to("subjects:conduct", stay.visit_id))
    assert to("subjects:stay", stay.visit_id) in conduct


def test_a_stay_over_a_weekend_is_one_block_over_its_days(
    world: World, beds: list[Bed], priya: Client, clocks: Any
) -> None:
    clocks.move_to(clock(TODAY + DAY, "07:00"))  # a Friday
    priya.force_login(world.coordinator)
    stay = admitted(world, beds[0], clock(TODAY + DAY, "07:00"))
    week = text(priya, to("subjects:schedule", "northgate"))
    block = re.search(r'<span class="calendar-bar (.*?)</span>', week)
    assert block
    assert "calendar-from-4 calendar-over-3 calendar-near-from-0 calendar-near-over-2" in block[1]
    assert "Fri 12 Jun 07:00 to Sun 14 Jun 07:00" in block[1]
    assert f'href="{stay.get_absolute_url()}"' in block[1]
    assert f">Bed 1: {stay.visit.subject.number} INP from 07:00 until 07:00<" in block[1]


def test_a_sample_is_typed_past_midnight(
    world: World, beds: list[Bed], priya: Client, clocks: Any
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "06:00"))
    visit = stay.visit
    do(world, visit, "PK", clock(TODAY, "07:40"))
    do(world, visit, "Study drug", clock(TODAY, "08:00"))
    clocks.move_to(clock(TODAY + DAY, "00:20"))
    priya.force_login(world.coordinator)
    url = to("subjects:answer", visit.pk, step_of(visit, 960))
    form = {"outcome": "done", "on": "12 Jun 2026", "performer": world.person.pk}
    post(priya, url, **form, clock="23:58")
    record = visit.procedures.get(minute=960)
    assert record.done_at == clock(TODAY, "23:58")
    post(priya, url, **form, clock="00:03", reason="")
    record.refresh_from_db()
    assert record.done_at == clock(TODAY + DAY, "00:03")
    meal = to("subjects:answer", visit.pk, step_of(visit, 240))
    post(priya, meal, outcome="not_done", why_not="refused")
    assert Booking.objects.count() == 1


def step_of(visit: Visit, minute: int) -> str:
    """The address of a timed step."""
    cell = visit.definition.cells.get(offsets__contains=[[minute]])  # type: ignore[union-attr]
    return f"{cell.procedure_id}m{minute}"


def test_beds_are_kept_on_the_pages_of_their_place(
    world: World, beds: list[Bed], priya: Client
) -> None:
    admitted(world, beds[0], clock(TODAY, "08:00"))
    assert "Unit A" in text(priya, to("sites:beds", "northgate"))
    assert priya.get(to("sites:export_beds", "northgate", "csv")).status_code == 200
    post(priya, to("sites:add_bed", "northgate"), name="Bed 3", unit="Unit A")
    assert Bed.objects.count() == 3
    change = to("sites:change_bed", "northgate", beds[0].pk)
    said = post(priya, change, 422, name="Bed 1", unit="Unit A")
    assert "whoever is to stay in it needs another bed" in said
    post(priya, change, name="Bed 1", unit="Unit A", sure="on")
    assert not Bed.objects.get(pk=beds[0].pk).is_active


def test_duties_of_a_stay_lead_to_its_page(
    world: World, beds: list[Bed], priya: Client, clocks: Any
) -> None:
    stay = admitted(world, beds[0], clock(TODAY, "08:00"))
    leaves.go_on_leave(
        stay, at=clock(TODAY, "11:00"), expected_at=clock(TODAY, "11:30"), why="Walk",
        by=world.coordinator,
    )  # fmt: skip
    clocks.move_to(clock(TODAY + 3 * DAY, "08:00"))
    obligations.refresh_everything()
    rows = obligations.open_for(User.objects.get(pk=world.coordinator.pk))
    found = dict(rows.filter(rule__startswith="stay.").values_list("rule", "url"))
    assert found == dict.fromkeys(("stay.discharge", "stay.leave"), stay.get_absolute_url())


def test_a_visit_with_a_stay_goes_on_with_its_procedures(
    world: World, beds: list[Bed], priya: Client
) -> None:
    held = admitted(world, beds[0], clock(TODAY, "10:00")).visit
    shown = text(priya, held.subject.get_absolute_url())
    assert f'href="{held.conduct_url}"' in shown
    assert to("subjects:complete", held.pk) not in shown
