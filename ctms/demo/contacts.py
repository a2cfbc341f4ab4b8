"""Northgate's calls and letters, as a table tells them, and the reminders before each visit."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from accounts.models import User
from core.dates import at
from ctms.demo import consents, eligibility
from ctms.demo.days import DAY
from ctms.demo.lists import rows_of
from sites.models import Place
from subjects.actions import subjects
from subjects.models import Booking, Contact, Subject

REMINDED_AT = time(9, 5)
REMINDED_BACK = 21 * DAY
FAILED_FIRST = "1042-010"  # screened again after the skin got worse


def load(place: Place, people: dict[str, User], now: datetime) -> None:
    """Log what was said and sent; what is there already is passed by."""
    local = now.astimezone(place.zone)
    held = {
        subject.number: subject
        for subject in Subject.objects.filter(site__place=place, number__startswith="1042-")
    }
    if Contact.objects.filter(subject__in=held.values()).exists():
        return
    for row in rows_of("northgate/contacts.csv"):
        on = local.date() - int(row["days"]) * DAY
        follow_up = local.date() + int(row["follow_up"]) * DAY if row["follow_up"] else None
        subjects.log_contact(
            held[row["number"]], at=at(on, time.fromisoformat(row["time"]), place.zone),
            channel=row["channel"], result=row["result"], summary=row["summary"],
            follow_up_on=follow_up, by=people["tom"],
        )  # fmt: skip
    _remind(place, local, people["tom"])
    _screen_again(held[FAILED_FIRST], local, people["priya"])


def _remind(place: Place, local: datetime, by: User) -> None:
    """A text message the day before each visit of the last weeks."""
    first = local.date() - REMINDED_BACK
    rows = Booking.objects.filter(place=place, is_live=True, on__range=(first, local.date()))
    for booking in rows.order_by("period").select_related("visit__subject"):
        begins = booking.period.lower.astimezone(place.zone)
        subjects.log_contact(
            booking.visit.subject, at=at(booking.on - timedelta(days=1), REMINDED_AT, place.zone),
            channel="message", result="reached", by=by,
            summary=f"Reminder: {booking.visit.name} tomorrow at {begins:%H:%M}.",
        )  # fmt: skip


def _screen_again(subject: Subject, local: datetime, by: User) -> None:
    on = local.date() - DAY
    if not Subject.objects.filter(previous=subject).exists():
        made = subjects.rescreen(subject, on=on, consented_on=on, by=by)
        consents.sign_now(made, on, by)
        eligibility.begin(made, on, by)
