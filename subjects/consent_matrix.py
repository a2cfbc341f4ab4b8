"""The consents of a site: its subjects against the versions that were in use there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Prefetch, Q

from accounts.models import User
from core.dates import show_day, show_due
from core.permissions import Permission
from sites.models import ConsentApproval, Site, SiteStatus
from sites.queries import HEAD
from subjects.consents import outdated
from subjects.diary import Window
from subjects.models import Consent, ConsentWithdrawal, Subject, SubjectStatus
from subjects.models.subject import ACTIVE, ENDED, IN_SCREENING
from trials.models import ConsentType, ConsentVersion

TABS = (
    ("", "All"),
    ("due", "Re-consent due"),
    ("defects", "Defects"),
    ("screening", "In screening"),
)
LABELS = dict(SubjectStatus.choices)
HEADS = (
    "Subject", "Status", "Form", "Version", "Language", "Decision", "Signed on", "Signed by",
    "Explained by", "Copy given", "Withdrawn", "Sign again by",
)  # fmt: skip
NEXT = {
    "next_name": F("next_visit__name"), "next_earliest": F("next_visit__earliest_on"),
    "next_target": F("next_visit__target_on"), "next_latest": F("next_visit__latest_on"),
    "next_status": F("next_visit__status"),
}  # fmt: skip
COLUMNS = ("pk", "number", "status", "next_visit_on", "last_visit_on")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a subject decided about a version, or must still decide."""

    text: str
    note: str = ""
    state: str = ""  # held, due, old, or nothing
    url: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A version above its column, and since when it is in use here."""

    version: ConsentVersion
    name: str
    since: date
    is_current: bool


@dataclass(slots=True)
class Row:
    """A subject with the next visit and a cell for each version and each optional form."""

    pk: int
    number: str
    status: str
    is_ended: bool
    window: Window | None
    next_text: str
    cells: list[Cell] = field(default_factory=list)
    due: str = ""
    due_on: date | None = None
    defect: str = ""

    @property
    def label(self) -> str:
        """The status in words."""
        return LABELS[self.status]

    @property
    def due_words(self) -> str:
        """That the subject signs again, and by when, where the version is not in sight."""
        return f"Re-consent due {self.due}"


@dataclass(frozen=True, slots=True)
class InUse:
    """A version at the site: its languages, days, and how many signed it."""

    version: ConsentVersion
    languages: str
    approved_on: date
    since: date
    signed: int
    chip: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everything the page of a site shows."""

    heads: list[Head]
    parts: list[ConsentType]
    rows: list[Row]
    in_use: list[InUse]

    def under(self, tab: str) -> list[Row]:
        """The rows of a tab."""
        kept = {
            "due": lambda row: bool(row.due),
            "defects": lambda row: bool(row.defect),
            "screening": lambda row: row.status in IN_SCREENING,
        }
        return [row for row in self.rows if kept[tab](row)] if tab in kept else self.rows


def matrix_of(site: Site, user: User, now: datetime) -> Matrix:
    """The consents of a site in six queries, however many subjects there are."""
    today = now.astimezone(site.place.zone).date()
    types = list(ConsentType.objects.filter(trial=site.trial_id).order_by("pk"))
    approvals = _approvals(site)
    consents = _consents(site, user)
    late = {row.pk: row for row in outdated(now).filter(subject__site=site)}
    heads = _heads(approvals, types, today)
    parts = [type_ for type_ in types if type_.is_optional]
    needed = {type_.pk for type_ in types if type_.is_required}
    rows = []
    for values in _subjects(site, user):
        held = consents[values["pk"]]
        row = _row(values, today)
        row.cells = [_cell(row, head, held, late, today) for head in heads]
        row.cells += [_part(type_, held) for type_ in parts]
        _judge(row, held, late, needed, today, values["last_visit_on"])
        rows.append(row)
    rows.sort(key=lambda row: (row.due_on or date.max, row.number))
    return Matrix(heads, parts, rows, _in_use(approvals, consents, today))


def _approvals(site: Site) -> list[ConsentApproval]:
    rows = ConsentApproval.objects.filter(site=site, voided_at=None)
    shown = rows.select_related("version__type")
    return list(shown.order_by("type", "during", "language"))


