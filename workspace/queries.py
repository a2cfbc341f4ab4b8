"""Rows of the composite lists and what the record pages show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from core.dates import show_day
from core.web import whole
from sites.models import Site, SiteStatus
from sites.queries import SITE_CHIPS
from subjects.diary import CHIPS, SUBJECT_CHIPS, Window
from subjects.models import Subject, SubjectAnchor, SubjectStatus, Visit, VisitStatus
from subjects.queries import match_number
from trials.models import AnchorKind, Trial

PAGE = 50
COUNTED = 10_000


SUBJECT_LABELS = dict(SubjectStatus.choices)


class Listing:
    """One page of a list, and the key of the next; how many rows there are when somebody asks."""

    def __init__(
        self, everything: QuerySet[Any], order: Any, start: int, columns: Sequence[str],
        **named: F,
    ) -> None:  # fmt: skip
        self.everything = everything
        # The page is found by its keys alone; only its rows are joined with what they show.
        keys = everything.order_by(order, "pk").values("pk")[start : start + PAGE + 1]
        rows = everything.model._default_manager.filter(pk__in=keys).order_by(order, "pk")
        found: list[dict[str, Any]] = list(rows.values(*columns, **named))
        self.rows = found[:PAGE]
        self.next_after = str(start + PAGE) if len(found) > PAGE else ""

    @cached_property
    def total(self) -> str:
        """How many rows there are; never counted beyond ten thousand."""
        total = self.everything.order_by()[: COUNTED + 1].count()
        return f"{COUNTED:,}+" if total > COUNTED else f"{total:,}"


def trials_for(user: User) -> list[dict[str, Any]]:
    """The trials a person may see."""
    rows: QuerySet[Trial] = Trial.objects.visible_to(user)
    labels = dict(Trial.Status.choices)
    return [
        {**row, "status_label": labels[row["status"]], "url": f"/trials/{row['code']}/"}
        for row in rows.order_by("protocol_number").values(
            "code", "protocol_number", "name", "phase", "therapeutic_area", "status",
            "planned_subjects", "planned_sites", sponsor_name=F("sponsor__name"),
        )[:PAGE * 4]
    ]  # fmt: skip


SITE_SORTS: dict[str, Any] = {
    "number": "number",
    "status": "status",
    "screened": "-screened",
    "enrolled": "-enrolled",
    "active": "-active",
    "last": F("last_enrolled_on").desc(nulls_last=True),
}
S = SiteStatus
SITE_GROUPS: dict[str, tuple[str, frozenset[SiteStatus]]] = {
    "start_up": (
        "In start-up",
        frozenset({
            S.IDENTIFIED, S.FEASIBILITY, S.QUALIFIED, S.SELECTED, S.START_UP, S.READY, S.INITIATED,
            S.BACK_UP,
        }),
    ),
    "open": ("Open", frozenset({S.OPEN})),
    "running": ("Running, no enrolment", frozenset({S.ENROLMENT_CLOSED, S.FOLLOW_UP, S.ON_HOLD})),
    "ended": (
        "Ended",
        frozenset({
            S.CLOSED, S.ARCHIVED, S.TERMINATED, S.NOT_SELECTED, S.DECLINED, S.WITHDRAWN,
        }),
    ),
}  # fmt: skip


def matching_sites(user: User, query: Mapping[str, str], trial: Trial | None) -> QuerySet[Site]:
    """The sites a person may see, by trial, country or words."""
    rows: QuerySet[Site] = Site.objects.visible_to(user)
    if trial is not None:
        rows = rows.filter(trial=trial)
    if country := query.get("country"):
        rows = rows.filter(country__code=country)
    if text := query.get("q", "").strip():
        rows = rows.filter(
            Q(number__istartswith=text)
            | Q(place__short_name__icontains=text)
            | Q(investigator_name__icontains=text)
        )
    return rows


def in_status(rows: QuerySet[Site], query: Mapping[str, str]) -> QuerySet[Site]:
    """Those of the sites in one status, or in one stage of life."""
    if status := query.get("status"):
        rows = rows.filter(status=status)
    if (group := query.get("view", "")) in SITE_GROUPS:
        rows = rows.filter(status__in=SITE_GROUPS[group][1])
    return rows


def site_views(rows: QuerySet[Site]) -> list[tuple[str, str, int]]:
    """The stages of life with the number of sites in each; the first is all of them."""
    by_status = dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
    groups = [
        (key, label, sum(count for status, count in by_status.items() if status in statuses))
        for key, (label, statuses) in SITE_GROUPS.items()
    ]
    return [("", "All", sum(by_status.values())), *groups]


def sites_for(user: User, query: Mapping[str, str], trial: Trial | None = None) -> Listing:
    """The sites a person may see, by trial, status, country or words."""
    rows = in_status(matching_sites(user, query, trial), query)
    order = SITE_SORTS.get(query.get("sort", ""), "number")
    found = Listing(rows, order, _offset(query), SITE_COLUMNS, **SITE_NAMES)
    for row in found.rows:
        show_site(row)
    return found


SITE_HEADS = (
    "Trial", "Site", "Place", "City", "Country", "Status", "Since", "Investigator", "CRA",
    "Planned", "Screened", "Enrolled", "Active", "Opened", "Last enrolled",
)  # fmt: skip


def all_sites(
    user: User, query: Mapping[str, str], trial: Trial | None
) -> Iterator[tuple[Any, ...]]:
    """Every site that the list shows, in the columns of an export."""
    rows = in_status(matching_sites(user, query, trial), query)
    order = SITE_SORTS.get(query.get("sort", ""), "number")
    for row in rows.order_by(order, "pk").values(*SITE_COLUMNS, **SITE_NAMES).iterator():
        yield (
            row["trial_number"], row["number"], row["place_name"], row["city"],
            row["country_code"], SITE_LABELS[row["status"]], row["status_on"],
            row["investigator_name"], _full_name(row), row["planned_subjects"], row["screened"],
            row["enrolled"], row["active"], row["opened_on"], row["last_enrolled_on"],
        )  # fmt: skip


def _full_name(row: Mapping[str, Any]) -> str:
    return f"{row['cra_first'] or ''} {row['cra_last'] or ''}".strip()


SITE_COLUMNS = (
    "pk", "number", "status", "status_on", "opened_on", "investigator_name", "planned_subjects",
    "screened", "enrolled", "active", "last_enrolled_on",
)  # fmt: skip
SITE_NAMES = {
    "trial_code": F("trial__code"), "trial_number": F("trial__protocol_number"),
    "place_name": F("place__short_name"), "city": F("place__city"),
    "country_code": F("country__code"), "cra_first": F("cra__first_name"),
    "cra_last": F("cra__last_name"),
}  # fmt: skip
SITE_LABELS = dict(SiteStatus.choices)


def show_site(row: dict[str, Any]) -> None:
    """Add what the list shows of a site to its row."""
    code = row["number"] or f"c{row['pk']}"
    row["url"] = f"/trials/{row['trial_code']}/sites/{code}/"
    row["chip"] = SITE_CHIPS.get(row["status"], "")
    row["status_label"] = SITE_LABELS[row["status"]]
    row["status_on"] = _shown(row["status_on"])
    row["last_enrolled_on"] = _shown(row["last_enrolled_on"])
    row["cra"] = _full_name(row)
    row["percent"] = share(row["enrolled"], row["planned_subjects"])


def share(done: int, planned: int | None) -> int:
    """How much of a plan is done, in whole percent, never beyond the end of a bar."""
    return min(100, round(100 * done / planned)) if planned else 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The key figures of a site."""

    enrolled: int
    planned: int | None
    screened: int
    failed: int
    active: int
    last_enrolled_on: date | None
    days_open: int | None

    @property
    def percent(self) -> int:
        """Enrolled, of the plan."""
        return share(self.enrolled, self.planned)

    @property
    def of_plan(self) -> str:
        """The plan, to stand after what is done."""
        return "" if self.planned is None else f" / {self.planned}"

    @property
    def open_for(self) -> str:
        """For how long the site has been open."""
        return "not open yet" if self.days_open is None else f"open for {self.days_open} days"

    @property
    def failure(self) -> str:
        """Screen failures of those whose screening is over, in percent."""
        over = self.failed + self.enrolled
        return f"{round(100 * self.failed / over)}" if over else "\N{EN DASH}"

    @property
    def against_plan(self) -> tuple[str, str]:
        """A level and words for enrolment against plan."""
        if self.planned is None:
            return "n", "no plan"
        left = self.planned - self.enrolled
        return ("g", "plan reached") if left <= 0 else ("n", f"{left} to go")


