"""Versions of consent forms at sites: approved by the ethics committee, and in use from a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import DateField, Func, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
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


@action(Permission.SITE_EDIT, "correct approval of consent version")
def correct_approval(
    approval: ConsentApproval, *, version: ConsentVersion, approved_on: date, from_on: date,
    reason: str, by: User, revision: int | None = None,
) -> ConsentApproval:  # fmt: skip
    """Put right what was entered wrong; the version before ends on the day this one begins."""
    held = _standing(approval, reason, revision)
    _refuse_days(approved_on, from_on)
    others = _of_form(held).exclude(pk=held.pk)
    _refuse_other(held, version, others)
    _refuse_order(held, from_on, others)
    before = others.filter(during__startswith__lt=held.during.lower)
    ends_there = before.filter(Q(during__endswith=begins(held)) | Q(during__endswith__gt=from_on))
    moved = {"during": _range(Lower("during"), Value(from_on))}
    held.version, held.approved_on = version, approved_on
    comes_earlier = from_on < begins(held)
    held.during = DateRange(from_on, held.during.upper, "[)")
    with _signed_stays(held):
        ends_there = ends_there.filter(pk__in=list(ends_there.values_list("pk", flat=True)))
        if comes_earlier:
            ends_there.update(**moved)
        held.save()
        if not comes_earlier:
            ends_there.update(**moved)
    held.refresh_from_db()
    return held


@action(Permission.SITE_EDIT, "void approval of consent version")
def void_approval(
    approval: ConsentApproval, *, reason: str, by: User, revision: int | None = None
) -> ConsentApproval:
    """Set aside an approval that was entered by mistake; the version before stays in use."""
    held = _standing(approval, reason, revision)
    begun, until = begins(held), held.during.upper
    held.during = DateRange(empty=True)
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    with _signed_stays(held):
        held.save()
        _of_form(held).filter(during__endswith=begun).update(
            during=_range(Lower("during"), Value(until, output_field=DateField()))
        )
    held.refresh_from_db()
    return held


def _standing(approval: ConsentApproval, reason: str, revision: int | None) -> ConsentApproval:
    """The approval as it is now, locked after its site; refused where it is voided."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    _held(Site.objects.filter(pk=approval.site_id))
    held = lock(approval, revision)
    if held.voided_at is not None:
        raise ConflictError(f"{held} is voided. Record the approval anew.")
    return held


def _of_form(held: ConsentApproval) -> QuerySet[ConsentApproval]:
    """The approvals of the same form at the same site in the same language."""
    rows: QuerySet[ConsentApproval] = ConsentApproval.objects.filter(
        site=held.site_id, type=held.type_id, language=held.language, voided_at=None
    )
    return rows


def _refuse_other(
    held: ConsentApproval, version: ConsentVersion, others: QuerySet[ConsentApproval]
) -> None:
    """A correction stays with its form, and a version is in use once."""
    if version.type_id != held.type_id:
        raise RefusedError(f"{version} is another form. Void this approval and record the other.")
    if (twin := others.filter(version=version).first()) is not None:
        raise ConflictError(
            f"{twin.version} ({twin.language}) is in use here already, from"
            f" {show_day(begins(twin))}. Correct or void that approval."
        )


def _refuse_order(held: ConsentApproval, from_on: date, others: QuerySet[ConsentApproval]) -> None:
    """Versions keep the order in which they came into use."""
    began = begins(held)
    first, last = min(began, from_on), max(began, from_on)
    between = others.filter(during__startswith__range=(first, last)).order_by("during")
    if (other := between.select_related("version__type").first()) is not None:
        raise RefusedError(
            f"{other.version} is in use from {show_day(begins(other))}."
            " Versions keep their order: correct that approval first."
        )


@contextmanager
def _signed_stays(held: ConsentApproval) -> Iterator[None]:
    """What the database refuses, in words: what was signed stays in use on the day it was signed."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "on which it would not be in use" not in str(error):
            raise
        raise ConflictError(
            f"Subjects at {held.site} signed the version that this would take away on that day."
            " Correct their consents first."
        ) from error


def _range(first: Combinable, after: Combinable) -> Func:
    return Func(first, after, function="daterange", output_field=DateRangeField())


@action(Permission.SITE_EDIT, "approve consent version in country")
def approve_consent_in(
    country: Country, *, version: ConsentVersion, languages: Iterable[str], approved_on: date,
    from_on: date, by: User,
) -> Country:  # fmt: skip
    """The same at once for every site of a country that is not over and does not have it yet."""
    chosen = set(languages)
    there = ConsentApproval.objects.filter(version=version, language__in=chosen, voided_at=None)
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
    rows.filter(during__contains=from_on).update(during=_range(Lower("during"), Value(from_on)))
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
    same = rows.filter(version=version, voided_at=None)
    held = same.select_related("site__place").first()
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
