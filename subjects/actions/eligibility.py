"""Eligibility: criteria answered, waivers asked for and decided, and the investigator's signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.links import address
from core.permissions import Permission
from core.signing import Meaning, Proof, signed
from core.versions import ConflictError, lock
from sites.models import Delegation, Site, Task
from subjects.actions.gates import refuse_unconsented, unsigned_of
from subjects.actions.plan import hold, refuse_without_reason
from subjects.eligibility import Sheet, content_of, sheet_of
from subjects.models import (
    CriterionAnswer,
    DeviationDraft,
    Eligibility,
    Subject,
    SubjectStatus,
    Visit,
    Waiver,
)
from subjects.models.eligibility import FAILED, OF_CATEGORY, Answer
from subjects.models.subject import IN_TRIAL
from trials.models import Criterion

Kind, State = DeviationDraft.Kind, DeviationDraft.State
WRITTEN = ("answer", "source", "answered_on", "note")


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to a criterion, its source and its day."""

    criterion: Criterion
    answer: str
    source: str = ""
    answered_on: date | None = None
    note: str = ""


@action(Permission.ELIGIBILITY_ANSWER, "answer criteria")
def answer_criteria(
    subject: Subject, *, answers: Sequence[Given], by: User, reason: str = "",
    revision: int | None = None,
) -> Eligibility:  # fmt: skip
    """Keep answers to criteria; a decision that was signed before is out of date with any change."""
    (subject,) = hold([subject.pk])
    held = _open(subject, revision)
    there = {row.criterion_id: row for row in held.answers.select_related("criterion")}
    wanted = [_wanted(held, subject, given, by) for given in answers]
    changed = [row for row in wanted if _differ(there.get(row.criterion_id), row)]
    if not changed:
        return held
    _refuse_silent_change(held, changed, there, reason)
    for row in changed:
        values = {name: getattr(row, name) for name in ("category", "by_name", *WRITTEN)}
        CriterionAnswer.objects.update_or_create(
            eligibility=held, criterion_id=row.criterion_id, defaults=values
        )
    return _touch(held, subject, reason)


def _open(subject: Subject, revision: int | None) -> Eligibility:
    """The eligibility of a subject, begun where it is not there, locked after the subject."""
    sheet = sheet_of(subject)
    if sheet is None:
        raise RefusedError(
            f"The protocol under which {subject} was screened has no criteria here."
            " Import it with its criteria."
        )
    if sheet.held is None and revision in {None, 0}:
        return Eligibility.objects.create(subject=subject, version=sheet.version)
    return lock(sheet.held or Eligibility(pk=0), revision)


def _wanted(held: Eligibility, subject: Subject, given: Given, by: User) -> CriterionAnswer:
    """An answer that fits its criterion."""
    criterion, what = given.criterion, f"{given.criterion} of {subject}"
    if criterion.version_id != held.version_id:
        raise RefusedError(
            f"{criterion} is none of the protocol under which {subject} is screened."
        )
    fitting = OF_CATEGORY[criterion.category]
    if given.answer not in fitting:
        words = ", ".join(str(answer.label).lower() for answer in fitting)
        raise RefusedError(f"{what} is answered by one of: {words}.")
    if given.answer != Answer.PENDING and given.answered_on is None:
        raise RefusedError(f"Say on which day {what} was checked.")
    today = timezone.localdate(timezone=subject.site.place.zone)
    if given.answered_on is not None and given.answered_on > today:
        raise RefusedError(f"{what} is answered on a day that has not come yet. Check the day.")
    return CriterionAnswer(
        eligibility=held, criterion=criterion, category=criterion.category, answer=given.answer,
        source=given.source.strip()[:200], answered_on=given.answered_on,
        note=given.note.strip()[:200], by_name=by.get_full_name(),
    )  # fmt: skip


def _differ(before: CriterionAnswer | None, after: CriterionAnswer) -> bool:
    if before is None:
        return after.answer != Answer.PENDING or bool(after.source or after.note)
    return any(getattr(before, name) != getattr(after, name) for name in WRITTEN)


def _refuse_silent_change(
    held: Eligibility, changed: Iterable[CriterionAnswer], there: dict[int, CriterionAnswer],
    reason: str,
) -> None:  # fmt: skip
    """An answer that was given, and anything once the decision is signed, changes with a reason."""
    if reason.strip():
        return
    if held.decided_at is not None:
        raise RefusedError("The decision is signed. Give the reason for changing its answers.")
    for row in changed:
        before = there.get(row.criterion_id)
        if before and before.answer not in {Answer.PENDING, row.answer}:
            raise RefusedError(
                f"{row.criterion} was answered “{before.get_answer_display().lower()}” before."
                " Give the reason for the change."
            )


def _touch(held: Eligibility, subject: Subject, reason: str) -> Eligibility:
    """Count the change, put the decision out of date, and tell what it means after enrolment."""
    Eligibility.objects.filter(pk=held.pk).update(is_current=False, version=F("version"))
    if subject.enrolled_on is not None:
        _keep_draft(subject, reason)
    held.refresh_from_db()
    return held


