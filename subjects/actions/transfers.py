"""Subjects on their way from one site to another, at once or on a day to come."""

from __future__ import annotations

import logging
from datetime import date

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.models import Site
from subjects.actions.follow import adopt_at_site
from subjects.actions.plan import hold, release, replan
from subjects.actions.stays import refuse_while_in_house
from subjects.actions.subjects import count_all
from subjects.courses import here
from subjects.models import Subject, SubjectStatus, Transfer, Visit
from subjects.models.subject import ENDED
from subjects.models.visit import OPEN
from subjects.planning import PlanError
from subjects.queries import planned_transfer

logger = logging.getLogger(__name__)
State = Transfer.State


@action(Permission.SUBJECT_TRANSFER, "transfer")
def transfer(subject: Subject, *, to: Site, on: date, reason: str, by: User) -> Transfer:
    """Move a subject to another site, or note that it moves on a day to come."""
    (subject,) = hold([subject.pk])
    if to.trial_id != subject.trial_id:
        raise RefusedError(
            "A subject can only move to a site of the same trial."
            f" Choose a site of {subject.trial}."
        )
    refuse_while_in_house([subject], "transfer it")
    if to.pk == subject.site_id:
        raise RefusedError(f"{subject} is at {to} already. Choose another site.")
    waiting = planned_transfer(subject)
    if waiting is not None:
        raise ConflictError(
            f"{subject} moves to {waiting.to_site} on {show_day(waiting.on)} already."
            " Call that transfer off first."
        )
    made = Transfer.objects.create(
        subject=subject, from_site=subject.site, to_site=to, on=on, reason=reason,
        state=State.PLANNED,
    )  # fmt: skip
    if on <= timezone.localdate(timezone=subject.site.place.zone):
        _move(made, by)
    return made


@action(Permission.SUBJECT_TRANSFER, "call off transfer")
def call_off_transfer(planned: Transfer, *, reason: str, by: User) -> Transfer:
    """The subject stays where it is after all."""
    planned = _held(planned)
    planned.state = State.CALLED_OFF
    planned.save(update_fields=["state"])
    return planned


@action(Permission.SUBJECT_TRANSFER, "carry out transfer")
def carry_out(planned: Transfer, *, by: User) -> Transfer:
    """The day has come: the subject moves, unless it has left the trial."""
    planned = _held(planned)
    if planned.subject.status in ENDED and planned.subject.status != SubjectStatus.LOST:
        planned.state = State.CALLED_OFF
        planned.save(update_fields=["state"])
        return planned
    _move(planned, by)
    return planned


def carry_out_all(*, by: User) -> None:
    """Carry out the transfers whose day has come at their old site; one that fails stops no other."""
    rows = Transfer.objects.filter(state=State.PLANNED).alias(
        here=here("from_site__place__time_zone", timezone.now())
    )
    for planned in rows.filter(on__lte=F("here")).order_by("on", "pk"):
        try:
            carry_out(planned, by=by)
        except (PlanError, ConflictError) as error:
            logger.warning("Transfer %s: %s", planned.pk, error)


def _held(planned: Transfer) -> Transfer:
    """The transfer, locked after its subject, while it is still to come."""
    (subject,) = hold([planned.subject_id])
    planned = lock(planned)
    planned.subject = subject
    if planned.state != State.PLANNED:
        raise ConflictError(
            f"The transfer of {planned} is {planned.get_state_display().lower()} by now."
        )
    return planned


def _move(made: Transfer, by: User) -> None:
    """Open visits go along and wait for a time there; what was done stays where it was."""
    subject = made.subject
    refuse_while_in_house([subject], "transfer it")
    open_visits = Visit.objects.filter(subject=subject, status__in=OPEN)
    booked = open_visits.filter(status=Visit.Status.BOOKED)
    call_back = list(booked.values_list("pk", flat=True))
    Visit.flow.move_all(booked, Visit.Status.PLANNED, by=by, on=made.on, reason=made.reason)
    release(call_back, by=by)
    open_visits.update(site=made.to_site)
    Subject.objects.filter(pk=subject.pk).update(site=made.to_site)
    made.state = State.DONE
    made.save(update_fields=["state"])
    subject.refresh_from_db()
    adopt_at_site(subject, made.on)
    replan(subject, by=by)
    count_all([made.from_site_id, made.to_site_id])
