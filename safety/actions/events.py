"""Adverse events: logged, changed, found to be serious or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import PartialDate, local_day, show_day
from core.permissions import Permission
from core.versions import lock
from safety.actions.clocks import keep_clocks, move_clock
from safety.actions.notices import tell_of
from safety.actions.voided import refuse_voided
from safety.models import AdverseEvent, Outcome, Regrading, Seriousness
from subjects.models import Subject

DATED = {"onset": ("onset_from", "onset_to"), "ended": ("ended_from", "ended_to")}


@action(Permission.ADVERSE_EVENT_LOG, "log adverse event")
def log_event(
    subject: Subject, *, values: Mapping[str, Any], by: User, criteria: Iterable[str] = ()
) -> AdverseEvent:
    """Log what happened to a subject; with a criterion it is serious from the start."""
    held = lock(subject)
    event = AdverseEvent(subject=held, number=_next_number(held), told_at=timezone.now())
    _take(event, values)
    event.criteria = _known(criteria)
    event.is_serious = bool(event.criteria)
    event.serious_aware_at = event.aware_at if event.is_serious else None
    _keep(event)
    _regrade(event, "", by)
    if event.is_serious:
        tell_of(event, event.criteria_shown, by)
    return event


def _next_number(subject: Subject) -> str:
    """The number of the subject with the next of its own count."""
    held = AdverseEvent.objects.filter(subject=subject).count()
    return f"{subject.number}-{held + 1:02d}"


@action(Permission.ADVERSE_EVENT_LOG, "change adverse event")
def change_event(
    event: AdverseEvent, *, values: Mapping[str, Any], by: User, reason: str = "",
    revision: int | None = None,
) -> AdverseEvent:  # fmt: skip
    """Correct or complete an event; another grade is a dated row of its history."""
    held = _to_change(event, revision)
    before, aware_at = _grading(held), held.aware_at
    _take(held, values)
    if not reason.strip():
        _refuse_without_reason(held, before, aware_at)
    if held.serious_aware_at == aware_at != held.aware_at:
        move_clock(held, aware_at, held.aware_at)
        held.serious_aware_at = held.aware_at
    held.told_at = timezone.now()
    _keep(held)
    if _grading(held) != before:
        _regrade(held, reason, by)
    return held


def _refuse_without_reason(
    event: AdverseEvent, grading: tuple[object, ...], aware_at: datetime
) -> None:
    if _grading(event) != grading:
        raise RefusedError("Give the reason for another grade.")
    if event.aware_at != aware_at:
        raise RefusedError("Give the reason for another time of awareness.")


@action(Permission.ADVERSE_EVENT_LOG, "mark as serious")
def mark_serious(
    event: AdverseEvent, *, criteria: Iterable[str], aware_at: datetime, by: User, reason: str = ""
) -> AdverseEvent:
    """The event is serious, or serious for other reasons; the site's clock runs from awareness."""
    held = _to_change(event)
    held.criteria = _known(criteria)
    if not held.criteria:
        raise RefusedError("Choose what makes it serious. Without a criterion it is not.")
    _refuse_to_come(aware_at)
    if not held.is_serious:
        held.serious_aware_at = aware_at
    held.is_serious, held.told_at = True, timezone.now()
    _keep(held)
    _regrade(held, reason, by)
    tell_of(held, held.criteria_shown, by)
    return held


@action(Permission.ADVERSE_EVENT_LOG, "mark as not serious")
def downgrade(event: AdverseEvent, *, reason: str, by: User) -> AdverseEvent:
    """The event turned out not to be serious; history, reports and what was met stay."""
    held = _to_change(event)
    if not held.is_serious:
        raise RefusedError(f"{held} is not serious.")
    if not reason.strip():
        raise RefusedError("Give the reason why it is not serious.")
    held.is_serious, held.criteria, held.told_at = False, [], timezone.now()
    held.serious_aware_at = None
    _keep(held)
    _regrade(held, reason, by)
    tell_of(held, "not serious after all", by)
    return held


@action(Permission.ADVERSE_EVENT_LOG, "correct awareness")
def correct_awareness(
    event: AdverseEvent, *, aware_at: datetime, reason: str, by: User
) -> AdverseEvent:
    """The site knew at another instant that the event is serious; its clock counts from there."""
    held = _to_change(event)
    if not held.is_serious:
        raise RefusedError(f"{held} is not serious.")
    if not reason.strip():
        raise RefusedError("Give the reason for another time of awareness.")
    move_clock(held, held.serious_aware_at, aware_at)
    held.serious_aware_at, held.told_at = aware_at, timezone.now()
    _keep(held)
    return held


