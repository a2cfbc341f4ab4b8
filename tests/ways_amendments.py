"""What the addresses of amendments take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.permissions import Permission
from tests.ways import Table, Way
from tests.world import World
from trials.actions import drafts


def amendment_ways(world: World) -> Table:
    """A draft after the approved version: its matches, and what is signed before it."""
    number = drafts.copy(world.version, number="1.1", by=world.manager).number
    of_trial: dict[str, Any] = {"at": "trial", "shared": True}
    edit: dict[str, Any] = of_trial | {"get": Permission.PROTOCOL_EDIT, "methods": "GET POST"}

    def to(name: str, *args: str) -> str:
        return reverse(name, args=["tmr-204", number, *args])

    return {
        "trials:matches": [Way(to("trials:matches", "1.0"), see=Permission.TRIAL_VIEW, **edit)],
        "subjects:impact": [Way(to("subjects:impact"), see=Permission.PROTOCOL_VIEW, **of_trial)],
        "trials:asked": [Way(to("trials:asked"), see=Permission.PROTOCOL_VIEW, **edit)],
    }
