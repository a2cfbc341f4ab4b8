"""CAPA for tests."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from core.audit import coming_from
from core.models import Source
from core.signing import Proof
from quality.actions import capas
from quality.models import Capa, CapaAction, Issue
from tests.world import World

DAY = timedelta(days=1)
PASSWORD = "a long password to sign with"


def values(**more: object) -> dict[str, object]:
    """What a CAPA says, unless said otherwise."""
    return {
        "title": "Tablet does not start", "root_cause": "equipment", "why": "Battery is old",
        "measure": "No visit without DLQI in four weeks",
        "check_on": timezone.localdate() + 28 * DAY, **more,
    }  # fmt: skip


def opened(world: World, *issues: Issue, **more: object) -> Capa:
    """A CAPA at the site, for these issues."""
    return capas.open_capa(world.site, values=values(**more), issues=issues, by=world.coordinator)


def planned(
    world: World, capa: Capa, owner: User | None = None, kind: str = "corrective", **more: object
) -> CapaAction:  # fmt: skip
    """An action of the coordinator, or of somebody else, due in a week."""
    what = {"kind": kind, "text": "Buy a tablet", "due_on": timezone.localdate() + 7 * DAY, **more}
    return capas.add_action(
        capa, values=what, owner=owner or world.coordinator, by=world.coordinator
    )


def finished(world: World, step: CapaAction) -> CapaAction:
    """An action that is done today."""
    return capas.finish_action(
        step, on=timezone.localdate(), evidence="Invoice 114", by=world.coordinator
    )


def checked(world: World, capa: Capa, *, is_effective: bool = True) -> Capa:
    """A CAPA of which somebody said whether it helped."""
    today = timezone.localdate()
    return capas.check(
        capa, is_effective=is_effective, on=today, finding="None missing", by=world.manager,
        next_check_on=None if is_effective else today + 28 * DAY,
    )  # fmt: skip


def signed(world: World, capa: Capa, by: User) -> Capa:
    """A CAPA that a person signs at a page, as it is shown."""
    accounts.set_password(by, password=PASSWORD, by=world.admin)
    proof = Proof(by.username, PASSWORD, capas.close_capa.hash_of(capa))
    with coming_from(source=Source.PAGE):
        return capas.close_capa(capa, proof=proof, by=by)
