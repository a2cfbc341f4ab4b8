"""Issues and deviations: reported, assessed, explained, notified, closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from quality.models import Classification, Issue, IssueKind, IssueStatus
from quality.queries import Refusal, missing_of, refusals
from sites.models import Site
from subjects.models import DeviationDraft, Subject, Visit
from trials.models import Trial

S = IssueStatus
BEGINS = {True: "DEV", False: "ISS"}  # how the number of a deviation begins, and of anything else


@action(Permission.DEVIATION_REPORT, "report issue")
def report(
    site: Site, *, values: Mapping[str, Any], by: User, subject: Subject | None = None,
    visit: Visit | None = None, draft: DeviationDraft | None = None,
) -> Issue:  # fmt: skip
    """Report a deviation or another issue at a site; one that was drafted is reported once."""
    held = lock(site)
    if draft is not None:
        visit = draft.visit
    if visit is not None:
        subject = visit.subject
    _refuse_place(held, subject, draft)
    made = Issue(
        site=held, subject=subject, visit=visit, draft=draft, reported_at=timezone.now(), **values
    )
    made.number = _next_number(made)
    _refuse_facts(made)
    _keep(made)
    Issue.flow.begin(made, on=timezone.localdate(timezone=held.place.zone), by=by)
    return made


@action(Permission.DEVIATION_REPORT, "change issue")
def change(
    issue: Issue, *, values: Mapping[str, Any], by: User, reason: str = "",
    revision: int | None = None,
) -> Issue:  # fmt: skip
    """Correct or complete what was reported, until the issue is closed."""
    held = _open(issue, revision)
    for name, value in values.items():
        setattr(held, name, value)
    _refuse_facts(held)
    held.save()
    return held


@action(Permission.DEVIATION_REPORT, "change type of issue")
def retype(issue: Issue, *, kind: str, reason: str, by: User, category: str = "") -> Issue:
    """It is of another kind than was thought; everything said of it stays, and so does its number."""
    held = _open(issue)
    if not reason.strip():
        raise RefusedError("Give the reason.")
    if kind == held.kind:
        raise RefusedError(f"{held} is of this type already. Choose another.")
    held.kind, held.category = kind, category or held.category
    _refuse_facts(held)
    held.save()
    return held


@action(Permission.DEVIATION_REPORT, "explain issue")
def explain(
    issue: Issue, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> Issue:
    """Say why it happened, and what was done about it at once."""
    held = _open(issue, revision)
    for name in ("root_cause", "why", "correction"):
        setattr(held, name, values[name])
    held.save()
    return held


@action(Permission.DEVIATION_ASSESS, "assess issue")
def assess(
    issue: Issue, *, classification: str, is_important: bool, by: User,
    ethics_due_on: date | None = None, reason: str = "",
) -> Issue:  # fmt: skip
    """Confirm or change the proposed class for the sponsor; another class than before has a reason."""
    held = _open(issue)
    before = held.classification or held.proposed
    if classification != before and not reason.strip():
        raise RefusedError("Give the reason for another class.")
    if ethics_due_on is not None and ethics_due_on < held.happened_on:
        raise RefusedError(
            f"It happened on {show_day(held.happened_on)}. Ethics is told on that day or later."
        )
    held.classification, held.is_important = classification, is_important
    held.ethics_due_on = ethics_due_on
    held.save()
    if held.status == S.REPORTED:
        Issue.flow.move(held, S.ASSESSED, by=by, on=_today(held), reason=reason)
    return held


@action(Permission.DEVIATION_ASSESS, "assess issues")
def assess_all(
    trial: Trial, *, issues: Iterable[Issue], classification: str, is_important: bool, by: User,
    reason: str = "",
) -> list[Refusal]:  # fmt: skip
    """Confirm one class for several issues of a trial; those that refuse it are told, and stay."""
    chosen = Issue.objects.filter(site__trial=trial, pk__any=[issue.pk for issue in issues])
    held = list(chosen.select_for_update(of=("self",)).order_by("pk"))
    refused = refusals(held, classification, reason)
    left = {one.pk for one in held} - {one.issue.pk for one in refused}
    if not left:
        raise RefusedError(" ".join(["Nothing was assessed.", *map(str, refused)]))
    rows = Issue.objects.filter(pk__any=list(left))
    rows.update(classification=Classification(classification), is_important=is_important)
    Issue.flow.move_all(rows, S.ASSESSED, by=by, reason=reason)
    return refused


@action(Permission.DEVIATION_ASSESS, "suspect serious breach")
def suspect_breach(issue: Issue, *, aware_at: datetime, by: User) -> Issue:
    """The sponsor suspects a serious breach: seven days run from when it became aware."""
    held = _open(issue)
    if aware_at > timezone.now():
        raise RefusedError("The clock cannot start at a time that has not come yet.")
    if aware_at.astimezone(held.site.place.zone).date() < held.happened_on:
        raise RefusedError(f"{held} happened on {show_day(held.happened_on)}, after that.")
    held.breach_aware_at, held.breach_dismissed = aware_at, ""
    held.save()
    return held


@action(Permission.DEVIATION_ASSESS, "record breach notification")
def notify_breach(issue: Issue, *, at: datetime, by: User) -> Issue:
    """The authorities were notified of the serious breach."""
    held = _suspected(issue)
    assert held.breach_aware_at is not None
    if not held.breach_aware_at <= at <= timezone.now():
        raise RefusedError("Notified after the sponsor became aware, and not in the future.")
    held.breach_notified_at = at
    held.save()
    return held


@action(Permission.DEVIATION_ASSESS, "dismiss serious breach")
def dismiss_breach(issue: Issue, *, reason: str, by: User) -> Issue:
    """It was no serious breach; the clock stops, the suspicion stays on record."""
    if not reason.strip():
        raise RefusedError("Give the reason why it is no serious breach.")
    held = _suspected(issue)
    held.breach_dismissed = reason.strip()[:200]
    held.save()
    return held


@action(Permission.DEVIATION_REPORT, "report issue to ethics")
def report_to_ethics(issue: Issue, *, on: date, by: User) -> Issue:
    """The ethics committee was told."""
    held = _open(issue)
    if not held.happened_on <= on <= _today(held):
        raise RefusedError(
            f"Choose a day from {show_day(held.happened_on)} to today: it was told after it happened."
        )
    held.ethics_reported_on = on
    held.save()
    return held


@action(Permission.DEVIATION_ASSESS, "close issue")
def close(issue: Issue, *, by: User) -> Issue:
    """Everything about it is said and done."""
    held = _open(issue)
    missing = missing_of(held)
    if missing:
        raise RefusedError(f"{held} cannot be closed: {', '.join(missing)}.")
    Issue.flow.move(held, S.CLOSED, by=by, on=_today(held))
    return held


@action(Permission.DEVIATION_ASSESS, "reopen issue")
def reopen(issue: Issue, *, reason: str, by: User) -> Issue:
    """Something about it is to be said after all."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = lock(issue)
    Issue.flow.move(held, S.ASSESSED, by=by, on=_today(held), reason=reason)
    return held


