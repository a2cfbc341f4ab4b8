"""Consent forms of a trial and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from trials.models import ConsentType, ConsentVersion, MustReconsent, ReconsentRule, Trial


@action(Permission.PROTOCOL_EDIT, "add consent form")
def add_consent_type(
    trial: Trial, *, kind: str, name: str, by: User, is_optional: bool = False,
    is_required: bool = False,
) -> ConsentType:  # fmt: skip
    """Add a consent form of a trial, needed before visits or optional or neither."""
    _refuse_both(is_optional=is_optional, is_required=is_required)
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
    values = _fitting(
        number=number, dated=dated, summary=summary, must_reconsent=must_reconsent,
        reconsent_rule=reconsent_rule, reconsent_days=reconsent_days,
    )  # fmt: skip
    try:
        with transaction.atomic():
            return ConsentVersion.objects.create(type=type_, **values)
    except IntegrityError as error:
        raise ConflictError(f"{type_} has a version {values['number']} already.") from error


@action(Permission.PROTOCOL_EDIT, "correct consent form")
def correct_consent_type(
    type_: ConsentType, *, values: Mapping[str, Any], reason: str, by: User,
    revision: int | None = None,
) -> ConsentType:  # fmt: skip
    """Put right what was entered wrong of a consent form; the trail keeps both, with the reason."""
    _refuse_without(reason)
    held = lock(type_, revision)
    for name, value in values.items():
        setattr(held, name, value)
    _refuse_both(is_optional=held.is_optional, is_required=held.is_required)
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as error:
        if "said no to this form" in str(error):
            raise RefusedError(
                f"Subjects said no to {held}, so it stays optional. Void those entries first."
            ) from error
        raise ConflictError(f"{held.trial} has a consent form {held} already.") from error
    held.refresh_from_db()
    return held


@action(Permission.PROTOCOL_EDIT, "correct consent version")
def correct_consent_version(
    version: ConsentVersion, *, values: Mapping[str, Any], reason: str, by: User,
    revision: int | None = None,
) -> ConsentVersion:  # fmt: skip
    """Put right what was entered wrong of a version, also who signs it again by when."""
    _refuse_without(reason)
    held = lock(version, revision)
    for name, value in _fitting(**values).items():
        setattr(held, name, value)
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as error:
        raise ConflictError(f"{held.type} has a version {held.number} already.") from error
    held.refresh_from_db()
    return held


def _refuse_without(reason: str) -> None:
    if not reason.strip():
        raise RefusedError("Give the reason.")


def _refuse_both(*, is_optional: bool, is_required: bool) -> None:
    if is_optional and is_required:
        raise RefusedError(
            "What is needed before visits cannot be left to the subject. Choose one of the two."
        )


def _fitting(
    *, number: str, dated: date, summary: str, must_reconsent: str, reconsent_rule: str,
    reconsent_days: int | None,
) -> dict[str, Any]:  # fmt: skip
    """The facts of a version, with no more of a rule than it has; refused where they do not agree."""
    if dated > timezone.localdate():
        raise RefusedError("The date of the version has not come yet. Check the day.")
    if must_reconsent == MustReconsent.NOBODY:
        reconsent_rule = ""
    elif not reconsent_rule:
        raise RefusedError("Say by when subjects sign again: at the next visit, or within days.")
    if reconsent_rule == ReconsentRule.DAYS and reconsent_days is None:
        raise RefusedError("Say within how many days subjects sign again.")
    return {
        "number": number.strip().removeprefix("v").strip(), "dated": dated, "summary": summary,
        "must_reconsent": must_reconsent, "reconsent_rule": reconsent_rule,
        "reconsent_days": reconsent_days if reconsent_rule == ReconsentRule.DAYS else None,
    }  # fmt: skip
