"""The lists of places, and of what is delegated at one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta

from django.db.models import Count, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.dates import show_day
from core.links import address
from core.lists import (
    Choices,
    Column,
    Conditions,
    List,
    Reader,
    Row,
    day,
    lead,
    number,
    text,
    two_lines,
    value,
)
from core.templatetags import ui
from sites.models import Site, Task


def _trials(rows: list[Row], reader: Reader) -> None:
    """Add in how many trials each place takes part, as far as the person sees them: one query."""
    sites = Site.objects.visible_to(reader.user).filter(place__in=[row["pk"] for row in rows])
    counted = sites.order_by().values_list("place").annotate(count=Count("trial", distinct=True))
    found = dict(counted)
    for row in rows:
        row["trials"] = found.get(row["pk"], 0)


def _place(row: Row) -> SafeString:
    short, name = row["short_name"], row["name"]
    return lead(address("sites:place", row["slug"]), short, "" if name == short else name)


PLACES = List(
    title="Places", one="place", many="places",
    named=value("short_name"),
    sort="name",
    columns=(
        Column(
            "name", "Place", ("slug", "short_name", "name"), _place, order="name",
            css="listing-wide",
            files=(("Place", value("name")), ("Short name", value("short_name"))),
        ),
        text("city", "City", order="city"),
        text("country", "Country", order="country"),
        text("zone", "Time zone", "time_zone", order="time_zone"),
        number("trials", "Trials").but(reads=()),
    ),
    search=lambda words: (
        Q(name__icontains=words) | Q(short_name__icontains=words) | Q(city__icontains=words)
    ),
    search_label="Name or city",
    filters=(
        Choices("country", "Country", "country"),
        Choices("zone", "Time zone", "time_zone"),
    ),
    finish=_trials,
    empty="No place yet that you may see.",
)  # fmt: skip

TASKS = dict(Task.choices)
NOW, LATER, ENDED = "now", "later", "ended"
STATES = {NOW: "In force", LATER: "To come", ENDED: "Ended"}
CHIPS = {NOW: "ok", LATER: "info"}
STEP = '<a class="btn btn-small" href="{}">End<span class="visually-hidden"> {}</span></a>'
SITE = '<a href="{}">{} · {}</a>'


def _said(row: Row) -> str:
    return f"{TASKS[row['task']]}: {row['person__name']}"


def _trial(row: Row) -> SafeString:
    code = Site(pk=row["site_id"], number=row["site__number"]).code
    url = address("workspace:site", row["site__trial__code"], code)
    return format_html(SITE, url, row["site__trial__protocol_number"], row["site__number"])


def _end(row: Row) -> SafeString | str:
    url = address("sites:end_delegation", row["pk"])
    return format_html(STEP, url, _said(row)) if row["may_end"] else ""


def _always(condition: Q) -> Callable[[Reader], Q]:
    return lambda _: condition


DELEGATION_COLUMNS = (
    Column(
        "person", "Person", ("person__name", "task", "during", "site_id"),
        lambda row: format_html("<b>{}</b>", row["person__name"]), order="person__name",
        files=(("Person", value("person__name")),),
    ),
    Column(
        "task", "Task", (), lambda row: TASKS[row["task"]],
        files=(("Task", lambda row: TASKS[row["task"]]),),
    ),
    Column(
        "trial", "Trial and site",
        ("site__number", "site__trial__code", "site__trial__protocol_number"), _trial,
        order="site__trial__protocol_number",
        files=(
            ("Trial", value("site__trial__protocol_number")), ("Site", value("site__number")),
        ),
    ),
    day("first", "From", order="during").but(reads=()),
    day("last", "To").but(
        reads=(),
        show=lambda row: show_day(row["last"]) if row["last"] else "until further notice",
    ),
    Column(
        "state", "State", (), lambda row: ui.chip(CHIPS.get(row["state"], ""), STATES[row["state"]]),
        files=(("State", lambda row: STATES[row["state"]]),),
    ),
    Column("step", "Next step", (), _end, files=(), css="text-end"),
)  # fmt: skip


def _state_of(first: date, after: date | None, today: date) -> str:
    if first > today:
        return LATER
    return ENDED if after and after <= today else NOW


def delegations_as_of(today: date, own: Collection[int]) -> List:
    """The log of delegations of a place on a day there; those of one's own sites can be ended."""

    def finish(rows: list[Row], reader: Reader) -> None:
        """Add days, state, and whether the person may end it."""
        for row in rows:
            first, after = row["during"].lower, row["during"].upper
            state = _state_of(first, after, today)
            row.update(
                first=first, last=after and after - timedelta(days=1), state=state,
                may_end=row["site_id"] in own and state != ENDED,
            )  # fmt: skip

    when = {
        NOW: Q(during__contains=today),
        LATER: Q(during__startswith__gt=today),
        ENDED: Q(during__endswith__lte=today),
    }
    return List(
        title="Delegations", one="delegation", many="delegations",
        named=_said,
        sort="person",
        columns=DELEGATION_COLUMNS,
        search=lambda words: Q(person__name__icontains=words),
        search_label="Person",
        filters=(
            Choices("person", "Person", "person__name"),
            Choices("trial", "Trial", "site__trial__protocol_number"),
            Choices("task", "Task", "task", TASKS),
            Conditions(
                "state", "State",
                {name: (STATES[name], _always(held)) for name, held in when.items()},
            ),
        ),
        views=tuple((STATES[name], f"state={name}") for name in STATES),
        finish=finish,
        empty=(
            "Nothing is delegated here yet. Visits can be booked with a person once a task is."
        ),
    )  # fmt: skip


