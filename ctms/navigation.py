"""The whole product at a glance: what the side navigation offers to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import ResolverMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Density
from core import obligations
from core.access import has_anywhere
from core.permissions import Permission
from subjects.diary import place_of


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the navigation."""

    url: str
    icon: str
    text: str
    count: int = 0
    is_late: bool = False
    is_current: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading."""

    title: str
    items: list[Item]


# The keys that lead to a page, one after the other.
KEYS = {
    "Today": "g t", "My work": "g w", "Schedule": "g s", "Subjects": "g u", "Place": "g c",
    "Trials": "g p", "Sites": "g i", "Places": "g l", "All subjects": "g a", "People": "g e",
}  # fmt: skip
TABS = 4
AT_SITE = "/sites/<str:number>/"


def navigation(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs: where to go, and the person's settings."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "quick": [], "theme": "", "density": "comfortable", "keys": "on"}
    shown = SimpleLazyObject(lambda: groups(request, user))  # a fragment does not show it
    return {
        "navigation": shown,
        "quick": SimpleLazyObject(lambda: [item for group in shown for item in group.items][:TABS]),
        "switching": kind_of(request.resolver_match),
        "themes": [("system", "Auto"), ("light", "Light"), ("dark", "Dark")],
        "densities": Density.choices,
        "theme": "" if user.theme == "system" else user.theme,
        "density": user.density,
        "keys": "on" if user.has_single_keys else "off",
    }


def kind_of(match: ResolverMatch | None) -> str:
    """What a page belongs to that has siblings to switch to: a site, a trial, a place or nothing."""
    if match is None:
        return ""
    if AT_SITE in f"/{match.route}":
        return "site"
    if "code" in match.kwargs:
        return "trial"
    return "place" if "slug" in match.kwargs and match.route.startswith("places/") else ""


def groups(request: HttpRequest, user: Any) -> list[Group]:
    """The navigation, as far as the person may go."""
    due = obligations.counts(user)
    total = sum(count for count, _ in due.values())
    late = any(is_late for _, is_late in due.values())
    at_site = has_anywhere(user, Permission.DIARY_VIEW) and has_anywhere(
        user, Permission.VISIT_BOOK
    )
    place = place_of(user) if at_site else None
    mine = [(reverse("inbox:work"), "inbox", "My work", total, late)]
    if place is not None:
        mine.insert(0, (reverse("subjects:today"), "sunrise", "Today", 0, False))
        url = reverse("subjects:schedule", args=[place.slug])
        mine.append((url, "calendar", "Schedule", due.get("visit.book", (0, False))[0], False))
    shown = [Group("", [_item(request, *entry) for entry in mine])]
    if place is not None:
        here = [
            (reverse("workspace:place_subjects", args=[place.slug]), "users", "Subjects", 0, False),
            (reverse("sites:place", args=[place.slug]), "door", "Place", 0, False),
        ]
        shown.append(Group(str(place), [_item(request, *entry) for entry in here]))
    whole = _organisation(user)
    if whole:
        shown.append(Group("Organisation", [_item(request, *entry) for entry in whole]))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        people = _item(request, reverse("accounts:people"), "users", "People", 0, False)  # noqa: FBT003 - as in the tables above
        shown.append(Group("Administration", [people]))
    return shown


def _organisation(user: Any) -> list[tuple[str, str, str, int, bool]]:
    whole = []
    if has_anywhere(user, Permission.TRIAL_VIEW):
        whole.append((reverse("workspace:trials"), "rocket", "Trials", 0, False))
    if has_anywhere(user, Permission.SITE_VIEW):
        whole.append((reverse("workspace:all_sites"), "building", "Sites", 0, False))
    if has_anywhere(user, Permission.PLACE_VIEW):
        whole.append((reverse("sites:places"), "door", "Places", 0, False))
    if has_anywhere(user, Permission.SUBJECT_VIEW):
        whole.append((reverse("workspace:all_subjects"), "users", "All subjects", 0, False))
    return whole


def _item(request: HttpRequest, url: str, icon: str, text: str, count: int, late: bool) -> Item:  # noqa: FBT001 - one row of a table
    return Item(url, icon, text, count, late, request.path == url, KEYS.get(text, ""))