def _keep_draft(subject: Subject, reason: str) -> None:
    """Propose a deviation while a subject is in the trial against a criterion, on its first visit."""
    sheet = sheet_of(subject)
    against = sheet.hindrances if sheet else []
    drafts = DeviationDraft.objects.filter(visit__subject=subject, kind=Kind.ELIGIBILITY)
    standing = drafts.filter(state=State.OCCURRED)
    if not against:
        standing.update(state=State.WITHDRAWN)
        return
    text = f"Enrolled although {', '.join(against)}."[:300]
    if standing.update(description=text):
        return
    visits = Visit.objects.filter(subject=subject)
    visit = visits.order_by(F("performed_on").asc(nulls_last=True), "target_on", "pk").first()
    if visit is not None:
        DeviationDraft.objects.create(
            visit=visit, kind=Kind.ELIGIBILITY, state=State.OCCURRED, description=text,
            reason=reason.strip()[:200] or text[:200],
        )  # fmt: skip


ELIGIBLE = Meaning(
    "eligibility",
    "I reviewed each criterion with its source and decide that the subject is eligible.",
)


def answers_of(subject: Subject) -> list[QuerySet[Any]]:
    """The rows in which what is signed lies."""
    return [CriterionAnswer.objects.filter(eligibility__subject=subject)]


@signed(
    Permission.ELIGIBILITY_DECIDE, "decide eligible", meaning=ELIGIBLE, content=content_of,
    parts=answers_of,
)  # fmt: skip
def decide_eligible(subject: Subject, *, proof: Proof, by: User) -> Subject:
    """Sign that the subject is eligible, over exactly the answers there are."""
    (subject,) = hold([subject.pk])
    today = timezone.localdate(timezone=subject.site.place.zone)
    refuse_unconsented(subject, today, f"{subject} cannot be found eligible today.")
    if (why := hindrance_of(subject, by, today)) is not None:
        raise RefusedError(why)
    Eligibility.objects.filter(subject=subject).update(
        decided_at=timezone.now(), decided_on=today, decided_by=by.get_full_name(),
        is_current=True,
    )  # fmt: skip
    if subject.status == SubjectStatus.SCREENING:
        Subject.flow.move(subject, SubjectStatus.ELIGIBLE, by=by, on=today)
    return subject


def hindrance_of(subject: Subject, by: User, today: date) -> str | None:
    """Why this person cannot sign the decision today, in one line; none where nothing is in the way."""
    if subject.status not in {SubjectStatus.SCREENING, SubjectStatus.ELIGIBLE, *IN_TRIAL}:
        status = subject.get_status_display().lower()
        return f"{subject} is {status}. Eligibility is decided in screening."
    if (why := undelegated(subject.site, by, today)) is not None:
        return why
    if unsigned := unsigned_of(subject, today):
        return unsigned[0]
    return _unanswered(subject, sheet_of(subject))


def undelegated(site: Site, by: User, today: date) -> str | None:
    """That confirming eligibility is not delegated to this person on a day, if so."""
    held = Delegation.objects.filter(
        site=site, person__user=by, task=Task.ELIGIBILITY, during__contains=today
    )
    if held.exists():
        return None
    return (
        f"“{Task.ELIGIBILITY.label}” is not delegated to you at {site} on {show_day(today)}."
        " Delegate the task first."
    )


def _unanswered(subject: Subject, sheet: Sheet | None) -> str | None:
    if sheet is None:
        return f"The protocol under which {subject} was screened has no criteria here."
    if sheet.hindrances:
        return f"{subject} cannot be found eligible: {', '.join(sheet.hindrances)}."
    return None


@action(Permission.ELIGIBILITY_ANSWER, "request waiver")
def request_waiver(subject: Subject, *, criterion: Criterion, reason: str, by: User) -> Waiver:
    """Ask the sponsor to waive a criterion that the subject does not fulfil, where the protocol allows."""
    refuse_without_reason(reason)
    (subject,) = hold([subject.pk])
    if not subject.trial.allows_waivers:
        raise RefusedError(
            f"The protocol of {subject.trial} has no waivers. Whoever does not fulfil a criterion"
            " does not take part: record a screen failure."
        )
    held = _open(subject, None)
    answered = held.answers.filter(criterion=criterion, answer__in=FAILED)
    if not answered.exists():
        raise RefusedError(f"{criterion} is not answered as failed, so there is nothing to waive.")
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                eligibility=held, criterion=criterion, reason=reason.strip()[:300],
                requested_by=by.get_full_name(),
            )  # fmt: skip
    except IntegrityError as error:
        raise ConflictError(f"A waiver of {criterion} is requested or approved already.") from error
    Waiver.flow.begin(waiver, by=by)
    _touch(held, subject, reason)
    return waiver


@action(Permission.ELIGIBILITY_WAIVE, "approve waiver")
def approve_waiver(waiver: Waiver, *, reason: str, by: User) -> Waiver:
    """The sponsor agrees that the criterion does not count for this subject."""
    return _decide(waiver, Waiver.Status.APPROVED, reason, by)


@action(Permission.ELIGIBILITY_WAIVE, "refuse waiver")
def refuse_waiver(waiver: Waiver, *, reason: str, by: User) -> Waiver:
    """The sponsor does not agree, or not any more; the criterion counts."""
    return _decide(waiver, Waiver.Status.REFUSED, reason, by)


def _decide(waiver: Waiver, to: str, reason: str, by: User) -> Waiver:
    (subject,) = hold([waiver.eligibility.subject_id])
    held = lock(waiver.eligibility)
    Waiver.flow.move(
        waiver, to, by=by, reason=reason, decided_by=by.get_full_name(),
        decided_on=timezone.localdate(), decision_reason=reason.strip()[:300],
    )  # fmt: skip
    _touch(held, subject, reason)
    return waiver


def page_of(subject: Subject) -> str:
    """The page on which the criteria of a subject are shown."""
    return address("workspace:subject_eligibility", subject.trial.code, subject.number)
