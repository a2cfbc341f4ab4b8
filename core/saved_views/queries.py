"""The views a person has at one list, in the navigation, and in all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import F, FilteredRelation, Q, QuerySet

from core.access import SCOPES, ScopeKind, can
from core.kept import kept
from core.models import SavedView
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Kept:
    """A view as one person has it."""

    view: SavedView
    is_own: bool
    is_pinned: bool


def at_hand(user: User, path: str) -> list[Kept]:
    """The person's own views, those that are pinned, and what others share of the list at hand.

    One query, kept for a moment; one more where somebody else's view is pinned.
    """
    return kept(user, ("views", path), lambda: _at_hand(user, path))


def _at_hand(user: User, path: str) -> list[Kept]:
    here = Q(is_shared=True, path=path)
    rows = _marked(SavedView.objects.all(), user)
    found = list(rows.filter(Q(owner_id=user.pk) | Q(mark__is_pinned=True) | here))
    held = [Kept(view, view.owner_id == user.pk, bool(view.is_pinned)) for view in found]
    return _seen(held, user, path)


def _seen(held: list[Kept], user: User, path: str) -> list[Kept]:
    """Without those of others that are no longer shared, or with whom the person is no longer."""
    near = {
        one.view.pk for one in held if one.is_own or (one.view.is_shared and one.view.path == path)
    }
    far = {one.view.pk for one in held} - near
    if not far:
        return held
    seen = SavedView.objects.visible_to(user).filter(pk__in=far).values_list("pk", flat=True)
    there = near.union(seen)
    return [one for one in held if one.view.pk in there]


def views_at(user: User, path: str) -> list[SavedView]:
    """The views of a list: the person's own, then what others share there."""
    found = [one for one in at_hand(user, path) if one.view.path == path]
    found.sort(key=lambda one: (not one.is_own, one.view.name.casefold()))
    return [one.view for one in found]


def _marked(rows: QuerySet[SavedView], user: User) -> QuerySet[Any]:
    """Views with the person's own marks on them."""
    own = FilteredRelation("marks", condition=Q(marks__user_id=user.pk))
    return rows.annotate(mark=own, is_pinned=F("mark__is_pinned"), used_on=F("mark__used_on"))


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view in the list of all."""

    view: SavedView
    owner: str
    is_own: bool
    may_share: bool
    is_pinned: bool
    used_on: date | None

    @property
    def slug(self) -> str:
        """The word for it in an address."""
        return self.view.slug


def views_of(user: User) -> list[ViewRow]:
    """Every view the person may open, the one used last on top."""
    rows = list(_marked(SavedView.objects.visible_to(user), user))
    people = get_user_model().objects.in_bulk({view.owner_id for view in rows})
    found = [
        ViewRow(
            view, people[view.owner_id].get_full_name(), view.owner_id == user.pk,
            may_share(view, user), bool(view.is_pinned), view.used_on,
        )
        for view in rows
    ]  # fmt: skip
    return sorted(
        found, key=lambda row: (-(row.used_on or date.min).toordinal(), row.view.name.casefold())
    )


def may_share(view: SavedView, user: User) -> bool:
    """Whether the person holds a role on what the list is of, and so may show the view there."""
    of: Any = SCOPES[ScopeKind(view.kind)]
    return view.owner_id == user.pk and can(user, Permission.VIEW_SAVE, of(pk=view.scope_id))


@dataclass(frozen=True, slots=True)
class Starter:
    """A view to begin with: what it shows, and the address that shows it."""

    name: str
    url: str


Suggest = Callable[["User"], Iterable[Starter]]
suggesting: list[Suggest] = []


def suggests(suggest: Suggest) -> Suggest:
    """Register who knows views to begin with; the lists they are of lie further up."""
    suggesting.append(suggest)
    return suggest


def starters_for(user: User) -> list[Starter]:
    """Views to begin with, as far as the person may open what they are of."""
    return [starter for suggest in suggesting for starter in suggest(user)]
