"""What a view needs: a typed request, one way to find a record and one way to answer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from core import drafts
from core.access import ScopedModel, can, has_anywhere, require
from core.dates.field import FIRST, LAST
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

M = TypeVar("M", bound=ScopedModel)
# How a page with a form may be asked for; a page without one takes what `require_safe` lets through.
BOTH = require_http_methods(["GET", "HEAD", "POST"])


class Request(HttpRequest):
    """A request of a signed-in person."""

    user: User
    htmx: HtmxDetails


def find(
    model: type[M],
    user: User,
    *,
    to: Permission | None = None,
    along: tuple[str, ...] = (),
    **lookup: Any,
) -> M:
    """The record, where the user may see it; otherwise it does not exist. ``to`` refuses others."""
    rows = model.objects.visible_to(user).filter(**lookup)
    found: M | None = (rows.select_related(*along) if along else rows).first()
    if found is None:
        raise Http404(f"No {model._meta.verbose_name} here that you may see.")
    if to is not None:
        require(user, to, found)
    keep(found, user)
    return found


def keep(record: ScopedModel, user: User) -> None:
    """Hold what this request is about, so that the frame of the page need not ask again."""
    found: dict[type, ScopedModel] = user.__dict__.setdefault("_found", {})
    found.pop(type(record), None)  # so that the last one found stands last
    found[type(record)] = record


def found_last(model: type[M], user: User) -> M | None:
    """The record of this model that this request found last."""
    found: M | None = user.__dict__.get("_found", {}).get(model)
    return found


def about(user: User) -> ScopedModel | None:
    """The record that this request found last, of whatever kind."""
    found: dict[type, ScopedModel] = user.__dict__.get("_found", {})
    return next(reversed(found.values()), None)


def allowed(user: User, permission: Permission, obj: ScopedModel) -> bool:
    """Whether to offer a button; the action itself checks again."""
    return has_anywhere(user, permission) and can(user, permission, obj)


def say(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Tell the person what was done; ``undo`` is the address that takes it back by POST."""
    messages.success(request, text, extra_tags=undo)


def back(request: HttpRequest, default: str) -> HttpResponse:
    """To where the person came from, if that is one of our pages."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    # A word without a slash is no address, and `redirect` would look for a view of that name.
    return redirect(wanted if is_ours and "/" in wanted else default)


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    partial: str | tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page, or for htmx the fragment of it that the request aims at."""
    names = (partial,) if isinstance(partial, str) else partial
    details: HtmxDetails | None = getattr(request, "htmx", None)
    if details and not details.boosted and names:
        target = details.target if details.target in names else names[0]
        template = f"{template}#{target}"
    drafts.restore(request, context := context or {})
    response = render(request, template, context, status=status)
    response.headers["Vary"] = "HX-Request, HX-Target, Cookie"
    return response


def typed(request: HttpRequest, name: str) -> str:
    """What was typed into a field that no form reads, without the character no database keeps."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def whole(text: str) -> int | None:
    """The number in a part of an address or a hidden field, where it is a sensible one."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - digits
    return int(text) if is_number else None


def day(text: str) -> date | None:
    """The day in a part of an address, where it is one that people plan by or remember."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None
