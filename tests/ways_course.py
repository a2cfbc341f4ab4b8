"""What the addresses of a subject's course, of lists and of one's own log-in take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from core.permissions import Permission
from sites.actions import sites
from subjects.actions import subjects, transfers
from tests.ways import Way
from tests.world import World, make_place, screen, visit
from trials.actions import trials

BOTH = "GET POST"


def course_ways(world: World) -> dict[str, list[Way]]:
    """Steps of a subject, its visits, the screening log, and how a person signs in."""
    subject = screen(world)
    held = visit(subject, "D1")
    later = timezone.localdate() + timedelta(days=9)
    eligible = subjects.find_eligible(screen(world), on=timezone.localdate(), by=world.coordinator)
    country = trials.add_country(world.trial, code="GB", name="United Kingdom", by=world.admin)
    place = make_place("westgate", world.admin)
    there = sites.add_site(world.trial, country=country, place=place, number="1050", by=world.admin)
    moving = transfers.transfer(
        eligible, to=there, on=later, reason="moves house", by=world.manager
    )
    site, own_place = [world.site.pk], [world.place.slug]
    of_subject: dict[str, Any] = {"see": Permission.SUBJECT_VIEW, "methods": BOTH}
    of_place: dict[str, Any] = {"at": "place", "see": Permission.PLACE_VIEW, "shared": True}
    of_site: dict[str, Any] = {"see": Permission.SITE_VIEW, "get": Permission.SUBJECT_VIEW}
    forms = {
        "anchors": Permission.SUBJECT_STATUS, "find_again": Permission.SUBJECT_STATUS,
        "rescreen": Permission.SUBJECT_SCREEN, "transfer": Permission.SUBJECT_TRANSFER,
        "add_visit": Permission.VISIT_BOOK,
    }  # fmt: skip

    def to(name: str, *args: object) -> str:
        return reverse(f"subjects:{name}", args=args)

    return {
        **{
            f"subjects:{name}": [Way(to(name, subject.pk), get=need, **of_subject)]
            for name, need in forms.items()
        },
        "subjects:step": [
            Way(to("step", subject.pk, verb), get=Permission.SUBJECT_STATUS, **of_subject)
            for verb in ("eligible", "treat", "follow-up")
        ],
        "subjects:take_back": [
            Way(to("take_back", eligible.pk), get=Permission.SUBJECT_STATUS, **of_subject)
        ],
        "subjects:call_off_transfer": [
            Way(to("call_off_transfer", moving.pk), get=Permission.SUBJECT_TRANSFER, **of_subject)
        ],
        "subjects:visit": [Way(to("visit", held.pk), see=Permission.SUBJECT_VIEW)],
        "subjects:screening_log": [Way(to("screening_log", *site), **of_site)],
        "subjects:export_screening_log": [Way(to("export_screening_log", *site), **of_site)],
        "subjects:find_caller": [
            Way(to("find_caller", *own_place), get=Permission.IDENTITY_VIEW, methods=BOTH, **of_place)
        ],
        "accounts:look": [Way(reverse("accounts:look"), methods="POST")],
        "accounts:help_sign_in": [
            Way(
                reverse("accounts:help_sign_in", args=[world.cra.pk, "end-pause"]),
                at="deployment", see=Permission.ACCOUNT_VIEW, get=Permission.ACCOUNT_EDIT,
                methods=BOTH,
            )
        ],
    }  # fmt: skip
