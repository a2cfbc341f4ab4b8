"""Lists of sites: what is taken from a row, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone

from accounts.models import User
from core.access import Scope, can
from core.countries import countries
from core.imports.checks import Checked, Line, refuse_repeated
from core.imports.columns import Column, choice, country, day, plain, text, whole
from core.imports.importer import Importer
from core.permissions import Permission
from sites.actions.imports import SiteRow, import_sites
from sites.models import Place, Site, SiteStatus
from sites.models.site import BEFORE_INITIATION, SITE_NUMBER
from trials.models import Trial

ALSO = {"active": SiteStatus.OPEN, "activated": SiteStatus.OPEN, "recruiting": SiteStatus.OPEN}


ZONES = cache(available_timezones)


def _zone(cell: str, _order: str) -> str:
    if cell not in ZONES():
        raise ValueError("Write the time zone as in Europe/Berlin.")
    return cell


@cache
def zones_of() -> dict[str, list[str]]:
    """The time zones of each country."""
    found: dict[str, list[str]] = {}
    lines = (files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8").splitlines()
    for code, _, zone, *_ in (line.split("\t") for line in lines if not line.startswith("#")):
        found.setdefault(code, []).append(zone)
    return found


NUMBER = Column(
    "number",
    "Site number",
    text(20, SITE_NUMBER),
    ("site", "site no", "site id", "site num", "centre"),
)
PLACE = Column(
    "place", "Place", text(200),
    ("institution", "hospital", "facility", "account", "site name", "name"), is_required=True,
)  # fmt: skip
CITY = Column("city", "City", text(100), ("town",))
COUNTRY = Column("country", "Country", country, ("country code", "land"))
ZONE = Column("time_zone", "Time zone", _zone, ("timezone", "zone"))
INVESTIGATOR = Column(
    "investigator_name", "Principal investigator", text(150), ("investigator", "pi", "pi name")
)
PLANNED = Column(
    "planned_subjects", "Planned subjects", whole(0, 100_000),
    ("target", "planned", "planned enrolment", "planned enrollment"),
)  # fmt: skip
STATUS = Column("status", "Status", choice(SiteStatus.choices, ALSO), ("site status",))
SINCE = Column("status_on", "Since", day, ("status date", "status since"))
IDENTIFIED = Column("identified_on", "Identified on", day, ("identified",))
INITIATED = Column(
    "initiated_on", "Initiated on", day, ("initiated", "siv", "siv date", "initiation visit")
)
OPENED = Column("opened_on", "Opened on", day, ("opened", "site active dt", "activated on"))
DATES = (IDENTIFIED, INITIATED, OPENED, SINCE)
COLUMNS = (NUMBER, PLACE, CITY, COUNTRY, ZONE, INVESTIGATOR, PLANNED, STATUS, *DATES)
# What a site has never been that is in one of these statuses.
NEVER = {
    INITIATED: frozenset(BEFORE_INITIATION),
    OPENED: frozenset({*BEFORE_INITIATION, SiteStatus.INITIATED}),
}
OWN_DAY: dict[str, Column] = {SiteStatus.INITIATED: INITIATED, SiteStatus.OPEN: OPENED}


class SiteImport(Importer):
    """A list of sites into a trial, in one transaction."""

    kind, noun, nouns = "sites", "site", "sites"
    permission = Permission.SITE_EDIT

    def columns(self, scope: Scope, by: User) -> Sequence[Column]:
        """All of them for whoever edits sites."""
        return COLUMNS

    def check(self, scope: Scope, lines: list[Line], by: User) -> Checked:
        """Compare the rows with the sites and places there are: two queries."""
        assert isinstance(scope, Trial)
        refuse_repeated(lines, ["number"], "This site number")
        check = _Check(scope, by)
        for line in lines:
            check.look_at(line)
        ready = [check.row(line) for line in lines if not line.faults and not line.is_known]
        return Checked(lines, ready)

    def take_over(self, scope: Scope, rows: Sequence[Any], *, reason: str, by: User) -> None:
        """All sites at once."""
        assert isinstance(scope, Trial)
        import_sites(scope, rows=rows, reason=reason, by=by)


@dataclass(frozen=True, slots=True)
class Known:
    """A place that is there."""

    pk: int
    country: str


def refuse_disorder(line: Line, days: Mapping[Column, date]) -> None:
    """Note days that are before one that comes first."""
    for earlier, later in pairwise(days):
        if days[later] < days[earlier]:
            line.wrong(later, f"It is before {earlier.label}. Correct one of the two.")


class _Check:
    """What rows are held against."""

    def __init__(self, trial: Trial, by: User) -> None:
        self.may_add_places = can(by, Permission.PLACE_ADD, trial)
        self.may_set_status = can(by, Permission.SITE_STATUS, trial)
        self.today = timezone.localdate()
        held = Site.objects.filter(trial=trial).select_related("place")
        self.numbers = {site.number: site.place for site in held if site.number}
        self.places = {site.place_id for site in held}
        rows = Place.objects.all() if self.may_add_places else Place.objects.visible_to(by)
        self.candidates: dict[tuple[str, str], int] = {}
        self.by_name: dict[tuple[str, str], list[Known]] = {}
        for pk, name, short, city, code in rows.values_list(
            "pk", "name", "short_name", "city", "country"
        ):
            for key in {
                (plain(word), plain(where)) for word in (name, short) for where in (city, "")
            }:
                self.by_name.setdefault(key, []).append(Known(pk, code))

    def place_of(self, line: Line) -> Known | None:
        """The place a row means, by its name and, where given, its city."""
        found = self.by_name.get((plain(line["place"] or ""), plain(line["city"] or "")), [])
        if len(found) > 1:
            line.wrong(
                PLACE, "Several places have this name. Add the city, as on the place's page."
            )
        return found[0] if found else None

    def look_at(self, line: Line) -> None:
        """Note what is wrong with a row, or that its site is there already."""
        place = self.place_of(line)
        self._status(line)
        if place is None:
            self._new_place(line)
        number = line["number"]
        if not number:
            self._candidate(line, place)
        elif number in self.numbers:
            held = self.numbers[number]
            if place is not None and place.pk == held.pk:
                line.is_known = True
            else:
                line.wrong(NUMBER, f"Site {number} is {held} already. Correct number or place.")

    def _candidate(self, line: Line, place: Known | None) -> None:
        """A site without a number is known by its place, so each place stands in the list once."""
        if place is not None and place.pk in self.places:
            line.is_known = True
        if line.is_known or not line["place"]:
            return
        named = plain(line["place"]), plain(line["city"] or "")
        if (first := self.candidates.setdefault(named, line.number)) != line.number:
            line.wrong(PLACE, f"It stands on line {first:,} already. Keep one, or add the numbers.")

    def _status(self, line: Line) -> None:
        status = line["status"] or SiteStatus.IDENTIFIED
        if status != SiteStatus.IDENTIFIED and not self.may_set_status:
            line.wrong(STATUS, "Your role adds sites as identified only. Leave the status out.")
        if status not in BEFORE_INITIATION and not line["number"]:
            line.wrong(NUMBER, "A site needs its number once it is initiated. Add the number.")
        self._days(line, status)

    def _days(self, line: Line, status: str) -> None:
        """Days that have come, in the order of a site's life, and none that it never had."""
        label = SiteStatus(status).label.lower()
        given = {column: line[column.name] for column in DATES if line[column.name]}
        for column, on in given.items():
            if on > self.today:
                line.wrong(column, "That day has not come yet. Correct the day.")
            if status in NEVER.get(column, ()):
                line.wrong(column, f"The site is {label}. Leave the day out or correct the status.")
        refuse_disorder(line, given)
        if status != SiteStatus.IDENTIFIED and not given.keys() & {SINCE, OWN_DAY.get(status)}:
            line.wrong(SINCE, f"Since when is the site {label}? Add the day.")

    def _new_place(self, line: Line) -> None:
        if not line["place"]:
            return
        if not self.may_add_places:
            line.wrong(PLACE, "No place of this name is known. Ask an administrator to add it.")
        elif not line["country"]:
            line.wrong(COUNTRY, "The place is new, so its country is needed. Add it.")
        elif not self.zone(line):
            name = countries()[line["country"]]
            line.wrong(ZONE, f"{name} has several time zones. Write that of the place.")

    def zone(self, line: Line) -> str:
        """The time zone of a new place, from the row or as the only one of its country."""
        zones = zones_of().get(line["country"] or "", [])
        return line["time_zone"] or (zones[0] if len(zones) == 1 else "")

    def row(self, line: Line) -> SiteRow:
        """What the row adds."""
        place = self.place_of(line)
        return SiteRow(
            place=line["place"], country=place.country if place else line["country"],
            number=line["number"] or "", place_id=place.pk if place else None,
            city=line["city"] or "", time_zone=self.zone(line) or "UTC",
            investigator_name=line["investigator_name"] or "",
            planned_subjects=line["planned_subjects"],
            status=line["status"] or SiteStatus.IDENTIFIED, status_on=line["status_on"],
            identified_on=line["identified_on"], initiated_on=line["initiated_on"],
            opened_on=line["opened_on"],
        )  # fmt: skip