def figures_of(site: Site, today: date) -> Figures:
    """Screening and enrolment at a site so far."""
    failed = Subject.objects.filter(site=site, status=SubjectStatus.SCREEN_FAILED).count()
    return Figures(
        site.enrolled, site.planned_subjects, site.screened, failed, site.active,
        site.last_enrolled_on, (today - site.opened_on).days if site.opened_on else None,
    )  # fmt: skip


def matching_subjects(
    user: User, query: Mapping[str, str], trial: Trial | None = None,
    place_id: int | None = None, site_id: int | None = None,
) -> QuerySet[Subject]:  # fmt: skip
    """The subjects a person may see, by number, status, site or trial."""
    rows: QuerySet[Subject] = Subject.objects.visible_to(user)
    if site_id is not None:
        rows = rows.filter(site_id=site_id)
    if trial is not None:
        rows = rows.filter(trial=trial)
    if place_id is not None:
        rows = rows.filter(site__place_id=place_id)
    if status := query.get("status"):
        rows = rows.filter(status=status)
    if site := query.get("site"):
        rows = rows.filter(site__number=site)
    if text := query.get("q", "").strip():
        rows = rows.filter(match_number(text))
    return rows


SUBJECT_HEADS = (
    "Trial", "Site", "Subject", "Status", "Screened", "Enrolled", "Next visit", "Earliest",
    "Target", "Latest", "Next visit on", "Last visit on",
)  # fmt: skip