def _consents(site: Site, user: User) -> dict[int, list[Consent]]:
    """The consents of the subjects of a site that are not voided, in the order they were signed."""
    rows = Consent.objects.visible_to(user).filter(subject__site=site, voided_at=None)
    taken_back = ConsentWithdrawal.objects.order_by("on")
    shown = rows.select_related("version", "explainer").prefetch_related(
        Prefetch("withdrawals", taken_back)
    )
    found: dict[int, list[Consent]] = defaultdict(list)
    for row in shown.order_by("signed_on", "pk"):
        found[row.subject_id].append(row)
    return found


def _subjects(site: Site, user: User) -> Iterable[dict[str, Any]]:
    rows = Subject.objects.visible_to(user).filter(site=site)
    shown: Iterable[dict[str, Any]] = rows.exclude(status=SubjectStatus.IN_ERROR).values(
        *COLUMNS, **NEXT
    )
    return shown


def _by_version(approvals: Iterable[ConsentApproval]) -> Iterable[list[ConsentApproval]]:
    """The approvals of each version, in the order the versions came."""
    found: dict[int, list[ConsentApproval]] = defaultdict(list)
    for row in approvals:
        found[row.version_id].append(row)
    return found.values()


def _since(approvals: Iterable[ConsentApproval]) -> date:
    return min(row.during.lower or date.min for row in approvals)


def _heads(
    approvals: Sequence[ConsentApproval], types: Sequence[ConsentType], today: date
) -> list[Head]:
    """The versions of what is not optional that are or were in use, in the order they came."""
    optional = {type_.pk for type_ in types if type_.is_optional}
    needed = [row for row in approvals if row.type_id not in optional]
    with_type = len({row.type_id for row in needed}) > 1
    return [
        Head(
            rows[0].version, _named(rows[0].version, with_type=with_type), _since(rows),
            any(today in row.during for row in rows),
        )
        for rows in _by_version(row for row in needed if _since([row]) <= today)
    ]  # fmt: skip


def _named(version: ConsentVersion, *, with_type: bool) -> str:
    return f"{version.type} v{version.number}" if with_type else f"v{version.number}"


NEEDED = Cell("To be signed", "needed before visits", "due")


def _row(values: dict[str, Any], today: date) -> Row:
    on = values["next_visit_on"]
    window = None
    if values["next_target"] and values["status"] in ACTIVE:
        is_booked = values["next_status"] != "planned"
        window = Window(
            values["next_earliest"], values["next_target"], values["next_latest"],
            on if is_booked else None, "booked" if is_booked else "open",
        )  # fmt: skip
    text = f"{values['next_name']}, {show_due(on, today)}" if window and on else ""
    return Row(
        values["pk"], values["number"], values["status"], values["status"] in ENDED, window, text
    )


def _cell(row: Row, head: Head, held: Sequence[Consent], late: dict[int, Any], today: date) -> Cell:
    """What was signed of a version, or that it is to be signed by a day."""
    own = [one for one in held if one.version_id == head.version.pk]
    of_type = [one for one in held if one.type_id == head.version.type_id]
    if own:
        is_last = of_type[-1] is own[-1]
        return _signed(own[-1], "held" if is_last else "old")
    return _unsigned(row, head, of_type, late, today)


def _unsigned(
    row: Row, head: Head, of_type: Sequence[Consent], late: dict[int, Any], today: date
) -> Cell:
    asked = next((late[one.pk] for one in of_type if one.pk in late), None)
    if asked is not None and asked.wanted == head.version.pk:
        return Cell(f"Due {show_due(asked.sign_by, today)}", asked_words(asked), "due")
    is_needed = head.is_current and head.version.type.is_required and not row.is_ended
    return Cell("–") if of_type or not is_needed else NEEDED


def asked_words(asked: Any) -> str:
    """The rule by which a version is to be signed again."""
    return "at the next visit" if asked.rule == "next_visit" else f"within {asked.days} days"


def _signed(consent: Consent, state: str) -> Cell:
    taken_back = list(consent.withdrawals.all())
    if taken_back:
        return Cell("Withdrawn", show_day(taken_back[-1].on), state, consent.get_absolute_url())
    witness = {"witness": ", witness", "representative": ", representative"}
    note = f"{consent.language} · {consent.explainer}{witness.get(consent.signer, '')}"
    return Cell(show_day(consent.signed_on), note, state, consent.get_absolute_url())


