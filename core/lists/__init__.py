"""Lists that are declared: columns, filters, order, views, files, ticked rows, cells to change."""

from core.lists.answers import answer, edit, urls
from core.lists.columns import (
    Column,
    Row,
    Show,
    day,
    lead,
    number,
    person,
    state,
    text,
    two_lines,
    value,
    yes_no,
)
from core.lists.declared import Bulk, Edits, List
from core.lists.filters import Choices, Conditions, Days, Reader, Words
from core.lists.listing import Listing
from core.lists.rows import Rows

__all__ = [
    "Bulk",
    "Choices",
    "Column",
    "Conditions",
    "Days",
    "Edits",
    "List",
    "Listing",
    "Reader",
    "Row",
    "Rows",
    "Show",
    "Words",
    "answer",
    "day",
    "edit",
    "lead",
    "number",
    "person",
    "state",
    "text",
    "two_lines",
    "urls",
    "value",
    "yes_no",
]
