"""One subject: the head of its pages, what to know before a visit, contacts and deviations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.db.models.expressions import Combinable
from django.urls import reverse

from accounts.models import User
from budgets.models.payment import DROPPED
from core.access import can
from core.dates import local_day, show_day, study_day
from core.permissions import Permission
from quality.lists import CHIPS
from quality.models import Issue
from subjects import steps
from subjects.diary import SUBJECT_CHIPS
from subjects.eligibility import Line, Sheet, Standing, standing_of
from subjects.models import (
    Contact,
    DeviationDraft,
    Preference,
    Randomisation,
    Subject,
    SubjectIdentity,
    SubjectStatus,
    Transfer,
)
from subjects.stays import in_house_text
from trials.models import AnchorKind
from workspace.queries import VisitRow, closed, coming_first, day_1_of, to_book_first

ANCHORS = dict(AnchorKind.choices)
# The dates of a subject that say the same where they are on the same day.
SAID = {
    AnchorKind.CONSENT, AnchorKind.SCREENING, AnchorKind.ENROLLED, AnchorKind.RANDOMISED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    """One page about the subject, with how much is on it."""

    url: str
    text: str
    is_current: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know about a subject."""

    icon: str
    label: str
    text: str


def frame(
    subject: Subject, user: User, today: date, visits: Sequence[VisitRow], current: str
) -> dict[str, Any]:
    """The head of the pages of a subject: who, how far, what to do, and its tabs."""
    day_1, moves = day_1_of(subject), moves_of(subject)
    moving = next((move for move in moves if move.state == Transfer.State.PLANNED), None)
    may_change = can(user, Permission.SUBJECT_STATUS, subject)
    standing = standing_of(subject)
    randomised = Randomisation.objects.filter(subject=subject, voided_at=None).first()
    found = steps.of_subject(subject, user, moving, standing=standing, randomised=randomised)
    return {
        "subject": subject,
        "trial": subject.trial,
        "site": subject.site,
        "today": today,
        "day_1": day_1,
        "study_day": study_day(day_1, today) if day_1 and not subject.ended_on else None,
        "coming": coming_first(visits),
        "to_book": to_book_first(visits),
        "identity": SubjectIdentity.objects.visible_to(user).filter(subject=subject).first(),
        "chip": SUBJECT_CHIPS.get(subject.status, ""),
        "may_log": can(user, Permission.CONTACT_LOG, subject),
        "may_report": can(user, Permission.DEVIATION_REPORT, subject),
        "may_log_event": can(user, Permission.ADVERSE_EVENT_LOG, subject),
        "may_book": can(user, Permission.VISIT_BOOK, subject),
        "may_change": may_change,
        "may_end": may_change and bool(Subject.flow.after(subject.status)),
        "in_house": in_house_text(subject.pk, user),
        "moves": moves,
        "moving": moving,
        "randomised": randomised,
        "unblinded": randomised.unblindings.order_by("-pk").first() if randomised else None,
        "steps": [step for step in found if not step.is_next],
        "next": next((step for step in found if step.is_next), None),
        "tabs": _tabs(subject, user, len(visits), current, standing),
    }


def _tabs(subject: Subject, user: User, visits: int, current: str, standing: Standing) -> list[Tab]:
    counts = Subject.objects.filter(pk=subject.pk).aggregate(
        consents=Count("consents", distinct=True, filter=Q(consents__voided_at=None)),
        medications=Count(
            "medications", distinct=True, filter=Q(medications__voided_at=None)
        ),
        payments=Count("payments", distinct=True, filter=~Q(payments__status__in=DROPPED)),
        deviations=_deviations(user, subject),
    )  # fmt: skip
    shown = [("subject", "Timeline", None), ("subject_visits", "Visits", visits)]
    shown.append(("subject_consents", "Consents", counts["consents"]))
    if standing.is_asked:
        shown.append(("subject_eligibility", "Eligibility", standing.criteria))
    shown.append(("subject_deviations", "Deviations", counts["deviations"]))
    if can(user, Permission.MEDICATION_VIEW, subject):
        shown.append(("subject_medications", "Medications", counts["medications"]))
    if can(user, Permission.STIPEND_VIEW, subject):
        shown.append(("subject_payments", "Payments", counts["payments"]))
    shown.append(("subject_activity", "Activity", None))
    at = [subject.trial.code, subject.number]
    return [
        Tab(reverse(f"workspace:{name}", args=at), text, text == current, count)
        for name, text, count in shown
    ]


def _deviations(user: User, subject: Subject) -> Combinable:
    """How many deviations are drafted, and how many issues reported, as far as they are seen."""
    drafts = ~Q(visits__deviation_drafts__state=DeviationDraft.State.WITHDRAWN)
    if not can(user, Permission.DEVIATION_VIEW, subject):
        return Count("visits__deviation_drafts", distinct=True, filter=drafts)
    drafts &= Q(visits__deviation_drafts__issue=None)
    return Count("visits__deviation_drafts", distinct=True, filter=drafts) + Count(
        "issues", distinct=True
    )


def before_visit(preference: Preference | None) -> list[Fact]:
    """What to prepare before a visit, as the subject's preferences say."""
    if preference is None:
        return []
    said = (
        ("pill", "Fasting", preference.fasting),
        ("message", "Interpreter", preference.interpreter),
        ("pin", "Transport", preference.transport),
    )
    return [
        Fact(icon, "" if text.casefold().startswith(label.casefold()) else label, text)
        for icon, label, text in said
        if text
    ]


def moves_of(subject: Subject) -> list[Transfer]:
    """The transfers of a subject that took place or are to."""
    rows = Transfer.objects.filter(subject=subject).exclude(state=Transfer.State.CALLED_OFF)
    read = "on", "state", "subject__number", "to_site__number", "to_site__place__short_name"
    shown = rows.select_related("subject", "to_site__place").only(*read)
    return list(shown.order_by("on", "pk"))


