"""What can be done next with a subject or a visit, for those who may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access import can
from core.links import address
from core.permissions import Permission
from subjects.eligibility import Standing
from subjects.models import (
    Booking,
    Randomisation,
    Stay,
    StayStatus,
    Subject,
    SubjectStatus,
    Transfer,
    Visit,
    VisitStatus,
)
from subjects.queries import may_acknowledge


@dataclass(frozen=True, slots=True)
class Step:
    """A button: where it leads, what it says, and whether it is done at once."""

    url: str
    text: str
    is_post: bool = False
    is_next: bool = False


S = SubjectStatus
BEGINNINGS = {S.PRE_SCREENED, S.SCREENING}
SIGNED = "Record eligible"
MOVES = (
    (S.ELIGIBLE, "eligible", SIGNED),
    (S.ON_TREATMENT, "treat", "Start treatment"),
    (S.FOLLOW_UP, "follow-up", "Start follow-up"),
)


ALWAYS = (
    (Permission.CONSENT_RECORD, "record_consent", "Record consent"),
    (Permission.VISIT_BOOK, "add_visit", "Unscheduled visit"),
)


def of_subject(
    subject: Subject, user: User, moving: Transfer | None, *, standing: Standing,
    randomised: Randomisation | None = None,
) -> list[Step]:  # fmt: skip
    """The steps a subject can take from here, in the order of a trial."""
    found, is_signed = [], standing.is_asked
    if can(user, Permission.SUBJECT_STATUS, subject):
        found += _enrolment(subject, standing)
        found += _changes(subject, is_signed=is_signed)
    found += [
        Step(reverse(f"subjects:{name}", args=[subject.pk]), text)
        for permission, name, text in ALWAYS
        if can(user, permission, subject)
    ]
    found += _randomisation(subject, user, randomised, standing)
    if subject.status == S.SCREEN_FAILED and can(user, Permission.SUBJECT_SCREEN, subject):
        found.append(Step(reverse("subjects:rescreen", args=[subject.pk]), "Screen again"))
    is_open = bool(Subject.flow.after(subject.status))
    if is_open and can(user, Permission.SUBJECT_TRANSFER, subject):
        found.append(_transfer(subject, moving))
    return found


def _enrolment(subject: Subject, standing: Standing) -> list[Step]:
    """Enrolling whoever is eligible; in a randomised trial the randomisation does."""
    if S.ENROLLED not in Subject.flow.after(subject.status) or not standing.may_be_enrolled:
        return []
    path = reverse("subjects:enrol", args=[subject.pk])
    if subject.trial.is_randomised:
        return [Step(path, "Enrol without randomisation")]
    return [Step(path, "Enrol subject", is_next=True)]


def _changes(subject: Subject, *, is_signed: bool) -> list[Step]:
    """The ways on, the dates, and the way back; where there are criteria, being eligible is signed."""
    found = [step for step in _moves(subject) if not (is_signed and step.text == SIGNED)]
    found.append(Step(reverse("subjects:anchors", args=[subject.pk]), "Dates visits count from"))
    if subject.status not in BEGINNINGS:
        found.append(take_back(subject))
    return found


def _randomisation(
    subject: Subject, user: User, held: Randomisation | None, standing: Standing
) -> list[Step]:
    """Recording a randomisation or putting it right, and the allocation for unblinded people."""
    if held is None:
        if not (subject.trial.is_randomised and _may_be_randomised(subject, standing)):
            return []
        path = reverse("subjects:randomise", args=[subject.pk])
        found = [Step(path, "Record randomisation", is_next=subject.enrolled_on is None)]
        return found if can(user, Permission.RANDOMISATION_RECORD, subject) else []
    ways = (
        (Permission.RANDOMISATION_RECORD, "correct_randomisation", "Correct randomisation"),
        (Permission.RANDOMISATION_RECORD, "void_randomisation", "Void randomisation"),
        (Permission.ALLOCATION_VIEW, "allocation", "Allocation"),
        (Permission.BLIND_BREAK, "break_blind", "Break the blind"),
        (Permission.SUBJECT_VIEW, "unblinding", "Who is unblinded"),
    )
    return [
        Step(reverse(f"subjects:{name}", args=[held.pk]), text)
        for permission, name, text in ways
        if can(user, permission, subject)
    ]


def _may_be_randomised(subject: Subject, standing: Standing) -> bool:
    """Whether the subject is enrolled already, or may be now that the decision is signed."""
    is_on = S.ENROLLED in Subject.flow.after(subject.status)
    return subject.enrolled_on is not None or (is_on and standing.may_be_enrolled)


def _transfer(subject: Subject, moving: Transfer | None) -> Step:
    if moving is not None:
        return Step(reverse("subjects:call_off_transfer", args=[moving.pk]), "Call off transfer")
    return Step(reverse("subjects:transfer", args=[subject.pk]), "Transfer to another site")


def take_back(subject: Subject) -> Step:
    """The way to undo a status that was recorded by mistake."""
    return Step(reverse("subjects:take_back", args=[subject.pk]), "Take back last status")


def _moves(subject: Subject) -> list[Step]:
    if subject.status == S.LOST:
        return [Step(reverse("subjects:find_again", args=[subject.pk]), "Found again")]
    after = Subject.flow.after(subject.status)
    return [
        Step(reverse("subjects:step", args=[subject.pk, verb]), text)
        for status, verb, text in MOVES
        if status in after
    ]


V = VisitStatus


def of_visit(
    visit: Visit, booking: Booking | None, user: User, stay: Stay | None = None
) -> list[Step]:
    """How a visit goes on from here."""
    has_stay = visit.is_overnight and visit.status != V.PLANNED
    found = [Step(address("subjects:stay", visit.pk), "Stay")] if has_stay else []
    if can(user, Permission.VISIT_BOOK, visit):
        found += _booking_steps(visit, booking)
    if can(user, Permission.VISIT_CONDUCT, visit):
        is_coming = stay is not None and stay.status == StayStatus.RESERVED
        found += [_admission(visit)] if is_coming else _conduct_steps(visit, stay, booking)
    if may_acknowledge(visit, user):
        found.append(Step(reverse("subjects:acknowledge", args=[visit.pk]), "Acknowledge"))
    return found


def out_of_visit(visit: Visit, user: User, today: date) -> list[Step]:
    """What may become of a visit that does not take place, or after all does."""
    if not can(user, Permission.VISIT_CONDUCT, visit):
        return []
    after = Visit.flow.after(visit.status)
    has_begun = visit.earliest_on is not None and visit.earliest_on <= today
    ways = (
        (V.MISSED in after and has_begun, "miss", "Record missed visit"),
        (V.SKIPPED in after, "skip", "Skip visit"),
        (V.CANCELLED in after, "cancel", "Cancel visit"),
        (visit.status in {V.MISSED, V.CANCELLED, V.SKIPPED}, "reopen", "Reopen visit"),
    )
    found = [
        Step(reverse("subjects:outcome", args=[visit.pk, verb]), text)
        for is_open, verb, text in ways
        if is_open
    ]
    if visit.status == V.ARRIVED:
        found.append(_at_once("take_back_check_in", visit, "Take back check-in"))
    return found


def _booking_steps(visit: Visit, booking: Booking | None) -> list[Step]:
    if visit.status == V.PLANNED:
        return [Step(visit.book_url, "Find slot", is_next=True)]
    if visit.status != V.BOOKED or booking is None:
        return []
    found = [Step(visit.book_url, "Move")]
    if booking.confirmation != Booking.Confirmation.CONFIRMED:
        found.append(_at_once("confirm", visit, "Confirm"))
    return [*found, _at_once("unbook", visit, "Take time away")]


def _conduct_steps(visit: Visit, stay: Stay | None, booking: Booking | None) -> list[Step]:
    """How a visit is done from here; who is booked for a later day is hardly there today."""
    if visit.status == V.BOOKED:
        is_next = booking is None or booking.on <= _today_at(visit)
        return [_at_once("check_in", visit, "Check in", is_next=is_next)]
    if visit.status == V.PLANNED and _is_time_for(visit):
        return [_at_once("check_in", visit, "Check in without a time")]
    if visit.status in {V.ARRIVED, V.IN_PROGRESS}:
        return _until_done(visit, stay)
    return [Step(visit.conduct_url, "Procedures")] if visit.status == V.COMPLETED else []


def _until_done(visit: Visit, stay: Stay | None) -> list[Step]:
    """What follows the arrival; a visit with nights is completed once its stay is over."""
    following = Step(visit.conduct_url, "Procedures", is_next=True)
    if visit.status == V.ARRIVED:
        following = _at_once("start", visit, "Start visit", is_next=True)
    if stay is not None and stay.is_open:
        return [following]
    return [Step(reverse("subjects:complete", args=[visit.pk]), "Complete visit"), following]


def _admission(visit: Visit) -> Step:
    """Who comes to stay arrives by the admission."""
    return Step(address("subjects:admit", visit.pk), "Admit", is_next=True)


def _is_time_for(visit: Visit) -> bool:
    """Whether somebody who comes to the site today may come for this visit."""
    is_open = visit.earliest_on is not None and visit.earliest_on <= _today_at(visit)
    return is_open and not visit.is_call


def _today_at(visit: Visit) -> date:
    return timezone.localdate(timezone=visit.site.place.zone)


def _at_once(name: str, visit: Visit, text: str, *, is_next: bool = False) -> Step:
    return Step(reverse(f"subjects:{name}", args=[visit.pk]), text, is_post=True, is_next=is_next)
