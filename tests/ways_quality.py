"""What the addresses of deviations take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from core.permissions import Permission
from quality.actions import issues
from tests.quality.capas import opened, planned
from tests.quality.reported import missed, reported
from tests.ways import Way
from tests.world import World, screen


def quality_ways(world: World) -> dict[str, list[Way]]:
    """A suspected serious breach, and every step of it."""
    subject = screen(world)
    held = reported(world, subject)
    issues.suspect_breach(held, aware_at=timezone.now(), by=world.manager)
    capa = opened(world, held)
    action = planned(world, capa)
    draft = missed(world)
    see: dict[str, Any] = {"see": Permission.DEVIATION_VIEW}
    both: dict[str, Any] = {"methods": "GET POST"}
    report, assess = Permission.DEVIATION_REPORT, Permission.DEVIATION_ASSESS
    forms = {
        **dict.fromkeys(("change", "retype", "explain", "report_to_ethics", "void"), report),
        **dict.fromkeys(
            ("assess", "suspect_breach", "notify_breach", "dismiss_breach", "reopen"), assess
        ),
    }

    def to(name: str, *args: object) -> str:
        return reverse(f"quality:{name}", args=args)

    return {
        "quality:issue": [Way(to("issue", "tmr-204", held.number), **see)],
        **{
            f"quality:{name}": [Way(to(name, held.pk), get=need, **see, **both)]
            for name, need in forms.items()
        },
        "quality:assess_all": [
            Way(
                to("assess_all", "tmr-204"),
                at="trial",
                see=Permission.TRIAL_VIEW,
                shared=True,
                get=assess,
                **both,
            )
        ],
        **{
            f"quality:{name}": [Way(to(name, held.pk), get=report, **see, **both)]
            for name in ("open_capa_of_issue", "link")
        },
        "quality:open_capa": [
            Way(to("open_capa", "tmr-204", "1042"), see=Permission.SITE_VIEW, get=report, **both)
        ],
        "quality:capa": [Way(to("capa", "tmr-204", capa.number), **see)],
        **{
            f"quality:{name}": [Way(to(name, capa.pk), get=need, **see, **both)]
            for name, need in (
                ("change_capa", report),
                ("add_action", report),
                ("check", assess),
                ("void_capa", assess),
                ("close_capa", assess),
            )
        },
        **{
            f"quality:{name}": [Way(to(name, action.pk), get=report, **see, **both)]
            for name in ("finish_action", "drop_action")
        },
        "quality:close": [Way(to("close", held.pk), post=assess, methods="POST", **see)],
        "quality:report_at_site": [
            Way(
                to("report_at_site", "tmr-204", "1042"),
                see=Permission.SITE_VIEW,
                get=report,
                **both,
            )
        ],
        "quality:report_of_subject": [
            Way(
                to("report_of_subject", subject.pk), see=Permission.SUBJECT_VIEW, get=report, **both
            )
        ],
        "quality:report_draft": [
            Way(to("report_draft", draft.pk), see=Permission.SUBJECT_VIEW, get=report, **both)
        ],
    }
