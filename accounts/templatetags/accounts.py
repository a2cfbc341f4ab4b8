"""What pages say about this installation and about who can see them."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.adapter import LAST_LOG_IN, LAST_LOG_IN_KEPT
from accounts.models import User
from core.access import Scope, can
from core.markup import markup
from core.models import Deployment
from core.permissions import Permission
from core.templatetags.ui import icon

register = template.Library()


@register.simple_tag
def organisation() -> str:
    """Whose installation this is, where it was said."""
    return str(settings.CTMS_ORGANISATION)


@register.simple_tag
def is_demo() -> bool:
    """Whether nothing here is real."""
    return bool(settings.CTMS_DEMO)


@register.simple_tag(takes_context=True)
def last_log_in(context: Context) -> str:
    """When somebody last logged in with this browser, in words."""
    request: HttpRequest = context["request"]
    return str(request.get_signed_cookie(LAST_LOG_IN, default="", max_age=LAST_LOG_IN_KEPT))


@register.filter
def sees_people(user: User) -> bool:
    """Whether the list of everybody is for this person."""
    return can(user, Permission.ACCOUNT_VIEW, Deployment(pk=1))


@register.simple_tag
def access_link(user: User, scope: Scope) -> SafeString:
    """The way to the list of who can see a trial, site or place, for those who may know."""
    if not can(user, Permission.ACCOUNT_VIEW, scope):
        return SafeString("")
    return markup(
        '<a class="btn btn-icon" href="{}" aria-label="Who can see this">{}</a>',
        reverse("accounts:access", args=[scope.kind, scope.pk]), icon("lock"),
    )  # fmt: skip
