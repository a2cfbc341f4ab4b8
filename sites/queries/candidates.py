"""The locations of a register, beside the sites of the trial."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from sites.models import Site
from trials.models import Trial
from trials.queries.files import country_code
from trials.registry import Location


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location of a register, the site it is already, and what a new one would begin with."""

    location: Location
    site: Site | None
    query: str


def candidates_of(trial: Trial, locations: Iterable[Location]) -> list[Candidate]:
    """The locations, matched to sites of the trial by name of the place and town."""
    sites = Site.objects.filter(trial=trial).select_related("place", "trial")
    known = {
        (name.casefold(), site.place.city.casefold()): site
        for site in sites
        for name in (site.place.name, site.place.short_name)
    }
    return [
        Candidate(
            one, known.get((one.name[:60].casefold(), one.city.casefold())),
            urlencode({
                "name": one.name[:60], "city": one.city[:100],
                "country": country_code(one.country),
                "investigator_name": one.contacts[0][:150] if one.contacts else "",
            }),
        )
        for one in locations
    ]  # fmt: skip
