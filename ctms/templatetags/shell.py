"""Pieces of the frame."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.access import ScopedModel
from core.permissions import Permission
from core.web import allowed
from ctms.context import switch_to
from sites.models import Place, Site
from trials.models import Trial

register = template.Library()


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
        return format_html("{}", text)
    end = at + len(wanted)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
