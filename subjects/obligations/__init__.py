"""What is due about visits and contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from sites.models import (
    Absence,
    Closure,
    ConsentApproval,
    Holiday,
    OpeningHours,
    Person,
    Room,
    RoomClosure,
    SiteSchedule,
)
from subjects.consents import outdated
from subjects.courses import behind, here, in_effect
from subjects.models import (
    Acknowledgement,
    Booking,
    Consent,
    ConsentWithdrawal,
    Contact,
    DeviationDraft,
    ProcedureRecord,
    Subject,
    SubjectSchedule,
    SubjectStatus,
    Visit,
    VisitStatus,
)
from subjects.models.subject import ACTIVE
from subjects.obligations.eligibility import eligibility_to_decide, waiver_to_decide
from subjects.obligations.reminders import reminder_call, reminder_failed
from subjects.obligations.stays import leave_to_end, sample_due, stay_to_end
from subjects.queries import NOT_PLANNED, in_conflict
from trials.models import ConsentVersion

__all__ = [
    "eligibility_to_decide",
    "leave_to_end",
    "reminder_call",
    "reminder_failed",
    "sample_due",
    "stay_to_end",
    "waiver_to_decide",
]

DAY = timedelta(days=1)
AHEAD = timedelta(days=14)
RESULT_WITHIN = timedelta(days=7)
Text = str | Concat | Case


def _duties(rows: QuerySet[Any], label: Text, due: str, detail: Text) -> QuerySet[Visit]:
    """Visits as duties, in the columns of the obligations table."""
    duties: QuerySet[Visit] = rows.annotate(
        place_id=F("site__place_id"),
        trial_id=F("subject__trial_id"),
        label=Concat(_said(label), F("name"), output_field=models.TextField()),
        detail=Concat(
            F("subject__number"), Value(" "), F("subject__trial__protocol_number"),
            _said(detail),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F("subject__trial__code"), Value("/subjects/"),
            F("subject__number"), Value("/"), output_field=models.TextField(),
        ),
        due_on=F(due),
    )  # fmt: skip
    return duties


def _said(text: Text) -> Any:
    return Value(text) if isinstance(text, str) else text


def _open(within: Within, status: Sequence[str], now: Moment) -> QuerySet[Any]:
    """Visits in these states of subjects in the trial; "here" is the local day, "live" the booking."""
    rows = Visit.objects.filter(status__in=status, subject__status__in=ACTIVE).alias(
        here=here("site__place__time_zone", now),
        live=FilteredRelation("bookings", condition=Q(bookings__is_live=True)),
    )
    return _inside(rows, within, trial="subject__trial", subject="subject")


def _inside(rows: QuerySet[Any], within: Within, *, trial: str, subject: str) -> QuerySet[Any]:
    """The rows that lie within, by their site and the paths to their trial and subject."""
    return within.narrow(
        rows, trial_id=trial, site_id="site", subject_id=subject, place_id="site__place"
    )


def at_visit(rows: QuerySet[Any], within: Within) -> QuerySet[Any]:
    """The rows of visits that lie within, with where each of them belongs."""
    inside = within.narrow(
        rows, trial_id="visit__subject__trial", site_id="visit__site",
        subject_id="visit__subject", place_id="visit__site__place",
    )  # fmt: skip
    found: QuerySet[Any] = inside.annotate(
        trial_id=F("visit__subject__trial_id"),
        site_id=F("visit__site_id"),
        place_id=F("visit__site__place_id"),
        subject_id=F("visit__subject_id"),
    )
    return found


@rule(
    "visit.book", "Visit to book before its window closes",
    owner=Role.COORDINATOR, icon="calendar", reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_to_book(within: Within, now: Moment) -> QuerySet[Visit]:
    """Planned visits whose window opens within two weeks and has not closed."""
    today = now.date()  # a coarse bound for the index: places are up to a day apart from it
    rows = _open(within, [VisitStatus.PLANNED], now).filter(
        earliest_on__lte=today + AHEAD + DAY, latest_on__gte=today - DAY
    )
    rows = rows.filter(earliest_on__lte=F("here") + AHEAD, latest_on__gte=F("here"))
    return _duties(rows, "Book ", "latest_on", "")


@rule(
    "visit.outcome", "Visit past its window without an outcome",
    owner=Role.COORDINATOR, icon="help", reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_without_outcome(within: Within, now: Moment) -> QuerySet[Visit]:
    """Visits nobody said done, missed or cancelled of after their window or booked day went by."""
    held = [VisitStatus.BOOKED, VisitStatus.ARRIVED]
    rows = _open(within, [VisitStatus.PLANNED, *held], now).filter(latest_on__lt=now.date() + DAY)
    rows = rows.filter(
        Q(status=VisitStatus.PLANNED) | Q(live__on__lt=F("here")), latest_on__lt=F("here")
    )
    return _duties(rows, "Record what became of ", "latest_on", ", window closed")


@rule(
    "visit.confirm", "Booked visit not confirmed two days before",
    owner=Role.COORDINATOR, icon="phone", reads=(Visit, Booking, Subject),
)  # fmt: skip
def visit_to_confirm(within: Within, now: Moment) -> QuerySet[Visit]:
    """Visits of the next two days whose subject has not said yes."""
    rows = _open(within, [VisitStatus.BOOKED], now).filter(
        live__confirmation=Booking.Confirmation.UNCONFIRMED,
        live__on__range=(now.date() - DAY, now.date() + 3 * DAY),
    )
    rows = rows.filter(live__on__range=(F("here"), F("here") + 2 * DAY))
    return _duties(rows, "Confirm ", "live__on", "")


@rule(
    "visit.displaced", "Booked visit that its plan has left behind",
    owner=Role.COORDINATOR, icon="calendar",
    reads=(Visit, Booking, Subject, SubjectSchedule, DeviationDraft),
)  # fmt: skip
def visit_displaced(within: Within, now: Moment) -> QuerySet[Visit]:
    """Booked visits the schedule no longer has, or whose window has moved away from their day."""
    kept = DeviationDraft.objects.filter(visit=OuterRef("pk"), state=DeviationDraft.State.PLANNED)
    is_outside = Q(live__on__lt=F("earliest_on")) | Q(live__on__gt=F("latest_on"))
    rows = _open(within, [VisitStatus.BOOKED], now).filter(
        NOT_PLANNED | is_outside & ~Exists(kept), kind=Visit.Kind.SCHEDULED
    )
    way_out = Case(When(NOT_PLANNED, then=Value("Cancel ")), default=Value("Move or cancel "))
    why = Case(
        When(NOT_PLANNED, then=Value(", the plan no longer has it")),
        default=Value(", its window moved away"),
    )
    return _duties(rows, way_out, "live__on", why)


@rule(
    "visit.clash", "Booked visit whose place, room or person is not there",
    owner=Role.COORDINATOR, icon="alert",
    reads=(
        Visit, Booking, Subject, Absence, RoomClosure, Closure, Holiday, OpeningHours, Room, Person,
    ),
)  # fmt: skip
def visit_in_conflict(within: Within, now: Moment) -> QuerySet[Visit]:
    """Visits from today on that are booked while place, room or person are not there or out of use."""
    hit = in_conflict().filter(visit=OuterRef("pk"))
    rows = _open(within, [VisitStatus.BOOKED], now).filter(live__on__gte=now.date() - DAY)
    rows = rows.filter(Exists(hit), live__on__gte=F("here"))
    why = Concat(Value(", "), Subquery(hit.values("clash")[:1]), output_field=models.TextField())
    return _duties(rows, "Move ", "live__on", why)


@rule(
    "contact.follow_up", "Subject to contact again",
    owner=Role.COORDINATOR, icon="phone", reads=(Contact, Subject),
)  # fmt: skip
def contact_to_follow_up(within: Within, now: Moment) -> QuerySet[Contact]:
    """Contacts to be followed up within two weeks, until the next contact or the subject's end."""
    later = Contact.objects.filter(subject=OuterRef("subject_id"), at__gt=OuterRef("at"))
    later = later.exclude(result=Contact.Result.SENT)  # nobody spoke with the subject
    rows: QuerySet[Any] = Contact.objects.filter(
        ~Exists(later), subject__status__in=[*ACTIVE, SubjectStatus.LOST]
    ).alias(here=here("subject__site__place__time_zone", now))
    duties: QuerySet[Contact] = rows.filter(follow_up_on__lte=F("here") + AHEAD).annotate(
        trial_id=F("subject__trial_id"),
        site_id=F("subject__site_id"),
        place_id=F("subject__site__place_id"),
        label=Concat(
            Value("Contact "), F("subject__number"), Value(" again"),
            output_field=models.TextField(),
        ),
        detail=F("subject__trial__protocol_number"),
        url=Concat(
            Value("/trials/"), F("subject__trial__code"), Value("/subjects/"),
            F("subject__number"), Value("/"), output_field=models.TextField(),
        ),
        due_on=F("follow_up_on"),
    )  # fmt: skip
    return within.narrow(duties)


