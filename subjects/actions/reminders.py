"""Reminding subjects of their visits by mail: kept first, sent once, told in the contact log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_clock, show_weekday
from core.permissions import Permission
from core.versions import ConflictError, lock
from sites.models import Place
from subjects.actions.plan import hold_visit
from subjects.actions.subjects import log_contact
from subjects.models import Booking, Contact, Preference, Reminder, ReminderPlan, ReminderStatus
from subjects.reminders import bookings_to_remind, due, is_kept, letter_of

logger = logging.getLogger(__name__)
NO_ADDRESS, NO_MAIL = "no e-mail address", "no mail server is set up"


@action(Permission.PLACE_EDIT, "set reminders")
def set_reminders(
    place: Place, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> ReminderPlan:
    """Say on which days before a visit its subject is reminded, and what is said besides."""
    held = ReminderPlan.objects.filter(place=place).first()
    held = lock(held, revision) if held else ReminderPlan(place=place)
    for name, value in values.items():
        setattr(held, name, value)
    held.days_before = sorted(set(held.days_before), reverse=True)
    held.save()
    return held


@action(Permission.CONTACT_LOG, "begin reminder")
def begin(booking: Booking, *, days_before: int, by: User) -> Reminder:
    """Keep that a subject is reminded of this time, before the mail goes out: nobody else sends it."""
    visit = hold_visit(booking.visit)
    held = lock(booking)
    stands = bookings_to_remind(Preference.Reminded.EMAIL).filter(pk=held.pk).exists()
    if not stands or held.period != booking.period:
        raise ConflictError(f"{visit} was moved or called off meanwhile, or is not reminded of.")
    if is_kept(held, days_before):
        raise ConflictError(f"{visit} was reminded of already.")
    period: Any = held.period
    made: Reminder = Reminder.objects.create(
        visit=visit, booking=held, starts_at=period.lower, days_before=days_before,
        begun_at=timezone.now(),
    )  # fmt: skip
    Reminder.flow.begin(made, by=by)
    return made


@action(Permission.CONTACT_LOG, "record reminder sent")
def record_sent(reminder: Reminder, *, by: User) -> Reminder:
    """The mail went out: the contact log of the subject says so."""
    reminder = lock(reminder)
    Reminder.flow.move(reminder, ReminderStatus.SENT, by=by)
    local = reminder.starts_at.astimezone(reminder.visit.site.place.zone)
    log_contact(
        reminder.visit.subject, at=timezone.now(), channel=Contact.Channel.EMAIL,
        result=Contact.Result.SENT, by=by,
        summary=f"Reminder of {show_weekday(local.date())}, {show_clock(local)}, automatic.",
    )  # fmt: skip
    return reminder


@action(Permission.CONTACT_LOG, "record reminder failed")
def record_failed(reminder: Reminder, *, problem: str, by: User) -> Reminder:
    """The mail did not go out: somebody calls instead."""
    reminder = lock(reminder)
    Reminder.flow.move(reminder, ReminderStatus.FAILED, by=by, problem=problem[:60])
    return reminder


def remind_all(*, by: User, now: datetime | None = None) -> int:
    """Send what is due now, one by one; what was kept and did not go out becomes a duty to call."""
    sent = 0
    for one in list(due(now or timezone.now())):
        try:
            reminder = begin(one.booking, days_before=one.days_before, by=by)
        except (ConflictError, RefusedError):
            continue
        problem = _deliver(reminder)
        if problem:
            record_failed(reminder, problem=problem, by=by)
            logger.warning("Reminder %s: %s", reminder.pk, problem)
        else:
            record_sent(reminder, by=by)
            sent += 1
    return sent


def _deliver(reminder: Reminder) -> str:
    """Hand the mail over; what went wrong, in words that name nobody."""
    if not settings.MAIL_GOES_OUT:
        return NO_MAIL
    try:
        letter = letter_of(reminder.booking)
        if not letter.to:
            return NO_ADDRESS
        send_mail(letter.head, letter.body, None, [letter.to])
    except Exception as error:  # noqa: BLE001 - whatever it is, somebody has to call
        return type(error).__name__
    return ""
