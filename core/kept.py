"""What many pages of a person show alike, kept for a moment, or until they change something."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from accounts.models import User

T = TypeVar("T")

SECONDS = 30  # how long a page may lag behind what others do
UNTIL = "until"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def kept(user: User, name: Hashable, ask: Callable[[], T]) -> T:
    """What was found a moment ago, else what ``ask`` finds now."""
    facts = _facts(user)
    if name not in facts:
        facts[name] = ask()
        cache.set(_key(user), facts, max(1, facts[UNTIL] - time()))
    found: T = facts[name]
    return found


def forget(user: User) -> None:
    """Ask anew on the next page of this person."""
    user.__dict__.pop("_kept", None)
    cache.delete(_key(user))


def _facts(user: User) -> dict[Hashable, Any]:
    """Everything that is kept for the person; the cache is read once a request."""
    facts: dict[Hashable, Any] = user.__dict__.get("_kept") or cache.get(_key(user)) or {}
    if facts.get(UNTIL, 0) <= time():
        facts = {UNTIL: time() + SECONDS}
    user.__dict__["_kept"] = facts
    return facts


def _key(user: User) -> str:
    """A new one with every grant that is given or taken."""
    return f"kept:{user.pk}:{user.access_version}"


class KeptMiddleware:
    """Shows people what they changed themselves at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user: Any = request.user
        if request.method in UNSAFE and user.is_authenticated:
            forget(user)
        return response