def all_subjects(
    user: User, query: Mapping[str, str], trial: Trial | None, place_id: int | None
) -> Iterator[tuple[Any, ...]]:
    """Every subject that the list shows, in the columns of an export."""
    rows = matching_subjects(user, query, trial, place_id)
    columns = rows.order_by(_subject_order(query), "pk").values_list(
        "trial__protocol_number", "site__number", "number", "status", "screened_on",
        "enrolled_on", "next_visit__name", "next_visit__earliest_on", "next_visit__target_on",
        "next_visit__latest_on", "next_visit_on", "last_visit_on",
    )  # fmt: skip
    for trial_number, site_number, number, status, *rest in columns.iterator():
        yield (trial_number, site_number, number, SUBJECT_LABELS[status], *rest)


def _subject_order(query: Mapping[str, str]) -> Any:
    by_visit = query.get("sort") == "next"
    return F("next_visit_on").asc(nulls_last=True) if by_visit else F("number")


def subjects_for(
    user: User, query: Mapping[str, str], trial: Trial | None = None,
    place_id: int | None = None, site_id: int | None = None,
) -> Listing:  # fmt: skip
    """A page of the subjects a person may see."""
    found = Listing(
        matching_subjects(user, query, trial, place_id, site_id), _subject_order(query),
        _offset(query),
        (
            "pk", "number", "status", "screened_on", "enrolled_on", "next_visit_on",
            "last_visit_on",
        ),
        trial_code=F("trial__code"), trial_number=F("trial__protocol_number"),
        site_number=F("site__number"), next_name=F("next_visit__name"),
        next_earliest=F("next_visit__earliest_on"), next_target=F("next_visit__target_on"),
        next_latest=F("next_visit__latest_on"), next_status=F("next_visit__status"),
    )  # fmt: skip
    for row in found.rows:
        _show_subject(row)
    return found


def _show_subject(row: dict[str, Any]) -> None:
    """Add what the list shows of a subject to its row."""
    row["url"] = f"/trials/{row['trial_code']}/subjects/{row['number']}/"
    row["chip"] = SUBJECT_CHIPS.get(row["status"], "")
    row["status_label"] = SUBJECT_LABELS[row["status"]]
    booked = row["next_visit_on"] if row["next_status"] == "booked" else None
    row["window"] = Window(
        row["next_earliest"], row["next_target"], row["next_latest"], booked,
        "booked" if booked else "open",
    )  # fmt: skip
    row["next_visit_on"] = _shown(row["next_visit_on"])
    row["last_visit_on"] = _shown(row["last_visit_on"])


def _offset(query: Mapping[str, str]) -> int:
    return min(whole(query.get("after", "")) or 0, COUNTED)


def _shown(day: date | None) -> str:
    return show_day(day) if day else ""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in the table of a subject."""

    id: int
    code: str
    name: str
    window: Window
    on: str
    chip: tuple[str, str]
    status: str
    is_provisional: bool
    procedures: int
    deviation: str
    reason: str


def visits_of(subject: Subject) -> list[VisitRow]:
    """The visits of a subject in order of time, with bookings and planned deviations."""
    rows = (
        Visit.objects.filter(subject=subject)
        .select_related("definition")
        .prefetch_related("bookings", "deviation_drafts", "definition__cells")
        .order_by("target_on", "pk")
    )
    return [_visit_row(visit) for visit in rows]


def _visit_row(visit: Visit) -> VisitRow:
    booking = next((held for held in visit.bookings.all() if held.is_live), None)
    drafts = [draft for draft in visit.deviation_drafts.all() if draft.state != "withdrawn"]
    on = visit.performed_on or (booking.on if booking else None)
    window = Window(
        visit.earliest_on, visit.target_on, visit.latest_on, on,
        "done" if visit.performed_on else "booked" if booking else "open",
    )  # fmt: skip
    return VisitRow(
        visit.pk, visit.code, visit.name, window, show_day(on) if on else "",
        CHIPS["confirmed" if booking and booking.confirmation == "confirmed"
              and visit.status == "booked" else visit.status],
        visit.status, visit.is_provisional and visit.performed_on is None,
        len(visit.definition.cells.all()) if visit.definition else 0,
        drafts[0].get_kind_display() if drafts else "", visit.outcome_reason,
    )  # fmt: skip


def to_book_first(visits: Sequence[VisitRow]) -> VisitRow | None:
    """The visit that gets its time next."""
    return next((row for row in visits if row.status == VisitStatus.PLANNED), None)


def day_1_of(subject: Subject) -> date | None:
    """The day the subject's study days count from."""
    return (
        SubjectAnchor.objects.filter(subject=subject, code=AnchorKind.DAY_1)
        .values_list("on", flat=True)
        .first()
    )
