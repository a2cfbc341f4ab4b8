"""Records that lie in a scope, and those that are one: the rule of who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from django.db import models
from django.db.models import F, Value
from guardian.models import GroupObjectPermissionBase

from core.access.below import ids_for
from core.access.kinds import DEPLOYMENT, SCOPES, ScopeIds, ScopeKind
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

ScopePermission = GroupObjectPermissionBase


@models.Field.register_lookup
class EqualsAny(models.Lookup[Any]):
    """``column = ANY(array)``: one parameter however many ids, and a plan to match."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        given = self.rhs if isinstance(self.rhs, models.Expression) else list(self.rhs)
        return f"{left} = ANY(%s::bigint[])", (*params, given)


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that know who may see them."""

    def visible_to(self, user: User, permission: Permission | None = None) -> Self:
        """The rows in a scope on which the user holds the permission."""
        model: type[ScopedModel] = self.model
        permission = permission or model.view_permission
        ids = ids_for(user, permission, model)
        if ids is None:
            return self
        if model.scope == DEPLOYMENT:
            return self.none()
        return self.filter(**{f"{model.scope}__pk__any" if model.scope else "pk__any": ids})


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
        scope, ids = self.in_scope(), ids_for(user, permission, type(self))
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
