"""What stands in a calendar dozens of times: booked visits, and visits that wait for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django import template
from django.http import QueryDict
from django.utils.safestring import SafeString

from core import charts
from core.links import address
from core.markup import markup
from core.templatetags import ui
from subjects.calendar import Load
from subjects.diary import Block
from subjects.grid import Placed
from subjects.today import Duty
from subjects.unbooked import ToBook

register = template.Library()

ROOMY = 5  # quarters of an hour in which the times can be read too
BOX = "calendar-row-{} calendar-span-{} calendar-lane-{}-of-{}"
ROWS = 'data-row="{}" data-rows="{}" data-room="{}" data-person="{}"'
BUSY = f'<span class="calendar-busy {BOX}" {ROWS}>Busy</span>'
EVENT = (
    f'<a class="event {BOX} event-s{{}}{{}}" {ROWS} id="visit-{{}}" href="{{}}#visit-{{}}"{{}}{{}}>'
    '<span class="event-head"><b class="identifier">{}</b>{}'
    '<span class="visually-hidden">{}</span></span>'
    '<span class="event-title">{}</span><span class="event-meta{}">{}</span></a>'
)
MOVE = (
    ' data-move="{}" data-visit="{}" data-name="{} {}" data-window="{}" data-lo="{}"'
    ' data-target="{}" data-hi="{}" data-minutes="{}" data-series="{}"'
)
FROM = ' data-start="{}" data-room-name="{}" data-person-name="{}" data-revision="{}"'
CARD = (
    '<li class="tray-card" data-undo="{}"{}><div class="row row-between"><span class="row">'
    '<a class="lead identifier" href="{}">{}</a><span class="tag">{}</span></span>{}</div>'
    '<div class="row row-between text-small"><span>{}</span><span class="{}">{}</span></div>{}'
    '<a class="btn btn-small" href="{}">Find slot'
    '<span class="visually-hidden"> for {} {}</span></a></li>'
)
STRIP = '<li{}><a id="day-{}" href="{}"{}{}><span>{}</span><b>{}</b>{}<small class="{}">{}</small></a></li>'
BREAK = SafeString(' class="week-strip-break"')
DONE, CURRENT = SafeString(' class="is-done"'), SafeString(' aria-current="date"')
DUTY = (
    '<a class="item" id="duty-{}" href="{}?item={}">{}<span class="grow"><span class="item-title">{}</span>'
    '<span class="item-meta"><span class="identifier">{}</span><span class="due{}">{}</span></span></span></a>'
)
CARD_DAYS = 17  # around today that the bar of a card shows


@register.simple_tag
def event(placed: Placed) -> SafeString:
    """A booking on the grid; of one that is not for the reader only that something is busy."""
    block = placed.block
    box = placed.row, placed.rows, placed.lane, placed.lanes
    rows = placed.row, placed.rows, block.room_id or "", block.person_id or ""
    if block.is_busy:
        return markup(BUSY, *box, *rows)
    moves = (_move(block), _from(block)) if block.status == "booked" else ("", "")
    return markup(
        EVENT, *box, block.colour, _state(block), *rows, block.visit_id, block.url, block.visit_id,
        *moves, block.number, ui.icon(placed.icon, "small") if placed.icon else "", block.chip[1],
        block.visit, *_meta(placed),
    )  # fmt: skip


def _meta(placed: Placed) -> tuple[str, str]:
    """The last line of an event and its class; of a short one only what is wrong is shown."""
    block = placed.block
    if block.clash:
        return "", block.clash[:1].upper() + block.clash[1:]
    return "" if placed.rows >= ROOMY else " visually-hidden", f"{block.times} · {block.trial}"


def _state(block: Block) -> str:
    if block.window.is_out or block.clash:
        return " is-out"
    return " is-done" if block.status == "completed" else ""


def _move(visit: Block | ToBook) -> SafeString:
    """What the page needs to know to let a visit be moved."""
    window = visit.window
    return markup(
        MOVE, address("subjects:slots", visit.visit_id), visit.visit_id, visit.number, visit.visit,
        window.days, _iso(window.earliest), _iso(window.target), _iso(window.latest),
        visit.minutes, visit.colour,
    )  # fmt: skip


def _from(block: Block) -> SafeString:
    start = f"{block.start:%Y-%m-%dT%H:%M}"
    return markup(FROM, start, block.room, block.person, block.revision)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


@register.simple_tag
def tray_card(visit: ToBook, today: date) -> SafeString:
    """A visit that waits for a time, to be dragged onto the grid."""
    slots = address("subjects:slots", visit.visit_id)
    return markup(
        CARD, address("subjects:unbook", visit.visit_id), _move(visit), visit.url, visit.number,
        visit.trial, ui.rag(visit.level, ""), visit.visit,
        "text-crit" if visit.level == "x" else "text-muted", visit.due,
        ui.window_bar(visit.window, today, CARD_DAYS), slots, visit.number, visit.visit,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def week_strip(context: template.Context, days: Sequence[Load], shown: date) -> SafeString:
    """How full the days of two weeks are, each a way to its day."""
    query: QueryDict = context["request"].GET.copy()
    found = []
    for at, day in enumerate(days):
        query["day"] = day.on.isoformat()
        found.append(
            markup(
                STRIP, BREAK if at and day.on.weekday() == 0 else "", query["day"],
                f"?{query.urlencode()}", DONE if day.is_past else "",
                CURRENT if day.on == shown else "", day.label, day.visits,
                charts.bar(day.percent, day.summary, day.state), _tone(day), day.words,
            )
        )  # fmt: skip
    return SafeString("".join(found))


def _tone(day: Load) -> str:
    if day.is_pressing:
        return "text-crit"
    return "text-warn" if day.state == "full" else "text-muted"


@register.simple_tag
def duty_items(duties: Iterable[Duty]) -> SafeString:
    """What a person has to do, each a way to its place in My work."""
    work = address("inbox:work")
    return SafeString(
        "".join(
            markup(
                DUTY, duty.pk, work, duty.pk, ui.icon(duty.icon), duty.label, duty.detail,
                f" is-{duty.level}" if duty.level else "", duty.due,
            )
            for duty in duties
        )
    )  # fmt: skip