@rule(
    "consent.reconsent", "Re-consent due",
    owner=Role.COORDINATOR, icon="pen",
    reads=(
        Consent, ConsentWithdrawal, ConsentApproval, ConsentVersion, Subject,
    ),
)  # fmt: skip
def reconsent(within: Within, now: Moment) -> QuerySet[Any]:
    """Consents that a version in use since asks to be signed anew, by the day its rule gives."""
    rows = within.narrow(
        outdated(now), trial_id="subject__trial", site_id="subject__site",
        subject_id="subject", place_id="subject__site__place",
    )  # fmt: skip
    duties: QuerySet[Any] = rows.annotate(
        trial_id=F("subject__trial_id"),
        site_id=F("subject__site_id"),
        place_id=F("subject__site__place_id"),
        label=Concat(
            Value("Re-consent to "), F("type__name"), Value(" v"), F("wanted_number"),
            output_field=models.TextField(),
        ),
        detail=Concat(
            F("subject__number"), Value(" "), F("subject__trial__protocol_number"),
            Value(", signed v"), F("version__number"), output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F("subject__trial__code"), Value("/subjects/"),
            F("subject__number"), Value("/consents/"), output_field=models.TextField(),
        ),
        due_on=F("sign_by"),
    )  # fmt: skip
    return duties


