"""The list of sites: where they stand, who runs and monitors them, and how they enrol."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.safestring import SafeString

from core import charts
from core.dates import show_day
from core.links import address
from core.lists import (
    Choices,
    Column,
    Conditions,
    Days,
    Edits,
    List,
    Reader,
    Row,
    day,
    lead,
    number,
    person,
    text,
    two_lines,
    value,
)
from core.markup import markup
from core.obligations import seen_by
from core.templatetags import ui
from sites.models import SiteStatus
from sites.queries import SITE_CHIPS
from workspace.lists.duties import DUTIES, add_duties, late

S = SiteStatus
QUIET = timedelta(days=60)
STAGES = {
    "In start-up": (
        S.IDENTIFIED, S.FEASIBILITY, S.QUALIFIED, S.SELECTED, S.START_UP, S.READY, S.INITIATED,
        S.BACK_UP,
    ),
    "Open": (S.OPEN,),
    "Running without enrolment": (S.ENROLMENT_CLOSED, S.FOLLOW_UP, S.ON_HOLD),
    "Ended": (
        S.CLOSED, S.ARCHIVED, S.TERMINATED, S.NOT_SELECTED, S.DECLINED, S.WITHDRAWN,
    ),
}  # fmt: skip
LABELS = dict(SiteStatus.choices)


def url(row: Row) -> str:
    """The page of a site."""
    return address("workspace:site", row["trial__code"], code(row))


def code(row: Row) -> str:
    """The word for a site in an address: its number, or a candidate's running number."""
    return row["number"] or f"c{row['pk']}"


def named(row: Row) -> str:
    """A site by number and short name, one that has no number yet by the name of its place."""
    return f"{row['number']} {row['place__short_name']}".strip()


def _site(row: Row) -> SafeString:
    """Its number and name, over its town and country, and whether it has no number yet."""
    missing = "" if row["number"] else "no number yet"
    town = ", ".join(filter(None, (row["place__city"], row["country__code"], missing)))
    return lead(url(row), named(row), town)


def _status(row: Row) -> SafeString:
    since = f"since {show_day(row['status_on'])}" if row["status_on"] else ""
    return two_lines(ui.chip(SITE_CHIPS.get(row["status"], ""), LABELS[row["status"]]), since)


def _enrolled(row: Row) -> SafeString:
    """How many, over how much of the plan that is."""
    done, planned = row["enrolled"], row["planned_subjects"]
    bar = charts.bar(share(done, planned), "Enrolled, of the plan") if planned else ""
    return markup("{}{}", done, bar)


def share(done: int, planned: int | None) -> int:
    """How much of a plan is done, in whole percent, never beyond the end of a bar."""
    return min(100, round(100 * done / planned)) if planned else 0


def _quiet(reader: Reader) -> Q:
    before = reader.today - QUIET
    lately = Q(last_enrolled_on__gte=before) | Q(last_enrolled_on=None, opened_on__gte=before)
    return Q(status=S.OPEN) & ~lately


def _late(reader: Reader) -> Q:
    return Q(pk__in=seen_by(reader.user).filter(late(reader)).values("site_id"))


SITE_EDITS = Edits(
    form=lambda row: address("sites:change_site", row["trial__code"], code(row)),
    cell=lambda row, column: address(
        "workspace:edit_site", row["trial__code"], code(row), column.name
    ),
)
SITES = List(
    title="Sites", one="site", many="sites",
    named=named,
    sort="site",
    columns=(
        Column(
            "site", "Site",
            ("number", "place__short_name", "place__city", "country__code", "trial__code",
             "trial__protocol_number"),
            _site, order="number", css="listing-wide",
            files=(
                ("Trial", value("trial__protocol_number")), ("Site", value("number")),
                ("Place", value("place__short_name")), ("City", value("place__city")),
                ("Country", value("country__code")),
            ),
        ),
        Column(
            "status", "State", ("status", "status_on"), _status, order="status",
            files=(
                ("Status", lambda row: LABELS[row["status"]]), ("Since", value("status_on")),
            ),
        ),
        text(
            "investigator", "Investigator", "investigator_name", order="investigator_name",
            css="text-nowrap",
        ),
        person("cra", "CRA", "cra", edits="cra"),
        number("screened", "Screened", order="-screened"),
        Column(
            "enrolled", "Enrolled", ("enrolled", "planned_subjects"), _enrolled, order="-enrolled",
            css="text-end number table-bar", files=(("Enrolled", value("enrolled")),),
        ),
        number(
            "planned", "Planned", "planned_subjects", order="-planned_subjects",
            edits="planned_subjects",
        ),
        number("active", "Active", order="-active", is_shown=False),
        DUTIES,
        day("opened", "Opened", "opened_on", order="-opened_on", is_shown=False),
        day("initiated", "Initiated", "initiated_on", order="-initiated_on", is_shown=False),
        day("last", "Last enrolled", "last_enrolled_on", order="-last_enrolled_on"),
    ),
    search=lambda words: (
        Q(number__istartswith=words)
        | Q(place__short_name__icontains=words)
        | Q(place__city__icontains=words)
        | Q(investigator_name__icontains=words)
    ),
    search_label="Number, place or investigator",
    filters=(
        Choices("status", "State", "status", LABELS),
        Choices("country", "Country", "country__code", reads=("country__name",)),
        Choices("cra", "CRA", "cra__username", reads=("cra__first_name", "cra__last_name"), empty="Nobody"),
        Conditions("need", "Needs", {
            "late": ("Something late", _late),
            "enrolment": (f"No enrolment for {QUIET.days} days", _quiet),
            "cra": ("A CRA", lambda _: Q(cra=None)),
            "plan": ("A plan", lambda _: Q(planned_subjects=None)),
        }),
        Days("opened", "Opened", "opened_on"),
        Days("last", "Last enrolled", "last_enrolled_on"),
    ),
    views=tuple(
        (name, urlencode({"status": statuses}, doseq=True)) for name, statuses in STAGES.items()
    ),
    parts=tuple(STAGES),
    finish=lambda rows, reader: add_duties(rows, reader, "site_id"),
    empty="No site yet. Sites are added one by one, or come with an imported list.",
)  # fmt: skip
TRIAL = text("trial", "Trial", "trial__protocol_number", files=(), css="text-nowrap")
OF_TRIAL = Choices("trial", "Trial", "trial__protocol_number")
ALL_SITES = SITES.but_with(TRIAL, OF_TRIAL)
