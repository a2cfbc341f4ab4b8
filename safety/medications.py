"""The list of medications besides the study drug: who takes what, since when and for what; no names."""

from __future__ import annotations

from django.db.models import Q

from core.dates import PartialDate
from core.links import address
from core.lists import Choices, Column, Conditions, Days, List, Row, lead, two_lines, value
from core.lists.columns import NOTHING
from core.markup import markup
from safety.models import Indication

INDICATIONS = {str(code): str(label) for code, label in Indication.choices}


def _url(row: Row) -> str:
    return address(
        "workspace:subject_medications", row["subject__trial__code"], row["subject__number"]
    )


def _dated(name: str, row: Row) -> str:
    first, last = row[f"{name}_from"], row[f"{name}_to"]
    return str(PartialDate.spanning(first, last)) if first else NOTHING


def _until(row: Row) -> str:
    return "Ongoing" if row["is_ongoing"] else _dated("ended", row)


def _for(row: Row) -> str:
    return f"AE {row['event__number']}" if row["event__number"] else row["condition"]


MEDICATIONS = List(
    title="Medications", one="medication", many="medications",
    named=lambda row: row["name"],
    sort="name",
    columns=(
        Column(
            "name", "Medication", ("name", "voided_at", "subject__trial__code", "subject__number"),
            lambda row: lead(
                _url(row),
                markup("<s>{}</s>", row["name"]) if row["voided_at"] else row["name"],
                row["subject__number"],
            ), order="name",
            files=(
                ("Subject", value("subject__number")), ("Medication", value("name")),
                ("Voided", lambda row: "Yes" if row["voided_at"] else "No"),
            ),
        ),
        Column("dose", "Dose", ("dose", "frequency", "route"),
            lambda row: two_lines(row["dose"] or NOTHING, " · ".join(filter(None, (row["frequency"], row["route"])))),
            files=(("Dose", value("dose")), ("Frequency", value("frequency")), ("Route", value("route")))),
        Column("for", "Taken for", ("indication", "event__number", "condition"),
            lambda row: two_lines(_for(row), INDICATIONS[row["indication"]]),
            files=(("Taken for", _for), ("Indication", lambda row: INDICATIONS[row["indication"]]))),
        Column("since", "Since", ("started_from", "started_to"), lambda row: _dated("started", row),
            order="started_from", files=(("Since", lambda row: _dated("started", row)),), css="text-nowrap"),
        Column("until", "Until", ("ended_from", "ended_to", "is_ongoing"), _until,
            files=(("Until", _until),), css="text-nowrap"),
    ),
    search=lambda words: Q(name__icontains=words) | Q(subject__number__istartswith=words),
    search_label="Medication or subject",
    filters=(
        Conditions("is", "Medications", {
            "ongoing": ("Ongoing", lambda _: Q(is_ongoing=True, voided_at=None)),
            "event": ("For an adverse event", lambda _: Q(event__isnull=False, voided_at=None)),
            "voided": ("Voided", lambda _: Q(voided_at__isnull=False)),
        }),
        Choices("indication", "Indication", "indication", INDICATIONS),
        Days("since", "Since", "started_from"),
    ),
    views=(("Ongoing", "is=ongoing"),),
    empty="No medication yet. Medications are logged on the page of a subject.",
)  # fmt: skip
