"""Tags for forms whose content must not be lost and must not be sent twice."""

from __future__ import annotations

import secrets

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from core import drafts
from core.idempotency import FIELD
from core.markup import markup

register = template.Library()


@register.simple_tag
def once() -> SafeString:
    """A key in the form, so that sending it twice does it once."""
    return markup('<input type="hidden" name="{}" value="{}">', FIELD, secrets.token_hex(16))


@register.simple_tag
def autosave() -> SafeString:
    """Attributes of a form that keep what is typed in it; where it says so is `draft_state`."""
    return markup(
        'hx-post="{}" hx-trigger="input changed delay:2s, change delay:2s"'
        ' hx-target="#draft-state" hx-swap="innerHTML" hx-sync="this:replace"',
        reverse("draft"),
    )


@register.inclusion_tag("components/draft_state.html", takes_context=True)
def draft_state(context: template.Context) -> dict[str, object]:
    """Where a form says whose it is and when its draft was saved, with a way to throw that away."""
    user = context.get("user")
    return {
        "draft_at": context.get("draft_at"),
        "field": drafts.TYPIST,
        "mark": drafts.mark(user.pk) if user and user.pk else "",
    }
