"""The pages that are measured, each asked for by several people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from sites.models import Site
from subjects.models import Subject, Visit

WATCHED = 5
LIST, VIEW = (50, 10), (100, 25)


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its targets at large: milliseconds for 95 of 100, and queries."""

    name: str
    targets: tuple[int, int]
    asked: list[tuple[User, str]]


def pages() -> list[Page]:
    """Every measured page with who asks for it where."""

    def by(role: str, url: Callable[[int], str]) -> list[tuple[User, str]]:
        held = User.objects.in_bulk(
            [f"{role}-{number}" for number in range(1, WATCHED + 1)], field_name="username"
        )
        return [(user, url(int(name.rpartition("-")[2]))) for name, user in sorted(held.items())]

    return [
        Page("Today", VIEW, by("coordinator", lambda _: "/today/")),
        Page("Schedule week", VIEW, by("coordinator", lambda n: f"/places/{_place(n)}/schedule/")),
        Page("Find slot", VIEW, by("coordinator", lambda n: f"/visits/{_to_book(n)}/slots/")),
        Page("Subject", VIEW, by("coordinator", _subject)),
        Page("My work, site", LIST, by("coordinator", lambda _: "/my-work/")),
        Page("My work, CRA", LIST, by("monitor", lambda _: "/my-work/")),
        Page("Subjects", LIST, by("senior", lambda _: "/subjects/?status=on_treatment&sort=next")),
        Page(
            "Trial subjects", LIST,
            by("manager", lambda n: f"/trials/bench-{n:03}/subjects/?status=on_treatment"),
        ),
        Page("Trial sites", LIST, by("manager", lambda n: f"/trials/bench-{n:03}/sites/?sort=-enrolled")),
        Page("All sites", LIST, by("senior", lambda _: "/sites/?status=open&sort=-active")),
        Page("Trial", VIEW, by("manager", lambda n: f"/trials/bench-{n:03}/")),
        Page("Trials", LIST, by("senior", lambda _: "/trials/")),
        Page("Search", LIST, [
            (user, f"/search/?q={_begun(user)}") for user, _ in by("senior", str)
        ]),
    ]  # fmt: skip


def _place(number: int) -> str:
    return f"hospital-{number:04}"


def _site(number: int) -> Site:
    found: Site = Site.objects.filter(place__slug=_place(number)).order_by("pk")[0]
    return found


def _subject(number: int) -> str:
    subject: Subject = Subject.objects.filter(site=_site(number), status="on_treatment")[0]
    return subject.get_absolute_url()


def _begun(user: User) -> str:
    """The number of a subject whom the person sees, but for its last figure."""
    subject: Subject = Subject.objects.visible_to(user).order_by("pk")[0]
    return subject.number[:-1]


def _to_book(number: int) -> int:
    visits = Visit.objects.filter(site=_site(number), status="planned")
    found: Visit = visits.order_by("-earliest_on")[0]
    return found.pk
