"""Pieces of the frame."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import Density, Theme
from core.access import ScopedModel
from core.markup import markup
from core.permissions import Permission
from core.web import allowed
from ctms.context import switch_to
from ctms.navigation import Groups, Item, to_read
from sites.models import Place, Site
from trials.models import Trial

register = template.Library()

FRAMES = 1000  # pieces of frames that a process keeps, of about 6 KB
HOLE = "the token of the form"  # where it is put into a piece that is kept


@lru_cache(maxsize=FRAMES)
def _rendered(name: str, facts: tuple[tuple[str, Any], ...]) -> SafeString:
    return render_to_string(name, dict(facts))


@register.simple_tag
def constant(name: str, **facts: str) -> SafeString:
    """A piece of the frame that says the same wherever these facts are the same."""
    return _rendered(name, tuple(facts.items()))


@register.simple_tag
def sidebar(shown: Groups) -> SafeString:
    """The side navigation."""
    return _rendered("shell/sidebar.html", (("groups", tuple(shown)),))


@register.simple_tag
def tab_bar(items: tuple[Item, ...]) -> SafeString:
    """The navigation of a phone."""
    return _rendered("shell/tab_bar.html", (("items", tuple(items)),))


@register.simple_tag(takes_context=True)
def top(context: Context) -> SafeString:
    """Search, new things, notices, colours and the account of the person."""
    user = context["request"].user
    facts = {
        "name": user.get_full_name(), "email": user.email, "theme": user.theme,
        "density": user.density, "themes": tuple(Theme.choices),
        "densities": tuple(Density.choices), "csrf_token": HOLE,
        "unread": to_read(context.get("navigation") or ()),
    }  # fmt: skip
    whole = _rendered("shell/top.html", tuple(facts.items()))
    return SafeString(whole.replace(HOLE, str(context["csrf_token"])))


@register.inclusion_tag("shell/crumb.html", takes_context=True)
def crumb(context: Context, level: Any, url: str = "") -> dict[str, str]:
    """A level of the breadcrumb: a trial, site or place with its siblings, a page, or this one."""
    if not isinstance(level, Trial | Site | Place):
        return {"text": str(level), "url": url}
    request: HttpRequest = context["request"]
    home = level.get_absolute_url()
    return {
        "text": str(level),
        "url": url or ("" if request.path == home else home),
        "kind": level.kind.value,
        "switch": switch_to(request, level.kind.value, home),
    }


@register.inclusion_tag("components/audit_link.html", takes_context=True)
def audit_link(context: Context, record: ScopedModel) -> dict[str, Any]:
    """The way to the trail of a record, for whoever may read it."""
    return {
        "label": record._meta.label_lower,
        "pk": record.pk,
        "may_read": allowed(context["request"].user, Permission.AUDIT_VIEW, record),
    }


@register.filter
def marked(text: str, wanted: str) -> SafeString:
    """The text with the first place that fits in bold."""
    at = text.casefold().find(wanted.casefold()) if wanted else -1
    if at < 0:
        return markup("{}", text)
    end = at + len(wanted)
    return markup("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
