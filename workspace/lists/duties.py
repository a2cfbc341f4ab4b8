"""What is open and what is late, beside each record of a list."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.safestring import SafeString

from core.lists import Column, Reader, Row, value
from core.markup import markup
from core.obligations import seen_by

LATE = '{} <span class="text-crit">{} late</span>'


def late(reader: Reader) -> Q:
    """Duties whose day has passed."""
    return Q(due_on__lt=reader.today)


def add_duties(rows: list[Row], reader: Reader, of: str) -> None:
    """Add how many duties of each record are open and late; ``of`` is the number duties carry."""
    held = (
        seen_by(reader.user).filter(**{f"{of}__in": [row["pk"] for row in rows]}).order_by()
        .values_list(of).annotate(open=Count("pk"), late=Count("pk", filter=late(reader)))
    )  # fmt: skip
    counts = {pk: (opened, overdue) for pk, opened, overdue in held}
    for row in rows:
        row["open"], row["late"] = counts.get(row["pk"], (0, 0))


def _show(row: Row) -> SafeString | int:
    return markup(LATE, row["open"], row["late"]) if row["late"] else int(row["open"])


DUTIES = Column(
    "duties", "Duties", (), _show, css="text-end number text-nowrap",
    files=(("Open duties", value("open")), ("Late duties", value("late"))),
)  # fmt: skip
