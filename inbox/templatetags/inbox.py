"""The rows of My work: a page holds dozens of them, so they are not templates."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils.safestring import SafeString

from core.markup import markup
from core.templatetags import ui
from inbox.queries import Duty

register = template.Library()

ROW = (
    '<div class="item{}" data-duty="{}">{}{}<a class="grow" href="{}" hx-get="{}" hx-target="#preview"'
    ' hx-push-url="true"{}><span class="item-title">{}</span><span class="item-meta">'
    '<span class="identifier">{}</span>{}</span></a><span class="due{}" title="{}">{}</span></div>'
)
TICK = '<input type="checkbox" name="duty" value="{}" form="decide" aria-label="Tick {}, {}"{}>'
KEY, CURRENT = SafeString(' data-key="x"'), SafeString(' aria-current="true"')
OF_OTHERS = frozenset({"waiting", "team"})


@register.simple_tag(takes_context=True)
def duty_rows(context: Context, duties: Iterable[Duty]) -> SafeString:
    """Duties one below the other, each with a box to tick where the person may decide about it."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("item", None)
    around = f"?{query.urlencode()}&" if query else "?"
    view, selected = context["view"], context["selected"]
    can_tick = view != "waiting" or context["may_waive"]
    return SafeString(
        "".join(
            _row(
                duty, f"{around}item={duty.id}",
                has_owner=view in OF_OTHERS, can_tick=can_tick, is_current=duty.id == selected.id,
            )
            for duty in duties
        )
    )  # fmt: skip


def _row(duty: Duty, url: str, *, has_owner: bool, can_tick: bool, is_current: bool) -> str:
    key = KEY if is_current else ""
    tick = markup(TICK, duty.id, duty.label, duty.detail, key) if can_tick else ""
    owner = markup("<span>{}</span>", duty.owner) if has_owner else ""
    return markup(
        ROW, " is-current" if is_current else "", duty.id, tick, ui.icon(duty.icon), url, url,
        CURRENT if is_current else "", duty.label, duty.detail, owner,
        " is-late" if duty.is_late else " is-soon" if duty.is_today else "", duty.due_day, duty.due,
    )  # fmt: skip