@action(Permission.ADVERSE_EVENT_LOG, "void adverse event")
def void_event(event: AdverseEvent, *, reason: str, by: User) -> AdverseEvent:
    """The event was entered in error: it stays to be read, its clocks stop, it counts no more."""
    held = _to_change(event)
    if not reason.strip():
        raise RefusedError("Give the reason why it was entered in error.")
    was_told = held.is_serious or held.reports.exists()
    held.voided_at = held.told_at = timezone.now()
    held.void_reason = reason.strip()[:200]
    held.save()
    keep_clocks(held)
    if was_told:
        tell_of(held, "entered in error", by)
    return held


def _to_change(event: AdverseEvent, revision: int | None = None) -> AdverseEvent:
    """The event as it is now, locked; refused where it is voided."""
    held = lock(event, revision)
    refuse_voided(held)
    return held


def _take(event: AdverseEvent, values: Mapping[str, Any]) -> None:
    """Set the fields; a partial date becomes the span of days it may have been."""
    for name, value in values.items():
        if name not in DATED:
            setattr(event, name, value)
            continue
        first, last = DATED[name]
        date: PartialDate | None = value
        setattr(event, first, date.earliest if date else None)
        setattr(event, last, date.latest if date else None)
    event.aware_on = local_day(event.aware_at, event.subject.site.place.zone)


def _known(criteria: Iterable[str]) -> list[str]:
    """The criteria in their order; one that is none is refused."""
    given = set(criteria)
    if unknown := given - set(Seriousness.values):
        raise RefusedError(f"{', '.join(sorted(unknown))} is no criterion of seriousness.")
    return [code for code in Seriousness.values if code in given]


def _keep(event: AdverseEvent) -> None:
    _refuse_impossible(event)
    _refuse_undefined_grade(event)
    event.save()
    keep_clocks(event)


def _refuse_impossible(event: AdverseEvent) -> None:
    """Dates that cannot be so, and death without its criterion."""
    _refuse_impossible_awareness(event)
    today = timezone.localdate(timezone=event.subject.site.place.zone)
    if event.ended_from is not None and event.ended_from > today:
        raise RefusedError(
            f"It ends {event.ended}, which has not come yet. Leave the end empty while it goes on."
        )
    if event.ended_to is not None and event.ended_to < event.onset_from:
        raise RefusedError(
            f"It ended {event.ended}, before it began {event.onset}. Correct one of them."
        )
    is_death = Seriousness.DEATH in event.criteria
    if event.outcome == Outcome.FATAL and event.is_serious and not is_death:
        raise RefusedError("A fatal outcome is serious by death. Choose that criterion too.")


def _refuse_impossible_awareness(event: AdverseEvent) -> None:
    aware = event.serious_aware_at or event.aware_at
    _refuse_to_come(max(aware, event.aware_at))
    if aware < event.aware_at:
        raise RefusedError("The site knew that it is serious before it knew of it. Correct one.")
    if event.aware_on < event.onset_from:
        raise RefusedError(
            f"The site became aware on {show_day(event.aware_on)}, before the onset"
            f" {event.onset}. Correct one of them."
        )


def _refuse_to_come(aware_at: datetime) -> None:
    if aware_at > timezone.now():
        raise RefusedError("The site cannot become aware in the future. Correct date and time.")


def _refuse_undefined_grade(event: AdverseEvent) -> None:
    term = event.grading_term
    if term is None:
        if event.grade is not None or not event.severity:
            raise RefusedError("Choose a grading term with a grade, or how severe it is.")
        return
    event.severity = ""
    if event.grade not in term.grades:
        defined = ", ".join(map(str, term.grades))
        given = (
            "No grade is chosen" if event.grade is None else f"Grade {event.grade} is not defined"
        )
        raise RefusedError(f"{given} for {term.name}. Defined in {term.version}: {defined}.")


def _grading(event: AdverseEvent) -> tuple[object, ...]:
    return event.grading_term_id, event.grade, event.severity


def _regrade(event: AdverseEvent, reason: str, by: User) -> None:
    """A dated row of how severe and serious the event is held to be."""
    Regrading.objects.create(
        event=event, grading_term_id=event.grading_term_id, grade=event.grade,
        severity=event.severity, is_serious=event.is_serious, criteria=event.criteria,
        reason=reason.strip()[:200], by_name=by.get_full_name(),
    )  # fmt: skip
