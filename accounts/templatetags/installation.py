"""What the sign-in pages say about this installation."""

from __future__ import annotations

from django import template
from django.conf import settings

from core.models import Deployment

register = template.Library()


@register.simple_tag
def installation_name() -> str:
    """The name of this installation."""
    return Deployment.objects.get(pk=1).name


@register.simple_tag
def is_demo() -> bool:
    """Whether nothing here is real."""
    return bool(settings.CTMS_DEMO)
