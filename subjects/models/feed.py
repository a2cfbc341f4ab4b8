"""Calendar addresses that a person or place subscribes to, and that can be revoked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import User
from core.access import ScopedModel
from core.permissions import Permission
from sites.models import Person, Place


class Feed(ScopedModel):
    """A secret calendar address of one user; only its hash is kept."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True
    masked = ("token_hash",)

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="feeds")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="feeds")
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "place", "person"],
                nulls_distinct=False,
                condition=Q(revoked_at=None),
                name="feed_once",
            )
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.person or self.place}"
