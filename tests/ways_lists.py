"""What the addresses of lists and of saved views take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.access import ScopeKind
from core.models import SavedView
from core.permissions import Permission
from core.saved_views.actions import save_view
from tests.ways import Way
from tests.world import World


def list_ways(world: World) -> dict[str, list[Way]]:
    """Every list as a page, on which a view of it is kept, and as both kinds of file."""
    place: dict[str, Any] = {"at": "place", "see": Permission.PLACE_VIEW, "shared": True}
    trial: dict[str, Any] = {"at": "trial", "see": Permission.TRIAL_VIEW, "shared": True}
    holidays: dict[str, Any] = {"at": "deployment", "see": Permission.PLACE_VIEW, "shared": True}
    site: dict[str, Any] = {"see": Permission.SITE_VIEW}
    one = ["tmr-204", "1042"]
    lists: dict[str, tuple[list[str], dict[str, Any]]] = {
        "workspace:trials": ([], {}),
        "workspace:all_sites": ([], {}),
        "workspace:all_subjects": ([], {}),
        "workspace:sites": (["tmr-204"], trial),
        "workspace:subjects": (["tmr-204"], trial),
        "workspace:place_subjects": (["northgate"], place),
        "workspace:site_subjects": (one, site),
        "workspace:site_activity": (one, site | {"get": Permission.AUDIT_VIEW}),
        "safety:events": (
            ["tmr-204"],
            trial | {"get": Permission.ADVERSE_EVENT_VIEW, "anywhere": True},
        ),
        "safety:medications": (
            ["tmr-204"],
            trial | {"get": Permission.MEDICATION_VIEW, "anywhere": True},
        ),
        "safety:place_events": (
            ["northgate"],
            place | {"get": Permission.ADVERSE_EVENT_VIEW, "anywhere": True},
        ),
        "safety:site_events": (one, site | {"get": Permission.ADVERSE_EVENT_VIEW}),
        "quality:issues": (
            ["tmr-204"],
            trial | {"get": Permission.DEVIATION_VIEW, "anywhere": True},
        ),
        "quality:capas": (
            ["tmr-204"],
            trial | {"get": Permission.DEVIATION_VIEW, "anywhere": True},
        ),
        "quality:place_issues": (
            ["northgate"],
            place | {"get": Permission.DEVIATION_VIEW, "anywhere": True},
        ),
        "quality:site_issues": (one, site | {"get": Permission.DEVIATION_VIEW}),
        "accounts:people": ([], {"at": "deployment", "get": Permission.ACCOUNT_VIEW}),
        "sites:holidays": ([], holidays),
        "sites:places": ([], {}),
        "sites:delegations": (["northgate"], place),
        **{
            f"sites:{words}": (["northgate"], place | {"get": Permission.DIARY_VIEW})
            for words in ("rooms", "beds", "equipment", "staff")
        },
    }
    ways = {}
    for name, (args, takes) in lists.items():
        app, _, words = name.partition(":")
        export = f"{app}:export_{words}"
        ways[name] = [Way(reverse(name, args=args), methods="GET POST", **takes)]
        ways[export] = [
            Way(reverse(export, args=[*args, kind]), **takes) for kind in ("csv", "xlsx")
        ]
    ways["subjects:place_screening"] = [
        Way(reverse("subjects:place_screening", args=["northgate"]), **place)
    ]
    ways["subjects:trial_screening"] = [
        Way(reverse("subjects:trial_screening", args=["tmr-204"]), **trial)
    ]
    return ways | view_ways(world)


def view_ways(world: World) -> dict[str, list[Way]]:
    """A view that belongs to a person of the world and to nobody of the walk."""
    view = SavedView(
        owner_id=world.coordinator.pk, name="Mine", title="Sites", path="/sites/",
        kind=ScopeKind.DEPLOYMENT, scope_id=1, scope_label="CTMS",
    )  # fmt: skip
    slug = save_view(view, by=world.coordinator).slug
    verbs = ("rename", "share", "remove", "pin")
    return {
        "views:open": [Way(reverse("views:open", args=[slug]), own=True)],
        **{
            f"views:{verb}": [Way(reverse(f"views:{verb}", args=[slug]), methods="POST", own=True)]
            for verb in verbs
        },
    }
