"""Names that stand in addresses: one that would lead to another page is none."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from core.actions import RefusedError


def pattern(*reserved: str) -> str:
    """Fits what can be a part of an address and is none of the words that mean something else."""
    taken = "|".join((*reserved, r"\.", r"\.\."))
    return rf"^(?!({taken})$)[^/?#%\\]*$"


def name_like(fitting: str) -> RegexValidator:
    """Lets names pass that fit the pattern."""
    return RegexValidator(
        fitting, "“%(value)s” cannot stand in an address. Choose another, without / ? # and %%."
    )


def refuse_name(fits: RegexValidator, name: str) -> None:
    """Say no to a record whose page nobody could reach."""
    try:
        fits(name)
    except ValidationError as error:
        raise RefusedError(error.messages[0]) from error
