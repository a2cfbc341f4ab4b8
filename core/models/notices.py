"""Notices: what a person was told of, and when that person read it."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from core.models.kernel import Kernel, KernelQuerySet
from core.permissions import Permission


class NoticeQuerySet(KernelQuerySet):
    """Notices, by whom they are to."""

    def visible_to(self, user: Any, permission: Permission | None = None) -> Self:
        """A person's own, as long as that person sees what they are about."""
        return super().visible_to(user, permission).filter(recipient_id=user.pk)


class Notice(Kernel):
    """One person is told of a record: when, in which role, and when it was read."""

    view_permission = Permission.WORK_VIEW
    hides_subjects = True

    recipient_id = models.BigIntegerField()
    recipient_name = models.CharField(max_length=150)
    recipient_role = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    target_type = models.CharField(max_length=80)
    target_id = models.BigIntegerField()
    label = models.CharField(max_length=200)
    detail = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(read_at__gte=F("made_at")),
                name="notice_read_after_made",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient_id", "-id"], name="notice_of_recipient"),
            models.Index(fields=["recipient_id"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["target_type", "target_id"], name="notice_of_target"),
        ]

    def __str__(self) -> str:
        return self.label

    def is_held_by(self, user: Any, permission: Permission) -> bool:
        """Whether it is to this person, who holds the permission where the record lies."""
        return self.recipient_id == user.pk and super().is_held_by(user, permission)
