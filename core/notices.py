"""Who must know of a record is told by a notice, and who read it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from core.access import ScopedModel
from core.models import Notice

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Kind:
    """What notices of one kind are about."""

    name: str
    title: str
    icon: str


TO_READ = "notice"  # under which the navigation counts them, beside the rules of duties
KINDS: dict[str, Kind] = {}


def kind(name: str, title: str, *, icon: str) -> Kind:
    """Register a kind of notices."""
    KINDS[name] = Kind(name, title, icon)
    return KINDS[name]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to be told, and the role for which."""

    user_id: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says, without who a subject is, and where it leads."""

    label: str
    detail: str
    url: str


def tell(record: ScopedModel, about: Kind, words: Words, to: Iterable[Recipient]) -> None:
    """Tell all of them at once; a part of the action that gives the reason to."""
    ids, now = record.scope_ids(), timezone.now()
    Notice.objects.bulk_create(
        Notice(
            kind=about.name, target_type=record._meta.label_lower, target_id=record.pk,
            recipient_id=one.user_id, recipient_name=one.name, recipient_role=one.role,
            label=words.label[:200], detail=words.detail[:200], url=words.url, made_at=now,
            trial_id=ids.trial_id, site_id=ids.site_id, place_id=ids.place_id,
            subject_id=ids.subject_id,
        )
        for one in to
    )  # fmt: skip


def about(record: ScopedModel) -> QuerySet[Notice]:
    """Everything that anybody was told of a record."""
    rows: QuerySet[Notice] = Notice.objects.filter(
        target_type=record._meta.label_lower, target_id=record.pk
    )
    return rows


def last_told(record: ScopedModel) -> list[Notice]:
    """What each person was told of a record last, in the order in which they were told."""
    last = {notice.recipient_id: notice for notice in about(record).order_by("pk")}
    return list(last.values())


def unread_by(user: User) -> QuerySet[Notice]:
    """The notices to this person that wait to be read."""
    rows: QuerySet[Notice] = Notice.objects.visible_to(user).filter(read_at=None)
    return rows


def icon_of(name: str) -> str:
    """The icon of notices of a kind."""
    return KINDS[name].icon if name in KINDS else "bell"
