"""Keeping a view of a list: its name, with whom it is shared, and a person's own marks on it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.access import SCOPES, ScopeKind, require
from core.actions import action
from core.models import SavedView, ViewMark
from core.permissions import Permission
from core.versions import ConflictError

if TYPE_CHECKING:
    from accounts.models import User


@action(Permission.VIEW_SAVE, "save view")
def save_view(view: SavedView, *, by: User) -> SavedView:
    """Keep a view, or give it another name."""
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ConflictError(f"You have a view {view.name} of this list already.") from error
    return view


@action(Permission.VIEW_SAVE, "share view")
def share_view(view: SavedView, *, is_shared: bool, by: User) -> SavedView:
    """Show a view to everybody who sees what the list is of, or to nobody else again."""
    if is_shared:
        of = SCOPES[ScopeKind(view.kind)].objects.get(pk=view.scope_id)
        require(by, Permission.VIEW_SAVE, of)
    view.is_shared = is_shared
    view.save(update_fields=["is_shared"])
    return view


@action(Permission.VIEW_SAVE, "remove view")
def remove_view(view: SavedView, *, by: User) -> None:
    """Forget a view; it holds no rows and nothing of a trial."""
    SavedView.objects.filter(pk=view.pk).delete()


def pin(view: SavedView, *, is_pinned: bool, by: User) -> None:
    """Put a view into one's navigation or take it out; a mark of one person, as a draft is."""
    ViewMark.objects.update_or_create(view=view, user_id=by.pk, defaults={"is_pinned": is_pinned})


def use(view: SavedView, on: date, *, by: User) -> None:
    """Note the day on which a person used a view last: one write a day at most."""
    if not ViewMark.objects.filter(view=view, user_id=by.pk, used_on=on).exists():
        ViewMark.objects.update_or_create(view=view, user_id=by.pk, defaults={"used_on": on})