def _part(type_: ConsentType, held: Sequence[Consent]) -> Cell:
    """What a subject last said to an optional form."""
    own = [one for one in held if one.type_id == type_.pk]
    if not own:
        return Cell("not asked")
    last, url = own[-1], own[-1].get_absolute_url()
    if taken_back := list(last.withdrawals.all()):
        return Cell("Withdrawn", show_day(taken_back[-1].on), "", url)
    said = "Yes" if last.decision == Consent.Decision.GIVEN else "No"
    return Cell(said, f"v{last.version.number}", "", url)


def _judge(
    row: Row, held: Sequence[Consent], late: dict[int, Any], needed: set[int], today: date,
    last_visit_on: date | None,
) -> None:  # fmt: skip
    """Whether the subject is to sign again, and what is wrong with what was signed."""
    asked = [late[one.pk] for one in held if one.pk in late]
    if asked:
        first = min(asked, key=lambda one: one.sign_by)
        row.due, row.due_on = show_due(first.sign_by, today), first.sign_by
    if needed - {one.type_id for one in held} and last_visit_on:
        row.defect = "Visit without consent"
    elif any(map(_lacks_copy, held)):
        row.defect = "Copy not given"


def _lacks_copy(consent: Consent) -> bool:
    return consent.decision == Consent.Decision.GIVEN and not consent.is_copy_given


def _in_use(
    approvals: Sequence[ConsentApproval], consents: dict[int, list[Consent]], today: date
) -> list[InUse]:
    """The versions at the site, the newest first."""
    signed = Counter(one.version_id for held in consents.values() for one in held)
    newest = sorted(_by_version(approvals), key=lambda rows: _since(rows[:1]), reverse=True)
    return [
        InUse(
            rows[0].version, ", ".join(sorted(row.language for row in rows)),
            min(row.approved_on for row in rows), _since(rows), signed[rows[0].version_id],
            _state(rows, today),
        )
        for rows in newest
    ]  # fmt: skip


def _state(approvals: Sequence[ConsentApproval], today: date) -> tuple[str, str]:
    """The chip of a version: in use, still to come, or replaced."""
    if any(today in row.during for row in approvals):
        return "ok", "Current"
    return ("info", "To come") if _since(approvals) > today else ("", "Replaced")


def lines(site: Site, user: User, now: datetime) -> Iterator[list[Any]]:
    """One line of a file for every consent of a site."""
    late = {row.pk: row.sign_by for row in outdated(now).filter(subject__site=site)}
    rows = Consent.objects.visible_to(user).filter(subject__site=site, voided_at=None)
    shown = rows.select_related("subject", "type", "version", "explainer")
    for row in shown.prefetch_related("withdrawals").order_by("subject__number", "signed_on", "pk"):
        taken_back = ", ".join(
            f"{one.get_what_display()} {one.on}" for one in row.withdrawals.all()
        )
        yield [
            row.subject.number, row.subject.get_status_display(), row.type.name,
            row.version.number, row.language, row.get_decision_display(), row.signed_on,
            row.get_signer_display(), row.explainer.name, row.is_copy_given, taken_back,
            late.get(row.pk),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AtSite:
    """A site with what is to be signed again there."""

    site: Site
    consents: int
    due: int
    first: date | None


def by_site(user: User, now: datetime, **where: Any) -> list[AtSite]:
    """The sites of a place or a trial that screen, or have screened, what is due first on top."""
    sites = Site.objects.visible_to(user, Permission.SUBJECT_VIEW).filter(**where)
    shown = sites.filter(Q(status=SiteStatus.OPEN) | Q(screened__gt=0)).select_related(*HEAD)
    held = Consent.objects.filter(subject__site__in=sites, voided_at=None).order_by()
    counted = dict(held.values_list("subject__site").annotate(count=Count("pk")))
    late: dict[int, list[date]] = defaultdict(list)
    asked = outdated(now).filter(subject__site__in=sites)
    for site_id, on in asked.values_list("subject__site", "sign_by"):
        late[site_id].append(on)
    rows = (
        AtSite(site, counted.get(site.pk, 0), len(late[site.pk]), min(late[site.pk], default=None))
        for site in shown.order_by("number", "trial__code")
    )
    return sorted(rows, key=lambda row: row.first or date.max)
