"""HTML that is put together in Python: pieces of which a page holds hundreds, so they are not templates."""

from __future__ import annotations

from html import escape

from django.utils.safestring import SafeString


def markup(template: str, *facts: object) -> SafeString:
    """The template with the facts in its gaps, each escaped unless it is markup already.

    As Django's ``format_html``, for facts that are there already and need not be asked whether
    they are translated: it takes less than half the time.
    """
    return SafeString(template.format(*map(safe, facts)))


def safe(fact: object) -> str:
    """One fact as it may stand in HTML."""
    if type(fact) is SafeString:
        return fact
    return escape(str(fact))
