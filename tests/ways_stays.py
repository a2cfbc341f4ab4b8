"""What the addresses of stays take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from core.permissions import Permission
from subjects.actions import leaves
from tests.subjects.stayed import DAY, HOUR, admitted, book, to_stay, with_nights
from tests.ways import Way
from tests.world import World


def stay_ways(world: World) -> dict[str, list[Way]]:
    """The beds of a place, a stay that goes on with a leave, and one that is to come."""
    first, second = with_nights(world, timezone.localdate() - DAY)
    now = timezone.now().replace(second=0, microsecond=0)
    stay = admitted(world, first, now - 5 * HOUR)
    leaves.go_on_leave(stay, at=now - 3 * HOUR, expected_at=now, why="Errand", by=world.coordinator)
    stays_back = leaves.come_back(stay, at=now - 2 * HOUR, by=world.coordinator)
    leave = stays_back.leaves.get()
    coming = book(world, to_stay(world), now + HOUR, second)
    see, do, both = Permission.SUBJECT_VIEW, Permission.VISIT_CONDUCT, "GET POST"
    shared: dict[str, Any] = {"at": "place", "shared": True}

    def to(name: str, *args: object) -> str:
        return reverse(f"subjects:{name}", args=args)

    needs = {
        "discharge": do, "release_bed": Permission.VISIT_BOOK, "change_bed": do,
        "plan_discharge": do, "go_on_leave": do, "come_back": do, "correct_stay": do,
        "take_back_stay": do,
    }  # fmt: skip
    bed = reverse("sites:change_bed", args=["northgate", first.pk])
    edit = Permission.PLACE_EDIT
    return {
        "subjects:bed_board": [
            Way(to("bed_board", "northgate"), see=Permission.PLACE_VIEW, **shared)
        ],
        "subjects:reminders": [
            Way(
                to("reminders", "northgate"), see=Permission.PLACE_VIEW, get=edit, methods=both,
                **shared,
            )
        ],
        "sites:add_bed": [
            Way(
                reverse("sites:add_bed", args=["northgate"]), see=Permission.PLACE_VIEW, get=edit,
                methods=both, **shared,
            )
        ],
        "sites:change_bed": [
            Way(bed, see=Permission.PLACE_VIEW, get=edit, methods=both, **shared)
        ],
        "subjects:stay": [Way(to("stay", stay.visit_id), see=see)],
        "subjects:admit": [Way(to("admit", coming.pk), see=see, get=do, methods=both)],
        "subjects:reserve_bed": [
            Way(to("reserve_bed", coming.pk), see=see, get=Permission.VISIT_BOOK, methods=both)
        ],
        **{
            f"subjects:{name}": [Way(to(name, stay.pk), see=see, get=need, methods=both)]
            for name, need in needs.items()
        },
        **{
            f"subjects:{name}": [Way(to(name, leave.pk), see=see, get=do, methods=both)]
            for name in ("correct_leave", "void_leave")
        },
    }  # fmt: skip