@rule(
    "procedure.result", "Result awaited",
    owner=Role.COORDINATOR, icon="clock", reads=(ProcedureRecord, Visit, Subject),
)  # fmt: skip
def result_awaited(within: Within, now: Moment) -> QuerySet[ProcedureRecord]:
    """Procedures whose result has not come yet, a week after they were done."""
    rows = at_visit(ProcedureRecord.objects.filter(is_pending=True), within)
    by_then = Func(
        F("visit__site__place__time_zone"), F("done_at") + RESULT_WITHIN, function="timezone",
        output_field=models.DateTimeField(),
    )  # fmt: skip
    duties: QuerySet[ProcedureRecord] = rows.annotate(
        label=Concat(Value("Result of "), F("name"), output_field=models.TextField()),
        detail=Concat(
            F("visit__subject__number"), Value(" "), F("visit__name"), Value(" "),
            F("visit__subject__trial__protocol_number"), output_field=models.TextField(),
        ),
        url=Concat(
            Value("/visits/"), F("visit_id"), Value("/conduct/#record-"), F("pk"),
            output_field=models.TextField(),
        ),
        due_on=Cast(by_then, models.DateField()),
    )  # fmt: skip
    return duties


@rule(
    "schedule.behind", "Schedule in effect that subjects do not follow",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="calendar", reads=(SubjectSchedule,),
)  # fmt: skip
def schedule_not_followed(within: Within, now: Moment) -> QuerySet[SiteSchedule]:
    """Schedules in effect since before today that gave subjects of their site no dates."""
    late = behind(now).filter(site=OuterRef("site_id"))
    rows = in_effect(now).filter(Exists(late), during__startswith__lt=F("here"))
    rows = _inside(rows, within, trial="site__trial", subject="site__subjects")
    duties: QuerySet[SiteSchedule] = rows.annotate(
        trial_id=F("site__trial_id"),
        place_id=F("site__place_id"),
        subject_id=Value(None, output_field=models.BigIntegerField()),
        label=Concat(
            Value("Bring subjects under schedule "), F("version__number"),
            output_field=models.TextField(),
        ),
        detail=Concat(
            F("site__number"), Value(" "), F("site__trial__protocol_number"),
            Value(", it gives them no dates"), output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F("site__trial__code"), Value("/set-up/activities/"),
            F("version__number"), Value("/"), output_field=models.TextField(),
        ),
        due_on=F("during__startswith"),
    )  # fmt: skip
    return duties


def _to_acknowledge(role: Role, within: Within, now: Moment) -> QuerySet[Visit]:
    given = Acknowledgement.objects.filter(
        visit=OuterRef("visit_id"), role=role, description=OuterRef("description")
    )
    told = DeviationDraft.objects.filter(
        ~Exists(given), visit=OuterRef("pk"), is_announced=True,
        kind=DeviationDraft.Kind.OUT_OF_WINDOW, state=DeviationDraft.State.PLANNED,
    )  # fmt: skip
    held = [VisitStatus.BOOKED, VisitStatus.ARRIVED, VisitStatus.IN_PROGRESS]
    rows = _open(within, held, now).filter(Exists(told), live__isnull=False)
    return _duties(rows, "Acknowledge ", "live__on", ", booked outside its window")


@rule(
    "visit.outside_window", "Visit booked outside its window, for the investigator to know",
    owner=Role.INVESTIGATOR, icon="alert",
    reads=(Visit, Booking, Subject, DeviationDraft, Acknowledgement),
)  # fmt: skip
def outside_window_for_investigator(within: Within, now: Moment) -> QuerySet[Visit]:
    """Planned deviations of which the investigator was told and has not said to know."""
    return _to_acknowledge(Role.INVESTIGATOR, within, now)


@rule(
    "visit.outside_window.cra", "Visit booked outside its window, for the CRA to know",
    owner=Role.CRA, ball="sponsor", icon="alert",
    reads=(Visit, Booking, Subject, DeviationDraft, Acknowledgement),
)  # fmt: skip
def outside_window_for_cra(within: Within, now: Moment) -> QuerySet[Visit]:
    """Planned deviations of which the CRA was told and has not said to know."""
    return _to_acknowledge(Role.CRA, within, now)
