"""The trial or the place a person works in: that of the page, else the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import ResolverMatch

from accounts.roles import SITE_ROLES, UNBLINDED
from core.access import ScopedModel, has_anywhere, live
from core.links import address
from core.lists.order import first_where
from core.permissions import Permission
from core.web import about, found_last
from sites.models import Place
from subjects.diary import place_of
from trials.models import Trial

if TYPE_CHECKING:
    from accounts.models import User

TODAY = "subjects:today"
AT_SITE = "/sites/<str:number>/"
LAST = "context"  # which of the two kinds was looked at last; the records stand under their kinds
PLACE, TRIAL, SITE = "place", "trial", "site"


@dataclass(frozen=True, slots=True)
class Context:
    """What the third block of the navigation is about."""

    kind: str
    pk: int
    key: str
    title: str
    detail: str


def is_site_staff(user: User) -> bool:
    """Whether the person runs visits at a place."""
    return has_anywhere(user, Permission.DIARY_VIEW) and has_anywhere(user, Permission.VISIT_BOOK)


def works_above_sites(user: User) -> bool:
    """Whether the person works in trials: for a sponsor, or unblinded and apart from a site's visits."""
    return any(held.role not in SITE_ROLES - UNBLINDED for held in live(user))


def at_hand(request: HttpRequest, user: User) -> tuple[str, str]:
    """The kind and the key that the page names or its record lies in, else those looked at last."""
    works = {PLACE: is_site_staff(user), TRIAL: works_above_sites(user)}
    kinds = [kind for kind, is_so in works.items() if is_so]
    if not kinds:
        return "", ""
    kind, key = named_by(request.resolver_match)
    if kind in kinds:
        return kind, key
    last = request.session.get(LAST)
    kind = last if last in kinds else kinds[0]
    return kind, _key_of(about(user), kind) or request.session.get(kind, "")


def _key_of(record: ScopedModel | None, kind: str) -> str:
    """The key of the trial or the place in which a record lies, if any."""
    scope: Any = record.in_scope() if record is not None else None
    if kind == PLACE:
        place = scope if isinstance(scope, Place) else getattr(scope, "place", None)
        return place.slug if isinstance(place, Place) else ""
    trial = scope if isinstance(scope, Trial) else getattr(scope, "trial", None)
    return trial.code if isinstance(trial, Trial) else ""


def context_of(user: User, kind: str, key: str) -> Context | None:
    """The trial or place with this key, else one to begin with."""
    if not kind:
        return None
    return _place(user, key) if kind == PLACE else _trial(user, key)


def named_by(match: ResolverMatch | None) -> tuple[str, str]:
    """The kind and the key of the trial or place in the address of a page, if any."""
    if match is not None and "code" in match.kwargs:
        return TRIAL, match.kwargs["code"]
    if match is not None and "slug" in match.kwargs and match.route.startswith("places/"):
        return PLACE, match.kwargs["slug"]
    return "", ""


def kinds_of(match: ResolverMatch | None) -> frozenset[str]:
    """What a page belongs to that has siblings to switch to: a site, a trial, a place or nothing."""
    if match is None:
        return frozenset()
    if match.view_name == TODAY:
        return frozenset({PLACE})
    kind, _ = named_by(match)
    return frozenset({kind, SITE} if AT_SITE in f"/{match.route}" else {kind} - {""})


def switch_to(request: HttpRequest, kind: str, home: str) -> str:
    """Where to choose another record of a kind: with this page if it is about one, else its home."""
    origin = request.path if kind in kinds_of(request.resolver_match) else home
    return f"{address('switch')}?{urlencode({'from': origin, 'of': kind})}"


def remember(request: HttpRequest, found: Context) -> None:
    """Keep what was looked at last, for the pages that are about neither a trial nor a place."""
    for name, value in ((LAST, found.kind), (found.kind, found.key)):
        if request.session.get(name) != value:
            request.session[name] = value


def _place(user: User, slug: str) -> Context | None:
    row: Any = found_last(Place, user)
    if row is None or row.slug != slug or not hasattr(row, "numbers"):
        row = place_of(user, slug)
    if row is None:
        return None
    known = set(row.numbers)
    title = f"{row.numbers[0]} {row.short_name}".strip() if len(known) == 1 else row.short_name
    where = f"{row.city}, {row.country}" if row.city else row.country
    count = f"{len(row.numbers)} trial{'' if len(row.numbers) == 1 else 's'}"
    return Context(PLACE, row.pk, row.slug, title, f"{where} · {count}")


def _trial(user: User, code: str) -> Context | None:
    row = found_last(Trial, user)
    if row is None or row.code != code:
        row = _first_trial(user, code)
    if row is None:
        return None
    words = [row.phase, row.get_status_display()]
    return Context(
        TRIAL, row.pk, row.code, row.protocol_number, " · ".join(word for word in words if word)
    )


def _first_trial(user: User, code: str) -> Trial | None:
    """The trial with this code, else one that recruits."""
    recruiting = Q(status=Trial.Status.RECRUITING)
    rows: QuerySet[Trial] = Trial.objects.visible_to(user).order_by(
        first_where(Q(code=code)), first_where(recruiting), "protocol_number"
    )
    return rows.only("protocol_number", "code", "phase", "status").first()