def facts_of(
    subject: Subject, preference: Preference | None, moves: Iterable[Transfer]
) -> list[Fact]:
    """The dates and habits that everybody asks for."""
    before = [Fact("", "Screened before as", subject.previous.number)] if subject.previous else []
    transfers = [
        Fact("", "Transferred", f"{show_day(move.on)}, {move}")
        for move in moves
        if move.state == Transfer.State.DONE
    ]
    return [*_dates_of(subject), *_habits_of(preference), *before, *transfers]


def _dates_of(subject: Subject) -> list[Fact]:
    word = "Randomised" if subject.trial.is_randomised else "Enrolled"
    dated = [
        ("Consented", subject.consented_on), ("Screened", subject.screened_on),
        (word, subject.enrolled_on), ("Ended", subject.ended_on),
    ]  # fmt: skip
    said = {on for _, on in dated}
    dated += [
        (ANCHORS[anchor.code], anchor.on)
        for anchor in subject.anchors.order_by("on", "pk")
        if anchor.code not in SAID or anchor.on not in said
    ]
    return [Fact("", label, show_day(on)) for label, on in dated if on]


def _habits_of(preference: Preference | None) -> Iterator[Fact]:
    if preference is None:
        return
    times = [preference.get_part_of_day_display(), preference.availability]
    yield Fact("", "Prefers", " · ".join(text for text in times if text))
    if preference.channel:
        yield Fact("", "Contact by", preference.channel)
    if preference.reminder != Preference.Reminded.NOT:
        yield Fact("", "Reminded", preference.get_reminder_display())


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact in the log of a subject."""

    on: date
    clock: str
    channel: str
    result: str
    summary: str
    follow_up: str
    by: str


def contacts_of(subject: Subject, user: User) -> list[ContactRow]:
    """The contact log, newest first."""
    zone = subject.site.place.zone
    rows = Contact.objects.visible_to(user).filter(subject=subject).order_by("-at", "-pk")
    return [
        ContactRow(
            local_day(row.at, zone), f"{row.at.astimezone(zone):%H:%M}", row.get_channel_display(),
            row.get_result_display(), row.summary,
            show_day(row.follow_up_on) if row.follow_up_on else "", row.by_name,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """A deviation of a subject that is seen coming or has occurred."""

    url: str
    visit: str
    kind: str
    text: str
    reason: str
    chip: tuple[str, str]
    report_url: str  # where it is reported, once it has occurred


def deviations_of(subject: Subject, user: User) -> list[DeviationRow]:
    """The deviations and issues of a subject, drafted or reported, except drafts withdrawn."""
    drafts = DeviationDraft.objects.filter(visit__subject=subject).exclude(
        state=DeviationDraft.State.WITHDRAWN
    )
    issues = Issue.objects.visible_to(user).filter(subject=subject).order_by("happened_on", "pk")
    reported = list(issues.select_related("visit", "site__trial"))
    told = {issue.draft_id for issue in reported}
    rows = list(drafts.select_related("visit").order_by("visit__target_on", "pk"))
    shut = closed((row.visit for row in rows), subject, user)
    return [
        *(_drafted(row, shut) for row in rows if row.pk not in told),
        *(_reported(issue) for issue in reported),
    ]


def _drafted(row: DeviationDraft, shut: Collection[int]) -> DeviationRow:
    has_occurred, is_closed = row.state == DeviationDraft.State.OCCURRED, row.visit_id in shut
    return DeviationRow(
        "" if is_closed else reverse("subjects:visit", args=[row.visit_id]), row.visit.name,
        row.get_kind_display(), row.description, row.reason,
        ("crit" if has_occurred else "warn", row.get_state_display()),
        reverse("quality:report_draft", args=[row.pk]) if has_occurred and not is_closed else "",
    )  # fmt: skip


def _reported(issue: Issue) -> DeviationRow:
    return DeviationRow(
        issue.get_absolute_url(), issue.visit.name if issue.visit else "", issue.title, issue.what,
        issue.number, (CHIPS[issue.status], issue.get_status_display()), "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A step in the life of a subject."""

    label: str
    on: str
    by: str
    reason: str
    is_wrong: bool


def history_of(subject: Subject) -> list[StatusRow]:
    """The steps a subject has taken, newest first, with those that were taken back."""
    labels = dict(SubjectStatus.choices)
    return [
        StatusRow(
            f"Back to {labels[told.step.to_status].lower()}, {labels[told.step.from_status].lower()} was wrong"
            if told.takes_back
            else labels[told.step.to_status],
            show_day(told.step.on), told.step.actor_name, told.step.reason,
            not told.stands and not told.takes_back,
        )
        for told in reversed(Subject.flow.told(subject))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScreeningLeft:
    """How long the screening window is still open."""

    days: int
    of: int
    visit: VisitRow


def screening_left(
    visits: Sequence[VisitRow], subject: Subject, today: date
) -> ScreeningLeft | None:
    """The days until the visit on which treatment begins must have been; none once it was."""
    waiting = [row for row in visits if row.is_anchor and not row.is_over]
    latest = waiting[0].window.latest if waiting else None
    if subject.enrolled_on or subject.ended_on or latest is None:
        return None
    return ScreeningLeft((latest - today).days, (latest - subject.screened_on).days, waiting[0])


def criteria_shown(sheet: Sheet, shown: str) -> list[tuple[str, list[Line]]]:
    """The criteria under their heads, all or those that are not settled."""
    if shown != "open":
        return sheet.groups
    return [(head, [line for line in lines if line.hindrance]) for head, lines in sheet.groups]
