"""A plain record costs a few lines: its saves are actions like all others."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from core.models import Event
from core.pages import Pages
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import Holiday
from sites.pages import HolidayPages
from tests.world import World, user_with
from trials.models import RegistryId

pytestmark = pytest.mark.django_db


class RegistryPages(Pages):
    """The numbers under which registers know a trial."""

    model = RegistryId
    parent = "trial"
    key = "code"
    columns = ("registry", "value")
    fields = ("registry", "value")
    edit_permission = Permission.TRIAL_EDIT


def test_six_lines_make_permitted_and_recorded_saves(world: World) -> None:
    values = {"registry": "ISRCTN", "value": "123"}
    RegistryPages.create(world.trial, values, world.manager)
    held = RegistryId.objects.get()
    RegistryPages.update(held, {"value": "124"}, world.manager, None)
    verbs = Event.objects.filter(target_type="trials.registryid").order_by("pk")
    assert [event.verb for event in verbs] == ["add registry id", "change registry id"]
    with pytest.raises(ConflictError, match="ISRCTN 124 is there already"):
        RegistryPages.create(world.trial, {**values, "value": "124"}, world.manager)
    with pytest.raises(PermissionDenied):
        RegistryPages.create(world.trial, {**values, "value": "125"}, world.cra)
    assert [url.name for url in RegistryPages.urls("trials/<slug:code>/")] == [
        "registry-ids", "export_registry-ids", "add_registryid", "change_registryid",
    ]  # fmt: skip


def test_a_record_of_the_deployment_lies_under_nothing(world: World) -> None:
    with pytest.raises(PermissionDenied):
        HolidayPages.create(world.place, {}, world.coordinator)
    assert not Holiday.objects.exists()


def test_values_are_shown_in_words(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    text = client.get(reverse("sites:rooms", args=["northgate"])).content.decode()
    assert "<td>Yes</td>" in " ".join(text.split())
    assert "Close for a time" in text
    client.force_login(user_with(Role.CTA, world.trial, world.admin))
    assert client.get(reverse("sites:rooms", args=["northgate"])).status_code == 403
