"""Many sites at once: the places and countries they need, the sites and their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.actions import RefusedError, action
from core.countries import countries
from core.flow import begin_all, steps_all
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.actions.places import free_slugs
from sites.models import Place, Site, SiteSchedule, SiteStatus
from trials.models import Country, ScheduleVersion, Trial


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site as a list names it; the place is known, or new with these facts."""

    place: str
    country: str
    number: str = ""
    place_id: int | None = None
    city: str = ""
    time_zone: str = "UTC"
    investigator_name: str = ""
    planned_subjects: int | None = None
    status: str = SiteStatus.IDENTIFIED
    status_on: date | None = None
    identified_on: date | None = None
    initiated_on: date | None = None
    opened_on: date | None = None

    @property
    def dated(self) -> dict[str, date | None]:
        """The steps that a list dates one by one, in order."""
        return {
            SiteStatus.IDENTIFIED: self.identified_on, SiteStatus.INITIATED: self.initiated_on,
            SiteStatus.OPEN: self.opened_on,
        }  # fmt: skip

    @property
    def since(self) -> date | None:
        """Since when the site has its status, where the list says so."""
        return self.status_on or self.dated.get(self.status)

    def steps(self, today: date) -> list[tuple[str, date]]:
        """The life of the site as far as the list tells it; the last step leads to its status."""
        before = [(status, on) for status, on in self.dated.items() if on and status != self.status]
        return [*before, (self.status, self.since or today)]

    @property
    def place_key(self) -> tuple[str, str]:
        """What makes two rows mean the same new place."""
        return self.place.casefold(), self.city.casefold()


@action(Permission.SITE_EDIT, "import sites")
def import_sites(trial: Trial, *, rows: Sequence[SiteRow], by: User, reason: str = "") -> Trial:
    """Add the sites that are not there yet; a second call with the same rows changes nothing."""
    if any(row.status != SiteStatus.IDENTIFIED for row in rows):
        require(by, Permission.SITE_STATUS, trial)
    try:
        with transaction.atomic():
            _add(trial, _new(trial, rows), by)
    except IntegrityError as error:
        raise ConflictError(
            "One of these site numbers was taken meanwhile. Check the list again."
        ) from error
    return trial


@action(Permission.SITE_EDIT, "put schedule into effect at all sites")
def put_into_effect_everywhere(
    version: ScheduleVersion, *, from_on: date, by: User
) -> ScheduleVersion:
    """From this day on, every site of the trial without a schedule works under this one."""
    if lock(version).status != ScheduleVersion.Status.APPROVED:
        raise RefusedError(f"{version} is not approved. Approve it before sites work under it.")
    bare = Site.objects.filter(trial_id=version.trial_id, schedules=None).order_by("pk")
    SiteSchedule.objects.bulk_create(
        SiteSchedule(site_id=pk, version=version, during=DateRange(from_on, None, "[)"))
        for pk in bare.values_list("pk", flat=True)
    )
    return version


def _new(trial: Trial, rows: Sequence[SiteRow]) -> list[SiteRow]:
    """The rows whose number, or without one whose place, is not in the trial."""
    held = list(Site.objects.filter(trial=trial).values_list("number", "place_id"))
    numbers, places = {number for number, _ in held}, {place_id for _, place_id in held}
    return [
        row
        for row in rows
        if (row.number not in numbers if row.number else row.place_id not in places)
    ]


def _add(trial: Trial, rows: Sequence[SiteRow], by: User) -> None:
    places = _places(trial, [row for row in rows if row.place_id is None], by)
    by_code = _countries(trial, {row.country for row in rows}, by)
    today = timezone.localdate()
    made = Site.objects.bulk_create(_site(trial, row, places, by_code, today) for row in rows)
    steps_all(
        (
            (site, start, to, on)
            for site, row in zip(made, rows, strict=True)
            for (start, _), (to, on) in pairwise([("", today), *row.steps(today)])
        ),
        by=by,
    )


def _site(
    trial: Trial,
    row: SiteRow,
    places: dict[tuple[str, str], int],
    by_code: dict[str, int],
    today: date,
) -> Site:
    on = dict(row.steps(today))
    return Site(
        trial=trial, country_id=by_code[row.country],
        place_id=row.place_id or places[row.place_key], number=row.number,
        investigator_name=row.investigator_name, planned_subjects=row.planned_subjects,
        status=row.status, status_on=on[row.status],
        initiated_on=row.initiated_on or on.get(SiteStatus.INITIATED),
        opened_on=row.opened_on or on.get(SiteStatus.OPEN),
    )  # fmt: skip


def _places(trial: Trial, rows: Sequence[SiteRow], by: User) -> dict[tuple[str, str], int]:
    """Add the places that are new, one for each name."""
    named = {row.place_key: row for row in rows}
    if not named:
        return {}
    require(by, Permission.PLACE_ADD, trial)
    slugs = free_slugs(row.place for row in named.values())
    made = Place.objects.bulk_create(
        Place(
            name=row.place, short_name=row.place[:60], slug=slug, city=row.city,
            country=row.country, time_zone=row.time_zone,
        )
        for row, slug in zip(named.values(), slugs, strict=True)
    )  # fmt: skip
    return {key: place.pk for key, place in zip(named, made, strict=True)}


def _countries(trial: Trial, codes: set[str], by: User) -> dict[str, int]:
    """Every country of the rows in the trial, by its letters."""
    held = dict(Country.objects.filter(trial=trial).values_list("code", "pk"))
    made = Country.objects.bulk_create(
        Country(trial=trial, code=code, name=countries().get(code, code))
        for code in sorted(codes - held.keys())
    )
    begin_all(
        Country.objects.filter(pk__any=[country.pk for country in made]),
        on=timezone.localdate(), by=by,
    )  # fmt: skip
    return held | {country.code: country.pk for country in made}
