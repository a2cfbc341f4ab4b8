"""The side navigation: what it offers to whom, what it counts, and which trial or place it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.kept import forget
from ctms.navigation import Groups, Item, groups, navigation
from sites.models import Place
from subjects.actions import subjects
from tests.world import World, make_place, make_site, screen, user_with, visit
from trials.actions import trials

pytestmark = pytest.mark.django_db
WORK = "/my-work/"


def shown(user: User, path: str = WORK, session: dict[str, Any] | None = None) -> Groups:
    """The navigation as the person sees it on a page."""
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    request.session = {} if session is None else session  # type: ignore[assignment]
    return groups(request, User.objects.get(pk=user.pk))


def texts(found: Groups) -> dict[str, list[str]]:
    return {group.title: [item.text for item in group.items] for group in found}


def item(found: Groups, text: str) -> Item:
    """The last entry of this name: that of the trial or place."""
    return [each for group in found for each in group.items if each.text == text][-1]


def current(found: Groups) -> list[tuple[str, str]]:
    return [(group.title, each.text) for group in found for each in group.items if each.is_current]


def test_people_of_a_site_have_their_day_and_their_place(world: World) -> None:
    found = shown(world.coordinator)
    assert texts(found) == {
        "": ["Today", "My work", "Notices", "Saved views", "Schedule"],
        "Site": [
            "Subjects",
            "Screening log",
            "Consents",
            "Adverse events",
            "Deviations & issues",
            "Subject payments",
            "Delegations",
            "Place",
        ],
    }
    assert found[1].context
    assert (found[1].context.title, found[1].context.detail) == ("1042 Northgate", "GB · 1 trial")


def test_a_place_whose_sites_have_different_numbers_goes_by_its_name(world: World) -> None:
    Place.objects.filter(pk=world.place.pk).update(city="Leeds")
    make_site(world.trial, world.place, "1043", world.admin, world.manager)
    context = shown(world.coordinator)[1].context
    assert context
    assert (context.title, context.detail) == ("Northgate", "Leeds, GB · 2 trials")


def test_people_of_a_trial_have_the_organisation_and_their_trial(world: World) -> None:
    found = shown(world.cra)
    assert texts(found) == {
        "": ["My work", "Notices", "Saved views"],
        "Organisation": ["Trials", "Sites", "Subjects", "Places", "Audit trail"],
        "Trial": [
            "Overview",
            "Sites",
            "Subjects",
            "Screening log",
            "Consents",
            "Adverse events",
            "Medications",
            "Deviations & issues",
            "Schedule of activities",
            "Set-up",
        ],
    }
    assert found[2].context
    assert (found[2].context.title, found[2].context.detail) == ("TMR-204", "Planned")


def test_administrators_see_no_subjects(world: World) -> None:
    found = texts(shown(world.admin))
    assert found["Administration"] == ["People", "Installation"]
    assert "Subjects" not in found["Organisation"] + found["Trial"]


def test_without_a_role_there_is_only_ones_own_work(world: World) -> None:
    stranger = User.objects.create(username="stranger", email="s@example.org")
    assert texts(shown(stranger)) == {"": ["My work", "Notices", "Saved views"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/trials/", ("Organisation", "Trials")),
        ("/sites/", ("Organisation", "Sites")),
        ("/subjects/", ("Organisation", "Subjects")),
        ("/places/northgate/", ("Organisation", "Places")),
        ("/trials/tmr-204/", ("Trial", "Overview")),
        ("/trials/tmr-204/sites/1042/status/", ("Trial", "Sites")),
        ("/trials/tmr-204/subjects/1042-001/", ("Trial", "Subjects")),
        ("/subjects/1/end/", ("Trial", "Subjects")),
        ("/visits/1/", ("Trial", "Subjects")),
        ("/randomisations/1/blind/", ("Trial", "Subjects")),
        ("/documents/1/", ("Trial", "Subjects")),
        ("/consent-approvals/1/correct/", ("Trial", "Set-up")),
        ("/trials/tmr-204/set-up/activities/1.0/", ("Trial", "Schedule of activities")),
        ("/trials/tmr-204/set-up/change/", ("Trial", "Set-up")),
    ],
)
def test_one_entry_is_marked_in_a_trial(world: World, path: str, expected: tuple[str, str]) -> None:
    assert current(shown(world.manager, path)) == [expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/today/", ("", "Today")),
        ("/places/northgate/schedule/", ("", "Schedule")),
        ("/trials/tmr-204/subjects/1042-001/", ("Site", "Subjects")),
        ("/places/northgate/day-sheet/", ("", "Schedule")),
        ("/places/northgate/bed-board/", ("Site", "Place")),
        ("/places/northgate/find-caller/", ("Site", "Subjects")),
        ("/places/northgate/delegate/", ("Site", "Delegations")),
        ("/places/northgate/hours/", ("Site", "Place")),
        ("/closures/1/change/", ("Site", "Place")),
        ("/visits/1/stay/", ("Site", "Subjects")),
        ("/stays/1/discharge/", ("Site", "Subjects")),
        ("/documents/1/", ("Site", "Subjects")),
        ("/trials/tmr-204/events/1042-001-01/", ("Site", "Adverse events")),
        ("/trials/tmr-204/issues/DEV-1042-001/", ("Site", "Deviations & issues")),
        ("/trials/tmr-204/capas/CAPA-1042-01/", ("Site", "Deviations & issues")),
        ("/letters/1/", ("Site", "Adverse events")),
        ("/trials/tmr-204/subject-payments/PAY-1042-0001/", ("Site", "Subject payments")),
    ],
)
def test_one_entry_is_marked_at_a_place(world: World, path: str, expected: tuple[str, str]) -> None:
    assert current(shown(world.coordinator, path)) == [expected]
    assert current(shown(world.coordinator, "/account/settings/")) == []


def test_the_last_trial_is_remembered_on_pages_without_one(world: World) -> None:
    other = trials.add_trial(
        world.sponsor, values={"code": "bsl-305", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    session: dict[str, Any] = {}
    title = lambda path: shown(world.manager, path, session)[2].context.title  # noqa: E731
    assert title(WORK) == "BSL-305"
    assert title("/trials/tmr-204/sites/") == "TMR-204"
    assert title(WORK) == "TMR-204"
    assert title(other.get_absolute_url()) == "BSL-305"
    assert session == {"context": "trial", "trial": "bsl-305"}


def test_the_page_of_a_record_shows_the_trial_and_the_place_in_which_it_lies(
    world: World, client: Client
) -> None:
    held = visit(screen(world), "SCR")
    trials.add_trial(
        world.sponsor, values={"code": "bsl-305", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    second = make_place("southend", world.admin)
    accounts.give(second, person=world.coordinator, role=Role.COORDINATOR, by=world.admin)
    for person, before, after in (
        (world.manager, "/trials/bsl-305/", "/trials/tmr-204/subjects/"),
        (world.coordinator, "/places/southend/", "/places/northgate/subjects/"),
    ):
        client.force_login(person)
        client.get(before)
        assert f'href="{after}"' in client.get(f"/visits/{held.pk}/").content.decode()


def test_a_trial_that_is_not_to_be_seen_is_not_shown(world: World) -> None:
    trials.add_trial(
        world.sponsor, values={"code": "bsl-305", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    found = shown(world.cra, "/trials/bsl-305/", {"trial": "bsl-305"})
    assert found[2].context
    assert found[2].context.title == "TMR-204"


def test_who_works_at_two_places_stays_at_the_one_chosen_last(world: World) -> None:
    second = make_place("southend", world.admin)
    accounts.give(second, person=world.coordinator, role=Role.COORDINATOR, by=world.admin)
    session: dict[str, Any] = {}

    def place(path: str) -> str:
        found = shown(world.coordinator, path, session)
        assert item(found, "Schedule").url == f"/places/{session['place']}/schedule/"
        return str(session["place"])

    assert place("/today/") == "northgate"
    assert place("/places/southend/") == "southend"
    assert place("/today/") == "southend"


def test_a_person_of_a_site_and_a_sponsor_sees_what_the_page_is_about(world: World) -> None:
    accounts.give(world.trial, person=world.coordinator, role=Role.CTA, by=world.admin)
    session: dict[str, Any] = {}
    titles = lambda path: list(texts(shown(world.coordinator, path, session)))  # noqa: E731
    assert titles(WORK) == ["", "Organisation", "Site"]
    assert titles("/trials/tmr-204/") == ["", "Organisation", "Trial"]
    assert titles(WORK) == ["", "Organisation", "Trial"]
    assert titles("/places/northgate/") == ["", "Organisation", "Site"]


def test_counts_are_open_duties_of_this_person_where_they_are_done(world: World) -> None:
    long_ago = timezone.localdate() - timedelta(days=40)
    subject = screen(world, long_ago)
    subjects.set_anchor(
        subject, code="day_1", on=long_ago + timedelta(days=14), reason="dose", by=world.coordinator
    )
    found = shown(world.coordinator)
    counts = {each.text: (each.count, each.is_late) for group in found for each in group.items}
    # Screening, day 1 and week 2 are past their windows; week 4 has to be booked.
    assert counts == {
        "Today": (0, False), "My work": (4, True), "Notices": (0, False), "Saved views": (0, False), "Schedule": (1, False),
        "Subjects": (3, True), "Screening log": (0, False), "Consents": (0, False), "Adverse events": (0, False),
        "Deviations & issues": (0, False), "Subject payments": (0, False), "Delegations": (0, False), "Place": (0, False),
    }  # fmt: skip
    assert item(shown(world.cra), "My work").count == 0
    elsewhere = make_place("southend", world.admin)
    accounts.give(elsewhere, person=world.coordinator, role=Role.COORDINATOR, by=world.admin)
    assert item(shown(world.coordinator, "/places/southend/"), "Subjects").count == 0


def test_the_switch_of_a_page_about_nothing_leads_to_the_record(world: World) -> None:
    assert shown(world.cra)[2].switch == f"{reverse('switch')}?from=%2Ftrials%2Ftmr-204%2F&of=trial"
    found = shown(world.cra, "/trials/tmr-204/subjects/")
    assert found[2].switch == f"{reverse('switch')}?from=%2Ftrials%2Ftmr-204%2Fsubjects%2F&of=trial"


def test_a_phone_has_the_four_places_most_gone_to(world: World) -> None:
    def quick(user: User) -> list[str]:
        request = RequestFactory().get(WORK)
        request.user, request.session = User.objects.get(pk=user.pk), {}  # type: ignore[assignment]
        request.resolver_match = resolve(WORK)
        return [each.text for each in navigation(request)["quick"]]

    assert quick(world.coordinator) == ["Today", "Schedule", "Subjects", "My work"]
    assert quick(world.cra) == ["Overview", "Sites", "Subjects", "My work"]
    assert quick(world.admin) == ["People", "Overview", "Sites", "My work"]


@pytest.mark.parametrize(("name", "queries"), [("coordinator", 4), ("manager", 5)])
def test_the_navigation_takes_few_queries(
    world: World, django_assert_num_queries: Any, name: str, queries: int
) -> None:
    shown(getattr(world, name))
    request = RequestFactory().get(WORK)
    request.resolver_match, request.session = resolve(WORK), {}  # type: ignore[assignment]
    person = User.objects.get(pk=getattr(world, name).pk)
    forget(person)
    # Where the person works, the trial or place, what is open.
    with django_assert_num_queries(queries):
        first = groups(request, person)
    with django_assert_num_queries(0):
        assert groups(request, person) == first, "kept for a moment"


def test_an_unblinded_pharmacist_finds_the_subjects_of_the_site(world: World) -> None:
    found = texts(shown(user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)))
    assert "Subjects" in found["Organisation"]
    assert "Subjects" in found["Trial"]
