"""The impact of an amended version at its page: sites, subjects, bookings, and how far it has come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.bootstrap import system_account
from accounts.roles import Role
from core.audit import under_event
from sites.actions import sites
from subjects.actions import bookings, subjects
from subjects.actions.follow import follow_all
from subjects.impact import Impact
from tests.subjects.consented import record
from tests.subjects.test_amended import forms
from tests.subjects.test_booking import in_window, wanted
from tests.subjects.test_follow import amended, dosed, take_effect, today_at
from tests.world import World, make_place, make_site, user_with, visit
from trials.models import ScheduleVersion, VisitDefinition

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ROWS = [("SCR", -14, 13), ("D1", 0, 0), ("W2", 21, 1), ("W8", 56, 3)]


def at(version: ScheduleVersion) -> str:
    return reverse("subjects:impact", args=[version.trial.code, version.number])


def seen(client: Client, version: ScheduleVersion) -> tuple[Impact, str, Any]:
    page = client.get(at(version))
    assert page.status_code == 200
    return page.context["impact"], " ".join(page.content.decode().split()), page.context


def booked(world: World, code: str, hour: int) -> Any:
    subject = dosed(world)
    held = visit(subject, code)
    return bookings.book(held, wanted=wanted(world, in_window(held), hour), by=world.coordinator)


def test_before_it_takes_effect_the_page_says_what_it_would_do(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    out, gone = booked(world, "W2", 9), booked(world, "W4", 10)
    _, new = forms(world)
    version = amended(world, ROWS, asked=[new])
    found, text, context = seen(client, version)
    assert [(one.visit_id, one.words) for one in found.displaced] == [
        (out.visit_id, f"{(21 - 1) - 14 - (out.on - out.visit.target_on).days} days early"),
        (gone.visit_id, "visit removed"),
    ]
    assert (len(found.to_sign), found.gone, found.following.sites) == (2, 1, 0)
    assert [(row.name, row.to_approve, row.to_sign, row.to_move) for row in found.countries] == [
        ("United Kingdom", 1, 2, 2)
    ]
    assert [(str(one), count) for one, count in found.asked] == [("Study information v4.0", 1)]
    effects = {
        (title, one.what): effect for title, rows in context["parts"] for one, effect in rows
    }
    assert effects["Visits", "W2 amended"] == "2 open visits laid out anew, 1 booked out of window"
    assert effects["Visits", "W4"] == "2 open visits end, 1 booked"
    assert effects["Visits", "W8 amended"] == "Laid out unless its window has passed"
    assert f"No site works under {version.number} yet" in text
    assert reverse("subjects:slots", args=[out.visit_id]) in text
    assert reverse("subjects:visit", args=[gone.visit_id]) in text


def test_while_it_takes_effect_the_page_follows_by_itself(world: World, client: Client) -> None:
    client.force_login(world.manager)
    _, new = forms(world)
    version = amended(world, ROWS, asked=[new])
    ready, _, _ = dosed(world), dosed(world), dosed(world)
    record(world, ready, new)
    sites.put_into_effect(world.site, version=version, from_on=today_at(world), by=world.manager)
    htmx = {"HX-Request": "true", "HX-Target": "following"}
    part = client.get(at(version), headers=htmx)
    text = " ".join(part.content.decode().split())
    assert "0 of 1 subject at 1 site brought under" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<h1" not in text
    follow_all(by=system_account())
    text = " ".join(client.get(at(version), headers=htmx).content.decode().split())
    assert f"1 of 1 subject at 1 site follows {version.number}" in text
    assert "2 more stay under the version before until they have signed anew" in text
    assert "hx-trigger" not in text
    found, whole, _ = seen(client, version)
    assert found.countries[0].rows[0].level == "g"
    assert "approved at every site" in whole


def test_a_booking_kept_with_a_reason_or_inside_its_window_is_not_to_be_moved(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    booking = booked(world, "W2", 9)
    version = amended(world, ROWS)
    take_effect(world, version)
    assert len(seen(client, version)[0].displaced) == 1
    bookings.move(booking, wanted=wanted(world, booking.on), reason="Travel", by=world.coordinator)
    assert seen(client, version)[0].displaced == []


def test_a_site_of_another_country_to_come_and_one_to_approve(world: World, client: Client) -> None:
    client.force_login(world.manager)
    version = amended(world, ROWS)
    place = make_place("southgate", world.admin)
    make_site(world.trial, place, "1043", world.admin, world.manager)
    soon = today_at(world) + 5 * DAY
    sites.put_into_effect(world.site, version=version, from_on=soon, by=world.manager)
    found, text, _ = seen(client, version)
    assert [row.level for row in found.all_sites.rows] == ["a", "n"]
    assert "to approve at 1 site" in text
    assert f"{soon:%-d %b %Y}" in text


def test_a_person_counts_only_what_they_may_see(world: World, client: Client) -> None:
    version = amended(world, ROWS)
    booked(world, "W4", 10)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    nurse = user_with(Role.COORDINATOR, place, world.admin)
    subjects.screen(there, on=today_at(world), by=nurse)
    client.force_login(nurse)
    found, text, _ = seen(client, version)
    assert [row.site for row in found.all_sites.rows] == [there]
    assert (found.all_sites.subjects, list(found.displaced)) == (1, [])
    assert "Put into effect" not in text


def test_who_sees_no_subjects_is_told_nothing_of_them(world: World, client: Client) -> None:
    version = amended(world, ROWS)
    booked(world, "W4", 10)
    client.force_login(world.admin)
    _, text, _ = seen(client, version)
    assert "What changed" in text
    assert "to approve at 1 site" in text
    for word in ("Bookings to move", "every booking fits", "Subjects to re-consent", "visits end"):
        assert word not in text


def test_a_first_version_and_one_without_dates_say_so(world: World, client: Client) -> None:
    client.force_login(world.manager)
    booked(world, "W2", 9)
    assert "The first schedule of" in seen(client, world.version)[1]
    with under_event("test"):
        odd = ScheduleVersion.objects.create(trial=world.trial, number="odd")
        lasting = dict.fromkeys(("months", "late_months"), 32_000)
        for position in range(4):
            last = VisitDefinition.objects.filter(version=odd).order_by("-position").first()
            VisitDefinition.objects.create(
                version=odd, code=f"V{position}", name="Far", position=position,
                after_visit=last, **lasting,
            )  # fmt: skip
    found, text, _ = seen(client, odd)
    assert found.problem in text
    assert "gives its visits no dates" in found.problem


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_asks_a_fixed_number_of_queries(
    world: World, client: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    _, new = forms(world)
    for number in range(count):
        booked(world, "W2", 9 + number)
        place = make_place(f"place-{number}", world.admin)
        there = make_site(world.trial, place, f"110{number}", world.admin, world.manager)
        sites.put_into_effect(
            there, version=world.version, from_on=date(2020, 1, 1), by=world.manager
        )
    version = amended(world, ROWS, asked=[new])
    client.force_login(world.manager)
    client.get(at(version))
    with django_assert_max_num_queries(25):
        client.get(at(version))
