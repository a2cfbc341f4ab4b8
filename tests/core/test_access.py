"""Who sees and does what, where."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Grant, User
from accounts.roles import BUNDLES, Role
from core.access import ScopeIds, ScopeKind, can, has_anywhere, holds_within, reached
from core.actions import RefusedError
from core.permissions import Permission
from sites.actions import sites
from sites.models import Room, Site
from subjects.actions import subjects
from subjects.models import Subject, SubjectIdentity
from tests.world import World, make_place, make_site, screen, user_with
from trials.models import ScheduleVersion, Sponsor, Trial

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    """The user as the next request loads it."""
    return User.objects.get(pk=user.pk)


def test_a_grant_reaches_everything_below_also_what_comes_later(world: World) -> None:
    place = make_place("southgate", world.admin)
    site = make_site(world.trial, place, "1043", world.admin, world.manager)
    assert set(Site.objects.visible_to(fresh(world.manager))) == {world.site, site}


def test_a_monitor_of_one_site_sees_that_site_only(world: World) -> None:
    make_site(world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager)
    assert list(Site.objects.visible_to(world.cra)) == [world.site]


def test_below_a_trial_its_protocol_is_shared_for_reading_only(world: World) -> None:
    assert list(Trial.objects.visible_to(world.cra)) == [world.trial]
    assert list(ScheduleVersion.objects.visible_to(world.coordinator)) == [world.version]
    assert list(Sponsor.objects.visible_to(world.cra)) == [world.sponsor]
    assert not can(world.cra, Permission.TRIAL_EDIT, world.trial)


def test_a_role_on_a_country_does_not_edit_the_trial_above(world: World) -> None:
    cta = user_with(Role.CTA, world.site.country, world.admin)
    assert can(cta, Permission.SITE_EDIT, world.site)
    assert not can(cta, Permission.PROTOCOL_EDIT, world.trial)


def test_a_stranger_sees_nothing(world: World) -> None:
    stranger = User.objects.create(username="stranger", email="s@example.org")
    assert not Site.objects.visible_to(stranger).exists()
    assert not Trial.objects.visible_to(stranger).exists()
    assert not has_anywhere(stranger, Permission.TRIAL_VIEW)


def test_identity_stays_at_the_site(world: World) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Jo Doe", "phone": "0113"}, by=world.coordinator)
    assert SubjectIdentity.objects.visible_to(world.coordinator).get().name == "Jo Doe"
    for outsider in (world.cra, world.manager, world.admin):
        assert not SubjectIdentity.objects.visible_to(outsider).exists()
    assert Subject.objects.visible_to(world.cra).get() == subject


def test_no_role_outside_a_site_holds_the_identity_permission() -> None:
    holders = {role for role, it in BUNDLES.items() if Permission.IDENTITY_VIEW in it.permissions}
    assert holders == {Role.COORDINATOR, Role.INVESTIGATOR, Role.SITE_SUPPORT}
    for role in holders:
        assert BUNDLES[role].granted_on == {ScopeKind.SITE, ScopeKind.PLACE}


def test_rooms_and_hours_are_for_the_people_of_the_place(world: World) -> None:
    assert list(Room.objects.visible_to(world.coordinator)) == [world.room]
    assert not Room.objects.visible_to(world.manager).exists()


def test_a_coordinator_of_one_site_sees_the_rooms_of_its_place(world: World) -> None:
    person = user_with(Role.COORDINATOR, world.site, world.admin)
    assert list(Room.objects.visible_to(person)) == [world.room]
    assert not can(person, Permission.PLACE_EDIT, world.place)


def test_an_expired_grant_gives_nothing(world: World) -> None:
    person = accounts.invite(
        accounts.deployment(),
        username="temp", first_name="Temp", last_name="Person", email="t@example.org",
        by=world.admin,
    )  # fmt: skip
    until = timezone.now() + timedelta(hours=1)
    accounts.give(world.site, person=person, role=Role.CRA, valid_to=until, by=world.admin)
    assert Site.objects.visible_to(fresh(person)).exists()
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert not Site.objects.visible_to(fresh(person)).exists()


def test_a_grant_of_tomorrow_gives_nothing_today(world: World) -> None:
    person = user_with(Role.CRA, world.site, world.admin)
    Grant.objects.filter(user=person).update(valid_from=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=person.pk).update(access_version=99)
    assert not Site.objects.visible_to(fresh(person)).exists()


def test_ending_a_role_takes_effect_at_once(world: World) -> None:
    assert Site.objects.visible_to(world.cra).exists()
    accounts.end_grant(Grant.objects.get(user=world.cra), reason="left", by=world.admin)
    assert not Site.objects.visible_to(fresh(world.cra)).exists()


def test_disabling_a_person_ends_every_grant(world: World) -> None:
    accounts.disable(world.cra, reason="left the company", by=world.admin)
    person = fresh(world.cra)
    assert not person.is_active
    assert not Grant.objects.live().filter(user=person).exists()
    assert reached(person, Permission.SITE_VIEW, Site) == frozenset()


def test_site_roles_cannot_be_granted_above_a_site(world: World) -> None:
    with pytest.raises(RefusedError, match="place, site"):
        accounts.give(world.trial, person=world.cra, role=Role.COORDINATOR, by=world.admin)
    grant = Grant.objects.get(user=world.coordinator)
    with (
        pytest.raises(IntegrityError, match="grant_site_roles_at_sites_only"),
        transaction.atomic(),
    ):
        Grant.objects.filter(pk=grant.pk).update(kind="trial")


def test_doing_without_the_right_is_refused_in_words(world: World) -> None:
    with pytest.raises(PermissionDenied, match="move a site through its life cycle"):
        sites.set_status(world.site, status="on_hold", reason="x", by=world.coordinator)


def test_nobody_is_all_powerful(world: World) -> None:
    with pytest.raises(IntegrityError, match="user_is_never_all_powerful"), transaction.atomic():
        User.objects.filter(pk=world.admin.pk).update(is_superuser=True)


def test_reach_is_asked_once_for_many_questions(world: World, django_assert_num_queries) -> None:
    person = fresh(world.coordinator)
    list(Subject.objects.visible_to(person))
    with django_assert_num_queries(1):
        list(Subject.objects.visible_to(person))
    with django_assert_num_queries(0):
        assert can(person, Permission.SUBJECT_VIEW, screen_target(world))


def screen_target(world: World) -> Site:
    """A record whose permission is asked without a query."""
    return world.site


def test_rows_of_the_kernel_go_by_the_narrowest_scope_they_name(world: World) -> None:
    cra, admin = fresh(world.cra), fresh(world.admin)
    other = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    here = ScopeIds(trial_id=world.trial.pk, site_id=world.site.pk, place_id=world.place.pk)
    there = ScopeIds(trial_id=world.trial.pk, site_id=other.pk)
    assert holds_within(cra, Permission.WORK_VIEW, here)
    assert not holds_within(cra, Permission.WORK_VIEW, there)
    assert not holds_within(cra, Permission.WORK_VIEW, ScopeIds(trial_id=world.trial.pk))
    assert not holds_within(cra, Permission.WORK_VIEW, ScopeIds())
    assert holds_within(admin, Permission.ACCOUNT_EDIT, ScopeIds())


def test_sites_bring_what_lies_over_them(world: World, django_assert_num_queries) -> None:
    person = fresh(world.coordinator)
    assert list(Site.objects.visible_to(person)) == [world.site]
    assert has_anywhere(person, Permission.TRIAL_VIEW)
    with django_assert_num_queries(1):  # the trials themselves: their keys came with the sites
        assert list(Trial.objects.visible_to(person)) == [world.trial]
