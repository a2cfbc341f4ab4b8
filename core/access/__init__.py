"""Who may see and do what, where: the only code that talks to guardian."""

from core.access.below import reached
from core.access.held import Live, Reach, has_anywhere, live, reach
from core.access.kinds import DEPLOYMENT, SCOPES, ScopeIds, ScopeKind
from core.access.rules import can, held_among, holds_within, in_reach, require, require_anywhere
from core.access.scopes import EqualsAny, Scope, ScopedModel, ScopedQuerySet, ScopePermission

__all__ = [
    "DEPLOYMENT",
    "SCOPES",
    "EqualsAny",
    "Live",
    "Reach",
    "Scope",
    "ScopeIds",
    "ScopeKind",
    "ScopePermission",
    "ScopedModel",
    "ScopedQuerySet",
    "can",
    "has_anywhere",
    "held_among",
    "holds_within",
    "in_reach",
    "live",
    "reach",
    "reached",
    "require",
    "require_anywhere",
]
