"""Sites: adding them, moving them through their life, and the schedule they work under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.actions import RefusedError, action
from core.addresses import refuse_name
from core.countries import countries
from core.dates import show_day
from core.models import Deployment
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.actions.places import add_place
from sites.models import Place, Site, SiteSchedule, SiteStatus
from sites.models.site import SITE_NUMBER
from sites.queries import cras_of
from trials.actions.trials import add_country
from trials.models import Country, ScheduleVersion, Trial


@action(Permission.SITE_EDIT, "add site")
def add_site(
    trial: Trial, *, country: Country, place: Place, by: User, number: str = "",
    on: date | None = None, values: Mapping[str, object] | None = None,
) -> Site:  # fmt: skip
    """Add a place to a trial, identified today or on a day gone by."""
    number, on = number.strip(), on or timezone.localdate(timezone=place.zone)
    refuse_name(SITE_NUMBER, number)
    site = Site(
        trial=trial, country=country, place=place, number=number, status_on=on, **(values or {})
    )
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as error:
        raise ConflictError(f"Site number {number} is taken in {trial}. Choose another.") from error
    Site.flow.begin(site, on=on, by=by)
    return site


@action(Permission.SITE_EDIT, "propose site")
def propose(
    trial: Trial, *, by: User, place: Place | None = None,
    new_place: Mapping[str, str] | None = None, number: str = "",
    facts: Mapping[str, object] | None = None,
) -> Site:  # fmt: skip
    """Add a place to a trial, known or new; its country comes along."""
    if place is None:
        require(by, Permission.PLACE_ADD, trial)
        place = add_place(Deployment.objects.get(pk=1), values=new_place or {}, by=by)
    held = Country.objects.filter(trial=trial, code=place.country).first()
    country = held or add_country(
        trial, code=place.country, name=countries().get(place.country, place.country), by=by
    )
    return add_site(trial, country=country, place=place, number=number, values=facts, by=by)


@action(Permission.SITE_EDIT, "change site")
def change_site(
    site: Site, *, values: Mapping[str, object], by: User, revision: int | None = None
) -> Site:
    """Change facts of a site."""
    refuse_name(SITE_NUMBER, str(values.get("number", "")))
    held = lock(site, revision)
    try:
        with transaction.atomic():
            Site.objects.filter(pk=held.pk).update(**values)
    except IntegrityError as error:
        raise _number_refusal(held, str(values.get("number", ""))) from error
    held.refresh_from_db()
    return held


@action(Permission.SITE_EDIT, "assign CRA")
def assign_cra(trial: Trial, *, sites: Iterable[Site], cra: User | None, by: User) -> Trial:
    """Give several sites of a trial their monitor, or none."""
    if cra is not None and not cras_of(trial).filter(pk=cra.pk).exists():
        raise RefusedError(f"{cra} is not a CRA of {trial}. Give the role first.")
    chosen = [site.pk for site in sites]
    Site.objects.filter(trial=trial, pk__any=chosen).update(cra=cra)
    return trial


def _number_refusal(site: Site, number: str) -> Exception:
    """Why a number cannot be given to a site, or taken from it."""
    if not number:
        return RefusedError(
            f"{site} was initiated; it keeps a number. Leave {site.number}, or give another."
        )
    return ConflictError(f"Site number {number} is taken in {site.trial}. Choose another.")


@action(Permission.SITE_STATUS, "set site status")
def set_status(
    site: Site, *, status: str, by: User, on: date | None = None, reason: str = ""
) -> Site:
    """Take a site one step through its life cycle."""
    on = _day_of_step(site, on)
    if status == SiteStatus.INITIATED and not site.number:
        raise RefusedError("A site needs its number before it is initiated. Add the number first.")
    dates: dict[str, object] = {"status_on": on}
    if status == SiteStatus.INITIATED:
        dates["initiated_on"] = on
    if status == SiteStatus.OPEN and site.opened_on is None:
        dates["opened_on"] = on
    Site.flow.move(site, status, by=by, on=on, reason=reason, **dates)
    return site


def _day_of_step(site: Site, on: date | None) -> date:
    """The day given, or today: neither ahead nor before the step before."""
    today = timezone.localdate(timezone=site.place.zone)
    on, since = on or today, site.status_on
    if on > today:
        raise RefusedError("That day has not come yet. Choose today or an earlier day.")
    if since and on < since:
        now = site.get_status_display().lower()
        raise RefusedError(f"{site} is {now} since {show_day(since)}. Choose that day or later.")
    return on


@action(Permission.SITE_EDIT, "put schedule into effect")
def put_into_effect(
    site: Site, *, version: ScheduleVersion, from_on: date, by: User
) -> SiteSchedule:
    """From this day on the site works under an approved schedule version."""
    if lock(version).status != ScheduleVersion.Status.APPROVED:
        raise RefusedError(f"{version} is not approved. Approve it before sites work under it.")
    if version.trial_id != site.trial_id:
        raise RefusedError(
            f"{version} belongs to another trial. Choose an approved version of {site.trial}."
        )
    current = SiteSchedule.objects.filter(site=site, during__contains=from_on).first()
    if current is not None:
        if current.during.lower == from_on:
            raise ConflictError(f"{current.version} begins at {site} on that day already.")
        current.during = DateRange(current.during.lower, from_on, "[)")
        current.save(update_fields=["during"])
    later = SiteSchedule.objects.filter(site=site, during__startswith__gt=from_on)
    first = later.order_by("during").first()
    until = first.during.lower if first else None
    return SiteSchedule.objects.create(
        site=site, version=version, during=DateRange(from_on, until, "[)")
    )


@action(Permission.SITE_EDIT, "put schedule into effect at sites")
def put_into_effect_at(
    version: ScheduleVersion, *, at: Iterable[Site], from_on: date, by: User
) -> ScheduleVersion:
    """From this day on several sites work under an approved version; all of them or none."""
    for site in at:
        put_into_effect(site, version=version, from_on=from_on, by=by)
    return version


@action(Permission.PROTOCOL_APPROVE, "withdraw approval")
def withdraw(version: ScheduleVersion, *, reason: str, by: User) -> ScheduleVersion:
    """Set an approved version aside that no site works under; its signature stays to be read."""
    held = lock(version)
    if held.status != ScheduleVersion.Status.APPROVED:
        raise RefusedError(f"{held} is not approved, so there is no approval to withdraw.")
    effect = SiteSchedule.objects.filter(version=held).select_related("site").first()
    if effect is not None:
        raise RefusedError(
            f"Site {effect.site.number} works under {held}, so its approval stays."
            " Approve a new version and put that into effect."
        )
    ScheduleVersion.flow.move(held, "discarded", by=by, reason=reason)
    return held
