"""The whole product at a glance: what the side navigation offers to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

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


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading."""

    title: str
    items: list[Item]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs: groups, the place, the person's settings."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"groups": [], "theme": "", "density": "comfortable", "keys": "on"}
    return {
        "groups": _groups(request, user),
        "theme": "" if user.theme == "system" else user.theme,
        "density": user.density,
        "keys": "on" if user.has_single_keys else "off",
    }


def _groups(request: HttpRequest, user: Any) -> list[Group]:
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
    groups = [Group("", [_item(request, *entry) for entry in mine])]
    if place is not None:
        here = [
            (reverse("workspace:place_subjects", args=[place.slug]), "users", "Subjects", 0, False),
            (reverse("sites:place", args=[place.slug]), "door", "Place", 0, False),
        ]
        groups.append(Group(str(place), [_item(request, *entry) for entry in here]))
    whole = _organisation(user)
    if whole:
        groups.append(Group("Organisation", [_item(request, *entry) for entry in whole]))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        people = _item(request, reverse("accounts:people"), "users", "People", 0, False)  # noqa: FBT003 - as in the tables above
        groups.append(Group("Administration", [people]))
    return groups


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
    return Item(url, icon, text, count, late, request.path == url)
