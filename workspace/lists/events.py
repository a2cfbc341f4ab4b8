"""The list of what was done: when, by whom, to what and why, newest first."""

from __future__ import annotations

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from core.dates import show_day
from core.lists import Choices, Column, Days, List, Row, text, two_lines, value
from core.models import Source

LABELS = dict(Source.choices)


def _at(row: Row) -> SafeString:
    """In the audit trail, seconds count and times are in UTC."""
    return two_lines(show_day(row["at"].date()), f"{row['at']:%H:%M:%S} UTC")


def _who(row: Row) -> SafeString:
    acting = f"for {row['acting_for_name']}" if row["acting_for_name"] else ""
    return two_lines(row["actor_name"], ", ".join(filter(None, (row["actor_role"], acting))))


EVENTS = List(
    title="Activity", one="event", many="events",
    named=lambda row: f"{row['verb']} {row['target_label']}",
    sort="-at",
    columns=(
        Column(
            "at", "When", ("id", "at"), _at, order="-id", css="number text-nowrap",
            files=(("When", value("at")),),
        ),
        Column(
            "what", "What", ("verb", "target_label"),
            lambda row: two_lines(capfirst(row["verb"]), row["target_label"]),
            files=(("What", value("verb")), ("Record", value("target_label"))),
        ),
        Column(
            "who", "Who", ("actor_name", "actor_role", "acting_for_name"), _who,
            files=(
                ("Who", value("actor_name")), ("Role", value("actor_role")),
                ("Acting for", value("acting_for_name")),
            ),
        ),
        text("reason", "Reason"),
        Column(
            "source", "Source", ("source",), lambda row: LABELS[row["source"]],
            files=(("Source", lambda row: LABELS[row["source"]]),), is_shown=False,
        ),
    ),
    search=lambda words: Q(verb__icontains=words) | Q(target_label__istartswith=words),
    search_label="What was done, or the record",
    filters=(
        Choices("who", "Who", "actor_name"),
        Choices("what", "What", "verb"),
        Choices("source", "Source", "source", LABELS),
        Days("at", "When", "at__date"),
    ),
    empty="Nothing was done here yet.",
)  # fmt: skip
