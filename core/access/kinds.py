"""The levels on which roles are granted, and the models that stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.access.scopes import Scope

DEPLOYMENT = "deployment"


class ScopeKind(StrEnum):
    """The levels on which a role can be granted."""

    DEPLOYMENT = "deployment"
    SPONSOR = "sponsor"
    TRIAL = "trial"
    COUNTRY = "country"
    SITE = "site"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class ScopeIds:
    """Where a record lies, as the plain numbers that kernel rows carry."""

    trial_id: int | None = None
    site_id: int | None = None
    place_id: int | None = None
    subject_id: int | None = None


SCOPES: dict[ScopeKind, type[Scope]] = {}
