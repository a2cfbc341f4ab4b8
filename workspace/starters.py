"""Views to begin with: three for those who work at a site, three for those who work above."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from core.access import has_anywhere
from core.permissions import Permission
from core.saved_views.queries import Starter, suggests
from subjects.diary import place_of

AT_SITE = {
    "In screening": "is=in_screening",
    "Visit within a week": "need=visit&sort=next",
    "Something late": "need=late&sort=next",
}
ABOVE = {
    "Sites with something late": ("workspace:all_sites", "need=late"),
    "Sites that enrol nobody": ("workspace:all_sites", "need=enrolment"),
    "Sites without a CRA": ("workspace:all_sites", "need=cra"),
}


@suggests
def starters(user: User) -> list[Starter]:
    """What is looked for most where the person works."""
    if (place := place_of(user)) is not None:
        subjects = reverse("workspace:place_subjects", args=[place.slug])
        return [
            Starter(f"{name} at {place}", f"{subjects}?{query}") for name, query in AT_SITE.items()
        ]
    if has_anywhere(user, Permission.SITE_VIEW):
        return [Starter(name, f"{reverse(url)}?{query}") for name, (url, query) in ABOVE.items()]
    return []
