"""The roles a person holds, and how far each permission reaches: remembered until they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from core.access.kinds import SCOPES, ScopeKind
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

KEPT_SECONDS = 3600
UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Live:
    """A role a person holds now, through the group that carries it."""

    group_id: int
    role: str
    kind: str
    scope_id: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The scopes on which a person holds one permission."""

    everywhere: bool
    ids: Mapping[str, frozenset[int]]

    def on(self, kind: str) -> frozenset[int]:
        """The granted scopes of this kind."""
        return self.ids.get(kind, frozenset())

    def __bool__(self) -> bool:
        return self.everywhere or any(self.ids.values())


def live(user: User) -> tuple[Live, ...]:
    """The roles the user holds now; remembered until a grant changes, begins or ends."""
    if not user.is_active or user.pk is None:
        return ()
    return cast("tuple[Live, ...]", _remembered(user, "live", user.live_grants))


def reach(user: User, permission: Permission) -> Reach:
    """The scopes on which the user holds the permission: one query, remembered."""
    if not live(user):
        return Reach(everywhere=False, ids={})
    return cast("Reach", _remembered(user, permission.value, lambda _: _reach(user, permission)))


def has_anywhere(user: User, permission: Permission) -> bool:
    """Whether the user holds the permission on any scope at all."""
    return bool(reach(user, permission))


def _remembered(user: User, name: str, ask: Callable[[datetime], Any]) -> Any:
    """A fact about access, until a grant begins or ends; the cache is read once a request."""
    memo: dict[str, Any] = user.__dict__.setdefault("_access", {})
    key, now = f"access:{user.pk}:{user.access_version}", timezone.now()
    facts = memo[key] if key in memo else cache.get(key)
    if facts is None or (facts[UNTIL] is not None and facts[UNTIL] <= now):
        facts = {UNTIL: user.next_change(now)}
    memo[key] = facts
    if name not in facts:
        facts[name] = ask(now)
        cache.set(key, facts, KEPT_SECONDS)
    return facts[name]


def _reach(user: User, permission: Permission) -> Reach:
    return _ask_reach([held.group_id for held in live(user)], permission)


def _ask_reach(groups: list[int], permission: Permission) -> Reach:
    parts, params = [], []
    for kind, model in SCOPES.items():
        table = model.permission_rows._meta.db_table
        parts.append(
            f"SELECT %s, p.content_object_id FROM {table} p"
            " JOIN auth_permission a ON a.id = p.permission_id"
            " WHERE p.group_id = ANY(%s) AND a.codename = %s"
        )
        params += [kind.value, groups, permission.value]
    found: dict[str, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for kind_name, scope_id in cursor.fetchall():
            found.setdefault(kind_name, set()).add(scope_id)
    return Reach(
        everywhere=ScopeKind.DEPLOYMENT.value in found,
        ids={kind_name: frozenset(ids) for kind_name, ids in found.items()},
    )