IN_USE, TO_COME, REPLACED, VOIDED = "current", "to_come", "replaced", "voided"
USES = {IN_USE: "Current", TO_COME: "To come", REPLACED: "Replaced", VOIDED: "Voided"}
USE_CHIPS = {IN_USE: "ok", TO_COME: "info"}
CHANGE = (
    '<a class="btn btn-small" href="{}">Correct<span class="visually-hidden"> {}</span></a>'
    ' <a class="btn btn-small" href="{}">Void<span class="visually-hidden"> {}</span></a>'
)


def _approved(row: Row) -> str:
    return f"approval at {row['site__number']} in {row['language']}"


def _changes(row: Row) -> SafeString | str:
    if not row["may_correct"]:
        return ""
    urls = [address(f"sites:{verb}_approval", row["pk"]) for verb in ("correct", "void")]
    return format_html(CHANGE, urls[0], _approved(row), urls[1], _approved(row))


def _at(row: Row) -> SafeString:
    code = Site(pk=row["site_id"], number=row["site__number"]).code
    url = address("workspace:site", row["site__trial__code"], code)
    return lead(url, f"{row['site__number']} {row['site__place__short_name']}")


APPROVAL_COLUMNS = (
    Column(
        "site", "Site",
        ("site_id", "site__number", "site__trial__code", "site__place__short_name", "during"),
        _at, order="site__number", css="listing-wide",
        files=(
            ("Site", value("site__number")), ("Place", value("site__place__short_name")),
        ),
    ),
    text("language", "Language", order="language"),
    day("approved_on", "Ethics approval", order="approved_on"),
    day("first", "In use from").but(reads=()),
    day("last", "Until").but(reads=()),
    Column(
        "state", "State", ("voided_at", "void_reason"),
        lambda row: two_lines(
            ui.chip(USE_CHIPS.get(row["state"], ""), USES[row["state"]]), row["void_reason"]
        ),
        files=(
            ("State", lambda row: USES[row["state"]]), ("Void reason", value("void_reason")),
        ),
    ),
    Column("step", "Next step", (), _changes, files=(), css="text-end"),
)  # fmt: skip


def _use_of(row: Row, today: date) -> str:
    if row["voided_at"]:
        return VOIDED
    if row["during"].lower > today:
        return TO_COME
    return IN_USE if today in row["during"] else REPLACED


def approvals_as_of(today: date, *, may_correct: bool) -> List:
    """The sites at which a version of a consent form was approved, with its days there."""

    def finish(rows: list[Row], reader: Reader) -> None:
        """Add days, state, and whether the person may correct it."""
        for row in rows:
            after = row["during"].upper
            row.update(
                first=row["during"].lower, last=after and after - timedelta(days=1),
                state=_use_of(row, today), may_correct=may_correct and not row["voided_at"],
            )  # fmt: skip

    when = {
        IN_USE: Q(during__contains=today),
        TO_COME: Q(during__startswith__gt=today),
        REPLACED: Q(during__endswith__lte=today),
        VOIDED: Q(voided_at__isnull=False),
    }
    return List(
        title="Approvals", one="approval", many="approvals",
        named=_approved,
        sort="site",
        columns=APPROVAL_COLUMNS,
        search=lambda words: Q(site__number__icontains=words),
        search_label="Site number",
        filters=(
            Choices("language", "Language", "language"),
            Conditions(
                "state", "State",
                {name: (USES[name], _always(held)) for name, held in when.items()},
            ),
        ),
        views=tuple((USES[name], f"state={name}") for name in USES),
        finish=finish,
        empty="No site has recorded an ethics approval of this version.",
    )  # fmt: skip
