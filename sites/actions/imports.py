"""Many sites at once: the places and countries they need, the sites and their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from core.access import require
from core.actions import RefusedError, action
from core.countries import countries
from core.flow import begin_all
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import Place, Site, SiteSchedule, SiteStatus
from sites.models.site import BEFORE_INITIATION
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
            made = _add(trial, _new(trial, rows), by)
    except IntegrityError as error:
        raise ConflictError(
            "One of these site numbers was taken meanwhile. Check the list again."
        ) from error
    begin_all(Site.objects.filter(pk__any=made), on="status_on", by=by)
    return trial


@action(Permission.SITE_EDIT, "put schedule into effect at all sites")
def put_into_effect_everywhere(
    version: ScheduleVersion, *, from_on: date, by: User
) -> ScheduleVersion:
    """From this day on, every site of the trial without a schedule works under this one."""
    if version.status != ScheduleVersion.Status.APPROVED:
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


def _add(trial: Trial, rows: Sequence[SiteRow], by: User) -> list[int]:
    places = _places(trial, [row for row in rows if row.place_id is None], by)
    by_code = _countries(trial, {row.country for row in rows}, by)
    today = timezone.localdate()
    made = Site.objects.bulk_create(_site(trial, row, places, by_code, today) for row in rows)
    return [site.pk for site in made]


def _site(
    trial: Trial,
    row: SiteRow,
    places: dict[tuple[str, str], int],
    by_code: dict[str, int],
    today: date,
) -> Site:
    on = row.status_on or today
    is_initiated = row.status not in BEFORE_INITIATION
    is_open = is_initiated and row.status != SiteStatus.INITIATED
    return Site(
        trial=trial, country_id=by_code[row.country],
        place_id=row.place_id or places[row.place_key], number=row.number,
        investigator_name=row.investigator_name, planned_subjects=row.planned_subjects,
        status=row.status, status_on=on, initiated_on=on if is_initiated else None,
        opened_on=on if is_open else None,
    )  # fmt: skip


def _places(trial: Trial, rows: Sequence[SiteRow], by: User) -> dict[tuple[str, str], int]:
    """Add the places that are new, one for each name."""
    named = {row.place_key: row for row in rows}
    if not named:
        return {}
    require(by, Permission.PLACE_ADD, trial)
    slugs = _free_slugs(row.place for row in named.values())
    made = Place.objects.bulk_create(
        Place(
            name=row.place, short_name=row.place[:60], slug=slug, city=row.city,
            country=row.country, time_zone=row.time_zone,
        )
        for row, slug in zip(named.values(), slugs, strict=True)
    )  # fmt: skip
    return {key: place.pk for key, place in zip(named, made, strict=True)}


def _free_slugs(names: Iterable[str]) -> list[str]:
    """A word in addresses for each name, none of them taken."""
    taken = set(Place.objects.values_list("slug", flat=True))
    found = []
    for name in names:
        word = slugify(name)[:70] or "place"
        free, number = word, 2
        while free in taken:
            free, number = f"{word}-{number}", number + 1
        taken.add(free)
        found.append(free)
    return found


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
