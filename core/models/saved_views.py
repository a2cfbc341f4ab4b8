"""Views of lists that people keep: a name for a query string, never for rows."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from core.access import DEPLOYMENT, SCOPES, ScopedModel, ScopedQuerySet, ScopeKind, has_anywhere
from core.permissions import Permission


def audience(kind: str, label: str) -> str:
    """Who sees what lies in a scope, in words."""
    return "everybody" if kind == ScopeKind.DEPLOYMENT else f"everybody in {label}"


class SavedViewQuerySet(ScopedQuerySet):
    """Views, by who keeps them and with whom they are shared."""

    def visible_to(self, user: Any, permission: Permission | None = None) -> Self:
        """A person's own, and what is shared with those who see what the list is of."""
        with_me = Q(kind=ScopeKind.DEPLOYMENT)
        for kind, model in SCOPES.items():
            with_me |= Q(kind=kind, scope_id__in=model.objects.visible_to(user).values("pk"))
        return self.filter(Q(owner_id=user.pk) | Q(is_shared=True) & with_me)


class SavedView(ScopedModel):
    """A list at one address with filters, order and columns, under a name."""

    scope = DEPLOYMENT
    view_permission = Permission.VIEW_SAVE

    owner_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=60, help_text="of the list, for example Sites")
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=2000, blank=True)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ScopeKind])
    scope_id = models.BigIntegerField(help_text="what the list is of, and who shares it")
    scope_label = models.CharField(max_length=200)
    is_shared = models.BooleanField(default=False)

    objects: ClassVar[Any] = SavedViewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner_id", "path", "name"], name="saved_view_named_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["path"], condition=Q(is_shared=True), name="saved_view_shared")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address that opens the list; it stays when the view gets another name."""
        return reverse("views:open", args=[self.slug])

    @property
    def slug(self) -> str:
        """The word for it in an address: only its number counts."""
        return f"{slugify(self.name) or 'view'}-{self.pk}"

    @property
    def audience(self) -> str:
        """Who sees it once it is shared."""
        return audience(self.kind, self.scope_label)

    def is_held_by(self, user: Any, permission: Permission) -> bool:
        """Whether it is the person's own."""
        return self.owner_id == user.pk and has_anywhere(user, permission)


class ViewMark(models.Model):
    """What a view is to one person: in the navigation or not, and used when last."""

    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="marks")
    user_id = models.BigIntegerField()
    is_pinned = models.BooleanField(default=False)
    used_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "view"], name="view_mark_once")
        ]

    def __str__(self) -> str:
        return f"{self.view} of {self.user_id}"
