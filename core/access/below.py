"""The records inside the scopes a person is granted, and those around them."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Q

from core.access.held import Reach, has_anywhere, reach
from core.access.kinds import DEPLOYMENT, SCOPES, ScopeKind
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User
    from core.access.scopes import Scope, ScopedModel


def reached(
    user: User, permission: Permission, model: type[Scope], *, shared_below: bool = False
) -> frozenset[int] | None:
    """The ids of this scope model under the user's reach; None means all of them."""
    held = reach(user, permission)
    # Who is granted scopes here and further up only has nothing below that is not inside them.
    around = {model.kind, *_above(model)}
    shared_below = shared_below and not held.ids.keys() <= around
    memo: dict[Any, Any] = user.__dict__.setdefault("_access", {})
    # Permissions held on the same scopes lead to the same ids: one query serves them all.
    key = (held.everywhere, frozenset(held.ids.items()), model.kind, shared_below)
    if key not in memo:
        memo[key] = _resolve(user, permission, model, shared_below=shared_below)
    return cast("frozenset[int] | None", memo[key])


def ids_for(user: User, permission: Permission, model: type[ScopedModel]) -> frozenset[int] | None:
    """The scopes that open records of this model: seeing may reach up from below, doing never does."""
    shared = model.shared_below and permission == model.view_permission
    if model.scope == DEPLOYMENT and shared and has_anywhere(user, permission):
        return None
    return reached(user, permission, model.scope_model(), shared_below=shared)


def _resolve(
    user: User, permission: Permission, model: type[Scope], *, shared_below: bool
) -> frozenset[int] | None:
    held = reach(user, permission)
    if held.everywhere:
        return None
    ids = held.on(model.kind) | _inside(user, model, held)
    return ids | _around(user, permission, model) if shared_below else ids


def _inside(user: User, model: type[Scope], held: Reach) -> frozenset[int]:
    """The scopes of this model that lie under a granted one."""
    given = [(path, held.on(kind)) for kind, path in _above(model).items()]
    under = [Q(**{f"{path}__pk__any": ids}) for path, ids in given if ids]
    if not under:
        return frozenset()
    found = _with_parents(model, reduce(operator.or_, under))
    if not held.on(model.kind):
        user.__dict__["_access"][model, found["pk"]] = found
    return found["pk"]


def _with_parents(model: type[Scope], where: Q) -> dict[str, frozenset[int]]:
    """Scopes, and by the name of its field what lies right over each: one query for all of it."""
    names = ("pk", *model.parents)
    rows = list(model._default_manager.filter(where).values_list(*names))
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: frozenset(column) for name, column in zip(names, columns, strict=True)}


def _around(user: User, permission: Permission, model: type[Scope]) -> frozenset[int]:
    """The scopes of this model over a granted one."""
    memo: dict[Any, Any] = user.__dict__["_access"]
    ids: set[int] = set()
    direct = {lower for lower, _ in _children(model)}
    for lower, field in _children(model):
        deeper = any(lowest not in direct for lowest, _ in _children(lower))
        if lower_ids := reached(user, permission, lower, shared_below=deeper):
            if (lower, lower_ids) not in memo:
                memo[lower, lower_ids] = _with_parents(lower, Q(pk__any=lower_ids))
            ids |= memo[lower, lower_ids][field]
    return frozenset(ids)


@cache
def _above(model: type[Scope]) -> dict[ScopeKind, str]:
    """The kinds of scope further up, and the shortest path to each: longer ones lead to the same."""
    found: dict[ScopeKind, str] = {}
    paths = [(field, model) for field in model.parents]
    for path, below in paths:
        parent: Any = below._meta.get_field(path.rpartition("__")[2]).related_model
        found.setdefault(parent.kind, path)
        paths += [(f"{path}__{field}", parent) for field in parent.parents]
    return found


def _children(model: type[Scope]) -> Iterable[tuple[type[Scope], str]]:
    for other in SCOPES.values():
        for field in other.parents:
            if other._meta.get_field(field).related_model is model:
                yield other, field
