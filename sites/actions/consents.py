"""Versions of consent forms at sites: approved by the ethics committee, and in use from a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Func, QuerySet, Value
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import ConsentApproval, Site
from sites.queries.effect import OVER, begins
from trials.models import ConsentVersion, Country


@action(Permission.SITE_EDIT, "approve consent version")
def approve_consent(
    site: Site, *, version: ConsentVersion, languages: Iterable[str], approved_on: date,
    from_on: date, by: User,
) -> Site:  # fmt: skip
    """The ethics committee approved a version in these languages; it is in use from a day on."""
    _put_into_use(
        _held(Site.objects.filter(pk=site.pk)), version, set(languages), approved_on, from_on
    )
    return site


@action(Permission.SITE_EDIT, "approve consent version in country")
def approve_consent_in(
    country: Country, *, version: ConsentVersion, languages: Iterable[str], approved_on: date,
    from_on: date, by: User,
) -> Country:  # fmt: skip
    """The same at once for every site of a country that is not over and does not have it yet."""
    chosen = set(languages)
    there = ConsentApproval.objects.filter(version=version, language__in=chosen)
    rows = Site.objects.filter(country=country).exclude(status__in=OVER)
    sites = _held(rows.exclude(pk__in=there.values("site")))
    if not sites:
        raise RefusedError(
            f"No site of {country} is without {version} in these languages."
            " Sites that have it keep it."
        )
    _put_into_use(sites, version, chosen, approved_on, from_on)
    return country


def _held(rows: QuerySet[Site]) -> list[Site]:
    """The sites, locked in the order of their keys."""
    return list(rows.select_related("place").order_by("pk").select_for_update(of=("self",)))


def _put_into_use(
    sites: list[Site], version: ConsentVersion, languages: Collection[str], approved_on: date,
    from_on: date,
) -> None:  # fmt: skip
    """End what is in use on that day and begin the version, in as many statements for many sites."""
    _refuse_days(approved_on, from_on)
    if any(site.trial_id != version.type.trial_id for site in sites):
        raise RefusedError(f"{version} belongs to another trial. Choose a version of this one.")
    rows = ConsentApproval.objects.filter(
        site__in=sites, type_id=version.type_id, language__in=languages
    )
    _refuse_twice(rows, version, from_on)
    rows.filter(during__contains=from_on).update(
        during=Func(
            Lower("during"), Value(from_on), function="daterange", output_field=DateRangeField()
        )
    )
    later = rows.filter(during__startswith__gt=from_on).order_by("-during")
    until = {(row.site_id, row.language): row.during.lower for row in later}
    ConsentApproval.objects.bulk_create(
        ConsentApproval(
            site=site, version=version, type_id=version.type_id, language=language,
            approved_on=approved_on,
            during=DateRange(from_on, until.get((site.pk, language)), "[)"),
        )
        for site in sites
        for language in sorted(languages)
    )  # fmt: skip


def _refuse_days(approved_on: date, from_on: date) -> None:
    if approved_on > timezone.localdate():
        raise RefusedError("The day of the ethics approval has not come yet. Check the day.")
    if from_on < approved_on:
        raise RefusedError(
            f"The ethics committee approved on {show_day(approved_on)}."
            " A version is in use from that day on or later."
        )


def _refuse_twice(rows: QuerySet[ConsentApproval], version: ConsentVersion, from_on: date) -> None:
    """One version once, and one beginning a day."""
    held = rows.filter(version=version).select_related("site__place").first()
    if held is not None:
        raise ConflictError(
            f"{version} ({held.language}) is in use at {held.site} already,"
            f" from {show_day(begins(held))}."
        )
    begun = rows.filter(during__startswith=from_on).select_related("version__type", "site__place")
    if (other := begun.first()) is not None:
        raise ConflictError(
            f"{other.version} ({other.language}) begins at {other.site} on that day already."
            " Choose another day."
        )
