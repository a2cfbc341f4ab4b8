"""Who may see and do what, where: the only module that talks to guardian."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache as remember
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.db.models import F, Q, Value
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase

from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

M = TypeVar("M", bound=models.Model)

ScopePermission = GroupObjectPermissionBase


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


@models.Field.register_lookup
class EqualsAny(models.Lookup[Any]):
    """``column = ANY(array)``: one parameter however many ids, and a plan to match."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*params, list(self.rhs))


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that know who may see them."""

    def visible_to(self, user: User, permission: Permission | None = None) -> Self:
        """The rows in a scope on which the user holds the permission."""
        model: type[ScopedModel] = self.model
        permission = permission or model.view_permission
        ids = _ids_for(user, permission, model)
        if ids is None:
            return self
        if model.scope == DEPLOYMENT:
            return self.none()
        return self.filter(**{f"{model.scope}__pk__any" if model.scope else "pk__any": ids})


DEPLOYMENT = "deployment"
KEPT_SECONDS = 3600
UNTIL = "until"


class ScopedModel(models.Model):
    """A record that lies in a scope; ``scope`` is the path to it, and its whole access rule."""

    scope: ClassVar[str]
    view_permission: ClassVar[Permission]
    shared_below: ClassVar[bool] = False
    reasoned: ClassVar[tuple[str, ...]] = ()
    masked: ClassVar[tuple[str, ...]] = ()

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def scope_model(cls) -> type[Scope]:
        """The model at the end of the scope path."""
        if cls.scope == DEPLOYMENT:
            return SCOPES[ScopeKind.DEPLOYMENT]
        model: Any = cls
        for step in filter(None, cls.scope.split("__")):
            model = model._meta.get_field(step).related_model
        return cast("type[Scope]", model)

    def in_scope(self) -> Scope | None:
        """The scope the record lies in; None for records of the whole deployment."""
        if self.scope == DEPLOYMENT:
            return None
        found: Any = self
        for step in filter(None, self.scope.split("__")):
            found = getattr(found, step)
        return cast("Scope", found)

    def scope_ids(self) -> ScopeIds:
        """Trial, site, place and subject of the record, for the kernel rows about it."""
        scope = self.in_scope()
        ids = scope.own_ids() if scope is not None else ScopeIds()
        subject_id = getattr(self, "subject_id", None)
        return ScopeIds(ids.trial_id, ids.site_id, ids.place_id, subject_id)

    def is_held_by(self, user: User, permission: Permission) -> bool:
        """Whether the user holds the permission where the record lies."""
        if self._is_below(user, permission):
            return True
        # The scope may be newer than what was remembered of the user's reach: ask once more.
        remembered = user.__dict__.pop("_access", {})
        found = self._is_below(user, permission)
        user.__dict__["_access"] = remembered | user.__dict__.get("_access", {})
        return found

    def _is_below(self, user: User, permission: Permission) -> bool:
        scope, ids = self.in_scope(), _ids_for(user, permission, type(self))
        return ids is None or (scope is not None and scope.pk in ids)

    @classmethod
    def scope_columns(cls) -> tuple[Any, Any, Any, Any]:
        """Trial, site, place and subject as columns of a query over this model."""
        prefix = f"{cls.scope}__" if cls.scope else ""
        names = OWN_COLUMNS[cls.scope_model().kind]
        columns = [F(prefix + name) if name else NOTHING for name in names]
        own = {field.attname for field in cls._meta.concrete_fields}
        subject = F("subject_id") if "subject_id" in own else NOTHING
        return columns[0], columns[1], columns[2], subject


NOTHING = Value(None, output_field=models.BigIntegerField())
OWN_COLUMNS = {
    ScopeKind.DEPLOYMENT: ("", "", ""),
    ScopeKind.SPONSOR: ("", "", ""),
    ScopeKind.TRIAL: ("pk", "", ""),
    ScopeKind.COUNTRY: ("trial_id", "", ""),
    ScopeKind.SITE: ("trial_id", "pk", "place_id"),
    ScopeKind.PLACE: ("", "", "pk"),
}


class Scope(ScopedModel):
    """A record on which roles are granted; ``parents`` are the fields that lead upwards."""

    kind: ClassVar[ScopeKind]
    parents: ClassVar[tuple[str, ...]] = ()
    search_fields: ClassVar[tuple[str, ...]] = ("name",)
    permission_rows: ClassVar[Any]
    scope = ""
    shared_below = True

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            SCOPES[cls.kind] = cls

    def own_ids(self) -> ScopeIds:
        """Trial, site and place of this scope itself."""
        return ScopeIds()


SCOPES: dict[ScopeKind, type[Scope]] = {}


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


def _ids_for(user: User, permission: Permission, model: type[ScopedModel]) -> frozenset[int] | None:
    """Seeing may be shared with those who work below a scope; doing never is."""
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


@remember
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


def can(user: User, permission: Permission, obj: ScopedModel) -> bool:
    """Whether the user holds the permission on the record: the rule of the list, for one row."""
    return obj.is_held_by(user, permission)


def require(user: User, permission: Permission, obj: ScopedModel) -> None:
    """Refuse, with the permission's plain name, where the user does not hold it."""
    if not can(user, permission, obj):
        raise PermissionDenied(f"Your role does not allow: {permission.label.lower()}.")


def held_among(
    rows: models.QuerySet[Any], keys: Iterable[int], user: User, permission: Permission
) -> set[int]:  # fmt: skip
    """Of the rows with these keys, those on which the user holds the permission: one query."""
    held = rows & rows.model.objects.visible_to(user, permission)
    return set(held.filter(pk__any=keys).values_list("pk", flat=True))


def has_anywhere(user: User, permission: Permission) -> bool:
    """Whether the user holds the permission on any scope at all."""
    return bool(reach(user, permission))


def in_reach(user: User, permission: Permission) -> Q:
    """The kernel rows in the narrowest scope on which the user holds the permission."""
    if reach(user, permission).everywhere:
        return Q()
    sites = reached(user, permission, SCOPES[ScopeKind.SITE]) or ()
    trials = reached(user, permission, SCOPES[ScopeKind.TRIAL]) or ()
    places = reached(user, permission, SCOPES[ScopeKind.PLACE]) or ()
    return (
        Q(site_id__any=sites)
        | Q(site_id=None, trial_id__any=trials)
        | Q(site_id=None, trial_id=None, place_id__any=places)
    )


def holds_within(user: User, permission: Permission, ids: ScopeIds) -> bool:
    """The same rule for one kernel row."""
    if reach(user, permission).everywhere:
        return True
    for kind, number in (
        (ScopeKind.SITE, ids.site_id), (ScopeKind.TRIAL, ids.trial_id),
        (ScopeKind.PLACE, ids.place_id),
    ):  # fmt: skip
        if number is not None:
            return number in (reached(user, permission, SCOPES[kind]) or ())
    return False
