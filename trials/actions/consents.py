"""Consent forms of a trial and their versions."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError
from trials.models import ConsentType, ConsentVersion, MustReconsent, ReconsentRule, Trial


@action(Permission.PROTOCOL_EDIT, "add consent form")
def add_consent_type(
    trial: Trial, *, kind: str, name: str, by: User, is_optional: bool = False,
    is_required: bool = False,
) -> ConsentType:  # fmt: skip
    """Add a consent form of a trial, needed before visits or optional or neither."""
    if is_optional and is_required:
        raise RefusedError(
            "What is needed before visits cannot be left to the subject. Choose one of the two."
        )
    try:
        with transaction.atomic():
            return ConsentType.objects.create(
                trial=trial, kind=kind, name=name.strip(), is_optional=is_optional,
                is_required=is_required,
            )  # fmt: skip
    except IntegrityError as error:
        raise ConflictError(f"{trial} has a consent form {name} already.") from error


@action(Permission.PROTOCOL_EDIT, "add consent version")
def add_consent_version(
    type_: ConsentType, *, number: str, dated: date, by: User, summary: str = "",
    must_reconsent: str = MustReconsent.NOBODY, reconsent_rule: str = "",
    reconsent_days: int | None = None,
) -> ConsentVersion:  # fmt: skip
    """Add a version of a consent form, with who signs it again by when."""
    number = number.strip().removeprefix("v").strip()
    if dated > timezone.localdate():
        raise RefusedError("The date of the version has not come yet. Check the day.")
    if must_reconsent == MustReconsent.NOBODY:
        reconsent_rule, reconsent_days = "", None
    elif not reconsent_rule:
        raise RefusedError("Say by when subjects sign again: at the next visit, or within days.")
    if reconsent_rule != ReconsentRule.DAYS:
        reconsent_days = None
    elif reconsent_days is None:
        raise RefusedError("Say within how many days subjects sign again.")
    try:
        with transaction.atomic():
            return ConsentVersion.objects.create(
                type=type_, number=number, dated=dated, summary=summary,
                must_reconsent=must_reconsent, reconsent_rule=reconsent_rule,
                reconsent_days=reconsent_days,
            )  # fmt: skip
    except IntegrityError as error:
        raise ConflictError(f"{type_} has a version {number} already.") from error
