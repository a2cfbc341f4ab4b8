"""Groups follow the grants: what was put into them by another way is put right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts import projection
from accounts.models import Grant, User
from core.access import can
from core.permissions import Permission
from tests.world import World

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_who_is_in_a_group_without_a_role_is_taken_out_and_who_is_missing_put_in(
    world: World,
) -> None:
    managers = Grant.objects.get(user=world.manager).group
    coordinators = Grant.objects.get(user=world.coordinator).group
    world.cra.groups.add(managers)
    world.coordinator.groups.clear()
    projection.repair()
    assert set(managers.user_set.all()) == {world.manager}
    assert set(coordinators.user_set.all()) == {world.coordinator}
    assert not can(fresh(world.cra), Permission.TRIAL_EDIT, world.trial)
    assert can(fresh(world.coordinator), Permission.VISIT_BOOK, world.site)


def test_a_second_time_changes_nothing(world: World) -> None:
    members = User.groups.through.objects.order_by("pk")
    before = list(members.values_list("pk", "user_id", "group_id"))
    projection.repair()
    projection.repair()
    assert list(members.values_list("pk", "user_id", "group_id")) == before
    assert Group.objects.count() == Grant.objects.values("group").distinct().count()