@action(Permission.DEVIATION_REPORT, "void issue")
def void(issue: Issue, *, reason: str, by: User) -> Issue:
    """It was reported in error; it stays to be read, and counts no more."""
    held = lock(issue)
    Issue.flow.move(held, S.VOIDED, by=by, on=_today(held), reason=reason)
    return held


def _today(issue: Issue) -> date:
    return timezone.localdate(timezone=issue.site.place.zone)


def _next_number(issue: Issue) -> str:
    """The next of its site; the number of a deviation says so, also after a change of type."""
    site = issue.site
    if not site.number:
        raise RefusedError(
            "A site has its number before anything is reported. Give the number first."
        )
    taken = Issue.objects.filter(site__trial=site.trial_id, number__contains=f"-{site.number}-")
    return f"{BEGINS[issue.is_deviation]}-{site.number}-{taken.count() + 1:03d}"


def _open(issue: Issue, revision: int | None = None) -> Issue:
    held = lock(issue, revision)
    if not held.is_open:
        raise ConflictError(f"{held} is {held.get_status_display().lower()}. Reopen it first.")
    return held


def _suspected(issue: Issue) -> Issue:
    held = lock(issue)
    if not held.is_breach_open:
        raise ConflictError(f"{held} is not suspected to be a serious breach any more.")
    return held


def _refuse_place(site: Site, subject: Subject | None, draft: DeviationDraft | None) -> None:
    if subject is not None and subject.site_id != site.pk:
        raise RefusedError(
            f"{subject} is not a subject of {site}. Report it at the subject's site."
        )
    if draft is not None and draft.state != DeviationDraft.State.OCCURRED:
        raise RefusedError("This deviation has not occurred. It is reported once it has.")


def _refuse_facts(issue: Issue) -> None:
    if issue.kind == IssueKind.DEVIATION and not issue.category:
        raise RefusedError("A deviation has a category. Choose what was not followed.")
    today = _today(issue)
    if issue.happened_on > today:
        raise RefusedError("It happened on a day that has not come yet. Check the day.")
    if issue.aware_on > today:
        raise RefusedError("The site became aware on a day that has not come yet. Check the day.")
    if issue.aware_on < issue.happened_on:
        raise RefusedError("The site became aware before it happened. Check both days.")


def _keep(issue: Issue) -> None:
    """Write it; a draft is reported once."""
    try:
        with transaction.atomic():
            issue.save()
    except IntegrityError as error:
        if issue.draft_id is None:
            raise
        raise ConflictError("This deviation was reported already. See the list.") from error
