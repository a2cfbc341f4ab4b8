"""Filters of the frame."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marked(text: str, wanted: str) -> SafeString:
    """The text with the first place that fits in bold."""
    at = text.casefold().find(wanted.casefold()) if wanted else -1
    if at < 0:
        return format_html("{}", text)
    end = at + len(wanted)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
