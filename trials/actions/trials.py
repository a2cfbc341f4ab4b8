"""Sponsors, trials and countries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import IntegrityError, transaction

from accounts.models import User
from core.actions import action
from core.models import Deployment
from core.permissions import Permission
from core.versions import ConflictError, lock
from trials.models import Country, RegistryId, Sponsor, Trial


@action(Permission.SPONSOR_EDIT, "add sponsor")
def add_sponsor(deployment: Deployment, *, name: str, by: User) -> Sponsor:
    """Add an organisation that takes responsibility for trials."""
    try:
        with transaction.atomic():
            return Sponsor.objects.create(name=name)
    except IntegrityError as error:
        raise ConflictError(f"There is a sponsor {name} already.") from error


@action(Permission.TRIAL_EDIT, "add trial")
def add_trial(sponsor: Sponsor, *, values: Mapping[str, object], by: User) -> Trial:
    """Add a trial of a sponsor."""
    taken = Trial.objects.filter(sponsor=sponsor).count()
    trial = Trial(sponsor=sponsor, **{"colour": taken % 4 + 1, **values})
    try:
        with transaction.atomic():
            trial.save()
    except IntegrityError as error:
        raise ConflictError(
            f"A trial with the code {trial.code} or protocol number {trial.protocol_number}"
            " exists already. Choose another."
        ) from error
    Trial.flow.begin(trial, by=by)
    return trial


@action(Permission.TRIAL_EDIT, "change trial")
def change_trial(
    trial: Trial, *, values: Mapping[str, object], by: User, reason: str = "",
    revision: int | None = None,
) -> Trial:  # fmt: skip
    """Change facts of a trial."""
    held = lock(trial, revision)
    try:
        with transaction.atomic():
            Trial.objects.filter(pk=held.pk).update(**values)
    except IntegrityError as error:
        raise ConflictError(
            f"Another trial of {held.sponsor} has this protocol number. Choose another."
        ) from error
    trial.refresh_from_db()
    return trial


@action(Permission.TRIAL_EDIT, "set trial status")
def set_trial_status(
    trial: Trial, *, status: str, by: User, on: date | None = None, reason: str = ""
) -> Trial:
    """Take a trial one step through its life."""
    Trial.flow.move(trial, status, by=by, on=on, reason=reason)
    return trial


@action(Permission.TRIAL_EDIT, "add country")
def add_country(trial: Trial, *, code: str, name: str, by: User) -> Country:
    """Add a country to a trial."""
    country, made = Country.objects.get_or_create(trial=trial, code=code, defaults={"name": name})
    if made:
        Country.flow.begin(country, by=by)
    return country


@action(Permission.TRIAL_EDIT, "add register number")
def add_registry_id(trial: Trial, *, registry: str, value: str, by: User) -> RegistryId:
    """Note the number under which a register knows the trial."""
    found, _ = RegistryId.objects.get_or_create(trial=trial, registry=registry, value=value)
    return found


@action(Permission.TRIAL_EDIT, "change country")
def change_country(
    country: Country, *, values: Mapping[str, object], by: User, revision: int | None = None
) -> Country:
    """Change what is planned in a country."""
    held = lock(country, revision)
    Country.objects.filter(pk=held.pk).update(**values)
    held.refresh_from_db()
    return held


@action(Permission.TRIAL_EDIT, "set country status")
def set_country_status(
    country: Country, *, status: str, by: User, on: date | None = None, reason: str = ""
) -> Country:
    """Take a country one step through its life in the trial."""
    Country.flow.move(country, status, by=by, on=on, reason=reason)
    return country


@action(Permission.TRIAL_EDIT, "remove register number")
def remove_registry_id(number: RegistryId, *, by: User) -> Trial:
    """Take away a number that was noted by mistake."""
    number.delete()
    return number.trial
