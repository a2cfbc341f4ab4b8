"""What must be there before a subject goes on: consents before visits, eligibility before enrolment."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from core.actions import RefusedError
from core.dates import local_day, show_clock, show_day, show_weekday
from core.links import address
from subjects.consents import needs, standing
from subjects.eligibility import Sheet, sheet_of
from subjects.models import Consent, Subject, Visit


class ConsentNeededError(RefusedError):
    """Nothing goes on before a consent is signed; the page that records it is the way out."""

    code = "consent_needed"
    step = "Record consent"

    def __init__(self, subject: Subject, text: str) -> None:
        self.url = address("subjects:record_consent", subject.pk)
        super().__init__(text)


class ConsentLaterError(RefusedError):
    """A consent was signed after what needs it; its page is where its time is put right."""

    code = "consent_needed"
    step = "See the consent"

    def __init__(self, consent: Consent, text: str) -> None:
        self.url = consent.get_absolute_url()
        super().__init__(text)


class EligibilityNeededError(RefusedError):
    """Nobody is enrolled before the decision is signed; the criteria are the way out."""

    code = "eligibility_needed"
    step = "See eligibility"

    def __init__(self, subject: Subject, text: str) -> None:
        self.url = address("workspace:subject_eligibility", subject.trial.code, subject.number)
        super().__init__(text)


class EarlyError(RefusedError):
    """An admission before the day of the visit; moving the visit is the way out."""

    step = "Move the visit"

    def __init__(self, visit: Visit, booked_on: date) -> None:
        self.url = visit.book_url
        super().__init__(
            f"{visit} is booked for {show_weekday(booked_on)}. Check the day, or move the visit first."
        )


def refuse_without_consent(visit: Visit, on: date) -> None:
    """No visit goes on without the consents it needs; trials that need none are passed by."""
    refuse_unconsented(visit.subject, on, f"{visit.name} cannot take place on {show_day(on)}.")


def refuse_unconsented(subject: Subject, on: date, what: str) -> None:
    """Say what cannot be done on a day for want of a consent that is needed before visits."""
    for text in unsigned_of(subject, on):
        raise ConsentNeededError(subject, f"{what} {text}")


def unsigned_of(subject: Subject, on: date) -> list[str]:
    """The consents that are to be signed before anything goes on that day, in words."""
    found = needs(subject, on, timezone.now())
    return [need.text(subject) for need in found if need.blocks(on)]


def refuse_signed_later(visit: Visit, at: datetime, what: str) -> None:
    """Nothing is done before the consent of that day was signed, unless an earlier one stands."""
    zone = visit.site.place.zone
    day = local_day(at, zone)
    later = (
        standing()
        .filter(subject=visit.subject_id, type__is_required=True, signed_at__gt=at)
        .order_by("-signed_at")
        .first()
    )
    held = standing().filter(subject=visit.subject_id, signed_on__lt=day)
    if later is not None and not held.filter(type=later.type_id).exists():
        raise ConsentLaterError(
            later,
            f"{later.version} was signed at {show_clock(later.signed_at.astimezone(zone))},"
            f" after {what} at {show_clock(at.astimezone(zone))}. Correct one of the two times.",
        )


def refuse_before_consent(visit: Visit, at: datetime, what: str) -> None:
    """Something needs the consents of the day, signed before it happens."""
    on = local_day(at, visit.site.place.zone)
    refuse_unconsented(visit.subject, on, f"{what} cannot be on {show_day(on)}.")
    refuse_signed_later(visit, at, what[:1].lower() + what[1:])


def refuse_before_its_day(visit: Visit, at: datetime) -> None:
    """Who comes earlier than on the evening before has another booking; its bed is held from then."""
    booking = visit.bookings.filter(is_live=True).first()
    if booking is None:
        return
    if local_day(at, visit.site.place.zone) < booking.on - timedelta(days=1):
        raise EarlyError(visit, booking.on)


def refuse_unsigned(subject: Subject) -> None:
    """Where the protocol has criteria, a subject becomes eligible by the investigator's signature."""
    if sheet_of(subject) is not None:
        raise EligibilityNeededError(
            subject,
            f"{subject} becomes eligible when the investigator signs the decision on its"
            " Eligibility page.",
        )


def refuse_to_enrol(subject: Subject, on: date) -> None:
    """Enrolment needs the consents of the day and, where there are criteria, the signed decision."""
    what = f"{subject} cannot be enrolled on {show_day(on)}."
    refuse_unconsented(subject, on, what)
    sheet = sheet_of(subject)
    if sheet is not None and (why := _undecided(sheet, on)):
        raise EligibilityNeededError(subject, f"{what} {why}")


def _undecided(sheet: Sheet, on: date) -> str:
    """What is wrong with the decision, for enrolment on a day; empty where nothing is."""
    if sheet.is_stale:
        return "Its answers changed after the decision was signed: the investigator signs again."
    if sheet.held is None or sheet.held.decided_on is None:
        return "The investigator has not signed that it is eligible."
    if sheet.held.decided_on > on:
        return f"The decision was signed later, on {show_day(sheet.held.decided_on)}."
    return ""
